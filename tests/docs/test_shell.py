# tests/docs/test_shell.py — the shell lines of README and docs name commands, options and targets that exist
import functools
import importlib.util
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cli.program import PROGRAM

ROOT = Path(__file__).resolve().parents[2]
SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:pliant|make|python -m) [^`\n]+)`")
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands(page: Path) -> list[list[str]]:
    """The words of each command of ours, cut at pipes and comments; those in running text too."""
    text = page.read_text()
    lines = [line for block in SHELL.findall(text) for line in block.splitlines()]
    lines += INLINE.findall(text)
    parts = [part for line in lines for part in re.split(r"\s#\s|[|;]|&&", line)]
    found = [part.replace("'", " ").split() for part in parts]
    return [words for words in found if words and words[0] in ("pliant", "make", "python")]


@functools.cache
def help_of(path: tuple[str, ...]) -> str:
    done = subprocess.run([PROGRAM, *path, "--help"], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def subcommands(path: tuple[str, ...]) -> set[str]:
    _, _, listed = help_of(path).partition("Subcommands:")
    return set(re.findall(r"^  (\S+)", listed, re.MULTILINE))


def check_program(words: list[str]) -> str:
    """What is wrong with a line of pliant, or nothing."""
    path: tuple[str, ...] = ()
    rest = words[1:]
    while rest and subcommands(path):
        if rest[0].startswith("-"):
            break
        if rest[0] not in subcommands(path):
            return "" if rest[0].isupper() or rest[0] == "…" else f"no subcommand {rest[0]}"
        path, rest = (*path, rest[0]), rest[1:]
    for word in rest:
        option = word.partition("=")[0]
        if re.fullmatch(r"--[a-z0-9-]+", option) and not re.search(rf"{option}(?![\w-])", help_of(path)):
            return f"{' '.join(path)} has no option {option}"
    return ""


@pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_lines_of_pliant(page):
    wrong = [(shlex.join(words), check_program(words)) for words in commands(page) if words[0] == "pliant"]
    assert [found for found in wrong if found[1]] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_targets_and_modules(page):
    for words in commands(page):
        if words[0] == "make":
            for target in words[1:]:
                assert target in TARGETS or "=" in target or not target.isalpha(), (
                    f"make has no target {target}"
                )
        if words[:2] == ["python", "-m"]:
            assert importlib.util.find_spec(words[2].strip(".,")), f"there is no module {words[2]}"
