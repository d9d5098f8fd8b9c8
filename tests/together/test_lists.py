# tests/together/test_lists.py — every distribution and T-norm of the one list, in each room that takes one
import pytest
import torch

import pliant

DISTRIBUTIONS = [family["name"] for family in pliant.distributions()]
SYMMETRIC = {family["name"]: family["symmetric"] for family in pliant.distributions()}
T_NORMS = [norm["name"] for norm in pliant.t_norms()]

LARGER = pliant.program.Program(
    "program larger(x, y) { var z = x\n if x < y { z = y }\n return z }", beta=8.0
)
CLOSE = pliant.program.Program("program close(x, y) { var z = 0\n if x == y { z = 1 }\n return z }")
BOTH = pliant.program.Program(
    "program both(x, y) { var z = truth(x) and truth(y)\n var o = truth(x) or truth(y)\n return z, o }"
)
TRIANGLE = torch.tensor([[[-0.6, -0.5, 0.0], [0.7, -0.4, 0.0], [0.0, 0.6, 0.0]]])
FACES = torch.tensor([[0, 1, 2]])


def leaf(*values):
    return torch.tensor(values, requires_grad=True)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_one_distribution_sorts_decides_and_draws(name):
    x = leaf(0.8, -0.3, 0.4, 0.1)
    values, permutation = pliant.sort(x, distribution=name, steepness=20.0)
    x_grad = torch.autograd.grad((values * torch.arange(4.0)).sum(), x)[0]
    a, b = leaf(0.2), leaf(0.5)
    z = LARGER.soft(a, b, distribution=name, beta=20.0)
    a_grad, b_grad = torch.autograd.grad(z.sum(), (a, b))
    v = TRIANGLE.clone().requires_grad_()
    picture = pliant.render.silhouette(v, FACES, 16, distribution=name, tau=0.02, squared=False)
    v_grad = torch.autograd.grad(picture.sum(), v)[0]
    for result in (values, permutation, z, picture, x_grad, a_grad, b_grad, v_grad):
        assert result.isfinite().all()
    torch.testing.assert_close(permutation.sum(-1), torch.ones(4), rtol=0, atol=1e-5)
    assert 0.2 - 1e-6 <= z.item() <= 0.5 + 1e-6
    assert ((picture >= 0) & (picture <= 1)).all()
    if name != "hard":
        assert v_grad.abs().max() > 0


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_only_asymmetric_distributions_are_refused_by_equality_alone(name):
    if SYMMETRIC[name]:
        assert CLOSE.soft(leaf(0.5), leaf(0.5), distribution=name).item() == pytest.approx(1, abs=1e-5)
    else:
        with pytest.raises(ValueError, match="== and != take a symmetric distribution"):
            CLOSE.soft(leaf(0.5), leaf(0.5), distribution=name)


@pytest.mark.parametrize("name", T_NORMS)
def test_one_t_norm_connects_conditions_and_faces(name):
    x, y = leaf(0.6), leaf(0.7)
    both, one = BOTH.soft(x, y, t_norm=name)
    grads = torch.autograd.grad((both + one).sum(), (x, y), retain_graph=True)
    v = torch.cat([TRIANGLE, TRIANGLE + 0.2], 1).requires_grad_()
    faces = torch.tensor([[0, 1, 2], [3, 4, 5]])
    picture = pliant.render.silhouette(v, faces, 16, tau=0.05, squared=False, t_norm=name)
    v_grad = torch.autograd.grad(picture.sum(), v)[0]
    for result in (both, one, picture, v_grad, *grads):
        assert result.isfinite().all()
    # A T-norm is at most the minimum, its T-conorm at least the maximum, and they are dual.
    assert both.item() <= 0.6 + 1e-6
    assert one.item() >= 0.7 - 1e-6
    dual, _ = BOTH.soft(1 - x, 1 - y, t_norm=name)
    assert one.item() == pytest.approx(1 - dual.item(), abs=1e-5)
    # Faces are put together by the T-conorm that `or` takes.
    each = [pliant.render.silhouette(v, faces[i : i + 1], 16, tau=0.05, squared=False) for i in (0, 1)]
    _, expected = BOTH.soft(*[part.flatten().clamp(0, 1) for part in each], t_norm=name)
    torch.testing.assert_close(picture.flatten(), expected, rtol=1e-3, atol=1e-3)
