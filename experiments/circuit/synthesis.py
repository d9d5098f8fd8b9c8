# experiments/circuit/synthesis.py — programs for hardware: run them, and what yosys makes of a module
from __future__ import annotations

import re
import subprocess
from pathlib import Path


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
