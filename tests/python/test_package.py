# tests/python/test_package.py — what importing loads, what is missing, the program
import os
import subprocess
import sys

import pytest
import torch

import pliant
from pliant import _program
from tests.conftest import ROOT

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "python")}


def python(*arguments):
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=ENVIRONMENT)


def test_importing_loads_no_torch_and_a_name_loads_it():
    done = python(
        "-c",
        "import sys, pliant; print('torch' in sys.modules, pliant.__version__);"
        "pliant.sort; print('torch' in sys.modules)",
    )
    assert done.stdout == f"False {pliant.__version__}\nTrue\n", done.stderr


def test_every_public_name_is_there_and_documented():
    for name in pliant.__all__:
        if name != "__version__":
            assert getattr(pliant, name).__doc__, name
    assert set(pliant.__all__) <= set(dir(pliant))
    with pytest.raises(AttributeError, match="module 'pliant' has no attribute 'sorted'"):
        _ = pliant.sorted


def test_a_missing_library_is_named():
    done = subprocess.run(
        [sys.executable, "-c", "import pliant; pliant.sort"],
        check=False,
        capture_output=True,
        text=True,
        env={**ENVIRONMENT, "PLIANT_LIBRARY_DIR": "/nowhere"},
    )
    assert "ImportError: there is no libpliant_torch.so in /nowhere" in done.stderr


@pytest.fixture
def made_up_program(tmp_path, monkeypatch):
    """A program `pliant` that prints its arguments and ends with the code that --code gives."""
    for folder in ("lib", "bin"):
        (tmp_path / folder).mkdir()
    (tmp_path / "lib" / "libpliant.so").touch()
    program = tmp_path / "bin" / "pliant"
    program.write_text('#!/bin/sh\necho "$@" > "$(dirname "$0")/arguments"\nexit "${PLIANT_TEST_CODE:-0}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PLIANT_LIBRARY_DIR", str(tmp_path / "lib"))
    return tmp_path / "bin"


def test_train_runs_the_program(made_up_program, monkeypatch):
    pliant.train("sorting", out="run", n=5, channels=(16, 32), ties=True, bfloat16=False, config=None)
    assert (
        made_up_program / "arguments"
    ).read_text() == "train sorting --out run --n 5 --channels 16,32 --ties\n"
    monkeypatch.setenv("PLIANT_TEST_CODE", "2")
    with pytest.raises(ValueError, match="train: refused, see the message above: .* train sorting --n 0"):
        pliant.train("sorting", n=0)
    monkeypatch.setenv("PLIANT_TEST_CODE", "1")
    with pytest.raises(RuntimeError, match="train: ended with exit code 1"):
        pliant.train("sorting")


def test_a_missing_program_is_named(made_up_program):
    (made_up_program / "pliant").unlink()
    with pytest.raises(FileNotFoundError, match="there is no program .*bin/pliant: build it"):
        _program.program()


def built_library(tmp_path, version):
    """A folder with the compiled libraries of the build, as if built for another torch."""
    (tmp_path / "bin").mkdir(parents=True)
    for library in ("libpliant.so", "libpliant_torch.so"):
        (tmp_path / library).symlink_to(_program.library_folder() / library)
    (tmp_path / "libpliant_torch.built_for").write_text(version + "\n")
    return tmp_path


def error_of(code, library_folder):
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        env={**ENVIRONMENT, "PLIANT_LIBRARY_DIR": str(library_folder)},
    )
    return done.stderr


def test_a_library_for_another_torch_is_refused(tmp_path):
    folder = built_library(tmp_path, "2.11.0")
    error = error_of("import pliant; pliant.sort", folder)
    torch_version = torch.__version__
    assert f"was built for torch 2.11.0, but torch {torch_version} is running: build it again" in error
    assert "ImportError" in error.splitlines()[-1]


def test_a_torch_that_another_library_was_built_for_is_refused(tmp_path):
    folder = built_library(tmp_path, str(torch.__version__).split("+")[0])
    fake = "import torch; torch.__version__ = '2.11.0+cu128'; import pliant; pliant.sort"
    assert "but torch 2.11.0+cu128 is running: build it again" in error_of(fake, folder)
    patch = ".".join(str(torch.__version__).split(".")[:2]) + ".99"
    assert error_of(f"import torch; torch.__version__ = '{patch}'; import pliant; pliant.sort", folder) == ""


def test_a_library_that_does_not_load_says_so(tmp_path):
    (tmp_path / "libpliant_torch.so").write_bytes(b"no library")
    error = error_of("import pliant; pliant.sort", tmp_path)
    assert f"does not load with torch {torch.__version__}: build it again for this one" in error


def test_the_core_alone_is_named_for_what_it_can(tmp_path):
    (tmp_path / "libpliant.so").symlink_to(_program.library_folder() / "libpliant.so")
    error = error_of("import pliant; pliant.sort", tmp_path)
    assert "there is no libpliant_torch.so" in error
    assert "has the core alone, built without torch: it is enough for pliant.circuit" in error


def test_the_first_use_does_not_load_torchs_compiler():
    done = python("-c", "import sys, pliant; pliant.sort, pliant.nn; print('torch._dynamo' in sys.modules)")
    assert done.stdout == "False\n", done.stderr


def test_networks_are_constants_to_torchs_compiler():
    marked = torch.compiler.assume_constant_result(lambda: None)
    assert vars(pliant.network) == {**vars(pliant.network), **vars(marked)}
