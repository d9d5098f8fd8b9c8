# tests/together/test_losses_under_isaac.py — top-k and sorting losses behind layers that ISAAC conditions
import pytest
import torch

import pliant


def topk_loss(scores, labels):
    return pliant.nn.TopKCrossEntropy((0.5, 0.5), m=5)(scores, labels)


def sorting_loss(scores, labels):
    """Scores of pairs of samples in the order of their labels."""
    score = scores[:, 0].reshape(-1, 4)
    _, permutation = pliant.sort(score, steepness=4.0)
    truth = torch.nn.functional.one_hot(labels.reshape(-1, 4).argsort(-1).argsort(-1), 4).to(scores.dtype)
    return pliant.permutation_loss(permutation, truth)


@pytest.mark.parametrize("loss", [topk_loss, sorting_loss])
@pytest.mark.parametrize("damping", [0.1, 1.0])
def test_the_gradient_of_a_layer_is_the_plain_one_conditioned(loss, damping):
    torch.manual_seed(0)
    model = torch.nn.Linear(12, 6).double()
    x, labels = torch.randn(16, 12, dtype=torch.float64), torch.randint(0, 6, (16,))
    plain = torch.autograd.grad(loss(model(x), labels), model.weight)[0]
    pliant.optim.Isaac(model, damping)
    loss(model(x), labels).backward()
    gram = x.T @ x / len(x) + damping * torch.eye(12, dtype=torch.float64)
    torch.testing.assert_close(
        model.weight.grad, damping * plain @ torch.linalg.inv(gram), rtol=1e-8, atol=1e-12
    )
    assert plain.abs().max() > 0


@pytest.mark.parametrize("loss", [topk_loss, sorting_loss])
def test_what_reaches_the_inputs_is_not_conditioned(loss):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(12, 8), torch.nn.ReLU(), torch.nn.Linear(8, 6)).double()
    x, labels = torch.randn(16, 12, dtype=torch.float64, requires_grad=True), torch.randint(0, 6, (16,))
    plain = torch.autograd.grad(loss(model(x), labels), x)[0]
    pliant.optim.Isaac(model, 0.5)
    loss(model(x), labels).backward()
    torch.testing.assert_close(x.grad, plain, rtol=1e-10, atol=1e-14)
