# python/pliant/_program.py — where the compiled files are, and the program `pliant` as a process (no torch)
from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent

# The library with what needs torch, and that without.
TORCH, CORE = "libpliant_torch.so", "libpliant.so"


def library_folder(library: str = TORCH) -> Path:
    """The folder of a compiled library, which is TORCH or CORE; the programs are in `bin` beside it.

    That is $PLIANT_LIBRARY_DIR if it is set, else lib/ of the installed package, else build/lib of the
    checkout that this file is in, and for CORE also build-core/lib, a build of the core alone.

    Raises:
        ImportError: if there is none, with the places that were tried.
    """
    chosen = os.environ.get("PLIANT_LIBRARY_DIR")
    builds = ("build", "build-core") if library == CORE else ("build",)
    checkout = [_PACKAGE.parents[1] / build / "lib" for build in builds]
    places = [Path(chosen)] if chosen else [_PACKAGE / "lib", *checkout]
    for place in places:
        if (place / library).is_file():
            return place
    core = next((place for place in places if (place / CORE).is_file()), None)
    raise ImportError(
        f"there is no {library} in {' or '.join(map(str, places))}: build it (make build), install "
        "the package (pip install --no-build-isolation .), or name its folder in PLIANT_LIBRARY_DIR"
        + (
            f". {core} has the core alone, built without torch: it is enough for pliant.circuit"
            if core
            else ""
        )
    )


def program() -> Path:
    """The program `pliant`.

    Raises:
        FileNotFoundError: if it was not built.
    """
    path = library_folder(CORE).parent / "bin" / "pliant"
    if not path.is_file():
        raise FileNotFoundError(f"there is no program {path}: build it (make build)")
    return path


def _environment() -> dict[str, str]:
    """Of the program: this Python makes its reports, and an installed program finds this Python's torch."""
    variables = {"PLIANT_PYTHON": sys.executable, **os.environ}
    torch = importlib.util.find_spec("torch")
    if library_folder(CORE).parent == _PACKAGE and torch is not None and torch.origin is not None:
        before = os.environ.get("LD_LIBRARY_PATH")
        libraries = str(Path(torch.origin).parent / "lib")
        variables["LD_LIBRARY_PATH"] = f"{before}:{libraries}" if before else libraries
    return variables


def _words(options: dict[str, object]) -> list[str]:
    """Keyword options as the command line has them: batch=100 is --batch 100, ties=True is --ties."""
    words: list[str] = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            words.append(flag)
        elif isinstance(value, Iterable) and not isinstance(value, str):
            words += [flag, ",".join(map(str, value))]
        elif value is not None and value is not False:
            words += [flag, str(value)]
    return words


def train(task: str, **options: object) -> None:
    """Runs `pliant train TASK` in a process of its own, with its output where this program's is.

    Args:
        task: what to learn: "sorting"
        **options: those of the command line (`pliant train TASK --help`), `_` for `-`: out="runs/first", n=5,
            learning_rate=1e-3, channels=(16, 32); True for a flag; None and False for an option not given

    Raises:
        ValueError: if the program refuses the task or an option; it has said why
        RuntimeError: if it fails otherwise

    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pliant.train("mnist", data="digits", steps=3, out=f"{folder}/run", quiet=True)
    ...     "last.safetensors" in os.listdir(f"{folder}/run")
    True
    """
    command = [str(program()), "train", task, *_words(options)]
    code = subprocess.run(command, check=False, env=_environment()).returncode
    if code == 2:
        raise ValueError(f"train: refused, see the message above: {' '.join(command)}")
    if code != 0:
        raise RuntimeError(f"train: ended with exit code {code}: {' '.join(command)}")


def main() -> None:
    """The command `pliant` of the installed package: becomes the program."""
    path = str(program())
    os.execve(path, [path, *sys.argv[1:]], _environment())
