# tests/program/test_compat_algovision_refusals.py — what pliant.compat.algovision refuses, and how it says so
import re

import pytest
import torch
from pliant.compat import algovision as av

from tests.program.algovision_algorithms import f64


def of_a(*statements, outputs=("a",), **options):
    return av.Algorithm(
        av.Input("a"), av.Var("y", f64(0.0)), av.VarInt("i", 1), av.VarInt("order", [0, 1]), *statements,
        *map(av.Output, outputs), **options,
    )  # fmt: skip


def inner_algorithm():
    return av.Algorithm(av.Input("x"), av.Let("x", lambda x: x + 1), av.Output("x"))


A = torch.tensor([[0.5, 2.0, -1.0], [1.0, 0.0, 3.0]], dtype=torch.float64)
PLACE = r"algovision: {} at .*test_compat_algovision_refusals\.py:\d+"

# === What is wrong when it is made ===

MADE = [
    (lambda: av.Input("1st"), ValueError, r"Input: the name must match .*, got '1st'"),
    (lambda: av.Output(3), TypeError, "Output: the name must be a str, got int"),
    (lambda: av.Var("y", 0.0), TypeError, "Var 'y' must be a tensor or a function, got float"),
    (lambda: av.VarInt("n", 1.5), TypeError, "VarInt 'n' must be an int, ints or a function, got 1.5"),
    (lambda: av.VarInt("n", [1, 2.0]), TypeError, "VarInt 'n' must be an int, ints or a function, got"),
    (lambda: av.Let("y"), TypeError, "Let takes (name, value), "),
    (lambda: av.Let("y", ["i"], "a", "i"), TypeError, "Let takes (name, value), "),
    (lambda: av.Let(["y", "z"], 1.0), TypeError, "Let of several variables takes a function, got float"),
    (
        lambda: av.Let("y", None),
        TypeError,
        "Let: the value must be a name, a function, a number or a tensor, got NoneType",
    ),
    (lambda: av.LetInt("n"), TypeError, "LetInt takes a name and a value, got ('n',)"),
    (
        lambda: av.LetInt("n", 1.0),
        TypeError,
        "LetInt: the value must be an int, ints, a name or a function, got 1.0",
    ),
    (lambda: av.Print("y"), TypeError, "Print takes a function, got str"),
    (
        lambda: av.If(av.LT("y", 1), 3),
        TypeError,
        "If: if_true must be None, a statement or a list of statements, got 3",
    ),
    (
        lambda: av.While(av.LT("y", 1), "y"),
        TypeError,
        "While: the sequence must be None, a statement or a list of",
    ),
    (lambda: av.For(3, 3), TypeError, "For: var must be a name, got int"),
    (lambda: av.Min(None), ValueError, "Min: beta must be given, it is not taken from an Algorithm"),
    (lambda: av.ArgMax(1.0)(), ValueError, "ArgMax takes at least one tensor"),
    (lambda: av.Algorithm(av.Output("x")), ValueError, "Algorithm: there must be at least one Input"),
    (lambda: av.Algorithm(av.Input("x")), ValueError, "Algorithm: there must be at least one Output"),
    (lambda: av.Algorithm("x"), SyntaxError, "Algorithm takes declarations and statements, got 'x'"),
]


@pytest.mark.parametrize(("make", "kind", "text"), MADE)
def test_when_it_is_made(make, kind, text):
    with pytest.raises(kind, match=re.escape(text) if "*" not in text else text):
        make()


# === What is wrong when it is called ===

CALLED = [
    (
        of_a(av.Let("q", 1.0)),
        ValueError,
        PLACE.format("Let") + ": 'q' is not declared; there are: a, y, i, order",
    ),
    (of_a(av.Let("y", "q")), ValueError, PLACE.format("Let") + ": 'q' is read but not declared"),
    (of_a(av.Let("y", lambda q: q)), ValueError, PLACE.format("Let") + ": 'q' is read but not declared"),
    (of_a(outputs=("q",)), ValueError, "Output 'q': it is not declared; there are: a, y, i, order"),
    (of_a(av.Var("a", f64(0.0))), ValueError, "Var 'a': it is defined for the second time; there are: a, y"),
    (of_a(av.Var("z", lambda: 3.0)), TypeError, "Var 'z': the function must give a tensor, got float"),
    (
        of_a(av.VarInt("n", lambda a: a)),
        TypeError,
        "VarInt 'n': the function must give an int or ints, got Traced",
    ),
    (
        of_a(av.Let("y", "a")),
        ValueError,
        r"the value of 'y' must have shape \(2,\) with the batch first, got \(2, 3\)",
    ),
    (
        of_a(av.Let("a", "y")),
        ValueError,
        r"the value of 'a' must have shape \(2, 3\) with the batch first, or \(3,\)",
    ),
    (of_a(av.Let("y", lambda a: "a")), TypeError, "the value must be a tensor or a number, got str"),
    (of_a(av.Let(["a", "y"], lambda a: (a,))), ValueError, "there are 2 variables for 1 values"),
    (of_a(av.Let("a", [3], 0.0)), IndexError, r"index 3 is out of range for 'a' of shape \(3,\)"),
    (of_a(av.Let("y", "a", [-4])), IndexError, r"index -4 is out of range for 'a' of shape \(3,\)"),
    (of_a(av.Let("a", [0, 1], 0.0)), ValueError, r"there are 2 indices for 'a' of shape \(3,\)"),
    (
        of_a(av.Let("a", [0.5], 0.0)),
        TypeError,
        "an index of 'a' must be an int, None, a slice or weights, got float",
    ),
    (of_a(av.Let("y", "i", [0])), TypeError, "'i' is a whole number, and has no index"),
    (
        of_a(av.Let("y", "a", [torch.ones(3)])),
        TypeError,
        "got Tensor|weights cannot be an index of what is read",
    ),
    (
        of_a(av.Let("a", [torch.ones(2)], 0.0)),
        ValueError,
        r"weights for 'a' must have its shape \(3,\) behind the batch",
    ),
    (
        of_a(av.Let("a", [slice(0, 2)], lambda a: a[:, :1].expand(-1, 4))),
        ValueError,
        "the value for a part of 'a' must have",
    ),
    (of_a(av.Let("i", 0.5)), TypeError, "'i' is a whole number, and can be set to one alone"),
    (
        of_a(av.LetInt("y", 1)),
        ValueError,
        PLACE.format("LetInt") + ": 'y' is no whole number; there are: i, order",
    ),
    (of_a(av.LetInt("i", lambda a: a)), TypeError, "the value must be an int or a list of ints, got Traced"),
    (of_a(av.LetInt("order", 3)), TypeError, "'order' is a list and cannot become a single whole number"),
    (
        of_a(av.For("i", 3)),
        ValueError,
        PLACE.format("For") + ": the number of the loop, 'i', must not exist around it",
    ),
    (of_a(av.For("k", 2.5)), TypeError, "the numbers of the loop must be an int or a list of ints, got 2.5"),
    (
        of_a(av.For("k", "y")),
        TypeError,
        "the numbers of the loop must be an int or a list of ints, got Traced",
    ),
    (
        of_a(av.If(av.LT("y", 0), av.LetInt("i", 2))),
        ValueError,
        "the whole number 'i' differs between the branches: 2 and 1",
    ),
    (
        of_a(av.If(av.LT("a", 0), av.Let("y", 1.0))),
        ValueError,
        r"a condition of shape \(3,\) for each sample cannot decide",
    ),
    (
        of_a(av.While(av.LT("a", 0), av.Let("y", 1.0))),
        ValueError,
        r"a condition of shape \(3,\) for each sample cannot decide",
    ),
    (of_a(av.If(3, av.Let("y", 1.0))), TypeError, "a condition must be a Condition, got int"),
    (
        of_a(av.If(av.IsTrue(lambda a: a[:, 1]), av.Let("y", 1.0)), outputs=("y",)),
        ValueError,
        r"truth takes a number in \[0, 1\], got 2 \(made of If at .*\)",
    ),
    (
        of_a(av.If(av.CosineSimilarity("a", lambda a: -a), av.Let("y", 1.0)), outputs=("y",)),
        ValueError,
        r"truth takes a number in \[0, 1\], got -1 \(made of If at .*\)",
    ),
    (
        of_a(av.While(av.LT("y", 1), av.LetInt("i", lambda i: i + 1)), outputs=("i",)),
        ValueError,
        "Output 'i' cannot be written as a program: it needs the value of i, which changes in a While loop",
    ),
    (
        of_a(
            av.While(
                av.LT("y", 1),
                av.For("k", lambda i: i % 2, av.Let("y", 1)),
                av.LetInt("i", lambda i: i + 1),
            )
        ),
        ValueError,
        PLACE.format("For")
        + " cannot be written as a program: it needs the value of i, which changes in a While loop",
    ),
    (
        of_a(av.For("k", 2, av.If(av.LT("y", 1), av.LetInt("order", [1]))), outputs=("y",)),
        ValueError,
        "it changes the list 'order' in a loop or under a condition",
    ),
]


@pytest.mark.parametrize(("algorithm", "kind", "text"), CALLED)
def test_when_it_is_called(algorithm, kind, text):
    with pytest.raises(kind, match=text):
        algorithm(A)


UNTRACEABLE = [
    (lambda a: a.sort(-1)[0][:, 0], "it calls sort of torch, which the language has no words for"),
    (lambda a: a[:, 0] * float(a[0, 0]), r"it asks for the value of a number, as float\(x\), x.item\(\) or"),
    (lambda a: a[:, 0] if a.sum() > 0 else a[:, 1], "it mixes numbers of several samples of the batch"),
    (lambda a: a[:, 0] if (a[:, 0] > 0)[0] else a[:, 1], "it asks for the value of a number"),
    (lambda a: a[:, 0] - a[:, 0].mean(), "it reduces over the samples of the batch"),
    (lambda a: a[:, 0].flip(0) + a[:, 0], "it mixes numbers of several samples of the batch"),
    (lambda a: a[:, 0] + torch.rand(2), "it draws random numbers"),
    (lambda a: a.mul_(2)[:, 0], "it changes 'a' in place"),
    (lambda a: torch.zeros(2, 3).copy_(a)[:, 0], "it writes numbers of the program to a tensor from outside"),
    (lambda a: torch.ones(5)[a[:, 0].long()], "it converts numbers to torch.int64"),
    (lambda a: inner_algorithm()(a[:, 0]), "it calls run_program of torch"),
    (lambda a: a[:, 0] * float("nan"), "it has the constant NaN"),
    (lambda a: f"{a[:, 0]}", "it makes a text of a tensor"),
]


@pytest.mark.parametrize(("function", "reason"), UNTRACEABLE)
def test_what_no_program_can_say(function, reason):
    """Let calls it in each pass and says so; where more than numbers must be known of it, it is an error."""
    with pytest.warns(UserWarning, match=PLACE.format("Let") + " cannot be written as a program: " + reason):
        of_a(av.Let("y", function), outputs=("y",)).program(A)
    with pytest.raises(ValueError, match="Var 'z' cannot be written as a program: " + reason):
        of_a(av.Var("z", function))(A)


@pytest.mark.parametrize(
    ("result", "kind", "text"),
    [
        (lambda: "a", TypeError, "the value must be a tensor or a number, got str"),
        (lambda: torch.ones(2, 3), ValueError, r"the value must have shape \(2,\), got \(2, 3\)"),
        (lambda: (1.0, 2.0), ValueError, "there are 1 variables for 2 values"),
    ],
)
def test_what_is_called_in_each_pass_is_checked_there(result, kind, text):
    algorithm = of_a(av.Let("y", lambda a: (a[0, 0].item(), result())[1]), outputs=("y",))
    with pytest.warns(UserWarning), pytest.raises(kind, match=PLACE.format("Let") + ": " + text):
        algorithm(A)


def test_errors_of_functions_keep_their_kind_and_say_where():
    with pytest.raises(RuntimeError, match="must match the size") as caught:
        of_a(av.Let("y", lambda a: (a + torch.arange(7.0))[:, 0]))(A)
    assert re.match(
        r"in a function of Let at .*refusals\.py:\d+, called with {'a': Traced\(2, 3\)}",
        caught.value.__notes__[0],
    )


def test_inputs_are_checked():
    algorithm = av.Algorithm(
        av.Input("x", shape=(3,), dtype=torch.float64),
        av.Input("y"),
        av.Output("x"),
        av.Output("y", shape=(2,)),
    )
    for inputs, kind, text in [
        ((A,), ValueError, "Algorithm takes x, y, got 1 inputs"),
        ((A, 3), TypeError, "Algorithm: input 'y' must be a tensor, got int"),
        ((A[:, :2], A), ValueError, r"Input 'x' must have shape \(batch, 3\), got \(2, 2\)"),
        ((A.float(), A), TypeError, "Input 'x' must be torch.float64, got torch.float32"),
        ((A, A[:1]), ValueError, "input 'y' must begin with the batch of the first input, got shape"),
        (
            (A, torch.tensor(1.0)),
            ValueError,
            "input 'y' must begin with the batch of the first input, got shape",
        ),
        ((A, A), ValueError, r"Output 'y' must have shape \(batch, 2\), got \(2, 3\)"),
    ]:
        with pytest.raises(kind, match=text):
            algorithm(*inputs)
