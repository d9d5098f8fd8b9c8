# tests/transforms/test_support.py — the support table is what runs now, and has every op
import json

import pytest
import torch

import pliant
from tests.transforms.calls import ELSEWHERE, calls, names
from tests.transforms.support import PROBES, TABLE, tried

COMMITTED = json.loads(TABLE.read_text())


def test_every_op_has_a_row():
    assert set(names()) == set(calls()) | set(ELSEWHERE)
    assert not set(calls()) & set(ELSEWHERE)
    assert list(COMMITTED) == sorted(calls())


@pytest.mark.parametrize("name", sorted(calls()))
def test_the_table_is_what_runs(name):
    """`python -m tests.transforms.support` writes it anew."""
    call = calls()[name]
    assert {column: tried(probe, call) for column, probe in PROBES.items()} == COMMITTED[name]


def test_a_derivative_in_forward_mode_is_refused():
    x = torch.randn(3, 5)
    for transform in (torch.func.jacfwd, torch.func.hessian):
        with pytest.raises(NotImplementedError, match="sort_values has no derivative in forward mode"):
            transform(lambda x: pliant.sort_values(x).square().sum())(x)
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(x, torch.ones_like(x))
        with pytest.raises(NotImplementedError, match="take torch.func.vjp or jacrev"):
            pliant.decide(dual)


def test_rows_under_vmap_are_one_call():
    """A gradient for each sample, by x alone, of as many calls as without vmap."""
    x = torch.randn(50, 4, 5)
    with torch.profiler.profile() as profile:
        torch.func.vmap(torch.func.grad(lambda x: pliant.sort_values(x).square().sum()))(x)
    counts = {event.key: event.count for event in profile.key_averages()}
    assert counts["pliant::sort_values_backward"] <= 4  # one for each layer of dispatch


def test_vmap_over_what_all_rows_share():
    x, scale = torch.randn(4, 5), torch.tensor([1.0, 2.0, 3.0])

    def loss(x, scale):
        return pliant.soft_rank(x, steepness=scale).square().sum()

    found = torch.func.vmap(torch.func.grad(loss, argnums=1), in_dims=(None, 0))(x, scale)
    expected = torch.stack([torch.func.grad(loss, argnums=1)(x, s) for s in scale])
    torch.testing.assert_close(found, expected)


def test_vmap_in_vmap_and_along_another_dimension():
    x = torch.randn(4, 3, 5, 2)
    inner = torch.func.vmap(pliant.sort_values, in_dims=-1, out_dims=-1)
    found = torch.func.vmap(inner, in_dims=1, out_dims=1)(x)
    expected = pliant.sort_values(x.movedim(2, -1)).movedim(-1, 2)
    torch.testing.assert_close(found, expected)


def test_jacobian_by_reverse_mode():
    x = torch.randn(5, dtype=torch.float64)
    expected = torch.autograd.functional.jacobian(pliant.soft_rank, x)
    torch.testing.assert_close(torch.func.jacrev(pliant.soft_rank)(x), expected)


def test_no_samples_under_vmap():
    with pytest.raises(ValueError, match="decide"):
        torch.func.vmap(lambda s: torch.ops.pliant.decide(torch.ones(2), "cauchy", s))(
            torch.ones(0, 4, dtype=torch.float64)
        )


def test_what_looks_at_numbers_is_no_part_of_a_graph():
    program = pliant.program.load("bubble_sort", beta=4.0)
    with pytest.raises(Exception, match="looks at the numbers of its arguments"):
        torch.compile(program.on_tensors, fullgraph=True, backend="eager")(torch.randn(2, 3))


def test_a_negated_view_has_its_own_numbers():
    program = pliant.program.load("bubble_sort", beta=4.0)
    x = torch.randn(2, 3)
    same = torch._neg_view(-x)
    torch.testing.assert_close(program.on_tensors(same)[0], program.on_tensors(x)[0])


def test_inductor():
    torch._dynamo.reset()
    x = torch.randn(3, 5, requires_grad=True)
    compiled = torch.compile(lambda x: pliant.soft.maximum(pliant.soft_rank(x), 2.0).sum(), fullgraph=True)
    expected = pliant.soft.maximum(pliant.soft_rank(x), 2.0).sum()
    torch.testing.assert_close(compiled(x), expected)
    slopes = [torch.autograd.grad(value, x)[0] for value in (compiled(x), expected)]
    torch.testing.assert_close(*slopes)
