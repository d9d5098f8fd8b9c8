# tests/experiments/test_loop.py — the PyTorch loop in which peers are compared, and its data
import numpy as np
import torch

from experiments.loop import evaluate, permutation_of, train
from experiments.sorting.composites import Composites


def test_true_permutation_ranks_equal_labels_by_position():
    found = permutation_of(torch.tensor([[7, 3, 7]]))
    assert found.tolist() == [[[0, 1, 0], [1, 0, 0], [0, 0, 1]]]


def test_composites_are_keyed_by_seed_and_step():
    images = np.arange(10, dtype=np.float32)[:, None, None] * np.ones((1, 14, 14), np.float32)
    labels = np.arange(10, dtype=np.uint8)
    draw = Composites(images, labels, sets=3, n=5, seed=1)
    first, numbers = draw(7)
    draw(8)
    again, _ = draw(7)
    assert first.shape == (3, 5, 1, 14, 56) and torch.equal(first, again)
    assert not torch.equal(numbers, draw(8)[1])
    shown = first[..., 0, 0, ::14] @ torch.tensor(
        [1000.0, 100.0, 10.0, 1.0]
    )  # each digit's image is its value
    assert torch.equal(shown.long(), numbers)


def soft_sorter(scores):
    """A relaxed permutation of pairs: [b, i, r]."""
    first = torch.sigmoid(scores[:, 1] - scores[:, 0])  # how sure it is that item 0 comes first
    return torch.stack([torch.stack([first, 1 - first], 1), torch.stack([1 - first, first], 1)], 2)


def test_loop_learns_the_order_of_pairs():
    def draw(step):
        items = torch.randn(64, 2, 3, generator=torch.Generator().manual_seed(step))
        return items, items @ torch.tensor([1.0, -2.0, 0.5])

    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0))
    before = evaluate(model, [draw(1000)])
    steps = list(train(model, soft_sorter, draw, steps=150, rate=0.05))
    after = evaluate(model, [draw(1000)])
    assert [step for step, _, _ in steps] == list(range(1, 151))
    assert steps[-1][1] < 0.5 * steps[0][1] and all(norm > 0 for _, _, norm in steps)
    assert after["exact"] > max(0.9, before["exact"]) and after["elementwise"] == after["exact"]
