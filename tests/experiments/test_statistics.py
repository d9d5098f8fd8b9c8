# tests/experiments/test_statistics.py — intervals against values worked out by hand and printed tables
import math

import pytest

from experiments.sorting.families import steepness
from experiments.statistics import Estimate, estimate, paired_difference, student_t


@pytest.mark.parametrize(
    ("degrees", "printed"), [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (30, 2.042)]
)
def test_student_t_is_that_of_the_tables(degrees, printed):
    assert student_t(degrees) == pytest.approx(printed, abs=5e-4)


def test_estimate_by_hand():
    found = estimate([1.0, 2.0, 3.0, 4.0, 5.0])  # s = √2.5, 2.7764·√(2.5/5)
    assert (found.mean, found.count) == (3.0, 5)
    assert found.half_width == pytest.approx(1.96324, abs=1e-4)


def test_estimate_of_one_value_has_no_interval():
    found = estimate([7.0])
    assert found.mean == 7.0 and math.isnan(found.half_width)


def test_estimate_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="values must not be empty"):
        estimate([])


def test_paired_difference_uses_the_shared_seeds():
    found = paired_difference({0: 10.0, 1: 20.0, 2: 30.0}, {1: 19.0, 2: 27.0, 3: 0.0})
    # Differences 1 and 3: mean 2, s = √2, 12.7062·√2/√2.
    assert found == Estimate(2.0, pytest.approx(12.7062, abs=1e-3), 2)


def test_paired_difference_is_narrower_than_the_seeds_are_apart():
    ours = {seed: 10.0 * seed + 1 for seed in range(5)}
    theirs = {seed: 10.0 * seed for seed in range(5)}
    assert paired_difference(ours, theirs).half_width == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("family", "rule"),
    [("cauchy", 10), ("optimal", 3.183), ("logistic", 12.73), ("reciprocal", 12.73), ("gaussian", 7.979)],
)
def test_steepness_rule_is_that_of_the_sorting_page(family, rule):
    assert steepness(family, 5, 1) == rule
