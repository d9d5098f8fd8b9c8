# experiments/circuit/place_route.py — circuits simulated on real rows, proved, placed and routed on an iCE40
"""python -m experiments.circuit.place_route — rows in results/place_route.json; those that exist are kept.

Some minutes of one core for a small circuit, an hour for one that fills the larger device. Each network is
mapped to tables of four inputs, exported as a stream of words of 8 bits, simulated by iverilog and verilator
against the executor's labels, and built for the smallest of two devices that holds it. Parts are synthesised
alone, so they do not add up: the whole shares and drops across their borders.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from experiments.circuit.nets import NETS, compiled, pliant, rows_of, trained
from experiments.circuit.synthesis import cells, run
from experiments.rows import append_row, read_rows
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


def open_rows(only: str) -> list[tuple[str, str]]:
    """Network and pipeline of the rows that are to be made, of those whose name contains `only`."""
    done = {(row["net"], row["pipeline"]) for row in read_rows(RESULTS)}
    every = [(net, pipeline) for net in NETS for pipeline in PIPELINES]
    return [pair for pair in every if pair not in done and only in "; ".join(pair)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains, compiles and builds what has no row yet."""
    parser = argparse.ArgumentParser(prog="python -m experiments.circuit.place_route")
    parser.add_argument("--only", default="", metavar="TEXT", help='rows whose name contains it, as "digits"')
    parser.add_argument("--list", action="store_true", help="say which rows are open, and make none")
    options = parser.parse_args(arguments)
    rows = open_rows(options.only)
    if options.list:
        print("\n".join("; ".join(pair) for pair in rows) or "none is open")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder, accuracy = Path(name), {}
        for net, pipeline in rows:
            circuit = folder / f"net{list(NETS).index(net)}.plc"
            if net not in accuracy:
                accuracy[net] = trained(NETS[net], folder / f"run of {circuit.stem}")
                compiled(folder / f"run of {circuit.stem}", circuit, "--lut", 4, "--shallow")
            row = row_of(net, accuracy[net], circuit, folder, pipeline)
            append_row(RESULTS, row)
            print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
