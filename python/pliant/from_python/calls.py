# python/pliant/from_python/calls.py — calls in Python functions
"""What names of functions, of modules and of methods mean in a program."""

from __future__ import annotations

import ast
import types
from collections.abc import Callable
from dataclasses import replace

from pliant.from_python.expressions import Expressions
from pliant.from_python.source import UNKNOWN
from pliant.from_python.values import Value

_ELEMENTWISE = {"exp": "exp", "log": "log", "sqrt": "sqrt", "abs": "abs", "fabs": "abs", "absolute": "abs"}
_REDUCTIONS = {
    "sum": "sum", "prod": "product", "product": "product", "min": "min", "amin": "min", "max": "max",
    "amax": "max", "argmin": "argmin", "argmax": "argmax", "logsumexp": "logsumexp",
}  # fmt: skip
_PAIRS = ("dot", "same", "cosine")
_MODULES = ("math", "numpy", "torch")


class Calls(Expressions):
    """Expressions with calls."""

    def inline(self, node: ast.Call, program: object) -> Value | tuple[Value, ...]:
        """The results of a relaxed function, whose statements go before."""
        raise NotImplementedError

    def _Call(self, node: ast.Call) -> Value | tuple[Value, ...]:
        from pliant.from_python.relax import RelaxedProgram

        name, node = self._called(node)
        if isinstance(name, RelaxedProgram):
            return self.inline(node, name)
        maker: Callable[[ast.Call], Value] | None = getattr(self, f"_call_{name}", None)
        if name in _ELEMENTWISE:
            (x,) = self._given(node, name, 1)
            return Value(f"{_ELEMENTWISE[name]}({x.text})", "real", x.shape)
        if name in _PAIRS:
            a, b = self._given(node, name, 2)
            if len(a.shape) != len(b.shape) or not a.shape:
                self.fail(node, f"{name} takes two arrays with equally many dimensions")
            return Value(f"{name}({a.text}, {b.text})", "truth" if name == "same" else "real", a.shape[:-1])
        if maker is not None:
            return maker(node)
        if name in _REDUCTIONS:
            return self._reduction(node, name)
        self.fail(node, f"'{name}' is no function of programs, and not relaxed itself")

    def _called(self, node: ast.Call) -> tuple[object, ast.Call]:
        """The name of one of the language's functions, or a relaxed function; the call without a method."""
        called = node.func
        if isinstance(called, ast.Name):
            if called.id == self.source.name:
                self.fail(node, "a program cannot call itself: write a loop")
            if self.find(called.id) is not None:
                self.fail(node, f"'{called.id}' is no function")
            meaning = self.source.meaning(called.id)
            module = (getattr(meaning, "__module__", None) or "").partition(".")[0]
            from pliant.from_python.relax import RelaxedProgram

            if isinstance(meaning, RelaxedProgram):
                return meaning, node
            known = meaning is UNKNOWN or module in ("builtins", "pliant", *_MODULES)
            if known or isinstance(meaning, types.BuiltinFunctionType):
                return called.id, node
            self.fail(node, f"'{called.id}' is not relaxed: write @pliant.relax before it")
        if isinstance(called, ast.Attribute):
            if isinstance(called.value, ast.Name) and self.find(called.value.id) is None:
                module = self.source.meaning(called.value.id)
                found = getattr(module, called.attr, None)
                if isinstance(module, types.ModuleType):
                    from pliant.from_python.relax import RelaxedProgram

                    if isinstance(found, RelaxedProgram):
                        return found, node
                    if module.__name__.partition(".")[0] in (*_MODULES, "pliant"):
                        return called.attr, node
                self.fail(node, f"'{ast.unparse(called)}' means nothing in a program")
            # A method: its array is the first argument.
            as_function = ast.Call(called, [called.value, *node.args], node.keywords)
            return called.attr, ast.copy_location(as_function, node)
        self.fail(node, "what is called must be a name")

    def _given(self, node: ast.Call, name: str, count: int) -> list[Value]:
        if node.keywords or len(node.args) != count or any(isinstance(a, ast.Starred) for a in node.args):
            self.fail(node, f"{name} takes {count} argument{'s' * (count > 1)} without names")
        return [self.operand(argument) for argument in node.args]

    def _reduction(self, node: ast.Call, name: str) -> Value:
        last = _last_axis(node)
        of_array = isinstance(node.func, ast.Attribute)  # a method, or numpy's or torch's function
        if of_array and len(node.args) == 2 and ast.unparse(node.args[1]) == "-1":
            last, node = True, ast.copy_location(ast.Call(node.func, node.args[:1], []), node)
        if node.keywords and not last:
            self.fail(node, f"{name} goes over the last dimension: it takes no keyword but axis=-1")
        several = name in ("min", "max") and len(node.args) > 1 and not last and not of_array
        if several:
            parts = [self.operand(argument) for argument in node.args]
            if any(part.shape for part in parts):
                self.fail(
                    node, f"{name} of several arguments takes single numbers; of arrays: minimum, maximum"
                )
            x = self.stack(node, parts)
        else:
            (x,) = self._given(ast.copy_location(ast.Call(node.func, node.args, []), node), name, 1)
        if not x.shape:
            self.fail(node, f"{name} takes an array, got a single number")
        if len(x.shape) > 1 and not last:
            self.fail(node, f"{name} of {len(x.shape)} dimensions goes over the last: write axis=-1")
        keeps = _REDUCTIONS[name].startswith("arg")
        return Value(f"{_REDUCTIONS[name]}({x.text})", "real", x.shape if keeps else x.shape[:-1])

    def _call_minimum(self, node: ast.Call) -> Value:
        return self._extreme(node, "min")

    def _call_maximum(self, node: ast.Call) -> Value:
        return self._extreme(node, "max")

    def _extreme(self, node: ast.Call, name: str) -> Value:
        pair = self.stack(node, self._given(node, name + "imum", 2))
        return Value(f"{name}({pair.text})", "real", pair.shape[:-1])

    def _call_len(self, node: ast.Call) -> Value:
        (x,) = self._given(node, "len", 1)
        if not x.shape:
            self.fail(node, "len takes an array, got a single number")
        text = x.shape[0]
        return Value(text, "whole", (), Value.binding if text.isidentifier() or text.isdigit() else 4)

    def _call_copy(self, node: ast.Call) -> Value:
        (x,) = self._given(node, "copy", 1)
        return replace(x, view_of=None)

    _call_clone = _call_float = _call_copy

    def _call_list(self, node: ast.Call) -> Value:
        return replace(self._call_copy(node), is_list=True)

    def _call_array(self, node: ast.Call) -> Value:
        return replace(self._call_copy(node), is_list=False)

    _call_asarray = _call_array

    def _call_where(self, node: ast.Call) -> Value:
        if node.keywords or len(node.args) != 3:
            self.fail(node, "where takes 3 arguments without names")
        yes, no = self.operand(node.args[1]), self.operand(node.args[2])
        return self.where(node, self.conditions(node.args[0]), yes, no)

    def _call_stack(self, node: ast.Call) -> Value:
        if node.args and not node.keywords and not isinstance(node.args[0], (ast.List, ast.Tuple)):
            return self.stack(node, [self.operand(part) for part in node.args])  # as programs say it
        (parts,) = node.args if len(node.args) == 1 else (None,)
        if not isinstance(parts, (ast.List, ast.Tuple)) or not _last_axis(node):
            self.fail(node, "stack takes a list of arrays and axis=-1")
        return self.stack(node, [self.operand(part) for part in parts.elts])

    def _call_truth(self, node: ast.Call) -> Value:
        (x,) = self._given(node, "truth", 1)
        return Value(f"truth({x.text})", "truth", x.shape)

    # === New arrays ===

    def _shape(self, node: ast.expr) -> tuple[str, ...]:
        sizes = node.elts if isinstance(node, (ast.Tuple, ast.List)) else [node]
        if not 1 <= len(sizes) <= 4:
            self.fail(node, f"an array has 1 to 4 dimensions, got {len(sizes)}")
        return tuple(self.whole(size, "a size").text for size in sizes)

    def _call_zeros(self, node: ast.Call) -> Value:
        return self._filled(node, "zeros", Value("0"))

    def _call_ones(self, node: ast.Call) -> Value:
        return self._filled(node, "ones", Value("1"))

    def _filled(self, node: ast.Call, name: str, content: Value) -> Value:
        if len(node.args) != 1 or any(k.arg != "dtype" for k in node.keywords):
            self.fail(node, f"{name} takes a shape")
        return replace(content, shape=self._shape(node.args[0]), fill=True)

    def _call_full(self, node: ast.Call) -> Value:
        if len(node.args) != 2 or any(k.arg != "dtype" for k in node.keywords):
            self.fail(node, "full takes a shape and a number")
        content = self.operand(node.args[1])
        if content.shape:
            self.fail(node.args[1], "full takes a single number, got an array")
        return replace(content, kind="real", shape=self._shape(node.args[0]), fill=True)

    def _call_arange(self, node: ast.Call) -> Value:
        if len(node.args) != 1 or any(k.arg != "dtype" for k in node.keywords):
            self.fail(node, "arange takes one number")
        size = self.whole(node.args[0], "a size").text
        return Value(f"places({size})", "real", (size,))

    _call_places = _call_arange

    def _call_onehot(self, node: ast.Call) -> Value:
        if len(node.args) != 2 or node.keywords:
            self.fail(node, "onehot takes 2 arguments without names")
        place, size = (self.whole(argument, "its argument").text for argument in node.args)
        return Value(f"onehot({place}, {size})", "real", (size,))

    def _call_near(self, node: ast.Call) -> Value:
        if len(node.args) != 2 or node.keywords:
            self.fail(node, "near takes 2 arguments without names")
        x, size = self.operand(node.args[0]), self.whole(node.args[1], "a size").text
        if x.shape:
            self.fail(node.args[0], "near takes a single number, got an array")
        return Value(f"near({x.text}, {size})", "real", (size,))

    def _call_precedes(self, node: ast.Call) -> Value:
        a, b, margin = self._given(node, "precedes", 3)
        if len(a.shape) != 1 or a.shape != b.shape or margin.shape:
            self.fail(node, "precedes takes two arrays of one size, and a single number")
        return Value(f"precedes({a.text}, {b.text}, {margin.text})", "truth")


def _last_axis(node: ast.Call) -> bool:
    """Whether the only keyword of the call is axis=-1."""
    keywords = [(k.arg, ast.unparse(k.value)) for k in node.keywords]
    return keywords in ([("axis", "-1")], [("dim", "-1")])
