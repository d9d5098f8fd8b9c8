# tests/program/test_compat_algovision.py — pliant.compat.algovision beside the package it stands for
import inspect
import itertools
import subprocess
import sys

import pytest
import torch
from pliant.compat import algovision as ours

from tests.conftest import ROOT
from tests.program import algovision_algorithms as algorithms
from tests.program.algovision_algorithms import f64
from tests.program.random_algorithms import make

# The package indexes with lists, which torch is about to read otherwise.
pytestmark = pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
# The package asks whether a loop goes on for the whole batch, ours for each sample: at so little they agree.
EPSILON = 1e-14


def run(algorithm, inputs):
    """Outputs, and the gradients of a fixed weighting of all of them."""
    leaves = [x.clone().requires_grad_() for x in inputs]
    outputs = algorithm(*leaves)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    total = sum((y.double() * weights_like(y)).sum() for y in outputs)
    if not total.requires_grad:  # the package decided all of it hard
        return [*outputs, *(torch.zeros_like(x) for x in leaves)]
    return [*outputs, *torch.autograd.grad(total, leaves, materialize_grads=True, allow_unused=True)]


def weights_like(y):
    return torch.linspace(-1.0, 2.0, y.numel(), dtype=torch.float64).reshape(y.shape)


def assert_same(build, published, inputs, **options):
    options = {"epsilon": EPSILON, **options}
    found, expected = (run(build(package, **options), inputs) for package in (ours, published))
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a.double(), b.double(), rtol=1e-9, atol=1e-9)


def normal(*shape):
    return torch.randn(*shape, dtype=torch.float64)


# === The package beside ours ===


@pytest.mark.parametrize("beta", [0.5, 8.0, 50.0])
@pytest.mark.parametrize("hard", [False, True])
def test_bubble_sort(algovision, beta, hard):
    assert_same(algorithms.bubble_sort, algovision, [normal(7, 6)], beta=beta, hard=hard)


@pytest.mark.parametrize("equal", ["CatProbEq", "CosineSimilarity"])
def test_levenshtein(algovision, equal):
    words = [torch.softmax(2 * normal(5, n, 3), -1) for n in (4, 3)]
    assert_same(algorithms.levenshtein, algovision, words, equal=equal)
    assert_same(algorithms.levenshtein, algovision, words, equal=equal, hard=True)


@pytest.mark.parametrize("union", algorithms.UNIONS)
@pytest.mark.parametrize("loop", ["for", "while"])
def test_shortest_path(algovision, loop, union):
    cost = torch.rand(3, 4, 5, dtype=torch.float64) + 0.2
    assert_same(algorithms.shortest_path, algovision, [cost], loop=loop, union=union)


@pytest.mark.parametrize("beta", [1.0, 10.0])
@pytest.mark.parametrize("hard", [False, True])
def test_blocks_in_blocks(algovision, beta, hard):
    assert_same(algorithms.nested, algovision, [normal(6), normal(6, 3)], beta=beta, hard=hard)


@pytest.mark.parametrize("seed", range(60))
def test_random_algorithms(algovision, seed):
    text = make(seed)
    names = {"torch": torch, "f64": f64}
    exec(text, names)
    inputs = [normal(5, *shape) for shape in ((), (3,), (3, 4))]
    assert_same(names["random_algorithm"], algovision, inputs, beta=4.0)


def counting_up_by(step):
    return lambda count: count + step


def every_condition(package, **options):
    """Each comparison of x and y, of which many are equal, summed up under its own power of 2."""
    statements = []
    for k, name in enumerate(("Eq", "NEq", "LT", "LEq", "GT", "GEq")):
        for beta in (None, 2.0):
            condition = getattr(package, name)("x", "y", beta=beta)
            statements.append(package.If(condition, package.Let("count", counting_up_by(2.0**k))))
    return package.Algorithm(
        package.Input("x"), package.Input("y"), package.Var("count", f64(0.0)), *statements,
        package.Output("count"), **options,
    )  # fmt: skip


def test_comparisons_at_ties_and_far_away(algovision):
    x, y = f64(list(itertools.product([-3.0, 0.0, 0.5, 3.0], repeat=2))).T
    assert_same(every_condition, algovision, [x, y], beta=1.5)
    assert_same(every_condition, algovision, [x, y], beta=1.5, hard=True)
    counts = every_condition(ours, beta=1.5)(f64([1.0]), f64([1.0]))
    # Equal: 1; unequal: 0; the four others, of which two are the same: a half.
    torch.testing.assert_close(counts, f64([2 * (1 + 0 + 0.5 * (4 + 8 + 16 + 32))]))
    assert ours.LEq is ours.LT and ours.GEq is ours.GT


def own_settings(package, **options):
    """Two loops and a condition with settings of their own."""
    inner = package.While(package.LT("k", "y"), package.Let("k", lambda k: k + 1), max_iter=3, epsilon=1e-3)
    return package.Algorithm(
        package.Input("x"), package.Var("y", f64(0.0)), package.Var("k", f64(0.0)),
        package.While(package.LT("y", "x", beta=3.0), package.Let("y", lambda y: y + 1), inner, epsilon=0.05),
        package.If(package.GT("k", "x"), package.Let("k", 0.0), hard=True),
        package.Output("y"), package.Output("k"), beta=2.0, max_iter=7, **options,
    )  # fmt: skip


@pytest.mark.parametrize("x", [-0.7, 0.3, 1.6, 4.2, 30.0])
def test_settings_of_single_statements(algovision, x):
    # One sample: the package stops a loop for the batch.
    assert_same(own_settings, algovision, [f64([x])])


def test_the_state_after_max_iter_stands_for_the_rest(algovision):
    assert_same(algorithms.counting, algovision, [f64([2.0, 9.0])], max_iter=4)
    assert_same(algorithms.counting, algovision, [f64([2.0, 9.0])], max_iter=0)


def weighted_writes(package, **options):
    """Writes at weights: of a number, a row, a name, a tensor, and over two dimensions."""
    return package.Algorithm(
        package.Input("a"), package.Input("b"), package.Input("x"),
        package.Let("a", [lambda a: torch.softmax(a, -1)], "x"),
        package.Let("a", [torch.tensor([0.25, 0.5, 1.0], dtype=torch.float64)], lambda a: a * a),
        package.Let("b", [lambda b: torch.sigmoid(b)], lambda x: x + 1),
        package.Let("b", [lambda b: torch.sigmoid(b)], 2),
        package.Output("a"), package.Output("b"), **options,
    )  # fmt: skip


def test_writes_at_weights(algovision):
    assert_same(weighted_writes, algovision, [normal(4, 3), normal(4, 3, 2), normal(4)])


def places(package, **options):
    """Conditions for each place, in variables that begin with its shape."""
    return package.Algorithm(
        package.Input("a"), package.Input("b"), package.Var("c", torch.zeros(3, dtype=torch.float64)),
        package.If(
            package.LT("a", "b"),
            [package.Let("c", lambda a: 2 * a), package.Let("b", lambda c: c + 1)],
            package.If(package.GT("a", 0.5), package.Let("c", 1.0)),
        ),
        package.Output("c"), package.Output("b"), **options,
    )  # fmt: skip


def test_a_condition_for_each_place(algovision):
    assert_same(places, algovision, [normal(4, 3), normal(4, 3)], beta=2.0)


def roots(package, **options):
    """A loop that each place leaves on its own: square roots by halving an interval, with a row beside."""
    return package.Algorithm(
        package.Input("a"), package.Var("low", torch.zeros(3, dtype=torch.float64)),
        package.Var("high", torch.full((3,), 4.0, dtype=torch.float64)),
        package.Var("beside", torch.ones(3, 2, dtype=torch.float64)), package.VarInt("n", 0),
        package.While(
            package.GT(lambda high, low: high - low, 0.6),
            package.LetInt("n", lambda n: n + 1),
            package.If(
                package.GT(lambda low, high: (low + high) ** 2 / 4, "a"),
                package.Let("high", lambda low, high: (low + high) / 2),
                package.Let("low", lambda low, high: (low + high) / 2),
            ),
            package.Let("beside", lambda beside: beside * 0.75),
            max_iter=9,
        ),
        package.Output("low"), package.Output("high"), package.Output("beside"), **options,
    )  # fmt: skip


def test_a_loop_that_each_place_leaves_on_its_own(algovision):
    inputs = [torch.linspace(0.5, 14.0, 12, dtype=torch.float64).reshape(4, 3)]
    assert_same(roots, algovision, [x.detach() for x in inputs], beta=6.0)
    found = run(roots(ours, beta=1e4), inputs)
    assert (found[0] <= inputs[0].sqrt()).all() and (inputs[0].sqrt() <= found[1]).all()


def test_names_defaults_and_signatures_are_the_same(algovision):
    for name in ours.__all__:
        published, mine = getattr(algovision, name), getattr(ours, name)
        if name in ("Eq", "NEq", "LT", "LEq", "GT", "GEq", "CatProbEq", "CosineSimilarity"):
            assert list(inspect.signature(mine).parameters) == ["left", "right", "beta"]
            continue
        theirs = inspect.signature(published).parameters
        assert {k: v.default for k, v in inspect.signature(mine).parameters.items() if k in theirs} == {
            k: v.default for k, v in theirs.items() if k != "range_or_list"
        } | ({"range_or_list": inspect.Parameter.empty} if name == "For" else {}), name
    assert set(ours.__all__) == {name for name in vars(algovision) if name[0].isupper()}


def test_choices_outside_of_an_algorithm(algovision):
    tensors = [normal(4, 2).requires_grad_() for _ in range(3)]
    for name in ("Min", "ArgMin", "Max", "ArgMax"):
        mine, theirs = (getattr(package, name)(2.5)(*tensors) for package in (ours, algovision))
        torch.testing.assert_close(mine, theirs)


def test_learning_takes_the_same_steps(algovision):
    """Scores of items from nothing but their order, as in the paper's experiment on sorting."""
    items, order = normal(20, 4, 5), normal(5)
    items = items.gather(1, (items @ order).argsort(1).unsqueeze(-1).expand(items.shape))
    start, learned = torch.linspace(-1.0, 1.0, 5, dtype=torch.float64), []
    for package in (ours, algovision):
        weight = start.clone().requires_grad_()
        optimizer = torch.optim.Adam([weight], lr=0.1)
        sort = algorithms.bubble_sort(package, epsilon=EPSILON)
        for _ in range(8):
            optimizer.zero_grad()
            sort(items @ weight)[2].mean().backward()
            optimizer.step()
        learned.append(weight.detach())
    torch.testing.assert_close(*learned, rtol=1e-9, atol=1e-9)
    closeness = [torch.cosine_similarity(x, order, 0) for x in (start, learned[0])]
    assert closeness[1] > closeness[0] + 0.2


# === Golden values, from the specification ===


def test_bubble_sort_golden():
    xs = f64([[0.3, -0.1, 0.2, 0.25]]).requires_grad_()
    ys, any_swap, count = algorithms.bubble_sort(ours)(xs)
    torch.testing.assert_close(
        ys, f64([[-0.048981252690, 0.212455307722, 0.233519358020, 0.253006586948]]), rtol=0, atol=1e-11
    )
    torch.testing.assert_close(any_swap, f64([0.996579665417]), rtol=0, atol=1e-11)
    torch.testing.assert_close(count, f64([2.654234902407]), rtol=0, atol=1e-11)
    (by_count,) = torch.autograd.grad(count.sum(), xs, retain_graph=True)
    (by_any,) = torch.autograd.grad(any_swap.sum(), xs)
    torch.testing.assert_close(
        by_count,
        f64([[3.370830838304, 0.231262948182, -0.451414630415, -3.150679156072]]),
        rtol=0,
        atol=1e-11,
    )
    torch.testing.assert_close(
        by_any, f64([[0.055326432855, -0.026185610019, -0.008846600298, -0.020294222538]]), rtol=0, atol=1e-11
    )


def test_bubble_sort_of_whole_numbers_golden():
    ys, _, count = algorithms.bubble_sort(ours)(f64([[3.0, 1.0, 2.0, 0.0]]))
    expected = f64([[3.349036361e-4, 1.00000011126, 2.000000560946, 2.999664424158]])
    torch.testing.assert_close(ys, expected, rtol=0, atol=1e-11)
    torch.testing.assert_close(count, f64([4.999664310199]), rtol=0, atol=1e-11)
    exact = algorithms.bubble_sort(ours, beta=1e3)(f64([[4.0, 0.0, 5.0, 2.0, 1.0, 3.0]]))[2]
    torch.testing.assert_close(exact, f64([8.0]))


def test_counting_and_levenshtein_golden():
    torch.testing.assert_close(algorithms.counting(ours)(f64([5.0])), f64([4.9803892773]), rtol=0, atol=1e-9)
    s, t = f64([[[0.7, 0.3], [0.2, 0.8]]]).requires_grad_(), f64([[[1.0, 0.0], [0.4, 0.6]]])
    d = algorithms.levenshtein(ours)(s, t)
    expected = [[0, 1, 2], [1, 0.2167076088, 1.2316629694], [2, 1.2173984627, 0.3400033416]]
    torch.testing.assert_close(d, f64([expected]), rtol=0, atol=1e-9)
    (by_s,) = torch.autograd.grad(d[:, 2, 2].sum(), s)
    torch.testing.assert_close(
        by_s, f64([[[-0.8929281562, 2.0834990312], [-1.5018374387, 0.3754593597]]]), rtol=0, atol=1e-9
    )
    similar = algorithms.levenshtein(ours, equal="CosineSimilarity")(s, t)
    torch.testing.assert_close(
        similar[0, 1:, 1:],
        f64([[0.0808550910, 1.1073015574], [1.0823852717, 0.1391132686]]),
        rtol=0,
        atol=1e-9,
    )


# === Laws ===


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [1.0, 1e2, 1e4])
def test_no_nan_however_far_apart(dtype, scale):
    far = torch.tensor([[0.0, -1.0, 1.0, 0.5], [1.0, 1.0, 0.0, 0.0]], dtype=dtype) * scale
    found = run(algorithms.bubble_sort(ours, beta=1.0), [far])
    assert all(torch.isfinite(x).all() for x in found)
    x = torch.linspace(-scale, scale, 21).to(dtype)
    assert all(
        torch.isfinite(y).all() for y in run(every_condition(ours, beta=1.0), [x, torch.zeros_like(x)])
    )


def test_a_sample_knows_nothing_of_its_batch_mates():
    xs = f64([[0.0, 1.0, 2.0, 3.0], [3.0, 2.0, 1.0, 0.0]])
    algorithm = algorithms.bubble_sort(ours)
    for together, alone in zip(algorithm(xs), algorithm(xs[:1]), strict=True):
        assert torch.equal(together[:1], alone)


def test_gradients_are_finite_differences():
    inputs = [normal(2).requires_grad_(), normal(2, 3).requires_grad_()]
    algorithm = algorithms.nested(ours, beta=2.0, epsilon=1e-13)
    assert torch.autograd.gradcheck(lambda *x: algorithm(*x), inputs)


# === A script, untouched ===

SCRIPT = """
from algovision import Algorithm, GT, Input, Let, Output, Print, Var, While
from algovision.core import Algorithm as the_same
import torch

algorithm = Algorithm(
    Input('limit'), Var('x', torch.tensor(0.)),
    While(GT('limit', 'x'), Let('x', lambda x: x + 1)),
    Print(lambda x, limit: f'{x.item():.4f} of {limit.item()}'),
    Output('x'), beta=20,
)
print(algorithm(torch.tensor([2.5])), Algorithm is the_same, Algorithm.__module__)
"""


def test_the_runner_takes_a_script_as_it_is(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-m", "pliant.compat", "script.py"],
        check=False, cwd=tmp_path, capture_output=True, text=True,
        env={"PYTHONPATH": str(ROOT / "python"), "PATH": ""},
    )  # fmt: skip
    assert done.stdout == ("3.0000 of 2.5\ntensor([3.]) True pliant.compat.algovision.core\n"), (
        done.stdout + done.stderr
    )
