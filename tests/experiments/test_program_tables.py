# tests/experiments/test_program_tables.py — the experiments on programs: plans and tables
from experiments.program import path_exactness, paths, silhouettes, sort, tables, words


def rows_of(jobs, figures):
    """A made-up row for each job."""
    return [
        {"setting": job.setting, "options": job.options, "seed": job.seed, "seconds": 10.0, "test": figures}
        for job in jobs
    ]


def test_every_job_has_its_own_name():
    for experiment in (paths, sort, words, silhouettes):
        jobs = experiment.plan([])
        assert len({job.name for job in jobs}) == len(jobs) > 0


def test_exactness_has_a_row_a_way():
    row = {"setting": {"way": "for", "beta": 25.0}, "test": {"exact": 0.995}}
    lines = tables.exactness([row]).splitlines()
    assert len(lines) == 2 + len(path_exactness.WAYS)
    assert lines[2] == "| for | – | – | – | 99.5 | – | – |"


def test_exactness_is_measured(monkeypatch):
    monkeypatch.setattr(path_exactness, "MAPS", 20)
    row = path_exactness.measure("for", 50.0)
    assert row["test"]["exact"] > 0.9 and row["test"]["distance_error"] < 0.1
    assert path_exactness.measure("for, leaky", 50.0)["test"]["exact"] < row["test"]["exact"]


def test_methods_have_the_figures_that_they_can_have():
    figures = {"exact_hard": 0.5, "cost_ratio": 1.01}
    jobs = [job for job in paths.plan([]) if job.setting["method"] == "identity, ℓ2"]
    lines = tables.path_methods(rows_of(jobs, figures)).splitlines()
    (line,) = [line for line in lines if line.startswith("| identity, ℓ2 |")]
    assert line == "| identity, ℓ2 | – | 50.0 ± 0.0 | 1.0 ± 0.0 | 10 |"
    assert "| labels of cells | – | – | – | – |" in lines


def test_tables_of_the_other_tasks():
    text = tables.sorting_ways(rows_of(sort.plan([])[:1], {"exact": 0.3, "elementwise": 0.6}))
    assert "| bubble sort, number of swaps | 30.0 (60.0) |" in text
    text = tables.alphabets(rows_of(words.plan([]), {"accuracy": 0.9, "exact_distance": 0.8}))
    right = "90.0 ± 0.0 | 80.0 ± 0.0 | 90.0 ± 0.0 | 80.0 ± 0.0 |"  # of both methods
    assert f"| 0 1 | {right}" in text and f"| E F G H | {right}" in text
    text = tables.silhouette_programs(rows_of(silhouettes.plan([])[:1], {"voxel_iou": 0.41}))
    assert "| three_edges | 41.0 | – |" in text
