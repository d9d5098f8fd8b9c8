# tests/tools/test_check_layers.py — the checker of layers on small made-up trees, one violation at a time
"""Each test changes one file of a tree that is right, and expects just the violation that this makes."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECKER = ROOT / "tools" / "check_layers.py"

RIGHT = {
    "pliant/base/CMakeLists.txt": "pliant_room(base HEADERS errors.h\n CORE simd_target.cpp)",
    "pliant/base/errors.h": "#include <vector>\n",
    "pliant/base/simd.h": "#include <hwy/highway.h>\n",
    "pliant/base/simd_target.cpp": '#include <unistd.h>\n#include "pliant/base/simd.h"\n',
    "pliant/math/CMakeLists.txt": "# not (this)\npliant_room(math\n  USES base  # here\n  HEADERS a.h)",
    "pliant/math/a.h": '#pragma once\n#include "pliant/base/errors.h"\n',
    "pliant/math/private.h": '#include "pliant/base/simd.h"\n',
    "pliant/sorting/CMakeLists.txt": (
        "pliant_room(sorting USES math HEADERS s.h CORE s.cpp TORCH_HEADERS ops.h TORCH ops.cpp)\nset(x)"
    ),
    "pliant/sorting/s.h": '#include <cstdint>\n#include "pliant/math/a.h"\n',
    "pliant/sorting/s.cpp": '#include <nlohmann/json.hpp>\n#include "pliant/math/private.h"\n',
    "pliant/sorting/torch/ops.h": '#include <ATen/core/Tensor.h>\n#include "pliant/sorting/s.h"\n',
    "pliant/sorting/torch/ops.cpp": '#include <torch/library.h>\n#include "pliant/sorting/torch/ops.h"\n',
    "tasks/t.cpp": '#include <torch/torch.h>\n#include "pliant/sorting/torch/ops.h"\n',
    "cli/main.cpp": '#include <CLI/CLI.hpp>\n#include "pliant/sorting/s.h"\n',
    "tests/math/m_test.cpp": '#include <doctest/doctest.h>\n#include "pliant/math/private.h"\n',
    "python/pliant/__init__.py": "",
}


def check(tmp_path, changes=None, titles=True):
    """The lines that the checker prints about RIGHT with these changes (None: file removed)."""
    for path, text in {**RIGHT, **(changes or {})}.items():
        if text is None:
            continue
        if path.endswith((".h", ".cpp")) and titles:
            text = f"// {path} — a file\n{text}"
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, CHECKER, tmp_path], check=False, capture_output=True, text=True)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert done.returncode == (1 if lines else 0)
    return lines


def test_this_repository_has_no_violation():
    done = subprocess.run([sys.executable, CHECKER], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_tree_that_is_right(tmp_path):
    assert check(tmp_path) == []


INCLUDES = [
    # The file, what it includes, what is said.
    ("pliant/math/a.h", '"pliant/sorting/s.h"', "room math includes pliant/sorting/s.h, but USES no sorting"),
    ("pliant/base/simd_target.cpp", '"pliant/math/a.h"', "room base includes pliant/math/a.h"),
    ("pliant/math/a.h", "<torch/types.h>", "<torch/types.h>: torch is seen by torch/ floors alone"),
    ("pliant/sorting/s.cpp", "<ATen/Functions.h>", "torch is seen by torch/ floors alone"),
    ("pliant/sorting/s.cpp", "<c10/util/Half.h>", "torch is seen by torch/ floors alone"),
    ("pliant/sorting/s.cpp", '"pliant/sorting/torch/ops.h"', "only torch/ floors include it"),
    ("pliant/sorting/s.cpp", "<hwy/highway.h>", "Highway is seen by pliant/base/simd.h alone"),
    ("pliant/sorting/torch/ops.cpp", "<hwy/highway.h>", "Highway is seen by"),
    ("tests/math/m_test.cpp", "<hwy/highway.h>", "Highway is seen by"),
    ("pliant/math/a.h", '"pliant/base/simd.h"', "a public header includes pliant/base/simd.h"),
    ("pliant/math/a.h", '"pliant/math/private.h"', "a public header includes pliant/math/private.h"),
    ("pliant/sorting/s.h", "<nlohmann/json.hpp>", "third parties and the system stay in"),
    ("pliant/sorting/s.h", "<zlib.h>", "third parties and the system stay in"),
    ("pliant/math/private.h", "<sys/stat.h>", "third parties and the system stay in"),
    ("pliant/sorting/torch/ops.cpp", "<fmt/core.h>", "third parties and the system stay in"),
    ("pliant/sorting/s.cpp", "<pliant/sorting/s.h>", "<pliant/sorting/s.h> is ours"),
    ("pliant/sorting/s.cpp", '"s.h"', '"s.h": write the full path from the root'),
    ("pliant/sorting/s.cpp", '"../math/a.h"', "write the full path from the root"),
    ("pliant/sorting/s.cpp", '"pliant/sorting/none.h"', "there is no pliant/sorting/none.h"),
    ("pliant/sorting/torch/ops.cpp", '"tasks/t.h"', "pliant/ does not include tasks/t.h"),
    ("tasks/t.cpp", '"pliant/math/private.h"', "pliant/math/private.h is not a public header"),
    ("cli/main.cpp", '"pliant/base/simd.h"', "pliant/base/simd.h is not a public header"),
]


@pytest.mark.parametrize(("path", "target", "message"), INCLUDES)
def test_a_wrong_include_is_found_with_its_line(tmp_path, path, target, message):
    extra = {"tasks/t.h": ""}
    text = RIGHT[path] + f"\n  #  include {target}  // why\n"
    found = check(tmp_path, {**extra, path: text})
    assert len(found) == 1
    line = text.splitlines().index(f"  #  include {target}  // why") + 2
    assert found[0].startswith(f"{path}:{line}: ")
    assert message in found[0]


def test_words_in_comments_and_code_are_no_includes(tmp_path):
    text = '// #include <torch/torch.h>\nconst char* kText = "#include <hwy/highway.h>";\n'
    assert check(tmp_path, {"pliant/sorting/s.cpp": text}) == []


def test_a_header_for_c_has_a_title_and_includes_of_c(tmp_path):
    path = "pliant/math/c.h"
    right = f"/* {path} — for C (no torch)\n * and more */\n#include <stddef.h>\n#include <stdint.h>\n"
    tree = {p: t if p.endswith((".txt", ".py")) else f"// {p} — a file\n{t}" for p, t in RIGHT.items()}
    assert check(tmp_path / "a", {**tree, path: right}, titles=False) == []
    wrong = {path: right.replace("stddef", "unistd"), "examples/c/c.c": "/* examples — wrong */\n"}
    found = check(tmp_path / "b", {**tree, **wrong}, titles=False)
    assert [line.split(": ")[0] for line in found] == [f"{path}:3", "examples/c/c.c:1"]


def test_rooms_and_their_lists(tmp_path):
    lists = "pliant/math/CMakeLists.txt"
    found = check(tmp_path / "a", {lists: "pliant_room(math USES base sorting HEADERS a.h)"})
    assert f"{lists}:1: USES sorting, which uses math: a cycle" in found
    assert check(tmp_path / "b", {lists: "pliant_room(math USES topk HEADERS a.h)"}) == [
        f"{lists}:1: USES topk, which is no room"
    ]
    assert check(tmp_path / "c", {lists: "pliant_room(math HEADERS a.h b.h)"}) == [
        f"{lists}:1: there is no pliant/math/b.h"
    ]
    assert check(tmp_path / "d", {"pliant/math/forgotten.cpp": ""}) == [
        f"{lists}:1: pliant/math/forgotten.cpp is in no list"
    ]
    found = check(tmp_path / "e", {lists: None})
    assert f"{lists}:1: there is no pliant_room(math …)" in found
    assert f"{lists}:1: there is no pliant_room(math …)" in check(
        tmp_path / "f", {lists: "pliant_room(maths HEADERS a.h)"}
    )


def test_line_one_is_the_path_and_what_it_is(tmp_path):
    wrong = {
        "pliant/math/a.h": "// pliant/math/b.h — another path\n",
        "pliant/sorting/s.h": "#pragma once\n",
        "cli/main.cpp": "// cli/main.cpp — \n",
        "tools/a.py": "import sys\n",
        "tools/b.py": "#!/usr/bin/env python3\n# tools/b.py — fine\n",
        "tests/test_c.py": "# tests/test_c.py - a hyphen\n",
    }
    tree = {path: text for path, text in RIGHT.items() if path.endswith(".txt")}
    right = {path: f"// {path} — a file\n" for path in RIGHT if path.endswith((".h", ".cpp"))}
    found = check(tmp_path, {**tree, **right, **wrong}, titles=False)
    assert [line.split(": ")[0] for line in found] == [
        "pliant/math/a.h:1",
        "pliant/sorting/s.h:1",
        "cli/main.cpp:1",
        "tools/a.py:1",
        "tests/test_c.py:1",
    ]
    assert found[0].endswith('this line should be "// pliant/math/a.h — what it is"')
