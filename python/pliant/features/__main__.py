# python/pliant/features/__main__.py — the command line: python -m pliant.features --images SET --out FILE
from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

PLAIN_SECONDS = 10.0  # between two lines of progress where there is no terminal


class Progress:
    """A bar with rate and time left on a terminal (standard error), plain lines on anything else."""

    def __init__(self) -> None:
        self._start = self._last = time.monotonic()
        self._terminal = sys.stderr.isatty()

    def __call__(self, done: int, count: int) -> None:
        """Shows that `done` images of `count` are done, where it is time to."""
        now = time.monotonic()
        if not self._terminal and done < count and now - self._last < PLAIN_SECONDS:
            return
        self._last = now
        rate = done / max(now - self._start, 1e-9)
        left = int((count - done) / rate)
        text = f"{done}/{count}  {rate:.1f} images/s  {left // 60}:{left % 60:02} left"
        if not self._terminal:
            print(text, file=sys.stderr)
            return
        full = 20 * done // count
        end = "\n" if done == count else ""
        print(f"\r[{'#' * full}{'·' * (20 - full)}] {text}\x1b[K", end=end, file=sys.stderr, flush=True)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m pliant.features",
        description="Run a frozen ImageNet network over images and write its features to one file.",
    )
    add = parser.add_argument
    add("--images", required=True, help="a set by name, or a folder of class folders of PNG and JPEG files")
    add("--out", metavar="FILE", type=Path, required=True, help="the file; replaced when all is done")
    add("--network", default="efficientnet-lite0", help="default: efficientnet-lite0")
    add("--split", default="train", help="of a set: train (default), validation or test")
    add("--count", type=int, help="only so many images, evenly spread")
    add("--batch", type=int, default=32, help="images at a time; default: 32")
    add("--half", action="store_true", help="write float16 instead of float32")
    add("--quiet", action="store_true", help="no progress")
    group = parser.add_argument_group("glyphs")
    group.add_argument("--classes", type=int, default=1000, help="default: 1000")
    group.add_argument("--seed", type=int, default=0, help="default: 0")
    group.add_argument("--per-class", type=int, default=10, help="images a class and font; default: 10")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> str:
    """Writes the file and returns what it holds in words."""
    from pliant.data import write_features
    from pliant.features.extract import extract
    from pliant.features.networks import NETWORKS
    from pliant.features.sources import open_source

    if options.network not in NETWORKS:
        raise ValueError(f"unknown network '{options.network}'; there are: {', '.join(NETWORKS)}")
    if not options.out.parent.is_dir():  # before an hour of work, not after it
        raise ValueError(f"--out {options.out}: there is no folder {options.out.parent}")
    source = open_source(
        options.images,
        options.split,
        classes=options.classes,
        seed=options.seed,
        per_class=options.per_class,
    )
    if options.count is not None:
        source = source.spread(options.count)
    network = NETWORKS[options.network]()
    progress = {} if options.quiet else {"progress": Progress()}
    features = extract(source, network, batch=options.batch, half=options.half, **progress)
    features.metadata["split"] = options.split
    try:
        write_features(options.out, features)
    except RuntimeError as error:  # the file system's reason
        raise ValueError(str(error)) from error
    count, dimension = features.features.shape
    return f"features: {options.out} ({count} × {dimension}, {len(features.classes)} classes)"


def main(arguments: list[str] | None = None) -> int:
    """Writes the features and says where they are; exit code 2 for a mistake of the user's."""
    options = parse(arguments)
    from pliant.features.networks import MissingNetworkError

    try:
        print(run(options))
    except ModuleNotFoundError as error:
        print(f"pliant.features: there is no {error.name}: pip install pliant[features]", file=sys.stderr)
        return 2
    except (ValueError, MissingNetworkError) as error:
        print(f"pliant.features: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\npliant.features: interrupted; nothing was written", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
