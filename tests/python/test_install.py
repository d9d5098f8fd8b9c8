# tests/python/test_install.py — the package as pip installs it, with the libraries of the build at hand
import os
import subprocess
import sys
import tarfile

import pytest

from tests.conftest import ROOT

BUILD = ROOT / os.environ.get("PLIANT_BUILD", "build")

USE = """
import pliant, torch
from pliant._program import library_folder
values, permutation = pliant.sort(torch.tensor([2.0, 1.0]))
print(library_folder(), permutation.shape)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The wheel's Python half by pip, and its compiled half from the build (compiling takes minutes)."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", folder, "-C", "wheel.cmake=false", ROOT], check=True)
    install = ["cmake", "--install", BUILD, "--component", "python", "--prefix", folder]
    subprocess.run(install, check=True, capture_output=True)
    return folder


def test_the_installed_package_works_by_itself(site, tmp_path):
    environment = {"PYTHONPATH": str(site), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", USE],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{site / 'pliant' / 'lib'} torch.Size([2, 2])\n"
    assert (site / "pliant" / "py.typed").is_file()
    metadata = next(site.glob("pliant-*.dist-info/METADATA")).read_text()
    assert "torch>=2.11" in metadata and "Requires-Python: >=3.11" in metadata


CIRCUIT = """
import sys
import tarfile
sys.modules["torch"] = None
from pliant.circuit import Circuit, Encoder, Stage
from pliant._program import CORE, library_folder
stage = Stage(inputs=2, fan_in=[2], tables=[6], sources=[0, 1], outputs=[4])
print(library_folder(CORE), Circuit.from_arrays([stage], Encoder(inputs=2)))
"""


def test_the_installed_package_runs_circuits_without_torch(site, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", CIRCUIT],
        check=False,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(site), "PATH": os.environ["PATH"]},
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    folder = site / "pliant" / "lib"
    assert done.stdout == f"{folder} Circuit(inputs=2, nodes=1, depth=1, outputs=1)\n"


def test_the_installed_program_runs(site):
    if not (BUILD / "bin" / "pliant").exists():
        pytest.skip("the program pliant is not built")
    environment = {**os.environ, "PYTHONPATH": str(site)}
    for command in ([site / "pliant" / "bin" / "pliant"], [site / "bin" / "pliant"]):
        done = subprocess.run(
            [*command, "info"], check=False, capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stderr


def test_the_source_distribution_is_the_tracked_tree(tmp_path):
    build = "import sys, scikit_build_core.build as backend; backend.build_sdist(sys.argv[1])"
    listed = subprocess.run(["git", "ls-files"], check=False, capture_output=True, text=True, cwd=ROOT)
    if listed.returncode != 0:
        pytest.skip("this is no checkout of git")
    subprocess.run([sys.executable, "-c", build, tmp_path], check=True, capture_output=True, cwd=ROOT)
    with tarfile.open(next(tmp_path.glob("pliant-*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    tracked = {name for name in listed.stdout.splitlines() if not name.startswith(".ci/")}
    untracked = subprocess.run(
        ["git", "ls-files", "-o", "--exclude-standard"], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.splitlines()
    assert names - set(untracked) == tracked | {"PKG-INFO"}
