# tests/tools/test_headers.py — public headers compile alone, those of the torch floor in two orders
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import ROOT

needs_compiler = pytest.mark.skipif(shutil.which("c++") is None, reason="there is no compiler c++")


def public_headers(keyword, folder=""):
    """Those that the rooms' CMakeLists.txt install under this word."""
    for room in sorted((ROOT / "pliant").glob("*/CMakeLists.txt")):
        call = re.search(r"pliant_room\((.*?)\)", room.read_text(), re.DOTALL)
        words, listed = call[1].split() if call else [], False
        for word in words:
            if word.replace("_", "").isupper():
                listed = word == keyword
            elif listed:
                yield f"pliant/{room.parent.name}/{folder}{word}"


def errors_of(folder, units, *flags):
    """What the compiler says of translation units, each a list of headers; two at a time."""
    sources = []
    for number, headers in enumerate(units):
        source = folder / f"{number:03d}.cpp"
        source.write_text("".join(f'#include "{header}"\n#include "{header}"\n' for header in headers))
        sources.append(source)

    def compile_some(some):
        command = ["c++", "-std=c++20", "-fsyntax-only", f"-I{ROOT}", *flags, *some]
        return subprocess.run(command, check=False, capture_output=True, text=True).stderr

    with ThreadPoolExecutor(2) as pool:
        return "".join(pool.map(compile_some, (sources[::2], sources[1::2])))


def stands_on_modules(header):
    """Whether it includes torch::nn, directly or by headers of ours."""
    text = (ROOT / header).read_text()
    ours = re.findall(r'#include "(pliant/[^"]+)"', text)
    return "#include <torch/nn/" in text or any(map(stands_on_modules, ours))


@needs_compiler
def test_each_public_header_compiles_alone(tmp_path):
    headers = list(public_headers("HEADERS"))
    assert len(headers) > 50
    assert errors_of(tmp_path, [[header] for header in headers]) == ""


@needs_compiler
def test_public_headers_on_torch_compile_in_any_place(tmp_path):
    """One by one they would take minutes: each comes once before and once after the others of its kind."""
    torch = pytest.importorskip("torch")
    include = Path(torch.__file__).parent / "include"
    flags = [word for path in ("", "torch/csrc/api/include") for word in ("-isystem", str(include / path))]
    headers = list(public_headers("TORCH_HEADERS", "torch/"))
    modules = [header for header in headers if stands_on_modules(header)]
    others = [header for header in headers if header not in modules]
    assert len(modules) > 10 and len(others) > 20
    units = [modules, others, modules[::-1], others[::-1]]
    assert errors_of(tmp_path, units, *flags) == ""
