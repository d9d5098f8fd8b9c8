# experiments/circuit/mapping.py — tables of 4 and 6 inputs: our mapping beside berkeley-abc's, proved equal
"""python -m experiments.circuit.mapping — a minute of one core; rows in results/mapping.json."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from experiments.circuit.nets import NETS, compiled, pliant, trained
from experiments.rows import append_row
from experiments.runner import ROOT

RESULTS = ROOT / "experiments/circuit/results/mapping.json"
SORTERS = {"sorts 8 of 4 bits": (8, 4), "sorts 16 of 8 bits": (16, 8)}
LUTS = (4, 6)


def by_abc(blif: Path, lut: int, before: str = "") -> dict[str, int]:
    """LUTs and depth of `strash; if -K`, without the inverters and wires that its outputs need as nodes."""
    mapped = blif.with_name("abc.blif")
    script = f"read_blif {blif}; strash; {before} if -K {lut}; write_blif {mapped}"
    subprocess.run(["berkeley-abc", "-c", script], capture_output=True, text=True, check=True)
    size = compiled(mapped, blif.with_name("abc.plc"), "--no-optimise")["raw"]
    return {"luts": size["nodes"], "depth": size["depth"]}


def row_of(name: str, source: Path, folder: Path, lut: int) -> dict[str, object]:
    """One circuit by both, and whether ours is proved equal to its source."""
    raw, mapped, blif = folder / "raw.plc", folder / "mapped.plc", folder / "raw.blif"
    compiled(source, raw, "--lut", 0, "--no-biases")
    ours = compiled(raw, mapped, "--lut", lut, "--shallow", "--no-biases")["mapped"]
    pliant("circuit", "export", raw, "--target", "blif", "-o", blif)
    verdict = pliant("circuit", "prove", raw, mapped, "--no-adders").strip().splitlines()
    return {
        "circuit": name,
        "lut": lut,
        "ours": {"luts": ours["nodes"], "depth": ours["depth"]},
        "abc": by_abc(blif, lut),
        "abc_dch": by_abc(blif, lut, "dch;"),
        "proof": next((line for line in verdict if "verdict" in line), verdict[-1]),
    }


def main() -> int:
    """Trains, maps, compares; a row a circuit and table size."""
    RESULTS.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources: dict[str, Path] = {}
        for number, (net, options) in enumerate(NETS.items()):
            sources[net] = folder / f"run{number}"
            trained(options, sources[net])
        for number, (sorter, (size, bits)) in enumerate(SORTERS.items()):
            sources[sorter] = folder / f"sort{number}.plc"
            pliant("circuit", "sort", size, "--bits", bits, "--no-optimise", "-o", sources[sorter])
        for net, source in sources.items():
            for lut in LUTS:
                row = row_of(net, source, folder, lut)
                append_row(RESULTS, row)
                print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
