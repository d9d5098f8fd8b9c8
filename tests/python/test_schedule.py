# tests/python/test_schedule.py — schedules of the steepness
import pickle

import pytest

from pliant import schedule


def test_linear_and_geometric_go_from_start_to_end_and_stay():
    for make in (schedule.linear, schedule.geometric):
        anneal = make(2.0, 32.0, steps=4)
        values = [anneal(step) for step in range(6)]
        assert values[0] == 2.0
        assert values[4] == values[5] == pytest.approx(32.0)
        assert values == sorted(values)
    assert schedule.linear(2.0, 32.0, 4)(2) == pytest.approx(17.0)
    assert schedule.geometric(2.0, 32.0, 4)(2) == pytest.approx(8.0)
    assert schedule.geometric(32.0, 2.0, 4)(1) == pytest.approx(16.0)
    assert schedule.constant(3.0)(100) == 3.0


def test_a_schedule_can_be_pickled():
    anneal = pickle.loads(pickle.dumps(schedule.geometric(1.0, 10.0, 10)))
    assert anneal(5) == schedule.geometric(1.0, 10.0, 10)(5)
