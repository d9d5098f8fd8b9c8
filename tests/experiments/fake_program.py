# tests/experiments/fake_program.py — stands for `pliant train sorting` in the tests of the runner
"""Writes a run folder at once; --n 13 fails, --n 99 meets a number that is not finite. Each call leaves a
line in calls.txt beside this copy of the file.
"""

import argparse
import json
import pathlib
import sys

parser = argparse.ArgumentParser(allow_abbrev=False)
for name in ("n", "seed", "threads"):
    parser.add_argument(f"--{name}", type=int, required=True)
parser.add_argument("--out", type=pathlib.Path, required=True)
parser.add_argument("--ties", action="store_true")
parser.add_argument("--quiet", action="store_true", required=True)
options = parser.parse_args()
with (pathlib.Path(__file__).parent / "calls.txt").open("a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\n")
if options.n == 13:
    print("n must not be 13", file=sys.stderr)
    sys.exit(2)
finite = options.n != 99
exact = options.n / 100 + options.seed / 1000
lines = [
    {"event": "start", "step": 0},
    {"event": "train", "step": 10, "loss": 0.5, "gradient_norm": 1.0},
    {"event": "train", "step": 20, "loss": 0.4, "gradient_norm": 3.0},
    {"event": "train", "step": 30, "loss": 0.3, "gradient_norm": 1.5 if finite else None},
    {"event": "validation", "step": 20, "exact": exact + 0.2, "elementwise": 0.8, "best": True},
    {"event": "validation", "step": 30, "exact": exact + 0.1, "elementwise": 0.8, "best": False},
]
if finite:
    lines.append({"event": "test", "step": 20, "exact": exact, "elementwise": 0.7, "score_spread": 2.0})
lines.append({"event": "end", "step": 30, "seconds": 1.23, "reason": "steps" if finite else "not_finite"})
options.out.mkdir()
(options.out / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
sys.exit(0 if finite else 1)
