# tests/docs/test_while_page.py — the examples of docs/while.md, run as they stand
import doctest
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cli.program import PROGRAM

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/while.md").read_text()
COMMAND = re.compile(r"^pliant (run .+?) +# (.+)$", re.MULTILINE)


@pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
def test_commands_print_what_they_say():
    commands = COMMAND.findall(PAGE)
    assert len(commands) == PAGE.count("pliant run ")
    for command, result in commands:
        done = subprocess.run([PROGRAM, *shlex.split(command)], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0] == result, command


def test_python_prints_what_it_says(monkeypatch):
    monkeypatch.chdir(ROOT)
    test = doctest.DocTestParser().get_doctest(PAGE, {}, "while.md", "docs/while.md", 0)
    assert len(test.examples) >= 7
    assert doctest.DocTestRunner().run(test).failed == 0
