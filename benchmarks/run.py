# benchmarks/run.py — `make bench`: installs the peers, then runs every benchmark in a process of its own
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Runs all; the exit code is 1 if a benchmark failed."""
    subprocess.run([HERE / "install_peers", sys.executable], check=True)
    failed = []
    for script in sorted(HERE.glob("*/bench_*.py")):
        print(f"== {script.relative_to(HERE)}", flush=True)
        if subprocess.run([sys.executable, script, *sys.argv[1:]], check=False).returncode != 0:
            failed.append(script.name)
    if failed:
        print("failed:", ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
