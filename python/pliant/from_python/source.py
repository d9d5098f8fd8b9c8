# python/pliant/from_python/source.py — a function's source, and how its lines are pointed at in errors
"""Where a function stands, what its source says as a tree, and what its free names mean."""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable
from typing import Any, NoReturn

#: A name that the function's surroundings do not have.
UNKNOWN = object()


class Source:
    """One function: its tree, its place in its file, the values of the names around it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        if not inspect.isfunction(function):
            raise TypeError(f"relax: expected a Python function, got {type(function).__name__}")
        self.name = function.__name__
        try:
            lines, first = inspect.getsourcelines(function)
            self.file = inspect.getsourcefile(function) or "<unknown>"
        except (OSError, TypeError) as error:
            raise ValueError(f"relax: the source of {self.name} cannot be read: {error}") from None
        text = "".join(lines)
        dedented = textwrap.dedent(text)
        self._line = first - 1
        self._column = len(lines[0]) - len(dedented.splitlines(keepends=True)[0])
        try:
            (tree,) = ast.parse(dedented).body
        except (SyntaxError, ValueError):
            tree = None
        if not isinstance(tree, ast.FunctionDef):
            raise ValueError(f"{self.file}:{first}: relax: expected a function that begins with def")
        self.tree = tree
        self._around = inspect.getclosurevars(function)
        self._globals = function.__globals__

    def fail(self, node: ast.AST, reason: str) -> NoReturn:
        """Raises ValueError "file:line:column: relax NAME: reason"; column from 1."""
        column = self._column + getattr(node, "col_offset", 0) + 1
        raise ValueError(f"{self.place(node)}:{column}: relax {self.name}: {reason}")

    def place(self, node: ast.AST) -> str:
        """file:line"""
        return f"{self.file}:{self._line + getattr(node, 'lineno', 1)}"

    def meaning(self, name: str) -> Any:
        """What a name that the function does not assign stands for, or UNKNOWN."""
        for names in (self._around.nonlocals, self._globals, vars(builtins)):
            if name in names:
                return names[name]
        return UNKNOWN

    def arguments(self) -> dict[str, tuple[str, ...]]:
        """Arguments and the names of their sizes, from annotations such as "n, letters"."""
        given = self.tree.args
        if given.vararg or given.kwarg or given.kwonlyargs or given.defaults:
            self.fail(self.tree, "arguments have no defaults, and there are no * and keyword arguments")
        found = {a.arg: self._sizes(a) for a in (*given.posonlyargs, *given.args)}
        if not found:
            self.fail(self.tree, "a program has at least one argument")
        return found

    def _sizes(self, argument: ast.arg) -> tuple[str, ...]:
        note = argument.annotation
        if note is None or (isinstance(note, ast.Name) and note.id == "float"):
            return ()
        if not isinstance(note, ast.Constant) or not isinstance(note.value, str):
            self.fail(note, f"the annotation of {argument.arg} must name its sizes, as in 'n' or 'n, m'")
        sizes = tuple(size.strip() for size in note.value.split(",")) if note.value.strip() else ()
        for size in sizes:
            if not (size.isidentifier() and size.isascii()):
                self.fail(note, f"'{size}' in the annotation of {argument.arg} is not the name of a size")
        if len(sizes) > 4:
            self.fail(note, f"an array has at most 4 dimensions, {argument.arg} has {len(sizes)}")
        return sizes
