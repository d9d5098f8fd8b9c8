# tests/tools/test_headers.py — each public header of the core compiles alone
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import ROOT


def public_headers():
    """Those that the rooms' CMakeLists.txt install, without those of the floor torch/."""
    for room in sorted((ROOT / "pliant").glob("*/CMakeLists.txt")):
        call = re.search(r"pliant_room\((.*?)\)", room.read_text(), re.DOTALL)
        words, listed = call[1].split() if call else [], False
        for word in words:
            if word.isupper():
                listed = word == "HEADERS"
            elif listed:
                yield f"pliant/{room.parent.name}/{word}"


def test_each_public_header_compiles_alone(tmp_path):
    compiler = shutil.which("c++")
    if compiler is None:
        pytest.skip("there is no compiler c++")
    headers = list(public_headers())
    assert len(headers) > 50
    sources = []
    for number, header in enumerate(headers):
        source = tmp_path / f"{number:03d}.cpp"
        source.write_text(f'#include "{header}"\n#include "{header}"\n')
        sources.append(source)

    def compile_some(some):
        command = [compiler, "-std=c++20", "-fsyntax-only", f"-I{ROOT}", *some]
        return subprocess.run(command, check=False, capture_output=True, text=True).stderr

    with ThreadPoolExecutor(2) as pool:
        errors = "".join(pool.map(compile_some, (sources[::2], sources[1::2])))
    assert errors == ""
