# experiments/circuit/place_route.py — circuits simulated on real rows, proved, placed and routed on an iCE40
"""python -m experiments.circuit.place_route — some minutes of one core; rows in results/place_route.json.

Each network is mapped to tables of four inputs, exported as a stream of words of 8 bits, simulated by
iverilog and verilator against the executor's labels, and built for the smallest of two devices that holds it.
Parts are synthesised alone, so they do not add up: the whole shares and drops across their borders.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from experiments.circuit.nets import NETS, compiled, pliant, rows_of, trained
from experiments.rows import append_row
from experiments.runner import ROOT

RESULTS = ROOT / "experiments/circuit/results/place_route.json"
DEVICES = {"up5k": (5280, "sg48"), "hx8k": (7680, "ct256")}  # logic cells, package
PIPELINES: dict[str, tuple[object, ...]] = {
    "combinational": (),
    "registers behind each level and addition": ("--pipelined", "--sum-depth", 1),
    "registers behind two levels and two additions": ("--pipeline-depth", 2, "--sum-depth", 2),
}
PARTS = {"core": "bits", "adders": "scores", "argmax": "argmax"}
EXAMPLES = 100


def run(*words: object, folder: Path, seconds: float = 600) -> str:
    """What a program prints.   Raises: RuntimeError with its last lines, if it fails."""
    result = subprocess.run(
        [*map(str, words)], cwd=folder, capture_output=True, text=True, timeout=seconds, check=False
    )
    if result.returncode != 0:
        raise RuntimeError(f"{words[0]}: {(result.stdout + result.stderr)[-2000:]}")
    return result.stdout + result.stderr


def cells(folder: Path, top: str, out: str = "") -> dict[str, int]:
    """Tables and flip-flops of a module by itself."""
    write = f"-json {out}" if out else ""
    script = f"read_verilog net.v; synth_ice40 -top {top} {write}; stat"
    text = run("yosys", "-p", script, folder=folder).rsplit("=== ", 1)[-1]
    found = {name: int(count) for name, count in re.findall(r"(SB_\w+) +(\d+)", text)}
    return {
        "luts": found.get("SB_LUT4", 0),
        "carries": found.get("SB_CARRY", 0),
        "flip_flops": sum(count for name, count in found.items() if name.startswith("SB_DFF")),
    }


def simulated(folder: Path) -> dict[str, str]:
    """What the test bench says in both simulators."""
    run("iverilog", "-g2001", "-o", "bench", "net.v", "bench.v", folder=folder)
    flags = ("--binary", "--timing", "-Wno-fatal", "-Wno-lint", "--top-module", "circuit_stream_test")
    run("verilator", *flags, "--Mdir", "verilated", "-O0", "net.v", "bench.v", folder=folder)
    return {
        "iverilog": run("vvp", "bench", folder=folder).splitlines()[0],
        "verilator": run("verilated/Vcircuit_stream_test", folder=folder).splitlines()[0],
    }


def routed(folder: Path, whole: dict[str, int]) -> dict[str, object]:
    """Placed and routed on the smallest device that holds it; none: what is too wide."""
    for device, (size, package) in DEVICES.items():
        if whole["luts"] > size:
            continue
        flags = (f"--{device}", "--package", package, "--seed", 1, "--freq", 50, "--timing-allow-fail")
        place = ("nextpnr-ice40", *flags, "--json", "net.json", "--asc", "net.asc")
        try:
            text = run(*place, "--report", "report.json", folder=folder)
        except RuntimeError as error:
            if "ERROR" in str(error):
                continue
            raise
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        timing = run("icetime", "-d", device, "-mt", "net.asc", folder=folder)
        return {
            "device": device,
            "logic_cells": report["utilization"]["ICESTORM_LC"]["used"],
            "of": size,
            "nextpnr_mhz": float(re.findall(r"Max frequency for clock.*?: ([0-9.]+) MHz", text)[-1]),
            "icetime_mhz": float(re.findall(r"\(([0-9.]+) MHz\)", timing)[-1]),
        }
    return {"device": None, "needs": whole["luts"]}


def proved(folder: Path, latency: int, inputs: int, seconds: float = 120) -> str:
    """NAME_bits of the pipeline against the combinational one, unrolled over its clocks from any state."""
    if latency == 0:
        return "nothing to prove: no registers"
    text = (folder / "gold.v").read_text(encoding="utf-8")
    head = re.search(r"module gold_bits\(.*?output wire (\[\d+:0\]) out\);", text, re.S)
    both = f"""module both(input clk, input [{inputs - 1}:0] in, output same);
  wire {head[1]} a, b;
  reg {head[1]} s [1:{latency}];
  integer i;
  gold_bits gold(.in(in), .out(a));
  circuit_bits gate(.clk(clk), .in(in), .out(b));
  always @(posedge clk) begin
    s[1] <= a;
    for (i = 2; i <= {latency}; i = i + 1) s[i] <= s[i - 1];
  end
  assign same = s[{latency}] == b;
endmodule
"""
    (folder / "both.v").write_text(both)
    script = (
        "read_verilog gold.v net.v both.v; hierarchy -top both; proc; flatten; memory; opt;"
        f" sat -verify -seq {latency + 1} -prove-skip {latency} -prove same 1 both"
    )
    try:
        run("yosys", "-q", "-p", script, folder=folder, seconds=seconds)
    except subprocess.TimeoutExpired:
        return f"not decided in {seconds:.0f} s"
    return "proved"


def row_of(name: str, accuracy: float, circuit: Path, folder: Path, pipeline: str) -> dict[str, object]:
    """One circuit with one pipeline through every tool."""
    options = PIPELINES[pipeline]
    info = json.loads(pliant("circuit", "info", circuit, "--json"))
    (folder / "rows").write_bytes(rows_of(name, info["inputs"], EXAMPLES))
    export = ("circuit", "export", circuit, "--target", "verilog")
    test = ("--test-bench", folder / "bench.v", "--test-data", folder / "rows", "--examples", EXAMPLES)
    pliant(*export, "-o", folder / "net.v", "--stream", 8, *test, *options)
    pliant(*export, "-o", folder / "gold.v", "--name", "gold")
    text = (folder / "net.v").read_text(encoding="utf-8")
    words, latency = map(int, re.search(r"// (\d+) words of 8 bits.*?offered (\d+) clocks", text).groups())
    depth = int(options[options.index("--pipeline-depth") + 1]) if "--pipeline-depth" in options else 1
    whole = cells(folder, "circuit_stream", "net.json")
    parts = {part: cells(folder, f"circuit_{module}") for part, module in PARTS.items()}
    if info["encoder"] is not None:
        parts["encoder"] = cells(folder, "circuit_encoder")
    bits = -(-info["depth"] // depth) if options else 0
    return {
        "net": name, "accuracy": accuracy, "pipeline": pipeline, "words": words, "latency": latency,
        **whole, "parts": parts, "routed": routed(folder, whole), "simulated": simulated(folder),
        "equivalence_of_gates": proved(folder, bits, info["inputs"]),
    }  # fmt: skip


def main() -> int:
    """Trains, compiles and builds all; rows that exist are made anew."""
    RESULTS.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, (net, options) in enumerate(NETS.items()):
            accuracy = trained(options, folder / f"run{number}")
            compiled(folder / f"run{number}", folder / "net.plc", "--lut", 4, "--shallow")
            for pipeline in PIPELINES:
                row = row_of(net, accuracy, folder / "net.plc", folder, pipeline)
                append_row(RESULTS, row)
                print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
