# tests/program/test_builder.py — programs written in Python by handles are those of the texts; errors
import re

import pytest
import torch

import pliant
from pliant.program import Builder

EVERYTHING = """
program everything(x[n], y) {
  var a[n] = x * y + exp(-abs(x)) / 2
  var total = sum(a) - log(1 + y * y) + sqrt(2 + y)
  var w[n] = argmin(a)
  var q = 0
  for i in 0 .. n - 1 {
    if x[i] < x[i + 1] and not y == x[i] or x[i] != 0.5 {
      a[i] = a[i + 1] * 2
      q = q + where(x[i] >= y, total, x[i])
    } else {
      a[i + 1] = min(a)
    }
  }
  while q < 3 { q = q + 0.5 + 0.1 * a[0] * a[0] }
  gated while truth(y) { q = q - (x[1] - 1) / (x[0] * -2) }
  a[w] = q
  a[1 : n - 1] = a[0 : n - 2] - 1e-05
  var s[n, 2] = stack(a, x)
  var out = max(s[:, 0]) + a[w] + dot(a, x) + logsumexp(x) + product(s[0, :]) + cosine(a, x) + same(a, w)
  return out, a, q
}
"""


def everything():
    p = Builder("everything")
    x, y = p.input("x", "n"), p.input("y")
    n = p.size("n")
    a = p.var("a", x * y + p.exp(-p.abs(x)) / 2, shape=(n,))
    total = p.var("total", p.sum(a) - p.log(1 + y * y) + p.sqrt(2 + y))
    w = p.var("w", p.argmin(a), shape=(n,))
    q = p.var("q", 0)
    with p.For("i", 0, n - 1) as i:
        with p.If((x[i] < x[i + 1]) & ~(y == x[i]) | (x[i] != 0.5)):
            a[i] = a[i + 1] * 2
            q += p.where(x[i] >= y, total, x[i])
        with p.Else():
            a[i + 1] = p.min(a)
    with p.While(q < 3):
        q.set(q + 0.5 + 0.1 * a[0] * a[0])
    with p.GatedWhile(p.truth(y)):
        q -= (x[1] - 1) / (x[0] * -2)
    a[w] = q
    a[1 : n - 1] = a[: n - 2] - 1e-5
    s = p.var("s", p.stack(a, x), shape=(n, 2))
    most = p.max(s[:, 0]) + a[w] + p.dot(a, x) + p.logsumexp(x)
    out = p.var("out", most + p.product(s[0, :]) + p.cosine(a, x) + p.same(a, w))
    return p.program(out, a, q)


def bubble_sort():
    p = Builder("bubble_sort")
    xs = p.input("xs", "n")
    ys = p.var("ys", xs, shape=(p.size("n"),))
    any_swap, swaps, dirty = p.var("any", 0), p.var("swaps", 0), p.var("dirty", 1)
    last = p.int("last", p.size("n") - 1)
    with p.While(p.truth(dirty)):
        dirty.set(0)
        with p.For("k", 0, last) as k:
            low, high = p.var("low", ys[k]), p.var("high", ys[k + 1])
            with p.If(high < low):
                ys[k] = high
                ys[k + 1] = low
                dirty.set(1)
                any_swap.set(1)
                swaps += 1
        last -= 1
    return p.program(ys, any_swap, swaps, beta=8.0)


def test_texts_are_those_of_the_language():
    assert everything().text == pliant.program.parse(EVERYTHING).text
    assert bubble_sort() == pliant.program.load("bubble_sort", beta=8.0)


def test_a_program_that_was_written_runs():
    ys, _, swaps = bubble_sort().hard(torch.tensor([[4.0, 0.0, 5.0, 2.0, 1.0, 3.0]]))
    assert ys.tolist() == [[0, 1, 2, 3, 4, 5]] and swaps.item() == 8


def test_names_that_are_taken_get_numbers_and_ended_ones_are_free():
    p = Builder("p")
    x = p.input("x")
    p.var("t", x)
    y = p.var("t", x + 1)
    with p.If(x < 0):
        p.var("inner", 1)
    with p.For("inner", 0, 3) as k:
        y += k
        y *= 2
    assert p.program(y).text == (
        "program p(x) {\n  var t = x\n  var t_2 = x + 1\n  if x < 0 {\n    var inner = 1\n  }\n"
        "  for inner in 0 .. 3 {\n    t_2 = t_2 + inner\n    t_2 = t_2 * 2\n  }\n  return t_2\n}\n"
    )


def builder():
    p = Builder("p")
    return p, p.input("x"), p.input("a", "n")


def ended():
    p, x, _ = builder()
    with p.If(x < 0):
        t = p.var("t", 1)
    return p, t


def inside():
    p, x, _ = builder()
    with p.If(x < 0):
        p.program(x)


def growing():
    _, r, _ = builder()
    for _ in range(20):
        r = r + r


def written(array):
    array[0] = 1


def raised_in_a_block():
    p, x, _ = builder()
    with pytest.raises(KeyError), p.While(x < 0):
        raise KeyError
    p.program(x)
    with p.Else():
        pass


def called_wrongly():
    p, x, _ = builder()
    p.dot(x)


def with_a_step():
    _, _, a = builder()
    return a[0:4:2]


def without_an_end():
    _, _, a = builder()
    return a[1:]


def of_two_programs():
    p, q = builder(), builder()
    p[0].var("y", q[1])


def as_python_would(condition):
    return 1 if condition else 0


ERRORS = {
    "name": (lambda: Builder("1st"), ValueError, "Builder: '1st' is no name; expected letters, digits and _"),
    "taken": (lambda: builder()[0].input("x"), ValueError, "Builder: 'x' is declared already"),
    "no size": (
        lambda: builder()[0].input("b", "x"),
        ValueError,
        "Builder: 'x' is declared already, and is no size",
    ),
    "size": (lambda: builder()[0].size("m"), ValueError, "Builder: no input has a size 'm'"),
    "late": (
        lambda: ended()[0].input("late"),
        ValueError,
        "Builder: the input 'late' must be declared before all statements",
    ),
    "input": (lambda: written(builder()[2]), ValueError, "Builder: 'a' cannot be written to; copy it"),
    "infinite": (
        lambda: builder()[1] * float("inf"),
        ValueError,
        "Builder: a number must be finite, got inf",
    ),
    "text": (
        lambda: builder()[1] + "1",
        TypeError,
        "Builder: expected a number or an expression, got str",
    ),
    "ended": (lambda: ended()[0].var("y", ended()[1]), ValueError, "belongs to another program than p"),
    "two programs": (of_two_programs, ValueError, "Builder: 'x' belongs to another program than p"),
    "inside": (inside, ValueError, "Builder: the program p is asked for inside of one of its blocks"),
    "no output": (
        lambda: builder()[0].program(),
        ValueError,
        "the program p must have an input and an output",
    ),
    "expression": (
        lambda: (lambda p, x, a: p.program(x + 1))(*builder()),
        TypeError,
        "Builder: an output must be a variable or an input, and no expression of them",
    ),
    "growing": (growing, ValueError, "Builder: an expression of more than 20000 characters"),
    "else": (raised_in_a_block, ValueError, "Builder: Else must follow an If"),
    "arguments": (called_wrongly, TypeError, "Builder: dot takes 2 arguments, got 1"),
    "function": (lambda: builder()[0].tan, AttributeError, "the language no function, 'tan'"),
    "step": (with_a_step, ValueError, "Builder: a range of places has no step"),
    "end": (without_an_end, ValueError, "Builder: a range of places needs its end: a[low:high]"),
    "bool": (lambda: as_python_would(builder()[1] < 1), TypeError, "use p.If and p.While"),
    "chain": (lambda: 0 < builder()[1] < 1, TypeError, "no chained comparisons"),
    "iteration": (lambda: list(builder()[2]), TypeError, "cannot be iterated over: use p.For"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, kind, text = ERRORS[name]
    with pytest.raises(kind, match=re.escape(text)):
        call()


def test_a_name_that_has_ended_is_refused_by_its_own_program():
    p, t = ended()
    with pytest.raises(ValueError, match="Builder: 't' has ended with its block"):
        p.var("y", t)
    with pytest.raises(ValueError, match="Builder: 't' has ended with its block"):
        t.set(2)
