# python/pliant/from_python/statements.py — Python statements as statements of a program
"""If, while, for, return; and relaxed functions that are called, statement by statement."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from pliant.from_python.assignments import Assignments
from pliant.from_python.source import Source
from pliant.from_python.usage import always_assigned, loop_names, reads
from pliant.from_python.values import SUM, Text, Value, Variable


class Function(Assignments):
    """One Python function, as it becomes part of a program."""

    def __init__(self, source: Source, out: Text) -> None:
        super().__init__(source, out)
        self._reads = reads(*source.tree.body)

    # === The whole ===

    def as_program(self) -> str:
        """The text of the program."""
        declared = self.source.arguments()
        sizes: dict[str, str] = {}
        heads = []
        for name, dimensions in declared.items():
            text = self.out.take(name)
            for size in dimensions:
                if size not in sizes:
                    sizes[size] = self.out.take(size)
            shape = tuple(sizes[size] for size in dimensions)
            heads.append(text + (f"[{', '.join(shape)}]" if shape else ""))
            self.scopes[0][name] = Variable(Value(text, "real", shape), borrowed=True)
        name = self.out.take(self.source.name)
        results = self.body()
        names = [self._output(result, k, len(results)) for k, result in enumerate(results)]
        head = f"program {name}({', '.join(heads)}) {{"
        return "\n".join([head, *self.out.lines, f"  return {', '.join(names)}", "}", ""])

    def _output(self, result: Value, number: int, count: int) -> str:
        if result.kind == "real" and result.text.isidentifier() and not result.fill:
            return result.text
        result = replace(result, kind="real")
        return self.temporary(
            self.source.tree, result, "result" + (f"_{number + 1}" if count > 1 else "")
        ).text

    def body(self) -> tuple[Value, ...]:
        """All statements, and what is returned."""
        self.out.origin = self.source.place(self.source.tree)
        self._copy_changed_arguments()
        *block, last = self.source.tree.body
        self.block(block)
        self.out.origin = self.source.place(last)
        if not isinstance(last, ast.Return) or last.value is None:
            self.fail(last, "a program ends with a return of its results")
        if isinstance(last.value, ast.Tuple):
            return tuple(self.value(part) for part in last.value.elts)
        found = self.many(last.value)
        return found if isinstance(found, tuple) else (found,)

    def _copy_changed_arguments(self) -> None:
        """Arguments that are given another value become variables."""
        for name, known in list(self.scopes[0].items()):
            if name in self.usage.values:
                copy = self.temporary(self.source.tree, known.value, name)
                self.scopes[0][name] = Variable(copy, borrowed=True)

    # === Blocks ===

    def block(self, statements: list[ast.stmt]) -> None:
        """One statement after the other."""
        for node in statements:
            method = getattr(self, "_do_" + type(node).__name__, None)
            if method is None:
                word = _WORDS.get(type(node).__name__, type(node).__name__)
                self.fail(node, f"{word} means nothing in a program")
            self.out.origin = self.source.place(node)
            method(node)

    def inner(self, head: str, statements: list[ast.stmt]) -> None:
        """A block with names of its own."""
        self.out.open(head)
        self.scopes.append({})
        self.block(statements)
        self.scopes.pop()
        self.out.close()

    def _do_Pass(self, node: ast.Pass) -> None:
        pass

    def _do_Return(self, node: ast.Return) -> None:
        self.fail(node, "return stands at the end of the function alone")

    def _do_Expr(self, node: ast.Expr) -> None:
        if not (isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)):
            self.fail(node, "an expression alone means nothing in a program")

    # === Control ===

    def _do_If(self, node: ast.If) -> None:
        condition = self.condition(node.test)
        for name in sorted(always_assigned(node.body) & always_assigned(node.orelse)):
            if self.find(name) is None and self._reads[name] > reads(node)[name]:
                self._give_first_value(node, name)
        self.soft_depth += not condition.exact
        self.inner(f"if {condition.text}", node.body)
        if node.orelse:
            # The closing brace and the else on one line.
            self.out.take_back()
            self.inner("} else", node.orelse)
        self.soft_depth -= not condition.exact

    def _give_first_value(self, node: ast.If, name: str) -> None:
        """Declares a name that both branches of an if give a value."""
        mark = self.out.mark()
        self.out.open("if")
        self.scopes.append({})
        self.block(node.body)
        value = self.scopes.pop()[name].value
        self.out.go_back(mark)
        self.out.origin = self.source.place(node)
        if not all(map(self.out.has, value.shape)):
            self.fail(node, f"'{name}' has a size that is known in this if alone: give it a value before")
        kind = "whole" if name in self.usage.whole else "real"
        text = self.out.take(name)
        sizes = f"[{', '.join(value.shape)}]" if value.shape else ""
        self.out.write(f"{'int' if kind == 'whole' else 'var'} {text}{sizes} = 0")
        self.scopes[-1][name] = Variable(Value(text, kind, value.shape), soft_depth=self.soft_depth)

    def _do_While(self, node: ast.While) -> None:
        if node.orelse:
            self.fail(node.orelse[0], "else of a loop means nothing in a program")
        self.in_condition_of_while = True
        condition = self.condition(node.test)
        self.in_condition_of_while = False
        self.inner(f"while {condition.text}", node.body)
        if condition.exact:
            return
        for name in self.usage.whole:
            known = self.find(name)
            if known is not None and _writes(node.body, name):
                known.differs = True

    def _do_For(self, node: ast.For) -> None:
        if node.orelse:
            self.fail(node.orelse[0], "else of a loop means nothing in a program")
        number, place = loop_names(node)
        if number is not None and (number.id in self.usage.values or self.find(number.id) is not None):
            self.fail(
                node.target,
                f"'{number.id}' has another value already: the number of a loop needs its own name",
            )
        if place is not None:
            return self._loop_over_array(node, number, place)
        call = node.iter
        if number is None or not isinstance(call, ast.Call):
            self.fail(node.target, "for goes with one name, or two over enumerate")
        if call.keywords or not 1 <= len(call.args) <= 3:
            self.fail(node.iter, "range takes 1 to 3 arguments without names")
        low, high, step = self._range(call)
        if step == 1:
            self._loop(node, number.id, f"for {{}} in {low.text} .. {high.text}", "{}")
        elif step == -1:
            head = f"for {{}} in 0 .. {low.within(SUM)} - ({high.text})"
            self._loop(node, number.id, head, f"{low.text} - {{}}")
        else:
            self._loop_with_step(node, number.id, low, high, step)

    def _range(self, call: ast.Call) -> tuple[Value, Value, int]:
        bounds = [self.whole(bound, "a bound of range") for bound in call.args[:2]]
        low, high = bounds if len(bounds) == 2 else (Value("0", "whole"), bounds[0])
        return low, high, self._literal_step(call.args[2]) if len(call.args) == 3 else 1

    def _literal_step(self, node: ast.expr) -> int:
        try:
            step = ast.literal_eval(node)
        except ValueError:
            step = None
        if type(step) is not int or step == 0 or abs(step) > 10**9:
            self.fail(node, "the step of a range must be an int literal, and not 0")
        return step

    def _loop(self, node: ast.For, name: str, head: str, number: str) -> None:
        """A loop over `name`, which is what stands in `number`."""
        counter = self.out.take(name if number == "{}" else "pass_number")
        self.out.open(head.format(counter), counter)
        text = counter
        if number != "{}":
            text = self.out.take(name)
            self.out.write(f"int {text} = {number.format(counter)}")
        self.scopes.append({name: Variable(Value(text, "whole"))})
        self.block(node.body)
        self.scopes.pop()
        self.out.close()

    def _loop_over_array(self, node: ast.For, number: ast.Name | None, place: ast.Name) -> None:
        over = node.iter
        if number is not None and isinstance(over, ast.Call):
            if over.keywords or len(over.args) != 1:
                self.fail(over, "enumerate takes one array")
            (over,) = over.args
        array = self.operand(over)
        if not array.shape:
            self.fail(over, "for goes over a range or an array: for i in range(n), for x in xs")
        if not array.text.isidentifier():
            array = replace(self.temporary(over, array), view_of=array.view_of)
        counter = self.out.take(number.id if number else "place")
        self.out.open(f"for {counter} in 0 .. {array.shape[0]}", counter)
        self.scopes.append({number.id: Variable(Value(counter, "whole"))} if number else {})
        rest = array.shape[1:]
        view = array.view_of if rest else None
        self.store(
            place, Value(f"{array.text}[{counter}]", "real", rest, is_list=array.is_list, view_of=view)
        )
        self.block(node.body)
        self.scopes.pop()
        self.out.close()

    def _loop_with_step(self, node: ast.For, name: str, low: Value, high: Value, step: int) -> None:
        end = self.temporary(node, high, f"end_of_{name}").text
        at = self.temporary(node, low, name).text
        self.out.open(f"while {at} {'<' if step > 0 else '>'} {end}")
        self.scopes.append({name: Variable(Value(at, "whole"))})
        self.block(node.body)
        self.scopes.pop()
        self.out.write(f"{at} = {at} + {step}")
        self.out.close()

    # === Calls of relaxed functions ===

    def inline(self, node: ast.Call, program: Any) -> Value | tuple[Value, ...]:
        """The statements of a relaxed function with its arguments in place, and its results."""
        source = program.source
        declared = source.arguments()
        if node.keywords or len(node.args) != len(declared):
            self.fail(node, f"{source.name} takes {', '.join(declared)}, without keywords")
        if self.in_condition_of_while:
            self.fail(node, f"{source.name} would be called in each pass: call it in the loop")
        called = Function(source, self.out)
        called.soft_depth = self.soft_depth
        for (name, sizes), argument in zip(declared.items(), node.args, strict=True):
            value = self.operand(argument)
            if len(value.shape) != len(sizes):
                self.fail(
                    argument,
                    f"{source.name} takes {name} with {len(sizes)} dimensions, got {len(value.shape)}",
                )
            if not value.text.isidentifier() or value.kind != "real":
                kept = replace(value, kind="real")
                value = replace(self.temporary(node, kept, name), view_of=value.view_of)
            called.scopes[0][name] = Variable(value, borrowed=True)
        here = self.out.origin
        found = called.body()
        self.out.origin = here
        return found[0] if len(found) == 1 else found


def _writes(block: list[ast.stmt], name: str) -> bool:
    names = (n for s in block for n in ast.walk(s) if isinstance(n, ast.Name) and n.id == name)
    return any(isinstance(n.ctx, ast.Store) for n in names)


_WORDS = {
    "Break": "break",
    "Continue": "continue",
    "Try": "try",
    "TryStar": "try",
    "With": "with",
    "Raise": "raise",
    "Assert": "assert",
    "Delete": "del",
    "Global": "global",
    "Nonlocal": "nonlocal",
    "Import": "import",
    "ImportFrom": "import",
    "FunctionDef": "a function inside of a function",
    "ClassDef": "a class",
    "Match": "match",
    "AsyncFor": "async",
    "AsyncWith": "async",
    "AsyncFunctionDef": "async",
}
