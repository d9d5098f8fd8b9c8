# tests/program/test_relax.py — Python functions as programs: what they mean
# ruff: noqa: B007, F821, F841 — the sizes in annotations are names of the program
import copy
import inspect
import math
import pickle

import numpy as np
import pytest
import torch
from pliant.from_python.values import RESERVED

import pliant

LIMIT = 2
SLOPE = 0.5


@pliant.relax(beta=8.0)
def bubble_sort(xs: "n"):
    """Sorts."""
    ys = xs.copy()
    any = 0.0
    count = 0
    dirty = True
    last = len(xs) - 1
    while dirty:
        dirty = False
        for k in range(last):
            if ys[k + 1] < ys[k]:
                ys[k], ys[k + 1] = ys[k + 1], ys[k]
                dirty = True
                any = 1.0
                count += 1
        last -= 1
    return ys, any, count


@pliant.relax
def largest_gap(xs: "n"):
    gap = 0.0
    for k in range(1, len(xs)):
        step = xs[k] - xs[k - 1] if xs[k] > xs[k - 1] else xs[k - 1] - xs[k]
        gap = max(gap, step)
    return gap


@pliant.relax
def insertion_sort(xs: "n"):
    ys = xs.copy()
    for end in range(1, len(ys)):
        for k in range(end, 0, -1):
            if ys[k - 1] > ys[k]:
                ys[k - 1], ys[k] = ys[k], ys[k - 1]
    return ys


@pliant.relax
def odd_even_sort(xs: "n"):
    ys = xs.copy()
    for _ in range(len(xs)):
        for first in range(2):
            for k in range(first, len(ys) - 1, 2):
                low, high = min(ys[k], ys[k + 1]), max(ys[k], ys[k + 1])
                ys[k] = low
                ys[k + 1] = high
    return ys


@pliant.relax
def sinking_sort(xs: "n"):
    ys = xs.copy()
    for end in range(1, len(ys)):
        k = end
        while k > 0 and ys[k - 1] > ys[k]:
            ys[k - 1], ys[k] = ys[k], ys[k - 1]
            k -= 1
    first = ys[0]
    for k_first in range(len(ys)):
        first = ys[k_first - 1] if k_first > 0 else 0.0 * first
    return ys, first


@pliant.relax
def over_arrays(xs: "n", a: "n, m"):
    total = 0.0
    for x in xs:
        total += x
        for i, row in enumerate(a):
            total = max(total, row[0] * xs[i])
    for x in xs[1:]:
        total -= x
    ys = np.zeros(len(xs))
    for k, x in enumerate(xs):
        ys[k] = total + x
    return total, ys


@pliant.relax
def masks(a: "n, m", b: "n, m", x):
    chosen = np.where((a < b) & ~(a > x) | (b == x), a, b)
    rows = np.sum(chosen, -1) * a.max(-1)
    return chosen, rows, rows[np.argmin(rows)]


@pliant.relax
def branches(x, y):
    if x < y:
        small = x
        large = y
    elif x > 2.0 * y and not y < -1.0:
        small = y
        large = x * x
    else:
        small, large = y, x
    if -1.0 < x <= SLOPE or y == 0.25:
        large += 10
    return small, large, large - small


@pliant.relax
def tables(a: "n, m", b: "m"):
    n, m = a.shape
    d = np.zeros((n + 1, m))
    e = np.full((2, m), 0.5)
    d[1:, :] = a
    d[0] = b
    for i in range(n):
        for j in range(m):
            if i == j or (i > 1 and j != 0):
                d[i + 1][j] += e[1, j] * b[-1]
    row = d[-1].copy()
    row[0] = 7.0
    for j in range(LIMIT):
        row[j] /= 2
    return d, row, np.sum(d, axis=-1), e[:, 0] + 1


@pliant.relax
def collatz_like(x):
    steps = 0
    while x > 1.5:
        if x > 10.0:
            x = x / 4.0
        else:
            x -= 1.0
        steps = steps + 1
    return x, steps


@pliant.relax
def powers(x, ys: "k"):
    total = 0.0
    i = 0
    while i < len(ys):
        total += ys[i] * (x**2 - x**3) + abs(x) ** 0.5
        i += 1
    return total, math.exp(-x) + math.log(1.0 + x * x), -x + +x


@pliant.relax
def exact_ifs(xs: "n"):
    place = 0
    total = 0.0
    for i in range(len(xs)):
        if i > 0 and i != 3:
            place = place + 1
            total += xs[place]
    return total


@pliant.relax
def lists(x, y):
    cells = [0.0] * 3
    cells[1] = x
    cells[-1] = y
    three = [x, y, x + y]
    return cells, sum(cells), min(three), max([x, y])


@pliant.relax
def total_of(xs: "n"):
    total = 0.0
    for i in range(len(xs)):
        total += xs[i]
    return total


@pliant.relax
def two(x, ys: "k"):
    x = x + 1.0
    return x, ys[0] * x


@pliant.relax
def calls(total, xs: "n", a: "n, m"):
    x, y = two(total, a[1, :])
    rows = total_of(xs) + total_of(a[0]) * total_of(xs[1:])
    if x < y:
        rows = rows + total_of(insertion_sort(xs))
    return rows, x, y, total


PLAIN = {
    "insertion_sort": [(5,)],
    "odd_even_sort": [(6,)],
    "sinking_sort": [(5,)],
    "over_arrays": [(3,), (3, 2)],
    "masks": [(3, 4), (3, 4), ()],
    "bubble_sort": [(5,)],
    "largest_gap": [(6,)],
    "branches": [(), ()],
    "tables": [(4, 3), (3,)],
    "collatz_like": [()],
    "powers": [(), (4,)],
    "exact_ifs": [(6,)],
    "lists": [(), ()],
    "total_of": [(4,)],
    "two": [(), (3,)],
}


def inputs_of(shapes, batch=40, seed=0):
    random = np.random.default_rng(seed)
    scale = 8 if shapes == [()] else 2
    return [scale * random.standard_normal((batch, *shape)) for shape in shapes]


def as_tuple(x):
    return x if isinstance(x, tuple) else (x,)


@pytest.mark.parametrize("name", PLAIN)
def test_hard_is_the_python_function(name):
    program = globals()[name]
    inputs = inputs_of(PLAIN[name])
    found = as_tuple(program.hard(*map(torch.from_numpy, inputs)))
    for sample in range(len(inputs[0])):
        expected = as_tuple(program.python(*(x[sample].copy() for x in inputs)))
        assert len(expected) == len(found)
        for mine, its in zip(found, expected, strict=True):
            its = np.asarray(its, dtype=np.float64)
            if name == "powers":  # exp and log of another library
                np.testing.assert_allclose(mine[sample].numpy(), its, rtol=1e-14)
            else:
                np.testing.assert_array_equal(mine[sample].numpy(), its)


@pytest.mark.parametrize("name", PLAIN)
def test_relaxed_gradients(name):
    program = globals()[name]
    inputs = [torch.from_numpy(x).requires_grad_() for x in inputs_of(PLAIN[name], batch=2, seed=3)]
    assert torch.autograd.gradcheck(lambda *x: program.soft(*x, beta=2.0), inputs)


def test_relaxed_values_are_the_golden_ones():
    found = bubble_sort(torch.tensor([[0.3, -0.1, 0.2, 0.25]], dtype=torch.float64))
    golden = (
        [[-0.048981252690, 0.212455307722, 0.233519358020, 0.253006586948]],
        [0.996579665417],
        [2.654234902407],
    )
    for mine, its in zip(found, golden, strict=True):
        torch.testing.assert_close(mine, torch.tensor(its, dtype=torch.float64), rtol=0, atol=1e-11)


def test_relaxed_approaches_hard():
    (xs,) = inputs_of([(5,)], batch=300)
    apart = np.abs(xs[:, :, None] - xs[:, None, :])[:, ~np.eye(5, dtype=bool)].min(1) > 0.05
    xs = torch.from_numpy(xs[apart])
    for program in (bubble_sort, insertion_sort, odd_even_sort):
        soft, hard = as_tuple(program.soft(xs, beta=1000.0)), as_tuple(program.hard(xs))
        for mine, its in zip(soft, hard, strict=True):
            torch.testing.assert_close(mine, its, rtol=0, atol=1e-9)


def test_calls_are_inlined_with_names_of_their_own():
    total, xs, a = inputs_of([(), (4,), (4, 3)])
    found = calls.hard(*map(torch.from_numpy, (total, xs, a)))
    assert [len(x) for x in found] == [len(total)] * 4
    for k in range(len(total)):
        x, y = total[k] + 1.0, a[k, 1, 0] * (total[k] + 1.0)
        add = lambda values: sum(values.tolist(), 0.0)  # noqa: E731
        rows = add(xs[k]) + add(a[k, 0]) * add(xs[k, 1:])
        rows += add(np.sort(xs[k])) if x < y else 0.0
        assert [f[k].item() for f in found] == [rows, x, y, total[k]]
    assert "total_of" not in calls.text


def test_names_are_whole_numbers_only_where_they_must_be():
    assert "var count = 0" in bubble_sort.text and "int last = n - 1" in bubble_sort.text
    assert "int i = 0" in powers.text and "while i < k" in powers.text
    assert "int place = 0" in exact_ifs.text
    assert "var steps = 0" in collatz_like.text


def test_weights_are_an_index():
    @pliant.relax(beta=3.0)
    def read(keys: "n", values: "n, m"):
        w = np.argmax(keys)
        seen = np.zeros(len(keys))
        seen[w] = 1.0
        return values[w], values[w, 0], seen

    keys, values = map(torch.from_numpy, inputs_of([(4,), (4, 2)]))
    rows, first, seen = read(keys, values)
    weights = (3.0 * keys).softmax(1)
    torch.testing.assert_close(rows, torch.einsum("bn,bnm->bm", weights, values))
    torch.testing.assert_close(first, rows[:, 0])
    torch.testing.assert_close(seen, weights)
    for k in range(len(keys)):
        rows, first, seen = read.python(keys[k].numpy(), values[k].numpy())
        assert all(
            np.array_equal(mine[k].numpy(), its)
            for mine, its in zip(read.hard(keys, values), (rows, first, seen), strict=True)
        )


def test_the_functions_of_the_language():
    @pliant.relax(beta=5.0)
    def many(s: "n, m", t: "n, m", x):
        a = np.where(s < t, s, x)
        b = np.exp(s) + torch.sqrt(abs(t)) - np.maximum(s, 0.0) * np.minimum(s, t)
        c = np.sum(a, axis=-1) + b.max(axis=-1) + np.prod(s, axis=-1) + logsumexp(t, axis=-1)
        d = same(s[0], t[0]) + cosine(s[1], t[1]) + s[0] @ t[1] + np.dot(s[1], t[0])
        e = np.arange(len(s)) + onehot(1, len(s)) * (x > 0)
        return a, b, c, d, e, np.stack([s, t], axis=-1)

    s, t, x = map(torch.from_numpy, inputs_of([(2, 3), (2, 3), ()]))
    a, b, c, d, e, f = many(s, t, x)
    wide = x.view(-1, 1, 1)
    p = torch.sigmoid(5.0 * (t - s))
    torch.testing.assert_close(a, wide + p * (s - wide))

    def relaxed_max(u):
        return (u * (5.0 * u).softmax(-1)).sum(-1)

    def pair(u, v, sign):
        both = torch.stack(torch.broadcast_tensors(u, v), -1)
        return sign * relaxed_max(sign * both)

    zero = torch.zeros(())
    torch.testing.assert_close(b, s.exp() + t.abs().sqrt() - pair(s, zero, 1) * pair(s, t, -1))
    torch.testing.assert_close(c, a.sum(-1) + relaxed_max(b) + s.prod(-1) + t.logsumexp(-1))
    cosines = torch.cosine_similarity(s, t, -1)
    products = torch.einsum("bi,bi->b", s[:, 0], t[:, 1]) + torch.einsum("bi,bi->b", s[:, 1], t[:, 0])
    torch.testing.assert_close(d, 1 / torch.cosh(5 * (1 - cosines[:, 0])) + cosines[:, 1] + products)
    places = torch.tensor([0.0, 1.0]) + torch.sigmoid(5 * x)[:, None] * torch.tensor([0.0, 1.0])
    torch.testing.assert_close(e, places.double())
    torch.testing.assert_close(f, torch.stack([s, t], -1))


def test_what_it_gives_back_is_a_program():
    assert isinstance(bubble_sort, pliant.program.Program)
    assert (bubble_sort.name, bubble_sort.inputs, bubble_sort.outputs) == (
        "bubble_sort",
        ("xs",),
        ("ys", "any", "count"),
    )
    assert bubble_sort.beta == 8.0 and bubble_sort.__wrapped__ is bubble_sort.python
    assert bubble_sort.__doc__ == "Sorts." and inspect.isfunction(bubble_sort.python)
    x = torch.randn(3, 5)
    for other in (copy.deepcopy(bubble_sort), pickle.loads(pickle.dumps(bubble_sort))):
        assert type(other) is pliant.program.Program and other == pliant.program.parse(
            bubble_sort.text, beta=8.0
        )
        assert all(torch.equal(a, b) for a, b in zip(other(x), bubble_sort(x), strict=True))
    written = pliant.program.parse(bubble_sort.text, beta=8.0)
    assert written.text == bubble_sort.text


def test_errors_of_a_run_name_the_line_of_the_function():
    @pliant.relax
    def beyond(xs: "n", x):
        y = total_of(xs)
        if x > 0.0:
            y = y + 1.0
        else:
            y = y + xs[len(xs)]  # here
        return y

    lines, first = inspect.getsourcelines(beyond.python)
    (line,) = [first + k for k, text in enumerate(lines) if "# here" in text]
    text = rf"program: line \d+, column \d+: index 4 is out of range .* \(made of {__file__}:{line}\)"
    with pytest.raises(ValueError, match=text):
        beyond(torch.zeros(2, 4), torch.zeros(2))
    with pytest.raises(ValueError, match=r"xs must have 1 dimensions behind the batch .* shape \(2,\)$"):
        beyond(torch.zeros(2), torch.zeros(2))
    for program in (beyond, bubble_sort, calls):
        assert len(program.text.splitlines()) == len(program.origins) + 3


def test_compiles_and_transforms():
    xs = torch.randn(3, 5, dtype=torch.float64)
    torch._dynamo.reset()
    compiled = torch.compile(lambda x: bubble_sort(x)[0].square().sum(), fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(xs), bubble_sort(xs)[0].square().sum())
    leaf = xs.clone().requires_grad_()
    bubble_sort(leaf)[2].sum().backward()
    torch.testing.assert_close(torch.func.grad(lambda x: bubble_sort(x)[2].sum())(xs), leaf.grad)


def test_names_of_both_branches_are_declared_before():
    @pliant.relax(beta=3.0)
    def arrays(xs: "n", x):
        if x > 0.0:
            ys = xs * 2.0
            k = np.sum(xs)
        else:
            k = 1.0
            ys = -xs
        return ys, k

    xs, x = map(torch.from_numpy, inputs_of([(3,), ()]))
    p = torch.sigmoid(3.0 * x)
    ys, k = arrays(xs, x)
    torch.testing.assert_close(ys, p[:, None] * 2 * xs - (1 - p[:, None]) * xs)
    torch.testing.assert_close(k, p * xs.sum(1) + (1 - p))


def test_reserved_words_are_those_of_the_language():
    def is_name(word):
        try:
            pliant.program.parse(f"program p({word}) {{ return {word} }}")
        except ValueError:
            return False
        return True

    assert not any(is_name(word) for word in RESERVED)
    with pytest.raises(ValueError, match="there are: ") as error:
        pliant.program.parse("program p(x) { var y = nothing(x); return y }")
    assert set(str(error.value).partition("there are: ")[2].split(", ")) <= RESERVED

    @pliant.relax
    def words(sum, var: "where", größe):
        product = sum + größe
        int = product * 2.0
        gated = int + 0.0
        return gated, var[0]

    x = torch.tensor([1.0, 2.0], dtype=torch.float64)
    assert [y.tolist() for y in words.hard(x, x[:, None], x)] == [[4.0, 8.0], [1.0, 2.0]]
