# tests/program/random_programs.py — random programs, in the language and as Python functions of one sample
"""`make(seed)` writes one program twice. The Python one notes in `margins` how far from ties it decides."""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass

SIZE = 5  # places of each array


@dataclass
class Written:
    """A program, and the function of (x, y, a, margins) that it is."""

    text: str
    python: str

    def function(self):
        """The Python function."""
        names = {"sqrt": math.sqrt, "less": less, "same": same, "smallest": smallest, "total": total}
        exec(self.python, names)
        return names["run"]


def less(left, right, or_equal, margins):
    margins.append(abs(left - right))
    return left <= right if or_equal else left < right


def same(left, right, margins):
    if left != right:
        margins.append(abs(left - right))
    return left == right


def smallest(numbers, margins, largest=False):
    """The place of the first smallest, or largest, number."""
    keys = [-x for x in numbers] if largest else list(numbers)
    place = keys.index(min(keys))
    rest = keys[:place] + keys[place + 1 :]
    if rest:
        margins.append(min(rest) - keys[place])
    return place


def total(numbers):
    found = 0.0
    for x in numbers:
        found += x
    return found


def as_plain_python(text):
    """The program as one would write it in Python, for pliant.relax."""
    lines, depth = [], 0
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("}"):
            depth -= 1
            line = line[1:].strip()
        opens = line.endswith("{")
        line = re.sub(r"^program (\w+)\(x, y, a\[n\]\)", r'def \1(x, y, a: "n")', line.rstrip("{ "))
        line = re.sub(r"^var (\w+)\[n\] = (\w+)$", r"\1 = \2.copy()", line)
        line = re.sub(r"^for (\w+) in (.*) \.\. (.*)$", r"for \1 in range(\2, \3)", line.removeprefix("var "))
        line = re.sub(r"\bn\b(?! *\")", "len(a)", line) if not line.startswith("def") else line
        line = line.replace("argmin(", "np.argmin(").replace("where(", "np.where(")
        if line:
            lines.append("    " * depth + line + (":" if opens else ""))
        depth += opens
    return "\n".join(lines)


class Writer:
    """Writes statements; every pair is (in the language, in Python)."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.text, self.python = [], []
        self.depth = 1
        self.scalars, self.arrays, self.wholes, self.inputs = ["x", "y"], ["a"], [], ["x", "y", "a"]
        self.made = 0

    def line(self, text, python):
        self.text.append("  " * self.depth + text)
        self.python.append("    " * self.depth + python)

    def name(self):
        self.made += 1
        return f"v{self.made}"

    # === Expressions ===

    def whole(self):
        """A whole number in [0, SIZE)."""
        if self.wholes and self.random.random() < 0.7:
            name = self.random.choice(self.wholes)  # below SIZE - 1
            return self.random.choice([(name, name), (f"{name} + 1", f"{name} + 1")])
        k = str(self.random.randrange(SIZE))
        return k, k

    def number(self, deep=2):
        pick = self.random.choice
        kinds = ["name", "name", "literal", "place"]
        kinds += ["arithmetic", "arithmetic", "function", "where", "least"] if deep else []
        kind = pick(kinds)
        if kind == "name":
            name = pick(self.scalars)
            return name, name
        if kind == "literal":
            k = repr(round(self.random.uniform(-2, 2), 3))
            return f"({k})", f"({k})"
        if kind == "place":
            name, (i, j) = pick(self.arrays), self.whole()
            return f"{name}[{i}]", f"{name}[{j}]"
        if kind == "least":
            return self.least(deep)
        (a, p), (b, q) = self.number(deep - 1), self.number(deep - 1)
        if kind == "where":
            c, r = self.condition(deep - 1)
            # Both sides, as in the program.
            return f"where({c}, {a}, {b})", f"[{q}, {p}][{r}]"
        if kind == "function":
            return pick(
                [(f"abs({a})", f"abs({p})"), (f"sqrt(abs({a}))", f"sqrt(abs({p}))"), (f"-({a})", f"-({p})")]
            )
        return pick(
            [
                (f"0.5 * ({a} + {b})", f"0.5 * ({p} + {q})"),
                (f"({a} - {b}) * 0.75", f"({p} - {q}) * 0.75"),
                (f"{a} * ({b}) / (1.0 + abs({b}))", f"{p} * ({q}) / (1.0 + abs({q}))"),
            ]
        )

    def least(self, deep):
        pick = self.random.choice
        kind = pick(["min", "max", "several", "sum", "read"])
        name, other = pick(self.arrays), pick(self.arrays)
        if kind == "sum":
            return f"sum({name}) / 5.0", f"total({name}) / 5.0"
        if kind == "several":
            (a, p), (b, q) = self.number(deep - 1), self.number(deep - 1)
            return f"max(stack({a}, {b}))", f"[{p}, {q}][smallest([{p}, {q}], margins, True)]"
        if kind == "read":
            return f"{name}[argmin({other})]", f"{name}[smallest({other}, margins)]"
        return f"{kind}({name}[1 : 4])", f"{name}[1:4][smallest({name}[1:4], margins, {kind == 'max'})]"

    def condition(self, deep=2):
        pick = self.random.choice
        kind = pick(["less", "less", "less", "equal", "whole"] + (["and", "or", "not"] if deep else []))
        if kind in ("and", "or"):
            (a, p), (b, q) = self.condition(deep - 1), self.condition(deep - 1)
            # Both sides, as in the program: the margin of the second counts too.
            return f"({a}) {kind} ({b})", f"(({p}) {'&' if kind == 'and' else '|'} ({q}))"
        if kind == "not":
            a, p = self.condition(deep - 1)
            return f"not ({a})", f"(not ({p}))"
        if kind == "whole":
            (a, p), (b, q), symbol = self.whole(), self.whole(), pick(["<", "<=", ">", ">=", "==", "!="])
            return f"{a} {symbol} {b}", f"({p} {symbol} {q})"
        (a, p), (b, q) = self.number(1), self.number(1)
        if kind == "equal":
            symbol = pick(["==", "!="])
            return f"{a} {symbol} {b}", f"({'' if symbol == '==' else 'not '}same({p}, {q}, margins))"
        symbol = pick(["<", "<=", ">", ">="])
        left, right = (q, p) if ">" in symbol else (p, q)
        return f"{a} {symbol} {b}", f"less({left}, {right}, {'=' in symbol}, margins)"

    # === Statements ===

    def block(self, count, loops):
        """Statements with names of their own."""
        kept = len(self.scalars), len(self.arrays), len(self.wholes)
        self.depth += 1
        for _ in range(count):
            self.statement(loops)
        self.depth -= 1
        del self.scalars[kept[0] :], self.arrays[kept[1] :], self.wholes[kept[2] :]

    def statement(self, loops):
        weights = {"declare": 2, "assign": 4, "place": 3, "array": 1}
        if loops:
            weights |= {"if": 3, "while": 1, "for": 2}
        kind = self.random.choices(list(weights), weights.values())[0]
        getattr(self, "write_" + kind)(loops)

    def write_declare(self, loops):
        (a, p), name = self.number(), self.name()
        self.line(f"var {name} = {a}", f"{name} = {p}")
        self.scalars.append(name)

    def write_array(self, loops):
        (a, p), name, other = self.number(), self.name(), self.random.choice(self.arrays)
        self.line(f"var {name}[n] = {other}", f"{name} = {other}[:]")
        self.line(f"{name}[1 : 3] = {a}", f"{name}[1:3] = [{p}] * 2")
        self.arrays.append(name)

    def write_assign(self, loops):
        names = [name for name in self.scalars if name not in self.inputs]
        if not names:
            return self.write_declare(loops)
        (a, p), name = self.number(), self.random.choice(names)
        self.line(f"{name} = {a}", f"{name} = {p}")

    def write_place(self, loops):
        names = [name for name in self.arrays if name not in self.inputs]
        if not names:
            return self.write_array(loops)
        (a, p), (i, j), name = self.number(), self.whole(), self.random.choice(names)
        self.line(f"{name}[{i}] = {a}", f"{name}[{j}] = {p}")

    def write_if(self, loops):
        a, p = self.condition()
        self.line(f"if {a} {{", f"if {p}:")
        self.block(2, loops - 1)
        if self.random.random() < 0.5:
            self.line("} else {", "else:")
            self.block(2, loops - 1)
        self.line("}", "")

    def write_for(self, loops):
        name, low = self.name(), self.random.randrange(2)
        self.line(f"for {name} in {low} .. n - 1 {{", f"for {name} in range({low}, {SIZE - 1}):")
        self.wholes.append(name)
        self.block(2, loops - 1)
        self.wholes.remove(name)
        self.line("}", "")

    def write_while(self, loops):
        name, (a, p) = self.name(), self.condition(1)
        passes = self.random.randrange(1, 5)
        self.line(f"var {name} = {passes}", f"{name} = {passes}")
        extra, python = ("", "") if self.random.random() < 0.5 else (f" and ({a})", f" & ({p})")
        self.line(f"while {name} > 0.5{extra} {{", f"while less(0.5, {name}, False, margins){python}:")
        self.block(2, loops - 1)
        self.line(f"  {name} = {name} - 1", f"    {name} = {name} - 1")
        self.line("}", "")
        self.scalars.append(name)


def make(seed: int, statements: int = 7) -> Written:
    """A random program(x, y, a[n]) of a number and an array, n = SIZE."""
    writer = Writer(seed)
    writer.depth = 0
    writer.line("program random(x, y, a[n]) {", "def run(x, y, a, margins):")
    writer.depth = 1
    writer.line("var out = x", "out = x")
    writer.line("var cells[n] = a", "cells = a[:]")
    writer.scalars.append("out")
    writer.arrays.append("cells")
    for _ in range(statements):
        writer.statement(3)
    writer.line("return out, cells", "return out, cells")
    writer.depth = 0
    writer.line("}", "")
    return Written("\n".join(writer.text), "\n".join(writer.python))
