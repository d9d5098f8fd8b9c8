# tests/sorting/test_oracle.py — pliant.compat.diffsort beside the published package it stands for
import inspect
import subprocess
import sys

import pytest
import torch
from pliant.compat import diffsort as ours

from tests.conftest import ROOT

DISTRIBUTIONS = ["logistic", "logistic_phi", "gaussian", "reciprocal", "cauchy", "optimal"]
# The package rounds the Gaussian's 1/steepness to float, and adds 1e-10 to the |v| in the tail of "optimal".
GRADIENT_TOLERANCE = {"gaussian": 1e-6, "optimal": 2e-8}


@pytest.mark.parametrize("kind", ["odd_even", "bitonic"])
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_values_permutation_and_gradient(diffsort, kind, distribution):
    for n in (2, 3, 7, 16, 22):
        x = torch.randn(4, n, dtype=torch.float64, requires_grad=True)
        upstream = torch.randn(4, n, n, dtype=torch.float64)
        found, expected = (
            package.DiffSortNet(kind, n, steepness=7.0, distribution=distribution)(x)
            for package in (ours, diffsort)
        )
        for a, b in zip(found, expected, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)
        a, b = (
            torch.autograd.grad((p * upstream).sum() + y.square().sum(), x)[0] for y, p in (found, expected)
        )
        tolerance = GRADIENT_TOLERANCE.get(distribution, 1e-9)
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 13, 22, 33])
def test_networks_are_the_same_matrices(diffsort, n):
    for name in ("bitonic_network", "odd_even_network"):
        found, expected = getattr(ours, name)(n), getattr(diffsort, name)(n)
        assert len(found) == len(expected)
        for layers in zip(found, expected, strict=True):
            assert all(a.dtype == b.dtype and (a == b).all() for a, b in zip(*layers, strict=True))
    for kind in ("bitonic", "odd_even"):
        found, expected = (package.get_sorting_network(kind, n, "cpu") for package in (ours, diffsort))
        for layers in zip(found, expected, strict=True):
            assert all(a.dtype == b.dtype and torch.equal(a, b) for a, b in zip(*layers, strict=True))


def test_functional_sort_takes_either_network(diffsort):
    x = torch.randn(4, 6, dtype=torch.float64)
    network = diffsort.get_sorting_network("bitonic", 6, "cpu")
    expected = diffsort.sort(network, x, 5.0, 0.3, "logistic_phi")
    for layers in (network, ours.get_sorting_network("bitonic", 6, "cpu"), ours.bitonic_network(6)):
        for a, b in zip(ours.sort(layers, x, 5.0, 0.3, "logistic_phi"), expected, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)


def test_names_and_defaults_are_the_same(diffsort):
    for name in ("DiffSortNet", "sort", "get_sorting_network", "bitonic_network", "odd_even_network"):
        found, expected = (inspect.signature(getattr(package, name)) for package in (ours, diffsort))
        assert [(p.name, p.default) for p in found.parameters.values()] == [
            (p.name, p.default) for p in expected.parameters.values()
        ]


def test_older_name_and_unknown_names():
    x = torch.randn(2, 4)
    older = ours.DiffSortNet("odd_even", 4, interpolation_type="logistic")(x)
    assert torch.equal(older[1], ours.DiffSortNet("odd_even", 4, distribution="logistic")(x)[1])
    with pytest.raises(NotImplementedError, match="`bubble` unknown; there are: bitonic, odd_even"):
        ours.DiffSortNet("bubble", 4)
    with pytest.raises(NotImplementedError, match="`uniform` unknown; there are: logistic, "):
        ours.DiffSortNet("bitonic", 4, distribution="uniform")(x)
    with pytest.raises(ValueError, match="they differ: 'logistic' and 'gaussian'"):
        ours.DiffSortNet("bitonic", 4, interpolation_type="logistic", distribution="gaussian")
    with pytest.raises(ValueError, match=r"must have shape \(batch, 4\), got \(2, 5\)"):
        ours.DiffSortNet("bitonic", 4)(torch.randn(2, 5))


SCRIPT = """
import sys
import torch
from diffsort import DiffSortNet
sorter = DiffSortNet("bitonic", 4, device="cuda", steepness=5.0)
model = torch.nn.Linear(3, 1).to("cuda").cuda()
scores = model(torch.randn(2, 4, 3, device=torch.device("cuda:0"))).squeeze(-1)
values, permutation = sorter(scores)
permutation.square().sum().backward()
torch.cuda.synchronize()
print(sys.argv[1:], DiffSortNet.__module__, values.device, __name__, model.weight.grad is not None)
"""


def run_compat(*arguments):
    command = [sys.executable, "-m", "pliant.compat", *map(str, arguments)]
    environment = {"PYTHONPATH": str(ROOT / "python"), "PATH": ""}
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment)


def test_a_published_script_runs_untouched(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    done = run_compat(tmp_path / "script.py", "--steps", 3)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "['--steps', '3'] pliant.compat.diffsort cpu __main__ True\n"
    assert done.stderr.count("'cuda' is the CPU here") == 1


def test_compat_without_a_script_says_what_it_wants():
    assert run_compat().returncode == 2
    assert "usage: python -m pliant.compat SCRIPT" in run_compat().stderr
    done = run_compat("no_such.py")
    assert done.returncode == 2
    assert "there is no script no_such.py" in done.stderr
