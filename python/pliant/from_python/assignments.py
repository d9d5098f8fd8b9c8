# python/pliant/from_python/assignments.py — what Python assigns, to names and to places of arrays
"""Assignments: new names, new values, several at once; what would make two names of one array is refused."""

from __future__ import annotations

import ast
from dataclasses import replace

from pliant.from_python.calls import Calls
from pliant.from_python.source import Source
from pliant.from_python.usage import reads
from pliant.from_python.values import Text, Value, Variable, atom


class Assignments(Calls):
    """Assignments, in the scope that stands last."""

    def __init__(self, source: Source, out: Text) -> None:
        super().__init__(source, out)
        self.soft_depth = 0  # how many conditions on real numbers stand around

    def many(self, node: ast.expr) -> Value | tuple[Value, ...]:
        """An expression that may be several values."""
        if isinstance(node, ast.Call):
            return self._Call(node)
        if isinstance(node, ast.Attribute):
            return self._Attribute(node)
        return self.value(node)

    def _do_Assign(self, node: ast.Assign) -> None:
        if len(node.targets) != 1:
            self.fail(node, "a = b = … means nothing in a program: write two assignments")
        self._assign(node, node.targets[0], node.value)

    def _do_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assign(node, node.target, node.value)

    def _assign(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> None:
        if not isinstance(target, (ast.Tuple, ast.List)):
            return self.store(target, self.value(value))
        if isinstance(value, (ast.Tuple, ast.List)):
            if len(value.elts) == len(target.elts) and not _share_names(target, value):
                for part, what in zip(target.elts, value.elts, strict=True):
                    self.store(part, self.value(what))
                return
            found: Value | tuple[Value, ...] = tuple(self.value(part) for part in value.elts)
        else:
            found = self.many(value)
        if not isinstance(found, tuple) or len(found) != len(target.elts):
            self.fail(node, f"expected {len(target.elts)} values")
        # All values first, then the targets: a, b = b, a.
        kept = [self.temporary(node, f, "t") if not _is_literal(f) else f for f in found]
        for part, value_of_part, original in zip(target.elts, kept, found, strict=True):
            self.store(part, replace(value_of_part, view_of=original.view_of))

    def _do_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            before = self.value(ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target))
            self._owned(node, node.target.id, before)
        else:
            before = self.value(_loaded(node.target))
        before = replace(before, view_of=None)
        self.store(node.target, self.arithmetic(node, before, node.op, self.operand(node.value)))

    def _owned(self, node: ast.AST, name: str, value: Value) -> None:
        known = self.find(name)
        if known is not None and known.borrowed and value.shape:
            self.fail(
                node, f"this writes to the argument {name}, which is the caller's: {name} = {name}.copy()"
            )

    def store(self, target: ast.expr, value: Value) -> None:
        """Target = value"""
        if isinstance(target, ast.Name):
            return self._store_name(target, value)
        if not isinstance(target, ast.Subscript):
            self.fail(target, "what is assigned to must be a name or a place of an array")
        name, text, shape, _ = self.place(target)
        self._owned(target, name, self.value_of(name))
        if value.fill:
            value = self.temporary(target, value)
        if value.shape and len(value.shape) != len(shape):
            self.fail(target, f"an array of {len(value.shape)} dimensions where there are {len(shape)}")
        self.out.write(f"{text} = {value.text}")

    def _store_name(self, node: ast.Name, value: Value) -> None:
        name = node.id
        shared = {name, value.view_of or name} & self.usage.written
        if value.view_of is not None and value.view_of != name and shared:
            self.fail(
                node,
                f"'{name}' would be another name for (a part of) '{value.view_of}', and "
                f"'{min(shared)}' is written to: copy it, as in {name} = {value.view_of}.copy()",
            )
        if name in self.usage.loops:
            self.fail(node, f"'{name}' is the number of a loop, and cannot be written to")
        known = self.find(name)
        if known is None:
            return self._declare(node, value)
        self._check_same(node, known, value)
        known.differs = False
        known.borrowed = known.borrowed and value.view_of is not None
        if value.fill and value.shape != known.value.shape:
            value = self.temporary(node, value)
        self.out.write(f"{known.value.text} = {value.text}")

    def _check_same(self, node: ast.Name, known: Variable, value: Value) -> None:
        name = node.id
        if len(value.shape) != len(known.value.shape):
            self.fail(
                node,
                f"'{name}' has {len(known.value.shape)} dimensions, and cannot become an array of "
                f"{len(value.shape)}",
            )
        if known.value.kind == "whole":
            if value.kind != "whole":
                self.fail(node, f"'{name}' must be a whole number, this depends on real numbers")
            if self.soft_depth > known.soft_depth:
                self.fail(
                    node,
                    f"the whole number '{name}' is the same for all samples, and cannot change under an if "
                    "that depends on real numbers",
                )

    def _declare(self, node: ast.Name, value: Value) -> None:
        name = node.id
        is_whole = name in self.usage.whole
        if is_whole and value.kind != "whole":
            self.fail(node, f"'{name}' must be a whole number, this depends on real numbers")
        if is_whole and self.usage.counts[name] == 1 and value.text.isidentifier() and self._is_size(value):
            self.scopes[-1][name] = Variable(value)
            return
        shape = tuple(self._fixed(size) for size in value.shape)
        text = self.out.take(name)
        sizes = f"[{', '.join(shape)}]" if shape else ""
        self.out.write(f"{'int' if is_whole else 'var'} {text}{sizes} = {value.text}")
        kind = "whole" if is_whole else "real"
        named = replace(atom(value, text), kind=kind, shape=shape)
        self.scopes[-1][name] = Variable(named, soft_depth=self.soft_depth)

    def _is_size(self, value: Value) -> bool:
        return any(value.text in known.value.shape for known in self.scopes[0].values() if known.borrowed)

    def _fixed(self, size: str) -> str:
        """A size that stays what it is when the whole numbers change that it is made of."""
        changing = {
            known.value.text
            for scope in self.scopes
            for name, known in scope.items()
            if known.value.kind == "whole" and self.usage.counts[name] > 1
        }
        words = set("".join(c if c.isalnum() or c == "_" else " " for c in size).split())
        if not words & changing:
            return size
        return self.temporary(self.source.tree, Value(size, "whole"), "size").text


def _is_literal(value: Value) -> bool:
    return not value.shape and value.text.replace(".", "", 1).replace("-", "", 1).isdigit()


def _share_names(target: ast.Tuple | ast.List, value: ast.expr) -> bool:
    names = [t.id for t in target.elts if isinstance(t, ast.Name)]
    return len(names) < len(target.elts) or not set(reads(value)).isdisjoint(names)


def _loaded(node: ast.expr) -> ast.expr:
    """A place that is written to, as one that is read."""
    found = ast.parse(ast.unparse(node), mode="eval").body
    for part in ast.walk(found):
        ast.copy_location(part, node)
    return found
