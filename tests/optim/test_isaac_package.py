# tests/optim/test_isaac_package.py — beside isaac 0.1.1, and its names in pliant.compat
import subprocess
import sys

import pytest
import torch
from pliant.compat import isaac as ours

from tests.conftest import ROOT
from tests.optim.isaac_reference import dense, relative


def gradients(package, x, grad, la, dtype, **options):
    torch.manual_seed(1)
    layer = package.Linear(x.shape[1], grad.shape[1], la, dtype=dtype, **options)
    x = x.to(dtype).clone().requires_grad_()
    out = layer(x)
    out.backward(grad.to(dtype))
    found = [out.detach(), x.grad, layer.weight.grad]
    return [*found, layer.bias.grad] if layer.bias is not None else found


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(5, 30, 8), (30, 5, 8), (12, 12, 3), (1, 7, 2)])
def test_float64_is_the_packages(isaac, shape, bias):
    b, n, m = shape
    x, grad = torch.randn(b, n, dtype=torch.float64), torch.randn(b, m, dtype=torch.float64)
    for la in (0.1, 1.0, 10.0):
        theirs = gradients(isaac, x, grad, la, torch.float64, bias=bias)
        for a, b_ in zip(gradients(ours, x, grad, la, torch.float64, bias=bias), theirs, strict=True):
            torch.testing.assert_close(a, b_.reshape(a.shape), rtol=1e-9, atol=1e-11)


def test_float32_is_the_packages_where_that_is_sound(isaac):
    x, grad = torch.rand(60, 200), torch.randn(60, 20)
    for la in (1.0, 10.0):
        for a, b in zip(
            gradients(ours, x, grad, la, torch.float32),
            gradients(isaac, x, grad, la, torch.float32),
            strict=True,
        ):
            torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)


def test_what_the_package_loses_is_kept(isaac):
    x, grad = torch.randn(60, 200).relu(), torch.randn(60, 20)
    x[30:] = x[:30]
    la = 1e-3
    expected = dense(x, grad, la)
    scale = (grad.T @ x).norm()
    theirs = (gradients(isaac, x, grad, la, torch.float32)[2] - expected).norm() / scale
    mine = (gradients(ours, x, grad, la, torch.float32)[2] - expected).norm() / scale
    assert mine < 1e-5
    assert mine < theirs


def test_both_inverses_are_exact():
    x, grad = torch.randn(9, 4), torch.randn(9, 3)
    for inverse in ours.INVERSES:
        found = gradients(ours, x, grad, 0.5, torch.float32, inv_type=inverse)[2]
        assert relative(found, dense(x, grad, 0.5)) < 1e-5
    with pytest.raises(NotImplementedError, match="qr"):
        ours.Linear(3, 2, 1.0, "qr")


def test_la_may_be_changed_on_the_fly():
    layer = ours.Linear(4, 2, la=3.0)
    layer.la = 0.5
    x = torch.randn(9, 4)
    layer(x).sum().backward()
    assert relative(layer.weight.grad, dense(x, torch.ones(9, 2), 0.5)) < 1e-5
    assert layer.extra_repr() == "in_features=4, out_features=2, la=0.5, bias=True"


def test_a_script_of_the_packages_runs_untouched(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import torch\n"
        "from isaac import Linear\n"
        "net = torch.nn.Sequential(Linear(8, 9, la=10), torch.nn.ReLU(), torch.nn.Linear(9, 3)).to('cuda')\n"
        "optimizer = torch.optim.SGD(net.parameters(), lr=1.0)\n"
        "x, y = torch.rand(30, 8), torch.arange(30) % 3\n"
        "for _ in range(3):\n"
        "    optimizer.zero_grad()\n"
        "    torch.nn.functional.cross_entropy(net(x), y).backward()\n"
        "    optimizer.step()\n"
        "print(type(net[0]).__module__)\n"
    )
    command = [sys.executable, "-m", "pliant.compat", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT / "python", check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "pliant.compat.isaac"
