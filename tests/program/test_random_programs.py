# tests/program/test_random_programs.py — random programs, beside a plain Python interpreter of the same text
import pytest
import torch

import pliant
from tests.program.random_programs import SIZE, as_plain_python, make

SEEDS = range(150)


def inputs_of(seed, batch):
    generator = torch.Generator().manual_seed(seed)
    shapes = (), (), (SIZE,)
    return [2 * torch.randn(batch, *shape, dtype=torch.float64, generator=generator) for shape in shapes]


def plain(written, inputs):
    """Outputs for each sample, and the smallest margin of the decisions of each."""
    function = written.function()
    outs, cells, margins = [], [], []
    for x, y, a in zip(*(t.tolist() for t in inputs), strict=True):
        margin = []
        out, cell = function(x, y, a, margin)
        outs.append(out)
        cells.append(cell)
        margins.append(min(margin, default=float("inf")))
    make_tensor = lambda numbers: torch.tensor(numbers, dtype=torch.float64)  # noqa: E731
    return make_tensor(outs), make_tensor(cells), make_tensor(margins)


@pytest.mark.parametrize("seed", SEEDS)
def test_hard_is_plain_python_exactly(seed):
    written, inputs = make(seed), inputs_of(seed, 70)  # more than a tile of 64
    out, cells = pliant.program.parse(written.text).hard(*inputs)
    expected_out, expected_cells, _ = plain(written, inputs)
    assert torch.equal(out, expected_out) and torch.equal(cells, expected_cells), written.text


@pytest.mark.parametrize("t_norm", ["probabilistic", "max", "hamacher"])
def test_straight_through_has_the_values_of_hard(t_norm):
    for seed in SEEDS:
        program, inputs = pliant.program.parse(make(seed).text, beta=2.0, t_norm=t_norm), inputs_of(seed, 10)
        hard = program.hard(*inputs)
        leaves = [x.requires_grad_() for x in inputs]
        found = program.straight_through(*leaves)
        assert all(torch.equal(a, b) for a, b in zip(found, hard, strict=True)), program.text
        total = sum(y.sum() for y in found)
        slopes = torch.autograd.grad(total, leaves, materialize_grads=True)
        assert all(torch.isfinite(slope).all() for slope in slopes), program.text


def test_soft_is_hard_where_no_decision_is_close():
    compared = 0
    for seed in SEEDS:
        written, inputs = make(seed), inputs_of(seed, 40)
        *expected, margins = plain(written, inputs)
        clear = margins > 0.01
        found = pliant.program.parse(written.text, beta=2e4)(*inputs)
        for mine, its in zip(found, expected, strict=True):
            torch.testing.assert_close(mine[clear], its[clear], rtol=1e-12, atol=1e-12)
        compared += int(clear.sum())
    assert compared > 0.3 * 40 * len(SEEDS)


def test_relaxed_python_functions_are_the_same_programs(tmp_path, monkeypatch):
    """The random programs written in Python: the same text but for names, so the same bits."""
    sources = [as_plain_python(make(seed).text) for seed in SEEDS]
    functions = [
        s.replace("def random(", f"def random_{seed}(") for seed, s in zip(SEEDS, sources, strict=True)
    ]
    path = tmp_path / "random_functions.py"
    path.write_text("import numpy as np\n\n\n" + "\n\n\n".join(functions))
    monkeypatch.syspath_prepend(tmp_path)
    import random_functions

    for seed in SEEDS:
        relaxed = pliant.relax(getattr(random_functions, f"random_{seed}"), beta=3.0)
        program, inputs = pliant.program.parse(make(seed).text, beta=3.0), inputs_of(seed, 5)
        for mine, its in zip(relaxed.hard(*inputs), program.hard(*inputs), strict=True):
            assert torch.equal(mine, its), relaxed.text
        for mine, its in zip(relaxed(*inputs), program(*inputs), strict=True):
            assert torch.equal(mine, its), relaxed.text


@pytest.mark.parametrize("seed", range(40))
def test_soft_gradients_are_finite_differences(seed):
    inputs = [x.requires_grad_() for x in inputs_of(seed, 2)]
    program = pliant.program.parse(make(seed).text, beta=1.5, epsilon=1e-13)
    assert torch.autograd.gradcheck(lambda *x: program(*x), inputs, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("seed", range(25))
def test_text_is_read_back_and_a_sample_knows_no_other(seed):
    program = pliant.program.parse(make(seed).text, beta=3.0)
    assert pliant.program.parse(program.text).text == program.text
    together = with_slopes(program, [x.float() for x in inputs_of(seed, 70)])
    for k in (0, 37, 69):
        alone = with_slopes(program, [x[k : k + 1].float() for x in inputs_of(seed, 70)])
        assert all(torch.equal(a[k : k + 1], b) for a, b in zip(together, alone, strict=True))


def with_slopes(program, inputs):
    """Outputs, and the gradients of their sum."""
    leaves = [x.clone().requires_grad_() for x in inputs]
    found = program(*leaves)
    return [*found, *torch.autograd.grad(sum(y.sum() for y in found), leaves, materialize_grads=True)]
