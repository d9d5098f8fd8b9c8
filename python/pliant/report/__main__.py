# python/pliant/report/__main__.py — the command line: python -m pliant.report RUN… [-o FILE]
import argparse
import sys
from pathlib import Path


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line, with the default of `-o` filled in."""
    parser = argparse.ArgumentParser(
        prog="python -m pliant.report",
        description="Write one HTML file that shows a run, or compares several.",
    )
    parser.add_argument("runs", metavar="RUN", nargs="+", type=Path, help="folder of a run of pliant train")
    parser.add_argument("-o", "--out", metavar="FILE", type=Path, help="default for one run: RUN/report.html")
    options = parser.parse_args(arguments)
    if options.out is None:
        if len(options.runs) > 1:
            parser.error("several runs share one report: name its file with -o FILE")
        options.out = options.runs[0] / "report.html"
    return options


def main(arguments: list[str] | None = None) -> int:
    """Writes the report and says where it is; exit code 2 for a mistake of the user's."""
    options = parse(arguments)
    try:
        from pliant.report.report import write_report
        from pliant.report.run import RunError
    except ModuleNotFoundError as error:
        print(f"pliant.report: needs numpy and matplotlib, and there is no {error.name}", file=sys.stderr)
        return 2
    try:
        write_report(options.runs, options.out)
    except RunError as error:
        print(f"pliant.report: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"pliant.report: cannot write {options.out}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"report: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
