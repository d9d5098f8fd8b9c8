# tests/experiments/test_logic_baselines.py — baselines of logic gate networks: which rows, their table, a fit
import json

import pytest

from experiments.logic import baselines, tables
from experiments.rows import read_rows
from tests.conftest import PEERS


def row(data, model, seed, accuracy, **setting):
    setting = {"data": data, "model": model, **setting}
    return {"setting": setting, "seed": seed, "test": {"accuracy": accuracy}, "seconds": 1.0}


def test_rows_to_be_are_distinct_and_20_splits_of_breast_cancer_are_among_them():
    cases = baselines.cases()
    assert len({case.name for case in cases}) == len(cases) == 3 * (2 + 20 + 3)
    assert sum(case.data == "breast_cancer" for case in cases) == 60
    done = row("adult", "majority", 0, 0.75, published_hours=True)
    assert [case.name for case in cases if case.matches(done)] == [
        "data=adult model=majority published_hours=True seed=0"
    ]


def test_table_has_the_mean_over_splits_with_its_interval():
    rows = [row("breast_cancer", "majority", 0, 0.70), row("breast_cancer", "majority", 1, 0.74)]
    rows += [row("adult", "majority", 0, 0.7543), row("adult", "majority", 0, 0.5, published_hours=True)]
    lines = tables.classic(rows).splitlines()
    assert lines[0] == "| test accuracy in % | majority | logistic regression | gradient boosting |"
    assert lines[2] == "| Adult | 75.43 | – | – |"
    assert lines[3] == "| Adult, hours as published | 50.00 | – | – |"
    assert lines[4] == "| breast cancer | 72.0 ± 25.4 | – | – |"  # t = 12.706, s = 2√2


@pytest.mark.skipif(
    not (PEERS / "sklearn").is_dir(), reason="no scikit-learn: benchmarks/install_peers puts it there"
)
def test_a_run_fits_what_can_be_fitted_and_is_not_run_again(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "uci"
    folder.mkdir()
    rows = [f"{int(a == 1)} {a} {b} 1 1 1 1 data\n" for a in (1, 2, 3) for b in (1, 2, 3) for _ in range(4)]
    for part in ("train", "test"):
        (folder / f"monks-1.{part}").write_text("".join(rows))
    monkeypatch.setenv("PLIANT_DATA", str(tmp_path))
    results = tmp_path / "rows.json"
    arguments = ["baselines", "--only", "monk1", "--results", str(results)]
    monkeypatch.setattr("sys.argv", arguments)
    assert baselines.main() == 0
    found = {r["setting"]["model"]: r for r in read_rows(results)}
    assert found["majority"]["test"]["accuracy"] == pytest.approx(2 / 3)
    for model in ("logistic_regression", "gradient_boosting"):
        assert found[model]["test"]["accuracy"] == 1
        assert set(found[model]["options"]["chosen"]) == set(baselines.GRIDS[model])
        assert found[model]["rows"] == {"train": 36, "test": 36}
    capsys.readouterr()
    assert baselines.main() == 0
    assert capsys.readouterr().out == ""
    assert len(json.loads(results.read_text())) == 3
