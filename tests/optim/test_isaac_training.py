# tests/optim/test_isaac_training.py — training on the digits and on a known spectrum
import pytest
import torch
import torch.nn.functional as F

import pliant
from pliant.optim import Isaac

RATES = (0.1, 0.3, 1.0)


@pytest.fixture(scope="module")
def digits():
    images, labels, _ = pliant.data.load_image_set("digits", "train")
    return images.reshape(len(images), -1).float() / 16, labels.long()


def train(digits, rate, damping=None, steps=40):
    """The mean loss of the last ten steps of the published example's network, narrower; NaN counts as ∞."""
    torch.manual_seed(0)
    images, labels = digits
    layers = [torch.nn.Linear(64, 80), torch.nn.ReLU(), torch.nn.Linear(80, 80), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers, torch.nn.Linear(80, 10))
    if damping:
        Isaac(model, damping)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    losses = []
    for _ in range(steps):
        chosen = torch.randint(len(images), (100,))
        loss = F.cross_entropy(model(images[chosen]), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    last = sum(losses[-10:]) / 10
    return last if last == last else float("inf")


def test_fewer_steps_than_the_best_plain_descent(digits):
    plain = min(train(digits, rate) for rate in RATES)
    ours = min(train(digits, rate, damping=1.0) for rate in RATES)
    assert ours < plain


def test_the_same_threads_give_the_same_bits(digits, threads):
    threads(1)
    assert train(digits, 0.3, 1.0, 20) == train(digits, 0.3, 1.0, 20)


def test_a_bad_spectrum_costs_no_steps():
    """Regression on inputs whose variances span four decades, noise-free: the optimum is known."""
    torch.manual_seed(0)
    scales = torch.logspace(0, -2, 20, dtype=torch.float64)
    x = torch.randn(200, 20, dtype=torch.float64) * scales
    truth = torch.randn(1, 20, dtype=torch.float64)

    def distance(damping, rate):
        layer = torch.nn.Linear(20, 1, bias=False, dtype=torch.float64)
        torch.nn.init.zeros_(layer.weight)
        if damping:
            Isaac(layer, damping)
        for _ in range(100):
            layer.zero_grad()
            (0.5 * (layer(x) - x @ truth.T).square().mean()).backward()
            with torch.no_grad():
                layer.weight -= rate * layer.weight.grad
        return (layer.weight - truth).norm().item()

    largest = torch.linalg.eigvalsh(x.T @ x / 200).max().item()
    assert distance(1e-6, 1e6) < 1e-6 * truth.norm()  # Newton's step
    assert distance(None, 1 / largest) > 0.3 * truth.norm()
