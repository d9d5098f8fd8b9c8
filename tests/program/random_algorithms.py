# tests/program/random_algorithms.py — random algorithms in algovision's language, as Python text
"""Every construct, with local settings; what they compute stays small."""

import random

ROWS, COLUMNS = 3, 4


class Writer:
    """Lines of a function of the package that gives an algorithm of x, a[ROWS] and b[ROWS, COLUMNS]."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.wholes = ["n"]  # names of whole numbers that are in range(ROWS)
        self.count = 0

    def whole(self):
        """An index of rows, as an item of an index list."""
        pick = self.random.choice
        name = pick(self.wholes)
        return pick([str(self.random.randrange(-ROWS, ROWS)), repr(name), f"lambda {name}: {name}"])

    # === Values: a function's parameters and its expression ===

    def number(self, deep=2):
        """A number for each sample."""
        pick, draw = self.random.choice, self.random
        name = pick(self.wholes)
        leaves = [
            ("x", "x"), ("y", "y"), ("z", "z"), ("a", "a.sum(-1)"), ("a", "torch.tanh(a)[:, 1]"),
            (f"a, {name}", f"a[:, {name}]"), (f"b, {name}", f"b[:, {name}, {draw.randrange(COLUMNS)}]"),
            (f"b, {name}", f"b[:, {name}].mean(-1)"), ("b", "b.amax((1, 2))"), ("w", "w[:, -1]"),
            (f"x, {name}", f"x - {name}"), ("a", "av.Min(3.0)(a[:, 0], a[:, 1], a[:, 2])"),
            ("b", "torch.logsumexp(b[:, 1:, ::2], (-1, -2))"), ("a, w", "(a * w).sum(-1)"),
            ("b", "torch.tanh(torch.einsum('bij,bij->b', b, b))"), ("y", "y.new_zeros(()) + 0.25 + 0 * y"),
            ("b, w", "torch.stack(b.unbind(1), -1).matmul(w.unsqueeze(-1)).squeeze(-1)[:, 2]"),
        ]  # fmt: skip
        if deep == 0 or draw.random() < 0.3:
            return pick(leaves)
        (p, e), (q, f) = self.number(deep - 1), self.number(deep - 1)
        both = ", ".join(sorted({*p.split(", "), *q.split(", ")}))
        return pick(
            [
                (both, f"0.5 * ({e} + {f})"), (both, f"torch.sigmoid({e}) * ({f})"),
                (both, f"({e}) - 0.3 * ({f})"),
                (p, f"torch.relu({e})"), (p, f"({e}) / (1 + ({e}) ** 2)"),
                (both, f"torch.maximum({e}, {f})"), (both, f"torch.where({e} > {f}, {e}, 0.1 * ({f}))"),
                (p, f"({e}).abs().clamp(0.1, 2.0).sqrt()"),
            ]
        )  # fmt: skip

    def value(self):
        """The last argument of a Let of a number."""
        parameters, expression = self.number()
        name = self.random.choice(["x", "y", "z"])
        return self.random.choice([f"lambda {parameters}: {expression}"] * 4 + [repr(name), "0.5", "-1"])

    def row(self):
        """A function that gives ROWS numbers."""
        parameters, expression = self.number(1)
        both = ", ".join(sorted({"a", *parameters.split(", ")}))
        name = self.random.choice(self.wholes)
        return self.random.choice(
            [
                "lambda a: torch.softmax(2 * a, -1)", "lambda a, w: torch.flip(a, (-1,)) * w",
                f"lambda b, {name}: b[:, :, {name}]", "lambda b: b.softmax(1).sum(2) - 1",
                "lambda a: torch.roll(a, 1, 1) * 0.5", "lambda a: a.cumsum(-1) * 0.3",
                "lambda a, b: torch.cat([a[:, :1], b[:, :2, 0]], 1)", "'w'", "'a'",
                f"lambda {both}: 0.5 * a + ({expression}).unsqueeze(-1)",
            ]
        )  # fmt: skip

    def condition(self, deep=1):
        """A condition of one number a sample."""
        pick = self.random.choice
        beta = pick(["", ", beta=2.0", ", beta=7"])
        if deep and self.random.random() < 0.25:
            sign = pick("&|")
            sides = [self.comparison(pick([", beta=3.0", ", beta=8.0"])) for _ in range(2)]
            return f"({sides[0]}) {sign} ({sides[1]})"
        return self.random.choices(
            [self.comparison(beta), "av.IsTrue(lambda w: w[:, 0])", "av.IsFalse('p')",
             f"av.CatProbEq('a', 'w'{beta})", "av.CosineSimilarity(lambda a: a.abs(), 'w')"],
            [6, 1, 1, 1, 1],
        )[0]  # fmt: skip

    def comparison(self, beta):
        kind = self.random.choice(["LT", "LEq", "GT", "GEq", "Eq", "NEq"])
        parameters, expression = self.number(1)
        right = self.random.choice(["0.25", "0", "'y'", f"lambda {parameters}: {expression}"])
        return f"av.{kind}({self.random.choice(['x', 'y', 'z'])!r}, {right}{beta})"

    # === Statements ===

    def statements(self, count, deep):
        return ", ".join(self.statement(deep) for _ in range(count))

    def statement(self, deep):
        kinds = {"let": 4, "place": 3, "row": 2, "weights": 1, "several": 1, "int": 1}
        if deep:
            kinds |= {"if": 3, "for": 2, "while": 1}
        return getattr(self, "write_" + self.random.choices(list(kinds), kinds.values())[0])(deep)

    def write_let(self, deep):
        name = self.random.choice("yz")
        index = self.random.choice(["", f", [{self.whole()}]"])
        return f"av.Let({name!r}, 'a'{index})" if index else f"av.Let({name!r}, {self.value()})"

    def write_place(self, deep):
        pick = self.random.choice
        column = pick([f", {self.random.randrange(COLUMNS)}", ", None", ""])
        if pick([True, False]):
            return f"av.Let('a', [{self.whole()}], {self.value()})"
        return f"av.Let('b', [{self.whole()}{column}], {self.value()})"

    def write_row(self, deep):
        row, column = self.row(), self.random.randrange(COLUMNS)
        return self.random.choice([f"av.Let('a', {row})", f"av.Let('b', [None, {column}], {row})"])

    def write_weights(self, deep):
        weights = self.random.choice(["'w'", "lambda a: torch.softmax(a, -1)", "f64([0.2, 0.5, 0.3])"])
        return f"av.Let('a', [{weights}], {self.value()})"

    def write_several(self, deep):
        (p, e), (q, f) = self.number(1), self.number(1)
        both = ", ".join(sorted({*p.split(", "), *q.split(", ")}))
        return f"av.Let(['y', 'z'], lambda {both}: ({e}, {f}))"

    def write_int(self, deep):
        name = self.random.choice(self.wholes)
        value = self.random.choice(
            [f"lambda {name}: {name}", "1", repr(name), f"lambda {name}: {ROWS - 1} - {name}"]
        )
        return f"av.LetInt('m', {value})"

    def write_if(self, deep):
        def branch():
            self.wholes = [name for name in self.wholes if name != "m"]
            lines = ", ".join(self.unconditional(deep - 1) for _ in range(self.random.randrange(1, 3)))
            return f"[{lines}]"

        otherwise = f", if_false={branch()}" if self.random.random() < 0.5 else ""
        return f"av.If({self.condition()}, if_true={branch()}{otherwise})"

    def unconditional(self, deep):
        """A statement without LetInt, which must not depend on a condition."""
        while "LetInt" in (text := self.statement(deep)):
            pass
        return text

    def write_for(self, deep):
        self.count += 1
        name = f"i{self.count}"
        numbers = self.random.choice(
            [str(ROWS), "[2, 0, 1]", "range(2, -1, -1)", "lambda a: a.shape[1]", "'rows'"]
        )
        self.wholes.append(name)
        body = self.statements(self.random.randrange(1, 3), deep - 1)
        self.wholes.remove(name)
        return f"av.For({name!r}, {numbers}, {body})"

    def write_while(self, deep):
        more = f", max_iter={self.random.randrange(1, 5)}"
        body = ", ".join(self.unconditional(deep - 1) for _ in range(2))
        return f"av.While({self.condition(0)}, {body}, av.Let('x', lambda x: x * 0.7){more})"


def make(seed, statements=6):
    """The text of a function of the package and options."""
    writer = Writer(seed)
    writer.wholes = ["n", "m"]
    body = writer.statements(statements, 3)
    return (
        "def random_algorithm(av, **options):\n"
        "    return av.Algorithm(\n"
        "        *map(av.Input, 'xab'), *map(av.Output, 'yzabx'),\n"
        "        av.Var('y', f64(0.5)), av.Var('z', f64(-0.25)),\n"
        "        av.Var('w', f64([0.25, 0.5, 0.125])), av.Var('p', f64(0.3)),\n"
        "        av.VarInt('n', 1), av.VarInt('m', 0), av.VarInt('rows', [0, 1, 2]),\n"
        f"        {body},\n"
        "        **options)\n"
    )
