# tests/program/test_program.py — programs from Python: golden values, the op, errors
import copy
import pickle
import re

import pytest
import torch

import pliant

SWAP = """
program swap(x, y) {
  var low = x
  var high = y
  if high < low {
    low = y
    high = x
  }
  return low, high
}"""
COUNT = """
program count(limit) {
  var x = 0
  while x < limit { x = x + 1 }
  return x
}"""
BOTH = """
program both(x[n], y) {
  var z = 0
  if x[0] < y and (x[1] > 0 or not x[n - 1] == y) { z = max(x) } else { z = x[argmin(x)] }
  return z
}"""


def numbers(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def test_golden_values():
    sort = pliant.program.load("bubble_sort", beta=8.0)
    xs = torch.tensor([[0.3, -0.1, 0.2, 0.25]], dtype=torch.float64, requires_grad=True)
    ys, any_swap, count = sort(xs)
    golden = {
        ys: [[-0.048981252690, 0.212455307722, 0.233519358020, 0.253006586948]],
        any_swap: [0.996579665417],
        count: [2.654234902407],
        torch.autograd.grad(count.sum(), xs, retain_graph=True)[0]: [
            [3.370830838304, 0.231262948182, -0.451414630415, -3.150679156072]
        ],
        torch.autograd.grad(any_swap.sum(), xs)[0]: [
            [0.055326432855, -0.026185610019, -0.008846600298, -0.020294222538]
        ],
    }
    for mine, its in golden.items():
        torch.testing.assert_close(mine, torch.tensor(its, dtype=torch.float64), rtol=0, atol=1e-10)
    five = torch.tensor([5.0], dtype=torch.float64)
    counted = pliant.program.parse(COUNT, beta=1.25)(five)
    assert counted.item() == pytest.approx(4.9803892773, abs=1e-9)
    s = torch.tensor([[[0.7, 0.3], [0.2, 0.8]]], dtype=torch.float64, requires_grad=True)
    t = torch.tensor([[[1.0, 0.0], [0.4, 0.6]]], dtype=torch.float64)
    distance, table = pliant.program.load("levenshtein", beta=9.0)(s, t)
    golden = [[0, 1, 2], [1, 0.2167076088, 1.2316629694], [2, 1.2173984627, 0.3400033416]]
    torch.testing.assert_close(table[0], torch.tensor(golden, dtype=torch.float64), rtol=0, atol=1e-9)
    slopes = torch.autograd.grad(distance.sum(), s)[0].flatten()
    golden = [-0.8929281562, 2.0834990312, -1.5018374387, 0.3754593597]
    torch.testing.assert_close(slopes, torch.tensor(golden, dtype=torch.float64), rtol=0, atol=1e-9)


def test_modes():
    swap = pliant.program.parse(SWAP, beta=2.0)
    x, y = torch.tensor([2.0, 1.0, 1.0]), torch.tensor([1.0, 2.0, 1.0])
    p = torch.sigmoid(2.0 * (x - y))
    torch.testing.assert_close(swap(x, y), (x + p * (y - x), y + p * (x - y)))
    assert [z.tolist() for z in swap.hard(x, y)] == [[1, 1, 1], [2, 2, 1]]
    x.requires_grad_()
    low, _ = swap.straight_through(x, y)
    assert low.tolist() == [1, 1, 1]
    low.sum().backward()
    assert torch.isfinite(x.grad).all() and x.grad.abs().sum() > 0
    assert not swap.hard(x, y)[0].requires_grad


def test_straight_through_takes_the_slopes_of_relaxed_choices():
    """At the values of the hard run, of which there is one here: the inputs."""
    least = "program p(x[n], v[n]) {\n var y = min(x)\n var z = v[argmax(x)]\n return y, z\n}"
    program, x, v = pliant.program.parse(least, beta=2.0), numbers(6, 4).requires_grad_(), numbers(6, 4)
    low, chosen = program.straight_through(x, v)
    assert torch.equal(low, x.amin(1))
    assert torch.equal(chosen, v.gather(1, x.argmax(1, keepdim=True)).squeeze(1))
    weights = torch.softmax(2.0 * x, 1)
    (expected,) = torch.autograd.grad((weights * v).sum(), x)
    (found,) = torch.autograd.grad(chosen.sum(), x, retain_graph=True)
    torch.testing.assert_close(found, expected)
    weights, least = torch.softmax(-2.0 * x, 1), torch.nn.functional.one_hot(x.argmin(1), 4)
    (expected,) = torch.autograd.grad((weights * x.detach()).sum() + (least * x).sum(), x)
    (found,) = torch.autograd.grad(low.sum(), x)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("mode", ["soft", "hard", "straight_through"])
@pytest.mark.parametrize("smallest", [True, False])
def test_extrema_of_elements_from_several_places(mode, smallest):
    """Rows of slices of two arrays, of one of them twice, and of a constant, against torch."""
    name = "min" if smallest else "max"
    rows = f"{name}(stack(x[:, 0], v, x[:, 2], x[:, 0], 0.25))"
    text = f"program p(x[n, m], v[n]) {{\n var y = {rows}\n return y\n}}"
    x, v = numbers(5, 7, 3).requires_grad_(), numbers(5, 7).requires_grad_()
    beta = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    program = pliant.program.parse(text, beta=beta)
    found = getattr(program, mode)(x, v)
    rows = torch.stack([x[:, :, 0], v, x[:, :, 2], x[:, :, 0], torch.full_like(v, 0.25)], 2)
    weights = torch.softmax((-beta if smallest else beta) * rows, 2)
    expected = (weights * rows).sum(2)
    if mode != "soft":
        first = (rows.argmin(2) if smallest else rows.argmax(2)).unsqueeze(2)
        chosen = rows.gather(2, first).squeeze(2)
        assert torch.equal(found, chosen)
        # Hard values, and the slopes of the relaxed choice.
        expected = chosen + ((weights - weights.detach()) * rows.detach()).sum(2)
    torch.testing.assert_close(found, expected, rtol=1e-14, atol=1e-14)
    if mode == "hard":
        return
    upstream = numbers(5, 7)
    slopes = torch.autograd.grad((found * upstream).sum(), (x, v, beta))
    wanted = torch.autograd.grad((expected * upstream).sum(), (x, v, beta))
    torch.testing.assert_close(slopes, wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("mode", ["hard", "straight_through"])
def test_hard_conditions_are_yes_or_no(mode):
    text = """
    program p(x, s[n], t[n]) {
      var y = 0
      if x { y = 1 }
      if truth(x) and 0 < 1 { y = y + 10 }
      y = y + where(truth(x), 100, 0)
      if same(s, t) { y = y + 1000 }
      return y
    }"""
    x = torch.tensor([0.0, 0.3, 0.5, 0.6, 1.0])
    s = torch.tensor([[0.1, 0.7, 0.2], [0.5, 0.4, 0.1], [1.0, 0.0, 0.0], [0.2, 0.5, 0.3], [0.0, 1.0, 0.0]])
    t = torch.tensor([[0.2, 0.4, 0.4], [0.4, 0.5, 0.1], [0.6, 0.3, 0.1], [0.2, 0.3, 0.5], [0.0, 1.0, 0.0]])
    t[0, 2] = 0.3
    found = getattr(pliant.program.parse(text), mode)(x, s, t)
    assert found.tolist() == [1000, 0, 1000, 111, 1111]


def test_hard_programs_take_every_distribution_and_t_norm():
    text = """program p(x, y) {
      var z = 0
      if x > 0 and y > 0 { z = 1 }
      if x > 0 or y == 1 { z = z + 2 }
      if not x > 0 { z = z + 4 }
      return z
    }"""
    x = torch.tensor([1.0, 1.0, -1.0, -1.0])
    y = torch.tensor([1.0, -1.0, 1.0, -1.0])
    for family in pliant.distributions():
        program = pliant.program.parse(text, distribution=family["name"])
        assert program.hard(x, y).tolist() == [3, 2, 6, 4]
    for family in pliant.t_norms():
        program = pliant.program.parse(text, t_norm=family["name"])
        assert program.hard(x, y).tolist() == [3, 2, 6, 4]


def test_infinite_inputs_are_sorted():
    x = torch.tensor([[2.0, float("inf"), 1.0], [float("-inf"), 3.0, -1.0]], dtype=torch.float64)
    sort = pliant.program.load("bubble_sort", beta=50.0)
    assert torch.equal(sort.hard(x)[0], x.sort(1)[0])
    torch.testing.assert_close(sort(x)[0], x.sort(1)[0])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"distribution": "cauchy", "beta": 3.0},
        {"distribution": pliant.Distribution("reciprocal")},
        {"t_norm": "hamacher", "p": 0.5},
        {"t_norm": "yager", "p": 2.0, "distribution": "gaussian"},
    ],
)
def test_gradients(options):
    program = pliant.program.parse(BOTH, **({"beta": 2.0} | options))
    x, y = numbers(5, 3).requires_grad_(), numbers(5).requires_grad_()
    assert torch.autograd.gradcheck(lambda *z: program(*z), (x, y))
    beta = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda b: program.soft(x.detach(), y.detach(), beta=b), (beta,))


def arguments(x, needed=None):
    """Of the op run_program for BOTH."""
    text = pliant.program.parse(BOTH).text
    beta = torch.tensor([2.0, 1.0, 0.0, 1.0], dtype=torch.float64)
    none = torch.ones(1, dtype=torch.float64)
    return (x, text, [3], "logistic", beta, "probabilistic", none, "soft", 1e-5, 100, False, 1 << 20, False)


NOTHING_KEPT = torch.empty(0, dtype=torch.uint8)
TESTS = ["test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic"]


def test_opcheck():
    ops, x = torch.ops.pliant, numbers(6, 4)
    torch.library.opcheck(ops.run_program.default, arguments(x), test_utils=TESTS)
    torch.library.opcheck(ops.run_program.default, arguments(x.requires_grad_()), test_utils=TESTS)
    backward = (numbers(6, 1), *arguments(x.detach()), NOTHING_KEPT, [True, True])
    torch.library.opcheck(ops.run_program_backward.default, backward, test_utils=TESTS)


def test_the_way_back_twice_and_without_what_was_kept():
    program = pliant.program.load("bubble_sort", beta=4.0)
    x = (2 * torch.randn(100, 8)).requires_grad_()
    program(x)  # so that the next call may keep its numbers
    loss = program(x)[2].square().sum()
    (once,) = torch.autograd.grad(loss, x, retain_graph=True)
    (twice,) = torch.autograd.grad(loss, x)
    assert torch.equal(once, twice)
    assert torch.equal(once, torch.func.grad(lambda x: program(x)[2].square().sum())(x.detach()))


@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_transforms():
    program = pliant.program.parse(BOTH, beta=2.0)
    x, y = numbers(5, 3), numbers(5)

    def loss(x):
        return program(x, y).square().sum()

    leaf = x.clone().requires_grad_()
    loss(leaf).backward()
    torch.testing.assert_close(torch.func.grad(loss)(x), leaf.grad)
    torch._dynamo.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    again = x.clone().requires_grad_()
    compiled(again).backward()
    torch.testing.assert_close(again.grad, leaf.grad)
    mapped = torch.func.vmap(lambda x, y: program(x, y))(x.unsqueeze(1), y.unsqueeze(1))
    torch.testing.assert_close(mapped.squeeze(1), program(x, y))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_dtypes(dtype):
    x, y = torch.randn(9, 3).to(dtype).requires_grad_(), torch.randn(9).to(dtype)
    program = pliant.program.parse(BOTH, beta=2.0)
    z = program(x, y)
    z.sum().backward()
    assert z.dtype == x.grad.dtype == dtype
    torch.testing.assert_close(z.double(), program(x.detach().double(), y.double()), rtol=1e-2, atol=1e-2)
    if dtype.itemsize == 2:  # worked on in float32, rounded once
        assert torch.equal(z, program(x.detach().float(), y.float()).to(dtype))


def test_shapes_and_strides():
    program = pliant.program.parse(BOTH)
    x, y = numbers(3, 8).T, numbers(16)[::2]
    assert torch.equal(program(x, y), program(x.contiguous(), y.contiguous()))
    assert program(x[:0], y[:0]).shape == (0,)
    empty = x[:0].clone().requires_grad_()
    program(empty, y[:0]).sum().backward()
    assert empty.grad.shape == (0, 3)
    ys, any_swap, _ = pliant.program.load("bubble_sort")(torch.zeros(2, 0))
    assert ys.shape == (2, 0) and any_swap.tolist() == [0, 0]


def runs(mode):
    program = pliant.program.load("bubble_sort", beta=6.0)
    return program if mode == "soft" else getattr(program, mode)


@pytest.mark.parametrize("mode", ["soft", "hard", "straight_through"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_sample_alone_is_as_in_a_batch_of_200(mode, dtype):
    xs = (3 * torch.randn(200, 5)).to(dtype)
    together = xs.clone().requires_grad_()
    found = runs(mode)(together)
    gradients = mode != "hard" and torch.autograd.grad(found[2].sum() + found[0][:, 0].sum(), together)[0]
    for k in (0, 1, 63, 64, 130, 199):
        one = xs[k : k + 1].clone().requires_grad_()
        alone = runs(mode)(one)
        assert all(torch.equal(a[k : k + 1], b) for a, b in zip(found, alone, strict=True))
        if mode != "hard":
            (gradient,) = torch.autograd.grad(alone[2].sum() + alone[0][:, 0].sum(), one)
            assert torch.equal(gradients[k : k + 1], gradient)


def test_the_bits_do_not_depend_on_the_number_of_threads(threads):
    xs = torch.randn(300, 6)
    found = []
    for count in (1, 2, 3):
        threads(count)
        leaf = xs.clone().requires_grad_()
        beta = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)
        results = pliant.program.load("bubble_sort").soft(leaf, beta=beta)
        slopes = torch.autograd.grad(results[2].sum() + results[0][:, 1].sum(), (leaf, beta))
        found.append([*results, *slopes])
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


def test_programs_are_values():
    program = pliant.program.parse(SWAP, beta=3.0)
    assert program == pliant.program.Program(program.text, 3.0)
    assert (program.name, program.inputs, program.outputs) == ("swap", ("x", "y"), ("low", "high"))
    x, y = torch.randn(4), torch.randn(4)
    for other in (copy.deepcopy(program), pickle.loads(pickle.dumps(program))):
        assert other == program
        assert all(torch.equal(a, b) for a, b in zip(other(x, y), program(x, y), strict=True))


def test_a_loop_that_is_cut_off():
    count = pliant.program.parse(COUNT, beta=20.0, max_passes=3)
    ten = torch.tensor([10.0], dtype=torch.float64)
    with pytest.raises(ValueError, match=re.escape("line 3, column 3: the loop goes on after 3 passes")):
        count(ten)
    assert count.soft(ten, truncate=True).item() == 3
    assert count.soft(ten, max_passes=11).item() == pytest.approx(10.5, abs=1e-6)


X = torch.zeros(2, 3)
ERRORS = {
    "no program": (
        lambda: pliant.program.parse("nothing"),
        "line 1, column 1: expected 'program', got 'nothing'",
    ),
    "too few": (lambda: pliant.program.parse(SWAP)(X[:, 0]), "program swap takes x, y, got 1 tensors"),
    "rank": (
        lambda: pliant.program.parse(BOTH)(X[:, 0], X[:, 0]),
        "program both: x must have 1 dimensions behind the batch of the first input, got shape (2,)",
    ),
    "batch": (
        lambda: pliant.program.parse(BOTH)(X, X[:1, 0]),
        "program both: y must have 0 dimensions behind the batch of the first input, got shape (1,)",
    ),
    "sizes": (
        lambda: pliant.program.parse("program p(x[n], y[n]) { return x }")(X, X[:, :2]),
        "program p: y must have n = 3 places in dimension 0, got 2",
    ),
    "beta": (
        lambda: pliant.program.parse(COUNT, beta=-1.0)(X[:, 0]),
        "beta must be > 0 and finite, got -1",
    ),
    "epsilon": (
        lambda: pliant.program.parse(COUNT, epsilon=2.0)(X[:, 0]),
        "epsilon must be in [0, 1), got 2",
    ),
    "passes": (lambda: pliant.program.parse(COUNT, max_passes=-1)(X[:, 0]), "max_passes must be >= 0"),
    "memory": (
        lambda: pliant.program.parse(COUNT, memory=10)(X[:, 0]),
        "samples takes more than 10 bytes",
    ),
    "t-norm": (
        lambda: pliant.program.parse(COUNT, t_norm="and")(X[:, 0]),
        "unknown T-norm 'and'; there are: ",
    ),
    "distribution": (
        lambda: pliant.program.parse(COUNT, distribution="step")(X[:, 0]),
        "unknown distribution 'step'; there are: ",
    ),
    "index": (
        lambda: pliant.program.parse("program p(x[n]) {\n var y = x[n]\n return y }")(X),
        "program: line 2, column 13: index 3 is out of range in dimension 0 of an array of shape [3]",
    ),
    "condition": (
        lambda: pliant.program.parse("program p(x[n]) {\n if x[0] { }\n return x }")(X + 2),
        "program: line 2, column 6: a condition must be in [0, 1], got 2",
    ),
    "truth": (
        lambda: pliant.program.parse("program p(x[n]) {\n if truth(x[0]) { }\n return x }")(X + 2),
        "truth takes a number in [0, 1], got 2",
    ),
    "NaN": (
        lambda: pliant.program.parse(SWAP)(X[:, 0] + float("nan"), X[:, 0]),
        "line 4, column 11: a condition must be in [0, 1], got NaN",
    ),
    "NaN output": (
        lambda: pliant.program.parse("program p(x) { var y = log(x); return x, y }")(X[:, 0] - 1),
        "program p: the output y is NaN for sample 0",
    ),
    "asymmetric": (
        lambda: pliant.program.parse(BOTH, distribution="exponential")(X, X[:, 0]),
        "== and != take a symmetric distribution, which exponential is not",
    ),
    "mode": (
        lambda: torch.ops.pliant.run_program(
            *arguments(numbers(2, 4))[:7], "firm", 1e-5, 9, False, 99, False
        ),
        "run_program: unknown mode 'firm'; there are: hard, soft, straight_through",
    ),
    "joined": (
        lambda: torch.ops.pliant.run_program(*arguments(numbers(2, 5))),
        "run_program: inputs must have shape (batch, 4), got [2, 5]",
    ),
    "joined sizes": (
        lambda: torch.ops.pliant.run_program(numbers(2, 4), arguments(None)[1], [3, 4], *arguments(None)[3:]),
        "run_program: sizes must have 1 numbers, one for each dimension of the inputs, got 2",
    ),
    "gradient": (
        lambda: torch.ops.pliant.run_program_backward(
            numbers(2, 2), *arguments(numbers(2, 4)), NOTHING_KEPT, [True, True]
        ),
        "run_program: the gradient must have shape (2, 1), got [2, 2]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, text = ERRORS[name]
    with pytest.raises(ValueError, match=re.escape(text)):
        call()


def test_errors_of_type():
    swap = pliant.program.parse(SWAP)
    with pytest.raises(TypeError, match="program swap: y must be a tensor, got float"):
        swap(X[:, 0], 1.0)
    with pytest.raises(TypeError, match="run_program: inputs must be floating point, got Long"):
        swap(X[:, 0].long(), X[:, 0].long())
    with pytest.raises(TypeError, match="unexpected keyword argument 'steepness'"):
        swap.soft(X[:, 0], X[:, 0], steepness=1.0)
