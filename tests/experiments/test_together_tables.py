# tests/experiments/test_together_tables.py — small experiments: cases, rows, the search, tables
import pytest
import torch

from experiments.rows import read_rows
from experiments.together import cases, circuits, conditioned, gates, lists, tables


def row(case, **test):
    return {"setting": case.setting, "seed": case.seed, "test": test}


@pytest.mark.parametrize("experiment", [lists, circuits, gates])
def test_cases_are_distinct_and_have_seeds(experiment):
    names = [case.name for case in experiment.cases([])]
    assert len(names) == len(set(names)) > 0


def test_rows_that_exist_are_not_measured_again(tmp_path, capsys):
    calls = []

    def plan(rows):
        return [
            cases.Case({"k": k}, 0, lambda seed, k=k: calls.append(k) or {"right": torch.rand(()).item()})
            for k in (1, 2)
        ]

    path = tmp_path / "rows.json"
    for _ in range(2):
        cases.main(cases.experiment("lists"), plan, ["--results", str(path)])
    assert calls == [1, 2]
    first, second = read_rows(path)
    assert first["test"] == second["test"]  # both begin with the same seed
    assert first["setting"] == {"k": 1} and "k=1 seed=0: right" in capsys.readouterr().out


def test_every_method_has_six_trials_and_the_smallest_loss_goes_on():
    search = conditioned.cases([])
    assert len(search) == 6 * len(conditioned.methods())
    losses = [float("nan"), 0.3, 0.2, 0.4, 0.5, 0.6]
    rows = [
        row(case, **{"validation loss": losses[k % 6], "loss": 0.5, "right": 0.9})
        for k, case in enumerate(search)
    ]
    assert conditioned.chosen(rows, "topk", "sgd", False) == {"rate": conditioned.RATES["sgd"][2]}
    assert conditioned.chosen(rows[:-1], "sorting", "adam", True) is None
    more = (len(conditioned.SEEDS) - 1) * len(conditioned.methods())
    assert len(conditioned.cases(rows)) == len(search) + more
    assert "| SGD with momentum | 90.0 | 0.500 | 90.0 | 0.500 |" in tables.under_isaac(rows)


def test_tables_have_means_and_say_what_is_missing():
    rows = [{"setting": {"distribution": "cauchy", "task": "order"}, "seed": 0, "test": {"right": 0.5}}]
    assert "| `cauchy` | 50.0 | – | – |" in tables.distributions(rows)
    name = "bubble_sort, 3 numbers"
    test = {"nodes": 54, "agreed": 4096, "inputs": 4096.0, "compile, s": 0.1, "proved": 1.0, "proof, s": 0.02}
    found = tables.programs([{"setting": {"what": name}, "seed": 0, "test": test}])
    assert f"| {name} of 4 bits | 54 | 100 ms | 4,096 of 4,096 | equal to `batcher`, 20 ms |" in found
    found = tables.programs([{"setting": {"what": name}, "seed": 0, "test": {**test, "proved": 0.0}}])
    assert "| different |" in found


def test_a_program_is_its_circuit_on_every_input():
    found = circuits.compiled("bubble_sort, 3 numbers")
    assert found["agreed"] == found["inputs"] == 4096


def test_scores_of_eight_bits_keep_the_order_that_was_learned():
    torch.manual_seed(0)
    found = circuits.hardened(0)
    assert abs(found["8 bits"] - found["float"]) < 0.02 < found["float"]


def test_bounds_of_an_interval_are_learned_from_counts():
    torch.manual_seed(0)
    assert lists.count("logistic", "probabilistic")["right"] > 0.8
