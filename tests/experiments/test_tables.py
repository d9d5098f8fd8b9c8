# tests/experiments/test_tables.py — the tables of the experiments, from rows made here
import pytest

from experiments.rows import append_row
from experiments.runner import Experiment
from experiments.sorting import digits_families, methods, tables
from experiments.tables import table_of


def row(n, family, factor, seed, exact, validation=0.5):
    job = digits_families.job(n, family, factor, seed)
    return {
        **{"setting": job.setting, "options": job.options, "seed": seed, "seconds": 36.0},
        **{"revision": "abc", "machine": "one", "validation": {"exact": validation}},
        "test": {"exact": exact, "elementwise": 0.8},
    }


@pytest.fixture
def rows():
    """n = 5: cauchy at twice the rule with EM 50 and 54 %, logistic at the rule with 40 and 42 %."""
    search = [row(5, "cauchy", f, 0, 0.5, v) for f, v in ((0.5, 0.1), (1.0, 0.2), (2.0, 0.3))]
    search += [row(5, "logistic", f, 0, 0.4, v) for f, v in ((0.5, 0.1), (1.0, 0.3), (2.0, 0.2))]
    return [*search, row(5, "cauchy", 2.0, 1, 0.54), row(5, "logistic", 1.0, 1, 0.42)]


def test_families_have_ours_beside_the_papers_marked_unverified(rows):
    lines = tables.families(rows).splitlines()
    # 2 seeds: t = 12.706, s = 2√2, so ± 25.4.
    assert "| cauchy | – | 52.0 ± 25.4 (80.0) | – | – | – |" in lines
    assert "| *cauchy, paper on full MNIST (unverified)* | 94.2 (96.0) | 84.9 (93.2) |" in lines[5]
    assert "| gaussian | – | – | – | – | – |" in lines


def test_differences_are_taken_seed_by_seed(rows):
    # 10 and 12 points: mean 11, ± 12.706.
    assert "| cauchy | – | +11.0 ± 12.7 | – | – | – |" in tables.families_differences(rows)


def test_chosen_steepness_is_shown(rows):
    assert "| cauchy | – | 2 | – | – | – |" in tables.families_steepness(rows)


def method_row(steepness, seed, exact, validation=0.5):
    job = methods.job(5, "softsort", steepness, seed)
    return {**row(5, "cauchy", 1.0, seed, exact, validation), "setting": job.setting, "options": job.options}


def test_other_methods_are_compared_with_the_cauchy_network_of_the_same_seed(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(Experiment, "results", tmp_path / "families.json")
    for one in rows:
        append_row(tmp_path / "families.json", one)
    search = zip(methods.STEEPNESSES["softsort"], (0.3, 0.1, 0.2), strict=True)
    found = [method_row(steepness, 0, 0.48, validation) for steepness, validation in search]
    found.append(method_row(methods.STEEPNESSES["softsort"][0], 1, 0.48))
    # −2 and −6 points: mean −4, ± 25.4.
    assert "| softsort | – | -4.0 ± 25.4 | – | – | – |" in tables.other_methods_differences(found)
    assert "| softsort | – | 48.0 ± 0.0 (80.0) | – | – | – |" in tables.other_methods(found)
    assert "| sinkhorn | – | – | – | – | – |" in tables.other_methods(found)


def test_a_block_says_where_its_rows_come_from(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(Experiment, "results", tmp_path / "trial.json")
    block = table_of(Experiment("trial", "sorting", lambda rows: []), tables.families)
    assert block() == "*no rows yet*\n"
    for one in rows:
        append_row(tmp_path / "trial.json", one)
    assert block().endswith(
        "8 rows, 0.1 h of training in all, at `abc` on one. `experiments/sorting/results/trial.json`\n"
    )


def test_large_sets_count_what_stayed_finite():
    def large(seed, **more):
        return {
            **{"setting": {"method": "bitonic", "n": 128, "family": "cauchy"}, "seed": seed, "test": {}},
            **{"gradient_norm": {"median": 2.0, "maximum": 6.0}, **more},
        }

    made = tables.large_sets([large(0, test={"elementwise_tied": 0.1}), large(1, error="not_finite")])
    assert "| bitonic, n = 128, cauchy | 2 | 3.0 | 1 of 2 | 5.0 ± 63.5 |" not in made
    assert "| bitonic, n = 128, cauchy | 2 | 3.0 | 1 of 2 | 5.0 |" in made


def test_curves_of_both_sorters_are_paired():
    def of(sorter, seed, *values):
        curve = [[100 * (i + 1), value] for i, value in enumerate(values)]
        return {"setting": {"sorter": sorter}, "seed": seed, "curve": curve}

    assert tables.curve([of("pliant", 0, 0.1)]) == "no pair of rows yet\n"
    made = tables.curve([of("pliant", 0, 0.1, 0.2, 0.30), of("diffsort", 0, 0.1, 0.2, 0.31)])
    assert "| 300 | 30.0 | 31.0 | -1.0 |" in made
