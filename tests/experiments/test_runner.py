# tests/experiments/test_runner.py — the experiment runner with a made-up program: rows, skipping, failure
import json
import multiprocessing
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import runner
from experiments.rows import append_row, read_rows
from experiments.runner import Experiment, Figures, Job, main
from experiments.sorting import digits_families


class Trial:
    """An experiment in a folder of its own, on a copy of the fake program."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.program = Path(shutil.copy(Path(__file__).parent / "fake_program.py", folder))

    def job(self, n, seed=0):
        return Job({"n": n}, {"n": n, "ties": True, "fast": False}, seed, (sys.executable, str(self.program)))

    def experiment(self, *jobs):
        return Experiment("trial", "sorting", lambda rows: jobs)

    @property
    def calls(self):
        path = self.folder / "calls.txt"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def rows(self):
        return read_rows(self.folder / "experiments/sorting/results/trial.json")


@pytest.fixture
def trial(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "ROOT", tmp_path)
    monkeypatch.setattr(runner, "revision", lambda: "abc")
    return Trial(tmp_path)


def test_a_row_holds_what_the_run_gave(trial):
    assert main(trial.experiment(trial.job(5, seed=3)), ["--threads", "2"]) == 0
    (row,) = trial.rows
    assert row.pop("machine").endswith("cores")
    assert row == {
        "setting": {"n": 5},
        "options": {"n": 5, "ties": True, "fast": False},
        "seed": 3,
        "threads": 2,
        "steps": 30,
        "seconds": 1.2,
        "losses": [0.3],
        "gradient_norm": {"median": 1.5, "maximum": 3.0},
        "validation": {"exact": pytest.approx(0.253), "elementwise": 0.8},
        "test": {"exact": pytest.approx(0.053), "elementwise": 0.7},
        "curve": [[20, pytest.approx(0.253)], [30, pytest.approx(0.153)]],
        "revision": "abc",
    }


def test_an_experiment_says_which_figures_its_rows_keep(trial, capsys):
    figures = Figures(("elementwise", "top1"), ("elementwise", "exact", "top1"), {"EW": "elementwise"})
    assert main(Experiment("trial", "sorting", lambda rows: [trial.job(5)], figures), []) == 0
    (row,) = trial.rows
    assert row["validation"] == {"elementwise": 0.8} and row["test"] == {"elementwise": 0.7}
    assert row["curve"] == [[20, 0.8, pytest.approx(0.25), None], [30, 0.8, pytest.approx(0.15), None]]
    assert capsys.readouterr().out == "n=5 seed=0: EW 70.0%, 1.2 s\n"


def test_the_command_line_has_options_seed_threads_and_folder(trial):
    main(trial.experiment(trial.job(5, seed=3)), ["--threads", "2"])
    folder = trial.folder / "runs/trial/n=5_seed=3"
    assert trial.calls == [f"--n 5 --ties --seed 3 --threads 2 --out {folder} --quiet"]


def test_rows_that_exist_are_skipped(trial):
    main(trial.experiment(trial.job(3)), [])
    main(trial.experiment(trial.job(3), trial.job(3, seed=1), trial.job(5)), [])
    assert len(trial.calls) == 3
    assert [(row["setting"]["n"], row["seed"]) for row in trial.rows] == [(3, 0), (3, 1), (5, 0)]


def test_what_a_stopped_run_left_is_replaced(trial):
    left = trial.folder / "runs/trial/n=3_seed=0"
    left.mkdir(parents=True)
    (left / "metrics.jsonl").write_text('{"event":"tr')
    assert main(trial.experiment(trial.job(3)), []) == 0
    assert len(trial.rows) == 1


def test_a_number_that_is_not_finite_is_a_result(trial):
    assert main(trial.experiment(trial.job(99), trial.job(3)), []) == 0
    assert [row.get("error") for row in trial.rows] == ["not_finite", None]
    assert trial.rows[0]["test"] == {} and trial.rows[0]["gradient_norm"] == {"median": 2.0, "maximum": 3.0}


def test_any_other_failure_stops_with_the_message(trial, capsys):
    assert main(trial.experiment(trial.job(3), trial.job(13), trial.job(5)), []) == 1
    said = capsys.readouterr().err
    assert "n=13 seed=0: exit code 2" in said and "n must not be 13" in said
    assert [row["setting"]["n"] for row in trial.rows] == [3] and len(trial.calls) == 2


def test_only_list_and_minutes(trial, capsys):
    experiment = trial.experiment(trial.job(3), trial.job(5))
    assert main(experiment, ["--only", "n=5"]) == 0
    assert main(experiment, ["--minutes", "0"]) == 0
    assert len(trial.calls) == 1
    capsys.readouterr()
    assert main(experiment, ["--list"]) == 0
    assert capsys.readouterr().out == "open n=3 seed=0\ndone n=5 seed=0\n"


def test_the_plan_is_asked_again_when_its_rows_are_there(trial):
    def plan(rows):
        return [trial.job(3), *([trial.job(5)] if rows else [])]

    assert main(Experiment("trial", "sorting", plan), ["--jobs", "2"]) == 0
    assert [row["setting"]["n"] for row in trial.rows] == [3, 5]


def append_many(path, writer):
    for i in range(20):
        append_row(path, {"writer": writer, "i": i})


def test_rows_of_two_writers_are_all_kept(tmp_path):
    path = tmp_path / "results" / "x.json"
    writers = [
        multiprocessing.get_context("spawn").Process(target=append_many, args=(path, w)) for w in (0, 1)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    rows = read_rows(path)
    assert [[row["i"] for row in rows if row["writer"] == w] for w in (0, 1)] == [list(range(20))] * 2
    assert [p.name for p in path.parent.iterdir()] == ["x.json"]  # no temporary file is left


def test_a_row_that_cannot_be_written_keeps_the_others(tmp_path):
    path = tmp_path / "x.json"
    append_row(path, {"a": 1})
    with pytest.raises(TypeError):
        append_row(path, {"a": object()})
    assert json.loads(path.read_text()) == [{"a": 1}]


def test_search_chooses_the_steepness_by_validation():
    def row(factor, exact):
        job = digits_families.job(5, "cauchy", factor, 0)
        return {**vars(job), "validation": {"exact": exact}, "test": {"exact": 1 - exact}}

    rows = [row(0.5, 0.3), row(1.0, 0.4), row(2.0, 0.35)]
    assert digits_families.chosen_factor(rows[:2], 5, "cauchy") is None
    assert digits_families.chosen_factor(rows, 5, "cauchy") == 1.0
    seeds = [(j.seed, j.setting["factor"]) for j in digits_families.plan(rows) if j.seed]
    assert seeds == [(1, 1.0), (2, 1.0), (3, 1.0), (4, 1.0)]


def test_revision_tells_changed_files_but_not_new_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "ROOT", tmp_path)
    results = tmp_path / "experiments/sorting/results/one.json"
    source = tmp_path / "source.py"
    results.parent.mkdir(parents=True)
    for file in (results, source):
        file.write_text("1\n")
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], [*author, "commit", "-q", "-m", "one"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    committed = runner.revision()
    assert len(committed) == 12
    results.write_text("2\n")
    assert runner.revision() == committed
    source.write_text("2\n")
    assert runner.revision() == committed + "+"
