# python/pliant/from_python/expressions.py — Python expressions as expressions of a program
"""Arithmetic, comparisons, indices."""

from __future__ import annotations

import ast
import math
import numbers
from dataclasses import replace
from typing import NoReturn

from pliant.from_python.source import UNKNOWN, Source
from pliant.from_python.usage import Usage
from pliant.from_python.values import (
    AND,
    COMPARISON,
    NOT,
    OR,
    PRODUCT,
    SIGN,
    SUM,
    Text,
    Value,
    Variable,
    atom,
)

_ARITHMETIC = {
    ast.Add: ("+", SUM),
    ast.Sub: ("-", SUM),
    ast.Mult: ("*", PRODUCT),
    ast.Div: ("/", PRODUCT),
}
_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


class Expressions:
    """Turns the expressions of one function into text; what they need beforehand goes to `out`."""

    def __init__(self, source: Source, out: Text) -> None:
        self.source = source
        self.usage = Usage(source)
        self.out = out
        self.scopes: list[dict[str, Variable]] = [{}]
        self.in_condition_of_while = False

    def fail(self, node: ast.AST, reason: str) -> NoReturn:
        """Raises ValueError with the place of `node`."""
        self.source.fail(node, reason)

    def find(self, name: str) -> Variable | None:
        """What a Python name stands for here."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return None

    def value_of(self, name: str) -> Value:
        """Of a Python name that stands for something here."""
        found = self.find(name)
        assert found is not None, name
        return found.value

    def temporary(self, node: ast.AST, value: Value, name: str = "t") -> Value:
        """The value under a new name."""
        if self.in_condition_of_while:
            self.fail(
                node, "the condition of while is computed again for each pass: compute this in the loop"
            )
        text = self.out.take(name)
        if value.kind == "whole":
            self.out.write(f"int {text} = {value.text}")
        else:
            sizes = "[" + ", ".join(value.shape) + "]" if value.fill else ""
            self.out.write(f"var {text}{sizes} = {value.text}")
        return replace(atom(value, text), kind="real" if value.kind == "truth" else value.kind)

    # === Expressions ===

    def value(self, node: ast.expr) -> Value:
        """Any expression that is one number or array."""
        method = getattr(self, "_" + type(node).__name__, None)
        if method is None:
            self.fail(
                node, f"{_WORDS.get(type(node).__name__, type(node).__name__)} mean nothing in a program"
            )
        found = method(node)
        if isinstance(found, tuple):
            self.fail(node, f"expected one value, got {len(found)}")
        return found

    def operand(self, node: ast.expr) -> Value:
        """An expression that is part of another one: new arrays get a name before."""
        found = self.value(node)
        return self.temporary(node, found) if found.fill else found

    def whole(self, node: ast.expr, what: str) -> Value:
        """An expression that must be a whole number; `what` it is needed for."""
        found = self.value(node)
        if found.kind != "whole":
            self.fail(
                node,
                f"{what} must be a whole number: int literals, loop numbers, len() and + - * of these; "
                "this depends on real numbers",
            )
        return found

    def condition(self, node: ast.expr) -> Value:
        """What if, while, and, or, not take: a single one."""
        found = self.conditions(node)
        if found.shape:
            self.fail(
                node,
                f"a condition must be a single number, got {len(found.shape)} dimensions; where(c, a, b) "
                "takes arrays of conditions, & | ~ connect them",
            )
        return found

    def conditions(self, node: ast.expr) -> Value:
        """A condition, or an array of them."""
        found = self.operand(node)
        if found.kind == "truth":
            return found
        if found.kind == "whole":
            return Value(f"{found.within(SUM)} != 0", "truth", (), COMPARISON, exact=True)
        return Value(f"truth({found.text})", "truth", found.shape)

    def _Constant(self, node: ast.Constant) -> Value:
        return self._number(node, node.value)

    def _number(self, node: ast.AST, number: object) -> Value:
        if isinstance(number, bool):
            return Value(str(int(number)))
        if not isinstance(number, numbers.Real):
            self.fail(node, f"expected a number, got {number!r}")
        if not math.isfinite(number):
            self.fail(node, f"a program has no number that is not finite, got {float(number)}")
        text, kind = repr(float(number)), "real"
        if isinstance(number, numbers.Integral):
            text, kind = str(int(number)), "whole"
            if abs(int(number)) > 10**9:
                self.fail(node, f"a whole number must be within 10^9, got {number}")
        return Value(text, kind, (), SIGN if float(number) < 0 else Value.binding)

    def _Name(self, node: ast.Name) -> Value:
        known = self.find(node.id)
        if known is not None:
            if known.differs:
                self.fail(
                    node,
                    f"'{node.id}' is a whole number that changes in a while loop, which ends for each "
                    "sample on its own: it has no value behind the loop",
                )
            return replace(known.value, view_of=node.id) if known.value.shape else known.value
        if node.id in self.usage.values or node.id in self.usage.loops:
            self.fail(node, f"'{node.id}' may have no value here: give it one before the if or the loop")
        meaning = self.source.meaning(node.id)
        if meaning is UNKNOWN:
            self.fail(node, f"'{node.id}' is not defined")
        if not isinstance(meaning, numbers.Real):
            self.fail(node, f"'{node.id}' is no number, array or relaxed function")
        return self._number(node, meaning)

    def _UnaryOp(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            inner = self.condition(node.operand)
            return Value(f"not {inner.within(NOT)}", "truth", inner.shape, NOT, inner.exact)
        inner = self.operand(node.operand)
        if isinstance(node.op, ast.UAdd):
            return replace(inner, view_of=None)
        if isinstance(node.op, ast.Invert):
            if inner.kind != "truth":
                self.fail(node, "~ takes a condition")
            return Value(f"not {inner.within(NOT)}", "truth", inner.shape, NOT, inner.exact)
        self._no_lists(node, inner)
        return Value(f"-{inner.within(SIGN)}", _number_kind(inner), inner.shape, SIGN)

    def _BinOp(self, node: ast.BinOp) -> Value:
        if isinstance(node.op, ast.Mult) and isinstance(node.left, ast.List) and len(node.left.elts) == 1:
            size = self.whole(node.right, "a length")
            return replace(self.operand(node.left.elts[0]), shape=(size.text,), fill=True, is_list=True)
        left = self.operand(node.left)
        if isinstance(node.op, ast.Pow):
            self._no_lists(node, left)
            return self._power(node, left)
        right = self.operand(node.right)
        return self.arithmetic(node, left, node.op, right)

    def arithmetic(self, node: ast.AST, left: Value, op: ast.operator, right: Value) -> Value:
        """Left op right."""
        self._no_lists(node, left, right)
        if isinstance(op, (ast.BitAnd, ast.BitOr)) and left.kind == right.kind == "truth":
            word, binding = ("and", AND) if isinstance(op, ast.BitAnd) else ("or", OR)
            return self._joined(node, word, binding, [left, right])
        if isinstance(op, ast.MatMult):
            if len(left.shape) != 1 or len(right.shape) != 1:
                self.fail(node, "@ takes two arrays of one dimension")
            return Value(f"dot({left.text}, {right.text})")
        if type(op) not in _ARITHMETIC:
            self.fail(node, "a program has the operators + - * / and ** alone")
        symbol, binding = _ARITHMETIC[type(op)]
        both_whole = left.kind == "whole" and right.kind == "whole" and symbol != "/"
        text = f"{left.within(binding)} {symbol} {right.within(binding + 1)}"
        return Value(text, "whole" if both_whole else "real", self._common(node, left, right), binding)

    def _no_lists(self, node: ast.AST, *values: Value) -> None:
        if any(value.is_list and value.shape for value in values):
            self.fail(node, "a list is no array: Python's operators mean something else; take np.array")

    def _common(self, node: ast.AST, left: Value, right: Value) -> tuple[str, ...]:
        if left.shape and right.shape and len(left.shape) != len(right.shape):
            self.fail(node, f"the dimensions differ: {len(left.shape)} and {len(right.shape)}")
        return left.shape or right.shape

    def _power(self, node: ast.BinOp, base: Value) -> Value:
        exponent = node.right.value if isinstance(node.right, ast.Constant) else None
        if exponent == 0.5:
            return Value(f"sqrt({base.text})", "real", base.shape)
        if type(exponent) is not int or not 1 <= exponent <= 8:
            self.fail(node, "the exponent of ** must be 0.5 or a literal from 1 to 8")
        first = base.within(PRODUCT)
        text = " * ".join([first] + [base.within(SIGN)] * (exponent - 1))
        return Value(text, _number_kind(base), base.shape, PRODUCT if exponent > 1 else base.binding)

    def _Compare(self, node: ast.Compare) -> Value:
        if any(type(op) not in _COMPARISONS for op in node.ops):
            self.fail(node, "a program has the comparisons < <= > >= == != alone")
        sides = [self.operand(side) for side in (node.left, *node.comparators)]
        parts = []
        for k, op in enumerate(node.ops):
            left, right = sides[k], sides[k + 1]
            text = f"{left.within(SUM)} {_COMPARISONS[type(op)]} {right.within(SUM)}"
            self._no_lists(node, left, right)
            exact = left.kind == "whole" and right.kind == "whole"
            parts.append(Value(text, "truth", self._common(node, left, right), COMPARISON, exact))
        return self._joined(node, "and", AND, parts)

    def _BoolOp(self, node: ast.BoolOp) -> Value:
        word, binding = ("and", AND) if isinstance(node.op, ast.And) else ("or", OR)
        return self._joined(node, word, binding, [self.condition(part) for part in node.values])

    def _joined(self, node: ast.AST, word: str, binding: int, parts: list[Value]) -> Value:
        found = parts[0]
        for part in parts[1:]:
            text = f"{found.within(binding)} {word} {part.within(binding + 1)}"
            shape = self._common(node, found, part)
            found = Value(text, "truth", shape, binding, found.exact and part.exact)
        return found

    def _IfExp(self, node: ast.IfExp) -> Value:
        chance, yes, no = self.condition(node.test), self.operand(node.body), self.operand(node.orelse)
        return self.where(node, chance, yes, no)

    def where(self, node: ast.AST, chance: Value, yes: Value, no: Value) -> Value:
        """`yes` where the condition holds, else `no`."""
        shape = self._common(node, yes, no)
        if chance.shape:
            shape = self._common(node, chance, replace(yes, shape=shape))
        return Value(f"where({chance.text}, {yes.text}, {no.text})", "real", shape)

    def _List(self, node: ast.List) -> Value:
        if not node.elts:
            self.fail(node, "an empty list means nothing in a program")
        return replace(self.stack(node, [self.operand(part) for part in node.elts]), is_list=True)

    def stack(self, node: ast.AST, parts: list[Value]) -> Value:
        """Arrays beside each other, in a new last dimension."""
        shape = parts[0].shape
        for part in parts[1:]:
            shape = self._common(node, replace(parts[0], shape=shape), part)
        return Value(f"stack({', '.join(p.text for p in parts)})", "real", (*shape, str(len(parts))))

    # === Indices ===

    def _Attribute(self, node: ast.Attribute) -> Value | tuple[Value, ...]:
        if node.attr == "shape":
            return self._sizes(node)
        self.fail(node, f"the attribute '{node.attr}' means nothing in a program")

    def _sizes(self, node: ast.Attribute) -> tuple[Value, ...]:
        return tuple(Value(size, "whole") for size in self._array(node.value).shape)

    def _array(self, node: ast.expr) -> Value:
        found = self.value(node)
        if not found.shape:
            self.fail(node, "expected an array, got a single number")
        return found

    def _Subscript(self, node: ast.Subscript) -> Value:
        if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            sizes = self._sizes(node.value)
            place = node.slice
            if isinstance(place, ast.UnaryOp) and isinstance(place.op, ast.USub):
                place = ast.copy_location(ast.Constant(-getattr(place.operand, "value", 0)), place)
            at = getattr(place, "value", None)
            if type(at) is not int or not -len(sizes) <= at < len(sizes):
                self.fail(node, f"expected a literal that is one of the {len(sizes)} dimensions")
            return sizes[at]
        base, text, shape, chosen = self.place(node)
        view = base if shape and not chosen else None
        return Value(text, "real", shape, is_list=self.value_of(base).is_list, view_of=view)

    def place(self, node: ast.Subscript) -> tuple[str, str, tuple[str, ...], bool]:
        """Of a[i, …]: the Python name a, its text, the shape of what is there, if an index is weights."""
        groups: list[ast.expr] = []
        base: ast.expr = node
        while isinstance(base, ast.Subscript):
            groups.insert(0, base.slice)
            base = base.value
        known = self.find(base.id) if isinstance(base, ast.Name) else None
        if not isinstance(base, ast.Name) or known is None:
            if isinstance(base, ast.Name):
                self._Name(base)
            self.fail(base, "an index stands behind the name of an array: give this a name first")
        sizes = known.value.shape
        items: list[ast.expr] = []
        for group in groups:
            if any(isinstance(item, ast.Slice) for item in items):
                self.fail(group, "no index may follow a slice: write a[i, j:k]")
            items += group.elts if isinstance(group, ast.Tuple) else [group]
        if len(items) > len(sizes):
            self.fail(node, f"{len(items)} indices for an array of {len(sizes)} dimensions")
        texts, shape, chosen = [], [], False
        for item, size in zip(items, sizes, strict=False):
            if isinstance(item, ast.Slice):
                text, places = self._slice(item, size)
                shape.append(places)
            else:
                text, is_choice = self._index(item, size)
                chosen = chosen or is_choice
            texts.append(text)
        return base.id, f"{known.value.text}[{', '.join(texts)}]", (*shape, *sizes[len(items) :]), chosen

    def _index(self, node: ast.expr, size: str) -> tuple[str, bool]:
        found = self.operand(node)
        if found.kind == "whole":
            return self._from_end(node, found, size).text, False
        if len(found.shape) != 1:
            self.fail(
                node,
                "an index must be a whole number (int literals, loop numbers, len() and + - * of these), "
                "or weights such as of argmin; this depends on real numbers",
            )
        return found.text, True

    def _from_end(self, node: ast.expr, value: Value, size: str) -> Value:
        """Literals below 0 count from the end."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            if isinstance(node.operand, ast.Constant) and node.operand.value != 0:
                return Value(f"{_summand(size)} - {node.operand.value!r}", "whole", (), SUM)
        return value

    def _slice(self, node: ast.Slice, size: str) -> tuple[str, str]:
        if node.step is not None:
            self.fail(node.step, "a slice has no step")
        if node.lower is None and node.upper is None:
            return ":", size
        low, high = Value("0", "whole"), Value(size, "whole")
        if node.lower is not None:
            low = self._from_end(node.lower, self.whole(node.lower, "the begin of a slice"), size)
        if node.upper is not None:
            high = self._from_end(node.upper, self.whole(node.upper, "the end of a slice"), size)
        places = high.text if low.text == "0" else f"{_summand(high.text)} - ({low.text})"
        return f"{low.text} : {high.text}", places


def _summand(text: str) -> str:
    return text if text.isidentifier() or text.isdigit() else f"({text})"


def _number_kind(value: Value) -> str:
    return "whole" if value.kind == "whole" else "real"


_WORDS = {
    "Lambda": "lambdas",
    "ListComp": "comprehensions",
    "SetComp": "comprehensions",
    "DictComp": "comprehensions",
    "GeneratorExp": "comprehensions",
    "JoinedStr": "strings",
    "Dict": "dictionaries",
    "Set": "sets",
    "Tuple": "tuples here",
    "Starred": "starred values",
    "NamedExpr": "assignments inside of expressions",
    "Await": "coroutines",
    "Yield": "generators",
    "YieldFrom": "generators",
    "Slice": "slices here",
}
