# python/pliant/from_python/usage.py — how a function uses its names: whole or real, shared or written to
"""What must be known of all of a function before its first line is turned into text."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator

from pliant.from_python.source import Source

#: Functions whose first argument is a shape or a number of places.
MAKERS = ("zeros", "ones", "empty", "full", "arange", "places", "onehot")

_WHOLE_OPERATORS = (ast.Add, ast.Sub, ast.Mult)


class Usage:
    """The names of a function.

    `whole` has those that are whole numbers, the same for all samples: each value assigned to them is made of
    int literals, loop numbers, sizes and other such names by +, - and *, and they are needed where only a
    whole number can stand: in an index, a range or a shape, or in the value of another such name. All other
    names are real. `counts` says how often a name is assigned.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.values: dict[str, list[ast.expr | None]] = defaultdict(list)
        self.loops: set[str] = set()
        self.written: set[str] = set()
        for node in ast.walk(source.tree):
            self._look_at(node)
        self.counts = Counter({name: len(values) for name, values in self.values.items()})
        self.whole = self._needed(self._possible())

    def _look_at(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._assigned(target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._assigned(node.target, node.value)
        elif isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Name):
                self.written.add(node.target.id)
                value = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
                self.values[node.target.id].append(value)
            else:
                self._assigned(node.target, node.value)
        elif isinstance(node, ast.For):
            number, place = loop_names(node)
            if number is not None:
                self.loops.add(number.id)
            if place is not None:
                self.values[place.id].append(None)

    def _assigned(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Name):
            self.values[target.id].append(value)
        elif isinstance(target, ast.Subscript):
            base = target.value
            while isinstance(base, ast.Subscript):
                base = base.value
            if isinstance(base, ast.Name):
                self.written.add(base.id)
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts: list[ast.expr | None] = [None] * len(target.elts)
            if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(parts):
                parts = list(value.elts)
            elif value is not None and _is_shape(value):
                parts = [value] * len(parts)
            for part, what in zip(target.elts, parts, strict=True):
                self._assigned(part, what)

    def _possible(self) -> set[str]:
        """The largest set of names whose values are whole if its names are."""
        found = set(self.values) - {a.arg for a in self._source.tree.args.args}
        while True:
            kept = {
                name
                for name in found
                if all(value is not None and self._is_whole(value, found) for value in self.values[name])
            }
            if kept == found:
                return found
            found = kept

    def _is_whole(self, node: ast.expr, names: set[str]) -> bool:
        if isinstance(node, ast.Constant):
            return type(node.value) is int
        if isinstance(node, ast.Name):
            if node.id in self.values or node.id in self.loops:
                return node.id in names or node.id in self.loops
            return type(self._source.meaning(node.id)) is int
        if isinstance(node, ast.BinOp) and isinstance(node.op, _WHOLE_OPERATORS):
            return self._is_whole(node.left, names) and self._is_whole(node.right, names)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            return self._is_whole(node.operand, names)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return node.func.id == "len"
        return _is_shape(node) or (isinstance(node, ast.Subscript) and _is_shape(node.value))

    def _needed(self, possible: set[str]) -> set[str]:
        needed, waiting = set(), [name for node in self._whole_places() for name in _names(node)]
        while waiting:
            name = waiting.pop()
            if name not in possible or name in needed:
                continue
            needed.add(name)
            waiting += [n for value in self.values[name] if value is not None for n in _names(value)]
        return needed

    def _whole_places(self) -> Iterator[ast.AST]:
        for node in ast.walk(self._source.tree):
            if isinstance(node, ast.Subscript):
                yield node.slice
            elif isinstance(node, ast.Call):
                name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
                if name == "range":
                    yield from node.args
                elif name == "near":
                    yield from node.args[1:2]
                elif name in MAKERS:
                    yield from node.args[: 2 if name == "onehot" else 1]
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
                if isinstance(node.left, ast.List):
                    yield node.right


def loop_names(node: ast.For) -> tuple[ast.Name | None, ast.Name | None]:
    """The names of a loop's number and of what stands at this place of an array."""
    target, name = node.target, getattr(getattr(node.iter, "func", None), "id", None)
    if isinstance(target, ast.Name):
        return (target, None) if name == "range" else (None, target)
    if name == "enumerate" and isinstance(target, ast.Tuple) and len(target.elts) == 2:
        number, place = target.elts
        if isinstance(number, ast.Name) and isinstance(place, ast.Name):
            return number, place
    return None, None


def _is_shape(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "shape"


def _names(node: ast.AST) -> Iterator[str]:
    return (n.id for n in ast.walk(node) if isinstance(n, ast.Name))


def always_assigned(block: list[ast.stmt]) -> set[str]:
    """Names that have a value behind a block, whichever way it is gone through."""
    found: set[str] = set()
    for node in block:
        if isinstance(node, ast.If):
            found |= always_assigned(node.body) & always_assigned(node.orelse)
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            stored = (n for n in ast.walk(target) if isinstance(n, ast.Name))
            found |= {n.id for n in stored if isinstance(n.ctx, ast.Store)}
    return found


def reads(*nodes: ast.AST) -> Counter[str]:
    """How often each name is read."""
    names = (n for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name))
    return Counter(n.id for n in names if isinstance(n.ctx, ast.Load))
