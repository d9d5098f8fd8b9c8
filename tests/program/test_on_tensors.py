# tests/program/test_on_tensors.py — programs on tensors: the same numbers, and functions of the user's inside
import re

import pytest
import torch

import pliant
from tests.program.random_programs import make
from tests.program.test_random_programs import inputs_of

SHIPPED = {
    "bubble_sort": lambda: [torch.randn(5, 6, dtype=torch.float64)],
    "levenshtein": lambda: [torch.softmax(torch.randn(20, 3, 4, dtype=torch.float64), -1) for _ in range(2)],
    "shortest_path": lambda: [0.1 + torch.rand(3, 4, 4, dtype=torch.float64)],
}


def with_slopes(run, program, inputs, mode):
    """Outputs, and the gradients of the sum of their squares by inputs and beta."""
    beta = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    program = pliant.program.Program(program, beta=beta)
    leaves = [x.clone().requires_grad_() for x in inputs]
    results = getattr(program, run)(*leaves, **({"mode": mode} if run == "on_tensors" else {}))
    results = results if isinstance(results, tuple) else (results,)
    if mode == "hard":
        return results
    total = sum(y.square().sum() for y in results)
    return *results, *torch.autograd.grad(total, [*leaves, beta], materialize_grads=True)


def compare(text, inputs, mode):
    tiles = with_slopes(mode, text, inputs, mode)
    tensors = with_slopes("on_tensors", text, inputs, mode)
    for mine, its in zip(tensors, tiles, strict=True):
        torch.testing.assert_close(mine, its, rtol=1e-12, atol=1e-12 * (1 + float(its.detach().abs().max())))


@pytest.mark.parametrize("mode", ["soft", "straight_through", "hard"])
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_programs_are_the_same_as_in_tiles(name, mode):
    torch.manual_seed(0)
    compare(pliant.program.load(name).text, SHIPPED[name](), mode)


@pytest.mark.parametrize("seed", range(40))
def test_random_programs_are_the_same_as_in_tiles(seed):
    for mode in ("soft", "straight_through", "hard"):
        compare(make(seed).text, inputs_of(seed, 7), mode)


WITH_NETWORK = """
program search(xs[n, m], goal) {
  external score, step
  var found = 0
  var left = 4
  while left > 0.5 {
    var y[n] = score(xs)
    found = step(found, goal, 3)
    if max(y) < found { found = found - 0.5 * y[0] }
    left = left - 1
  }
  return found
}
"""


def test_gradients_go_through_functions_to_their_parameters():
    torch.manual_seed(1)
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)).double()
    seen = []

    def step(x, goal, by):
        seen.append(by)
        return x + (goal - x) / by

    functions = {"score": lambda xs: network(xs).squeeze(-1), "step": step}
    program = pliant.program.Program(WITH_NETWORK, beta=1.5, functions=functions)
    xs, goal = torch.randn(2, 5, 3, dtype=torch.float64), torch.randn(2, dtype=torch.float64)
    leaves = [x.requires_grad_() for x in (xs, goal)]
    parameters = list(network.parameters())

    def loss(xs, goal, *weights):
        named = dict(zip([name for name, _ in network.named_parameters()], weights, strict=True))
        inner = {**functions, "score": lambda x: torch.func.functional_call(network, named, x).squeeze(-1)}
        return pliant.program.Program(WITH_NETWORK, beta=1.5, functions=inner)(xs, goal)

    assert torch.autograd.gradcheck(loss, [*leaves, *parameters], atol=1e-6, rtol=1e-5)
    program(*leaves).sum().backward()
    assert all(weight.grad.abs().sum() > 0 for weight in parameters)
    assert set(seen) == {3}, "whole numbers arrive as int"


def test_a_function_sees_the_samples_and_no_more():
    shapes = []

    def look(x):
        shapes.append(tuple(x.shape))
        return x.flatten(1).sum(1)

    text = "program p(x[n, m]) { external look\n var y = look(x) + look(x[0, :])\n return y }"
    program = pliant.program.Program(text, functions={"look": look})
    x = torch.randn(17, 2, 3)
    torch.testing.assert_close(program(x), x.sum((1, 2)) + x[:, 0].sum(1))
    assert shapes == [(17, 2, 3), (17, 3)]
    assert pliant.program.Program(program.text, functions={"look": look}).text == program.text


def test_no_samples():
    program = pliant.program.Program(
        "program p(x[n]) { external f\n var y[n] = f(x)\n while y[0] < 1 { y = y + 1 }\n return y }",
        functions={"f": lambda x: 2 * x},
    )
    assert program(torch.zeros(0, 3)).shape == (0, 3)
    assert pliant.program.load("bubble_sort").on_tensors(torch.zeros(0, 3))[0].shape == (0, 3)


def call(text, function):
    return pliant.program.Program(text, functions={"f": function})(torch.zeros(4, 2))


PLAIN = "program p(x[n]) { external f\n var y = f(x)\n return y }"
ERRORS = {
    "a float": (
        lambda: call(PLAIN, lambda x: 1.0), TypeError, "an external function must give a tensor, got float"
    ),
    "another batch": (
        lambda: call(PLAIN, lambda x: x.sum()), ValueError,
        "an external function must give a floating point tensor of shape (4, …), got Float []",
    ),
    "whole numbers": (
        lambda: call(PLAIN, lambda x: x.sum(1).long()), ValueError,
        "an external function must give a floating point tensor of shape (4, …), got Long [4]",
    ),
    "its own error": (lambda: call(PLAIN, lambda x: {}["key"]), KeyError, "key"),
    "no function": (
        lambda: pliant.program.Program(PLAIN), ValueError,
        "program p: functions must have the names of its line `external`, ['f'], got []",
    ),
    "another name": (
        lambda: pliant.program.Program(PLAIN, functions={"g": abs}), ValueError, "['f'], got ['g']"
    ),
    "a value": (
        lambda: pliant.program.parse("program p(x) { external f\n var y = f + x\n return y }"), ValueError,
        "line 2, column 10: 'f' is a function; call it: f(…)",
    ),
    "written": (
        lambda: pliant.program.parse("program p(x) { external f\n f = x\n return x }"), ValueError,
        "line 2, column 2: 'f' is a function, and cannot be written to",
    ),
    "in a block": (
        lambda: pliant.program.parse("program p(x) { if x < 1 { external f }\n return x }"), ValueError,
        "line 1, column 27: expected a statement",
    ),
    "shape": (
        lambda: call("program p(x[n]) { external f\n var y[3] = f(x)\n return y }", lambda x: x), ValueError,
        "line 3, column 3: expected an array of shape [3] or a single number, got shape [2]",
    ),
    "NaN": (
        lambda: call(PLAIN, lambda x: x.sum(1) * float("nan")), ValueError, "the output y is NaN"
    ),
    "the op": (
        lambda: torch.ops.pliant.run_program(
            torch.zeros(4, 2), PLAIN, [2], "logistic", torch.tensor([1.0, 1, 0, 1]).double(), "probabilistic",
            torch.zeros(1).double(), "soft", 1e-5, 10, False, 1 << 20, False,
        ),
        ValueError, "program p calls the external function f, so it runs on tensors alone",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    run, kind, text = ERRORS[name]
    with pytest.raises(kind, match=re.escape(text)):
        run()


TESTS = ["test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic"]


def node(*operands, what, mode="soft"):
    """The arguments of the op: [primitive, step, reduction, operands, flags, elements, n, inner]."""
    padded = [*operands, *[operands[0][:0]] * (4 - len(operands))]
    scale = torch.tensor([2.0, 1, 0, 1], dtype=torch.float64)
    return *padded, what, 0.5, "logistic", scale, "hamacher", torch.ones(1, dtype=torch.float64), mode


def test_opcheck_of_a_node():
    ops = torch.ops.pliant
    x, y = (torch.rand(3, 16, dtype=torch.float64).requires_grad_() for _ in range(2))
    add, decide, either = [3, 0, 0, 2, 0, 3, 0, 0], [4, 0, 0, 1, 0, 3, 0, 0], [10, 0, 0, 2, 1, 3, 0, 0]
    smallest = node(x, what=[8, 0, 0, 1, 1, 1, 0, 3])
    for given in (node(x, y, what=add), node(x, what=decide), node(x, y, what=either), smallest):
        torch.library.opcheck(ops.program_node.default, given, test_utils=TESTS)
        detached = [part.detach() if isinstance(part, torch.Tensor) else part for part in given]
        backward = (torch.rand(given[4][5], 16, dtype=torch.float64), *detached, [True] * 5)
        torch.library.opcheck(ops.program_node_backward.default, backward, test_utils=TESTS)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ([99, 0, 0, 1, 0, 3, 0, 0], "no primitive is [99, 0, 0, 1, 0, 3, 0, 0]"),
        ([3, 0, 0, 2, 0, 4, 0, 0], "operand 0 must have 4 elements, got 3"),
        ([3, 0, 0, 2, 0, 3, 0], "no primitive is"),
    ],
)
def test_nodes_that_there_are_not(what, text):
    x = torch.rand(3, 16)
    with pytest.raises(ValueError, match=re.escape(text)):
        torch.ops.pliant.program_node(*node(x, x, what=what))
    with pytest.raises(ValueError, match="a multiple of 16 lanes"):
        torch.ops.pliant.program_node(*node(x[:, :5], x[:, :5], what=[3, 0, 0, 2, 0, 3, 0, 0]))
