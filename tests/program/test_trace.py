# tests/program/test_trace.py — what programs write, relaxed beside hard
import pytest
import torch

import pliant

LOOPS = """
program loops(x[n]) {
  external double
  var y[n] = x
  var left = 2
  int rounds = 0
  while left > 0.5 {
    for k in 1 .. n {
      if y[k] < y[0] { y[0] = y[k] }
    }
    y = double(y)
    left = left - 1
    rounds = rounds + 1
  }
  return y
}
"""


def traced(x, beta=4.0):
    return pliant.program.Program(LOOPS, beta=beta, functions={"double": lambda y: 2 * y}).trace(x)


def test_writes_come_in_order_with_their_place_and_both_values():
    x = torch.tensor([[2.0, 1.0, 3.0], [1.0, 2.0, 3.0]], dtype=torch.float64)
    trace = traced(x)
    first = trace.writes[0]
    assert (first.line, first.statement, first.name, first.passes) == (3, "var y[n] = x", "y", ())
    assert torch.equal(first.soft, x) and torch.equal(first.hard, x)
    inner = next(w for w in trace.writes if w.statement == "y[0] = y[k]")
    assert inner.passes == (0, 1)
    merged = next(w for w in trace.writes if w.statement.startswith("if"))
    chance = torch.sigmoid(4.0 * (x[:, 0] - x[:, 1]))
    torch.testing.assert_close(merged.soft[:, 0], x[:, 0] + chance * (x[:, 1] - x[:, 0]))
    torch.testing.assert_close(merged.hard[:, 0], x[:, :2].min(1).values)
    whole = [w for w in trace.writes if w.name == "rounds"]
    assert [int(w.soft) for w in whole[:3]] == [0, 1, 2] and whole[1].soft.dim() == 0


def test_the_last_write_of_a_variable_is_what_the_program_gives():
    x = torch.randn(5, 4, dtype=torch.float64)
    program = pliant.program.load("bubble_sort", beta=3.0)
    writes = program.trace(x).writes
    for name, soft, hard in zip(program.outputs, program(x), program.hard(x), strict=True):
        assert torch.equal([w.soft for w in writes if w.name == name and w.soft is not None][-1], soft)
        assert torch.equal([w.hard for w in writes if w.name == name and w.hard is not None][-1], hard)


def test_what_only_one_run_does_stands_alone():
    text = "program p(x) { var y = x\n while y < 2.5 { y = y + 1 }\n return y }"
    writes = pliant.program.Program(text, beta=1.0).trace(torch.tensor([0.0])).writes
    steps = [w for w in writes if w.statement == "y = y + 1"]
    assert [w.hard is not None for w in steps[:4]] == [True, True, True, False]
    assert len(steps) > 4 and all(w.soft is not None for w in steps)


def test_the_table_has_a_row_a_write():
    trace = traced(torch.tensor([[2.0, 1.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]]))
    lines = str(trace).splitlines()
    assert lines[0].split() == ["line", "pass", "soft", "hard", "statement"]
    assert len(lines) == 1 + len(trace.writes)
    assert " 2 1 3 4 5 6 7 8 … " in lines[1]
    assert trace.table(0) == str(trace)


def test_errors():
    with pytest.raises(ValueError, match="x must have 1 dimensions behind the batch"):
        traced(torch.zeros(3))
