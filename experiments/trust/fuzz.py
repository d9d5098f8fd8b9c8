# experiments/trust/fuzz.py — every fuzzer for some seconds; `make fuzz` calls it
from __future__ import annotations

import argparse
import re
import subprocess
import sys

from experiments.rows import Row
from experiments.runner import ROOT
from experiments.trust.record import record, recorded

FUZZ = str(ROOT / "tools" / "fuzz")


def run_fuzzer(reader: str, seconds: int) -> Row:
    """One fuzzer from its corpus; its statistics."""
    before = findings(reader)
    result = subprocess.run([FUZZ, reader, str(seconds)], capture_output=True, check=False)
    said = result.stderr.decode(errors="replace")
    figures = dict(re.findall(r"stat::(\w+):\s+(\d+)", said))
    covered = re.findall(r"\bcov: (\d+)", said)
    row: Row = {
        "reader": reader,
        "seconds": seconds,
        "inputs": int(figures.get("number_of_executed_units", 0)),
        "edges": int(covered[-1]) if covered else 0,
        "findings": len(findings(reader) - before),
    }
    if result.returncode != 0:
        print(said[-4000:], file=sys.stderr)
    return row


def findings(reader: str) -> set[str]:
    """What the reader did not survive so far."""
    return {path.name for path in (ROOT / "build-fuzz" / "findings").glob(f"{reader}-*")}


def main() -> int:
    """The command line; exit code 1 if a reader did not survive."""
    readers = subprocess.run([FUZZ], capture_output=True, text=True, check=True).stdout.split()
    parser = argparse.ArgumentParser(prog="python -m experiments.trust.fuzz")
    parser.add_argument("--seconds", type=int, default=600, help="of each reader (default 600)")
    parser.add_argument("--only", choices=readers, nargs="*", default=readers)
    options = parser.parse_args()
    failed = False
    for reader in options.only:
        row = run_fuzzer(reader, options.seconds)
        others = [other for other in recorded("fuzz")["rows"] if other["reader"] != reader]
        record("fuzz", sorted([*others, row], key=lambda r: str(r["reader"])))
        print(row, flush=True)
        failed = failed or row["findings"] != 0 or row["inputs"] == 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
