# tests/conftest.py — what all Python tests share
import importlib
import pathlib
import subprocess
import sys
import types

import pytest
import torch

ROOT = pathlib.Path(__file__).resolve().parents[1]
PEERS = ROOT / "build" / "peers"


@pytest.fixture(autouse=True)
def fixed_seed():
    """Random inputs are the same in every run, whatever other tests run."""
    torch.manual_seed(0)


@pytest.fixture
def threads():
    """torch.set_num_threads for one test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def peer(name):
    """A published package, in build/peers and nowhere else: an ordinary install might replace torch."""
    pins = (ROOT / "benchmarks" / "peers.txt").read_text().split()
    (pin,) = [line for line in pins if line.startswith(f"{name}==")]
    if not (PEERS / name).is_dir():
        subprocess.run([ROOT / "benchmarks" / "install_peers", sys.executable, name], check=False)
    if not (PEERS / name).is_dir():
        pytest.skip(f"pip cannot install {pin} into {PEERS}, so there is no oracle")
    sys.path.append(str(PEERS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(PEERS))


@pytest.fixture(scope="session")
def diffsort():
    """Sorting networks as published."""
    return peer("diffsort")


@pytest.fixture(scope="session")
def difftopk(diffsort):
    """Top-k learning as published, with NeuralSort and SoftSort; it imports diffsort."""
    return peer("difftopk")


@pytest.fixture(scope="session")
def isaac():
    """Conditioned linear layers as published."""
    return peer("isaac")


@pytest.fixture(scope="session")
def difflogic():
    """Logic gate networks as published, without its CUDA part."""
    return peer("difflogic")


@pytest.fixture(scope="session")
def algovision():
    """Relaxed algorithms as published."""
    return peer("algovision")


@pytest.fixture(scope="session")
def published_gendr():
    """The renderer as published, without its CUDA part, so it draws nothing, and without scikit-image."""
    absent = {name: types.ModuleType(name) for name in ("skimage", "skimage.io")}
    absent["skimage.io"].imread = absent["skimage.io"].imsave = None
    with pytest.MonkeyPatch.context() as patch:
        for name, module in absent.items():
            patch.setitem(sys.modules, name, module)
        return peer("gendr")
