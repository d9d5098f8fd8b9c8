# tests/program/test_compat_algovision_programs.py — the programs that pliant.compat.algovision writes
import copy

import torch
from pliant.compat import algovision as av

import pliant
from tests.conftest import ROOT
from tests.program import algovision_algorithms as algorithms
from tests.program.algovision_algorithms import f64

BUBBLE_SORT = """\
program algorithm(xs_given[n0_0]) {
  var xs[4] = xs_given
  var lo = 0
  var hi = 0
  var dirty = 1
  var any = 0
  var count = 0
  int last = 3
  while truth(dirty) {
    dirty = 0
    for k in 0 .. last {
      lo = xs[k]
      hi = xs[k + 1]
      if hi < lo {
        xs[k] = hi
        xs[k + 1] = lo
        dirty = 1
        any = 1
        count = count + 1
      }
    }
    last = last - 1
  }
  return xs, any, count
}
"""


def normal(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def zeros(*shape):
    return torch.zeros(*shape, dtype=torch.float64)


def of_a(*statements, outputs=("a",), **options):
    """An algorithm of `a`, and the variables y, z and i."""
    return av.Algorithm(
        av.Input("a"), av.Var("y", f64(0.0)), av.Var("z", f64(0.0)), av.VarInt("i", 1), *statements,
        *map(av.Output, outputs), **options,
    )  # fmt: skip


def body(algorithm, *inputs):
    """The lines of its program behind the declarations."""
    lines = algorithm.program(*inputs).text.splitlines()
    return "\n".join(
        line for line in lines[1:-2] if not line.startswith(("  var y =", "  var z =", "  int i ="))
    )


# === The text ===


def test_an_algorithm_is_the_program_that_one_would_write():
    program = algorithms.bubble_sort(av).program(zeros(2, 4))
    assert program.text.replace(".0\n", "\n") == BUBBLE_SORT
    assert program.beta == 8.0 and program.truncate
    xs = normal(3, 4)
    shipped = pliant.program.load("bubble_sort", beta=8.0)(xs)
    for mine, its in zip(algorithms.bubble_sort(av)(xs), shipped, strict=True):
        torch.testing.assert_close(mine, its, rtol=1e-12, atol=1e-12)


def test_the_example_of_the_page_runs(capsys):
    page = (ROOT / "docs" / "algovision.md").read_text()
    example = page.split("```python\n")[1].split("```")[0]
    exec(example, names := {})
    assert "    for k in 0 .. last {\n      low = xs[k]\n      high = xs[k + 1]\n" in capsys.readouterr().out
    assert names["ys"].shape == (100, 5) and names["swaps"].shape == (100,)


def test_torch_functions_become_expressions():
    algorithm = of_a(
        av.Let("y", lambda a: av.Min(10.0)(a[:, 0], a[:, 1])),
        av.Let("z", lambda a, y: torch.exp(-y) * a.mean(-1) / 2 + torch.sqrt(a[:, 2].abs())),
        av.Let(["y", "z"], lambda y, z: (z, y)),
        outputs=("y", "z"),
    )
    assert body(algorithm, zeros(2, 3)).splitlines() == [
        "  y = dot(argmin(a[0 : 2]), a[0 : 2])",
        "  z = exp(-y) * (sum(a) / 3.0) / 2.0 + sqrt(abs(a[2]))",
        "  var part = z",
        "  var part_1 = y",
        "  y = part",
        "  z = part_1",
    ]


def test_moving_numbers_about_costs_no_arithmetic():
    algorithm = of_a(
        av.Let("a", lambda a: torch.flip(torch.cat([a[:, 2:], a[:, :2]], 1).view(-1, 2, 2), (1,)).flatten(1))
    )
    a = normal(3, 4)
    assert torch.equal(
        algorithm(a), torch.flip(torch.cat([a[:, 2:], a[:, :2]], 1).view(-1, 2, 2), (1,)).flatten(1)
    )
    assert all(sign not in body(algorithm, a) for sign in "+-*")


def test_what_is_put_together_is_as_few_ranges_as_can_be():
    def shifted(a):
        rows = [torch.nn.functional.pad(a, (k, 2 - k))[:, 1:-1] for k in range(3)]
        return torch.stack(rows, -1).sum(-1)

    algorithm, a = of_a(av.Let("a", shifted)), normal(2, 5)
    torch.testing.assert_close(algorithm(a), shifted(a))
    assert body(algorithm, a).splitlines()[1:5] == [
        "  var part[5, 3] = 0.0",
        "  part[0 : 4, 0] = a[1 : 5]",
        "  part[:, 1] = a",
        "  part[1 : 5, 2] = a[0 : 4]",
    ]


# === Loops over whole numbers ===


def test_loops_are_written_once_or_pass_by_pass():
    rolled = of_a(av.For("k", range(3, 0, -1), av.Let("y", lambda y, a, k: y / 2 + a[:, k])), outputs=("y",))
    assert body(rolled, zeros(2, 4)).splitlines()[0] == "  for k in 0 .. 3 {"
    by_pass = of_a(
        av.For("k", 4, av.Let("y", lambda y, a, k: y + a[:, k % 2] * 2**k if k else y)),
        av.For("k", [2, 0, 3], av.Let("z", lambda z, a, k: z + k * a[:, k - 1])),
        outputs=("y", "z"),
    )
    a = normal(3, 4)
    y, z = by_pass(a)
    torch.testing.assert_close(y, 2 * a[:, 1] + 4 * a[:, 0] + 8 * a[:, 1])
    torch.testing.assert_close(z, 2 * a[:, 1] + 3 * a[:, 2])


def test_ranges_backwards_and_sums_of_whole_numbers_in_a_while():
    algorithm = of_a(
        av.While(
            av.LT("y", 1.5),
            av.For(
                "k", lambda i: range(i + 1, i - 1, -1),
                av.Let("a", ["k"], lambda a, k, i: a[:, k] + k * i + i),
            ),
            av.Let("y", lambda y: y + 1), av.LetInt("i", lambda i: 1 + i),
        ),
        beta=1e3,
    )  # fmt: skip
    expected = torch.zeros(4).double()
    for i in (1, 2):
        for k in range(i + 1, i - 1, -1):
            expected[k] += k * i + i
    torch.testing.assert_close(algorithm(zeros(1, 4))[0], expected)


def test_tensors_and_names_as_values_and_indices():
    r = f64([1.0, 2.0, 3.0])
    algorithm = of_a(
        av.Let("a", r), av.Let("a", ["i"], "y"), av.Let("i", lambda i: i + 1),
        av.Let(["y", "i"], lambda a, i: (a[:, i], 0)),
        av.Let("a", [None], lambda a: a * 2), av.Let("a", [0], lambda a: torch.tensor([5.0, 6.0])),
        outputs=("a", "y", "i"),
    )  # fmt: skip
    a, y, i = algorithm(normal(2, 3))
    assert a.tolist() == [[5.0, 0.0, 6.0], [6.0, 0.0, 6.0]] and y.tolist() == [3.0, 3.0] and i == 0


class Doubling:
    """A function that is a method of an object with state."""

    def __init__(self):
        self.factor = 2.0

    def __call__(self, a):
        return self.factor * a

    def times(self, a):
        return self.factor * a


def test_methods_and_objects_are_functions_too():
    doubling = Doubling()
    a = normal(3, 2)
    algorithms_of = [of_a(av.Let("a", doubling)), of_a(av.Let("a", doubling.times))]
    for factor in (2.0, 5.0):
        doubling.factor = factor
        assert all(torch.equal(algorithm(a), factor * a) for algorithm in algorithms_of)


def test_a_range_of_a_number_that_changes_in_a_while():
    algorithm = of_a(
        av.While(
            av.LT("y", 2.5),
            av.For("k", lambda i: range(i, 4), av.Let("a", ["k"], lambda a, k: a[:, k] + 1)),
            av.Let("y", lambda y: y + 1), av.LetInt("i", lambda i: i + 1),
        ),
        beta=1e3,
    )  # fmt: skip
    torch.testing.assert_close(algorithm(zeros(1, 4)), f64([[0.0, 1.0, 2.0, 3.0]]))


def test_lists_and_whole_numbers_are_outputs_where_they_are_known():
    algorithm = of_a(
        av.VarInt("order", range(3)), av.LetInt("order", lambda order: order[::-1]),
        av.For("k", "order", av.LetInt("i", lambda i, k: i + 2 * k), av.Let("y", lambda y, i: y + i)),
        outputs=("i", "order", "y", "a"),
    )  # fmt: skip
    a = normal(2, 3)
    i, order, y, same = algorithm(a)
    assert (i, order, y.tolist()) == (7, [2, 1, 0], [5 + 7 + 7.0] * 2) and same is a


def test_variables_see_whole_numbers_and_batches():
    algorithm = av.Algorithm(
        av.Input("a"), av.Var("twice", lambda a: 2 * a), av.Var("room", lambda n: zeros(n)),
        av.VarInt("n", 2), av.Output("twice"), av.Output("room"),
    )  # fmt: skip
    a = normal(3, 4)
    twice, room = algorithm(a)
    assert torch.equal(twice, 2 * a) and room.shape == (3, 2)


# === Writing parts ===


def test_rows_slices_and_negative_places():
    m, r = normal(2, 3, 3), normal(2, 3)
    algorithm = av.Algorithm(
        av.Input("m"), av.Input("r"), av.Let("m", [0], "r"), av.Let("m", [-1, slice(None, None, 2)], 7),
        av.Let("m", [1, slice(1, 3)], "r", [slice(0, 2)]), av.Output("m"),
    )  # fmt: skip
    expected = m.clone()
    expected[:, 0], expected[:, -1, ::2], expected[:, 1, 1:3] = r, 7.0, r[:, :2]
    assert torch.equal(algorithm(m, r), expected)


def test_infinity_where_nothing_is_written_stays_and_gives_no_nan():
    algorithm = of_a(
        av.Let("a", [0], float("inf")), av.Let("a", [f64([0.0, 1.0])], 2.0),
        av.If(av.LT("y", -1.0), av.Let("y", float("-inf"))), outputs=("a", "y"), beta=1e4,
    )  # fmt: skip
    a, y = algorithm(normal(2, 2))
    assert a.tolist() == [[float("inf"), 2.0]] * 2 and y.tolist() == [0.0, 0.0]


# === Conditions ===


def test_conditions_combine_whatever_they_are():
    def holds(condition, x):
        return of_a(av.If(condition, av.Let("y", 1.0)), outputs=("y",), beta=3.0)(x)

    x = normal(5)
    p, q = torch.sigmoid(3 * x), torch.sigmoid(2 * (1 - x))
    positive, below = av.GT("a", 0), av.LT("a", 1, beta=2.0)
    torch.testing.assert_close(holds(positive & below, x), p * q)
    torch.testing.assert_close(holds(~(positive | below), x), 1 - (p + q - p * q))
    torch.testing.assert_close(
        holds(av.IsTrue(lambda a: torch.sigmoid(a)) & ~positive & below, x), torch.sigmoid(x) * (1 - p) * q
    )
    torch.testing.assert_close(holds(lambda state: torch.sigmoid(3 * state["a"]), x), p)


def test_one_statement_in_two_algorithms_takes_the_settings_of_each():
    loop = av.While(av.LT("a", 0.5), av.Let("a", lambda a: a + 1))
    soft, steep = (of_a(loop, beta=beta) for beta in (1.0, 100.0))
    x = f64([-1.2])
    torch.testing.assert_close(steep(x), f64([0.8]))
    torch.testing.assert_close(
        soft(x), of_a(av.While(av.LT("a", 0.5), av.Let("a", lambda a: a + 1)), beta=1.0)(x)
    )


def test_whole_numbers_are_compared_exactly():
    algorithm = of_a(av.For("k", 4, av.If(av.LT("k", "i"), av.Let("y", lambda y: y + 1))), outputs=("y",))
    assert algorithm(normal(2)).tolist() == [1.0, 1.0]


# === Tensors from outside ===


def test_networks_inside_keep_their_gradient():
    network = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1)).double()
    algorithm = of_a(av.Let("y", lambda a: network(a).squeeze(-1)), outputs=("y",))
    a = normal(5, 4).requires_grad_()
    for _ in range(2):
        mine, its = algorithm(a), network(a).squeeze(-1)
        torch.testing.assert_close(mine, its)
        wanted = [a, *network.parameters()]
        found, expected = (torch.autograd.grad(y.square().sum(), wanted) for y in (mine, its))
        torch.testing.assert_close(found, expected)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.mul_(1.5)
        assert torch.equal(algorithm(a), algorithm(a))


def test_inverse_temperatures_can_be_learned():
    own, whole = f64(2.0).requires_grad_(), f64(3.0).requires_grad_()
    algorithm = of_a(
        av.If(av.LT("a", 0.25, beta=own), av.Let("y", 1.0)), av.If(av.GT("a", 1.0), av.Let("z", 1.0)),
        outputs=("y", "z"), beta=whole,
    )  # fmt: skip
    x = normal(3)
    y, z = algorithm(x)
    torch.testing.assert_close(y, torch.sigmoid(2 * (0.25 - x)))
    torch.testing.assert_close(z, torch.sigmoid(3 * (x - 1)))
    found = torch.autograd.grad(y.sum() + z.sum(), [own, whole])
    expected = torch.autograd.grad(
        torch.sigmoid(own * (0.25 - x)).sum() + torch.sigmoid(whole * (x - 1)).sum(), [own, whole]
    )
    torch.testing.assert_close(found, expected)


def test_what_functions_refer_to_may_change():
    scale, shifts, buffer = 2.0, [1.0], f64([1.0, 5.0])
    algorithm = of_a(av.Let("a", lambda a: scale * a + shifts[0] + buffer))
    a = normal(3, 2)
    calls = []
    write, algorithm._write = algorithm._write, lambda *given: calls.append(1) or write(*given)
    for change in (lambda: None, lambda: shifts.__setitem__(0, 2.0), lambda: buffer.add_(1.0)):
        change()
        for _ in range(2):
            torch.testing.assert_close(algorithm(a), scale * a + shifts[0] + buffer)
    scale = 3.0
    torch.testing.assert_close(algorithm(a), 3.0 * a + shifts[0] + buffer)
    assert len(calls) == 4


def test_rows_of_a_tensor_from_outside_go_with_the_samples():
    noise = normal(3, 2)
    algorithm = of_a(av.Let("a", lambda a: a + noise))
    a = normal(3, 2)
    assert torch.equal(algorithm(a), a + noise)


# === Kinds of inputs ===


def test_float32_stays_and_whole_inputs_are_real_inside():
    algorithm = av.Algorithm(
        av.Input("k"), av.Input("x"), av.Let("x", lambda x, k: x + k), av.Output("x"), av.Output("k")
    )
    x, k = algorithm(torch.arange(3), torch.ones(3))
    assert x.dtype == torch.float32 and x.tolist() == [1.0, 2.0, 3.0] and k.dtype == torch.int64
    assert of_a(av.Let("a", lambda a: 2 * a))(zeros(0, 4)).shape == (0, 4)


def test_threads_change_no_bit(threads):
    xs = normal(200, 6)
    found = []
    for count in (1, 4):
        threads(count)
        found.append(algorithms.bubble_sort(av)(xs))
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


def test_prints_come_with_their_values(capsys):
    of_a(
        av.For("k", 2, av.Let("y", lambda y, k: y + k + 1), av.Print(lambda y, k: (y.tolist(), k))),
        av.Print(lambda i: f"i = {i}"),
    )(zeros(2))
    assert capsys.readouterr().out == "([1.0, 1.0], 0)\n([3.0, 3.0], 1)\ni = 1\n"


def test_debug_shows_the_program_once(capsys):
    algorithm = of_a(av.Let("a", lambda a: a + 1), debug=True)
    algorithm(zeros(2)), algorithm(zeros(2))
    assert capsys.readouterr().out.count("program algorithm(a_given)") == 1


def test_a_copy_is_an_algorithm_of_its_own():
    algorithm = algorithms.bubble_sort(av)
    xs = normal(3, 4)
    expected = algorithm(xs)
    copied = copy.deepcopy(algorithm)
    copied.beta = 50.0
    assert all(torch.equal(a, b) for a, b in zip(algorithm(xs), expected, strict=True))
    assert all(
        torch.equal(a, b) for a, b in zip(copied(xs), algorithms.bubble_sort(av, beta=50.0)(xs), strict=True)
    )


def test_inference_mode():
    algorithm, xs = algorithms.bubble_sort(av), normal(3, 4)
    with torch.inference_mode():
        inside = algorithm(xs)
    assert all(torch.equal(a, b) for a, b in zip(inside, algorithm(xs), strict=True))
