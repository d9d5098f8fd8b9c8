# experiments/trust/checked.py — the C++ tests under a checker; `make asan`, `tsan` and `valgrind` call it
"""`python -m experiments.trust.checked asan` runs every test program of build-asan, and so on. A checker ends
a program at its first finding, with an exit code that is not 0.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time

from experiments.rows import Row
from experiments.runner import ROOT
from experiments.trust.record import record, recorded

# A block that is lost counts as an error. AVX-512 is what valgrind does not know.
LEAKS = ("--leak-check=full", "--errors-for-leak-kinds=definite")
VALGRIND = ("valgrind", "--quiet", "--error-exitcode=9", *LEAKS)
# What it does not emulate: denormal numbers that are flushed to 0.
LEFT_OUT = {"valgrind": "denormal numbers are 0 *"}
CHECKERS: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    "asan": ("build-asan", (), {}),
    "tsan": ("build-tsan", (), {"TSAN_OPTIONS": "halt_on_error=1"}),
    # Memory that is asked for holds this byte, or what it spoils: tests fail if a result depends on it.
    "filled": ("build", (), {"MALLOC_PERTURB_": "165"}),
    "valgrind": ("build", VALGRIND, {"PLIANT_SIMD": "AVX2"}),
}


def run_checked(checker: str, program: str, cases: str) -> Row:
    """One test program under the checker; what doctest counted."""
    folder, prefix, environment = CHECKERS[checker]
    filters = [f"--test-case={cases}", f"--test-case-exclude={LEFT_OUT.get(checker, '')}"]
    command = [*prefix, str(ROOT / folder / "bin" / program), *filters]
    begin = time.monotonic()
    result = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, errors="replace", check=False
    )
    counted = re.search(r"test cases:\s*(\d+) \|.*?\n.*?assertions:\s*(\d+) \|", result.stdout, re.DOTALL)
    if result.returncode != 0:
        print(result.stdout[-3000:], result.stderr[-6000:], sep="\n", file=sys.stderr)
    return {
        "checker": checker,
        "program": program,
        "cases": int(counted[1]) if counted else 0,
        "assertions": int(counted[2]) if counted else 0,
        "seconds": round(time.monotonic() - begin),
        "findings": int(result.returncode != 0),
    }


def main() -> int:
    """The command line; exit code 1 if there is a finding."""
    parser = argparse.ArgumentParser(prog="python -m experiments.trust.checked")
    parser.add_argument("checker", choices=CHECKERS)
    parser.add_argument("programs", nargs="*", help="names of test programs; default: all that are built")
    parser.add_argument("--case", default="*", help="doctest's filter of test cases")
    options = parser.parse_args()
    built = sorted(path.name for path in (ROOT / CHECKERS[options.checker][0] / "bin").glob("*_test"))
    failed = False
    for program in options.programs or built:
        row = run_checked(options.checker, program, options.case)
        same = {"checker": options.checker, "program": program}
        others = [r for r in recorded("checked")["rows"] if not same.items() <= r.items()]
        record("checked", sorted([*others, row], key=lambda r: (str(r["checker"]), str(r["program"]))))
        print(row, flush=True)
        failed = failed or row["findings"] != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
