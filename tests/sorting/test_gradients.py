# tests/sorting/test_gradients.py — gradients of every mode, family and parameter against finite differences
import pytest
import torch

import pliant

FAMILIES = [family["name"] for family in pliant.distributions()]
NETWORKS = [method["name"] for method in pliant.methods() if method["kind"] == "network"]
MONOTONIC = [f["name"] for f in pliant.distributions() if f["symmetric"] and f["monotonic_swap"]]
LABELS = torch.tensor([[3, 1, 4, 1, 5], [2, 7, 1, 8, 2]])
PAYLOAD = torch.linspace(-1, 1, 30, dtype=torch.float64).reshape(2, 5, 3).sin()

MODES = {
    "values": lambda x, **options: pliant.sort_values(x, **options),
    "permutation": lambda x, **options: pliant.sort(x, **options),
    "rank": lambda x, **options: pliant.soft_rank(x, **options),
    "apply": lambda x, **options: pliant.apply_sort(x, PAYLOAD, **options),
    "bce": lambda x, **options: pliant.permutation_loss(x, LABELS, ties=True, **options),
    "cross_entropy": lambda x, **options: pliant.permutation_loss(x, LABELS, loss="cross_entropy", **options),
}


def keys():
    return torch.randn(2, 5, dtype=torch.float64, requires_grad=True)


def has_zeros(distribution, x):
    """Whether P has zeros, where the clamped logarithm of a loss has no derivative."""
    return bool((pliant.sort(x, distribution=distribution, steepness=0.5)[1] == 0).any())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("distribution", FAMILIES)
@pytest.mark.parametrize("method", ["odd_even", "bitonic"])
def test_gradient_of_keys_and_steepness(mode, distribution, method):
    x, steepness = keys(), torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    if mode in ("bce", "cross_entropy") and has_zeros(distribution, x):
        x = x.detach().mul(0.1).requires_grad_()
        if has_zeros(distribution, x):
            pytest.skip("P has zeros, where the clamped logarithm has no derivative; see the other modes")

    def function(x, steepness):
        return MODES[mode](x, method=method, distribution=distribution, steepness=steepness)

    assert torch.autograd.gradcheck(function, (x, steepness), eps=1e-6, atol=1e-6, rtol=1e-5)


def test_gradient_of_the_payload():
    x, payload = keys(), PAYLOAD.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda x, payload: pliant.apply_sort(x, payload), (x, payload))


@pytest.mark.parametrize("distribution", ["logistic", "cauchy", "reciprocal"])
def test_gradient_of_shift_and_art_lambda(distribution):
    def function(x, shift, art_lambda):
        chosen = pliant.Distribution(distribution, shift=shift, art_lambda=art_lambda)
        return pliant.sort(x, distribution=chosen, steepness=2.0)

    numbers = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (0.3, 0.25)]
    assert torch.autograd.gradcheck(function, (keys(), *numbers))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("distribution", ["gamma", "gamma_rev"])
@pytest.mark.parametrize("shape", [0.5, 1.0, 2.0, 7.3])
def test_gradient_of_the_shape(mode, distribution, shape):
    # Shifted by its mean, so that no difference of these keys is outside of the support.
    shift = shape if distribution == "gamma" else -shape

    def function(x, shape, steepness):
        chosen = pliant.Distribution(distribution, shape=shape, shift=shift)
        return MODES[mode](x, distribution=chosen, steepness=steepness)

    numbers = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (shape, 0.1)]
    assert torch.autograd.gradcheck(function, (keys(), *numbers), atol=1e-7)


def test_permutation_alone_and_values_alone_have_gradients():
    x = keys()
    values, permutation = pliant.sort(x)
    (by_values,) = torch.autograd.grad(values[:, 0].sum(), x, retain_graph=True)
    (by_permutation,) = torch.autograd.grad(permutation[..., 0].square().sum(), x, retain_graph=True)
    (by_both,) = torch.autograd.grad(values[:, 0].sum() + permutation[..., 0].square().sum(), x)
    torch.testing.assert_close(by_both, by_values + by_permutation)


@pytest.mark.parametrize("distribution", MONOTONIC)
def test_no_gradient_has_the_wrong_sign_where_the_swap_is_monotonic(distribution):
    x = torch.randn(20, 6, dtype=torch.float64)
    for method in NETWORKS:
        jacobian = torch.func.vmap(
            torch.func.jacrev(lambda x: pliant.sort_values(x, method=method, distribution=distribution))  # noqa: B023
        )(x)
        assert jacobian.min() >= -1e-12


def test_logistic_has_a_gradient_of_the_wrong_sign():
    jacobian = torch.autograd.functional.jacobian(
        lambda x: pliant.sort_values(x, distribution="logistic", steepness=1.0),
        torch.tensor([0.0, 3.0], dtype=torch.float64),
    )
    assert jacobian.min() < -0.01


def test_a_second_derivative_is_an_error_that_says_so():
    x = keys()
    (gradient,) = torch.autograd.grad(pliant.sort_values(x)[:, 0].sum(), x, create_graph=True)
    with pytest.raises(NotImplementedError, match="second derivatives are not available"):
        gradient.sum().backward()


def test_gradients_at_ties_are_finite():
    x = torch.zeros(1, 5, dtype=torch.float64, requires_grad=True)
    for distribution in FAMILIES:
        values, permutation = pliant.sort(x, distribution=distribution)
        (gradient,) = torch.autograd.grad(values[:, 0].sum() + permutation[:, 0, 0].sum(), x)
        assert torch.isfinite(gradient).all(), distribution
