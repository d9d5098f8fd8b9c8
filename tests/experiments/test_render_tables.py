# tests/experiments/test_render_tables.py — the experiments on rendering: plan and table
from experiments.render import camera, shape, tables


def test_every_pair_is_tried_around_the_shipped_softness():
    jobs = shape.plan([])
    assert len(jobs) == len({job.name for job in jobs}) == 280
    cell = [job for job in jobs if job.setting["distribution"] == "cauchy, squared"]
    assert {job.setting["log10_tau"] for job in cell} == {-6.0, -5.5, -5.0, -4.5, -4.0, -3.5, -3.0}
    assert all("squared=false" not in job.options for job in cell)


def test_rows_keep_names_of_meshes_and_no_places(tmp_path, monkeypatch):
    (tmp_path / "meshes").mkdir()
    (tmp_path / "meshes/airplane.obj").touch()
    monkeypatch.setenv("PLIANT_DATA", str(tmp_path))
    job = shape.job("uniform", "max", 0.0)
    assert job.options["target"] == "airplane.obj"
    command = job.command(tmp_path / "run", 1)
    assert str(tmp_path / "meshes/airplane.obj") in command and "--squared=false" in command


def test_the_table_has_the_best_softness_of_each_pair():
    def row(offset, loss):
        job = shape.job("logistic", "einstein", offset)
        figures = {"setting": job.setting, "options": job.options, "seed": 0, "seconds": 1.0}
        return {**figures, "test": {"hard_loss": loss}, "revision": "r", "machine": "m"}

    text = tables.shapes([row(offset, 0.5 + abs(offset - 0.5)) for offset in shape.OFFSETS])
    (line,) = [line for line in text.splitlines() if line.startswith("| logistic |")]
    assert line == "| logistic | – | 50.0 (-1.5) | – | – |"
    assert "50.0 (-1.5, …)" in tables.shapes([row(0.5, 0.5)])


def test_cameras_are_counted_by_where_they_began():
    job = camera.plan([])[1]
    assert job.setting == {"distribution": "logistic", "t_norm": "probabilistic"}
    row = {"setting": job.setting, "options": job.options, "seed": 0}
    row["test"] = {"success_15": 0.75, "success_35": 0.5, "success_55": 0.0}
    lines = tables.cameras([row]).splitlines()
    assert lines[3] == "| logistic, probabilistic | 75 ± 5 | 50 ± 6 | 0 ± 0 |"
    assert lines[2] == "| logistic, squared, probabilistic | – | – | – |"
