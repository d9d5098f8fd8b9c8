# tests/program/test_relax_refusals.py — Python functions that are no programs: where, and why
# ruff: noqa: B007, F821, F841 — the sizes in annotations are names of the program; what is refused is odd
import inspect
import math
import re

import numpy as np
import pytest

import pliant


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


def helper(x):
    return x


NAMES = ["a"]


def refused():
    """Functions that are refused, each with the reason; the line that is meant ends with `# here`."""

    def breaks(xs: "n"):
        for i in range(len(xs)):
            break  # here
        return xs

    yield breaks, "break means nothing in a program"

    def continues(xs: "n"):
        for i in range(len(xs)):
            continue  # here
        return xs

    yield continues, "continue means nothing in a program"

    def tries(x):
        try:  # here
            y = x
        finally:
            y = x
        return y

    yield tries, "try means nothing in a program"

    def makes_lambda(x):
        y = lambda z: z  # here  # noqa: E731
        return y

    yield makes_lambda, "lambdas mean nothing in a program"

    def comprehends(xs: "n"):
        ys = [x for x in xs]  # here
        return ys

    yield comprehends, "comprehensions mean nothing in a program"

    def says(x):
        y = "text"  # here
        return y

    yield says, "expected a number, got 'text'"

    def formats(x):
        y = f"{x}"  # here
        return y

    yield formats, "strings mean nothing in a program"

    def attribute(xs: "n"):
        y = xs.T  # here
        return y

    yield attribute, "the attribute 'T' means nothing in a program"

    def around(x):
        y = x + NAMES  # here
        return y

    yield around, "'NAMES' is no number, array or relaxed function"

    def undefined(x):
        y = x + nothing  # here  # noqa: F821
        return y

    yield undefined, "'nothing' is not defined"

    def plain_call(x):
        y = helper(x)  # here
        return y

    yield plain_call, "'helper' is not relaxed: write @pliant.relax before it"

    def unknown_call(x):
        y = math.tan(x)  # here
        return y

    yield unknown_call, "'tan' is no function of programs, and not relaxed itself"

    def recursion(x):
        y = recursion(x)  # here
        return y

    yield recursion, "a program cannot call itself"

    def loop_else(xs: "n"):
        y = 0.0
        for i in range(len(xs)):
            y += 1
        else:
            y = 2.0  # here
        return y

    yield loop_else, "else of a loop means nothing in a program"

    def while_else(x):
        while x > 1:
            x = x - 1
        else:
            x = 2.0  # here
        return x

    yield while_else, "else of a loop means nothing in a program"

    def writes_argument(xs: "n"):
        xs[0] = 1.0  # here
        return xs

    yield writes_argument, "this writes to the argument xs, which is the caller's: xs = xs.copy()"

    def adds_to_argument(xs: "n"):
        xs += 1.0  # here
        return xs

    yield adds_to_argument, "this writes to the argument xs"

    def another_name(xs: "n"):
        ys = xs.copy()
        zs = ys  # here
        zs[0] = 1.0
        return ys, zs

    yield another_name, "'zs' would be another name for (a part of) 'ys', and 'zs' is written to"

    def a_view(a: "n, m"):
        b = a.copy()
        row = b[0]  # here
        b[0, 0] = 1.0
        return row

    yield a_view, "'row' would be another name for (a part of) 'b', and 'b' is written to"

    def early(x):
        if x > 1:
            return x  # here
        return -x

    yield early, "return stands at the end of the function alone"

    def nothing_back(x):
        y = x  # here

    yield nothing_back, "a program ends with a return of its results"

    def half_a_value(x):
        if x > 1:
            y = x
        return y  # here

    yield half_a_value, "'y' may have no value here: give it one before the if or the loop"

    def after_loop(xs: "n"):
        for i in range(len(xs)):
            y = xs[i]
        return y  # here

    yield after_loop, "'y' may have no value here"

    def size_of_a_branch(xs: "n", x):
        if x > 0:  # here
            k = 1
            k = k + 1
            ys = np.zeros(k)
        else:
            ys = np.zeros(2)
        return ys

    yield size_of_a_branch, "'ys' has a size that is known in this if alone: give it a value before"

    def loop_number(xs: "n"):
        for i in range(len(xs)):  # here
            i = 2
        return xs

    yield loop_number, "'i' has another value already"

    def one_number_twice(xs: "n"):
        for i in range(len(xs)):
            for i in range(2):  # here
                pass
        return xs

    yield one_number_twice, "'i' has another value already"

    def over_a_number(x):
        y = 0.0
        for z in x:  # here
            y += z
        return y

    yield over_a_number, "for goes over a range or an array"

    def over_pairs(xs: "n", ys: "n"):
        y = 0.0
        for a, b in zip(xs, ys, strict=True):  # here
            y += a * b
        return y

    yield over_pairs, "for goes with one name, or two over enumerate"

    def row_is_a_view(a: "n, m"):
        b = a.copy()
        for row in b:  # here
            row[0] = 1.0
        return b

    yield row_is_a_view, "'row' would be another name for (a part of) 'b', and 'row' is written to"

    def behind_its_loop(xs: "n"):
        for x in xs:
            y = x
        return x  # here

    yield behind_its_loop, "'x' may have no value here"

    def real_index(xs: "n", x):
        y = xs[x]  # here
        return y

    yield real_index, "an index must be a whole number"

    def real_range(x):
        y = 0.0
        for _ in range(x):  # here
            y += 1
        return y

    yield real_range, "a bound of range must be a whole number"

    def soft_whole(xs: "n"):
        k = 0
        if xs[0] > 0:
            k = 1  # here
        return xs[k]

    yield soft_whole, "the whole number 'k' is the same for all samples, and cannot change under an if"

    def whole_behind_while(xs: "n", x):
        k = 0
        while x > 1:
            x -= 1
            k += 1
        y = xs[k]  # here
        return y

    yield whole_behind_while, "'k' is a whole number that changes in a while loop"

    def a_step(xs: "n"):
        y = xs[::2]  # here
        return y

    yield a_step, "a slice has no step"

    def too_many(xs: "n"):
        y = xs[0, 0]  # here
        return y

    yield too_many, "2 indices for an array of 1 dimensions"

    def other_dimensions(xs: "n", a: "n, m"):
        y = a + xs  # here
        return y

    yield other_dimensions, "the dimensions differ: 2 and 1"

    def becomes_array(xs: "n"):
        y = 0.0
        y = xs * 2  # here
        return y

    yield becomes_array, "'y' has 0 dimensions, and cannot become an array of 1"

    def modulo(x):
        y = x % 2  # here
        return y

    yield modulo, "a program has the operators + - * / and ** alone"

    def wild_power(x):
        y = x**x  # here
        return y

    yield wild_power, "the exponent of ** must be 0.5 or a literal from 1 to 8"

    def is_none(x):
        y = x is None  # here
        return y

    yield is_none, "a program has the comparisons"

    def infinite(x):
        y = x + math.inf  # here
        return y

    yield infinite, "the attribute 'inf' means nothing in a program"

    def all_dimensions(a: "n, m"):
        y = np.sum(a)  # here
        return y

    yield all_dimensions, "sum of 2 dimensions goes over the last: write axis=-1"

    def prints(x):
        print(x)  # here
        return x

    yield prints, "an expression alone means nothing in a program"

    def two_targets(x):
        y = z = x  # here
        return y, z

    yield two_targets, "write two assignments"

    def list_times(x):
        ys = [x, x]
        y = ys * 2  # here
        return y

    yield list_times, "a list is no array"

    def list_plus(xs: "n"):
        ys = list(xs)
        ys += 1  # here
        return ys

    yield list_plus, "a list is no array"

    def arrays_and(xs: "n"):
        y = xs > 0 and xs < 1  # here
        return y

    yield arrays_and, "a condition must be a single number, got 1 dimensions; where(c, a, b) takes arrays"

    def not_of_number(x):
        y = ~x  # here
        return y

    yield not_of_number, "~ takes a condition"

    def array_condition(xs: "n"):
        y = 0.0
        if xs > 0:  # here
            y = 1.0
        return y

    yield array_condition, "a condition must be a single number, got 1 dimensions"

    def call_in_condition(xs: "n"):
        x = 1.0
        while total_of(xs) < x:  # here
            x -= 1
        return x

    yield call_in_condition, "total_of would be called in each pass: call it in the loop"

    def wrong_rank(x):
        y = total_of(x)  # here
        return y

    yield wrong_rank, "total_of takes xs with 1 dimensions, got 0"

    def wrong_count(xs: "n"):
        y = total_of(xs, xs)  # here
        return y

    yield wrong_count, "total_of takes xs, without keywords"

    def unpacks(xs: "n"):
        a, b = total_of(xs)  # here
        return a, b

    yield unpacks, "expected 2 values"

    def several(x, ys: "n"):
        y = 1.0 + two(x, ys)  # here
        return y

    yield several, "expected one value, got 2"

    def default(x=1.0):  # here
        return x

    yield default, "arguments have no defaults"

    def no_argument():  # here
        return 1.0

    yield no_argument, "a program has at least one argument"

    def odd_annotation(x: "n + 1"):  # here
        return x

    yield odd_annotation, "'n + 1' in the annotation of x is not the name of a size"

    def other_annotation(x: list):  # here
        return x

    yield other_annotation, "the annotation of x must name its sizes, as in 'n' or 'n, m'"

    def inner_function(x):
        def f(y):  # here
            return y

        return f(x)

    yield inner_function, "a function inside of a function means nothing in a program"


@pytest.mark.parametrize(("function", "reason"), list(refused()), ids=lambda x: getattr(x, "__name__", ""))
def test_refused_with_place_and_reason(function, reason):
    with pytest.raises(ValueError, match=re.escape(reason)) as error:
        pliant.relax(function)
    lines, first = inspect.getsourcelines(function)
    (line,) = [first + k for k, text in enumerate(lines) if "# here" in text]
    assert re.match(rf"{re.escape(__file__)}:{line}:\d+: relax {function.__name__}: ", str(error.value))


def test_the_column_is_that_of_the_file():
    function = next(f for f, _ in refused() if f.__name__ == "breaks")
    with pytest.raises(ValueError, match=r":\d+:13: relax breaks: break"):
        pliant.relax(function)


def test_what_is_no_function_or_has_no_source():
    with pytest.raises(TypeError, match="relax: expected a Python function, got int"):
        pliant.relax(3)
    with pytest.raises(ValueError, match="relax: expected a function that begins with def"):
        pliant.relax(lambda x: x)
    names = {}
    exec("def made_up(x):\n    return x", names)
    with pytest.raises(ValueError, match="relax: the source of made_up cannot be read"):
        pliant.relax(names["made_up"])
    with pytest.raises(TypeError, match="unexpected keyword argument 'steepness'"):
        pliant.relax(helper, steepness=1.0)
