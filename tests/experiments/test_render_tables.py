# tests/experiments/test_render_tables.py — the experiments on rendering: plan and table
import pytest

from experiments.render import camera, deform, full_search, ranks, reconstruct, shape, tables


def row_of(job, **test):
    """A row as a run of the job writes it; its validation has the same figures."""
    return {
        **{"setting": job.setting, "options": job.options, "seed": job.seed, "seconds": 90.0},
        **{"test": test, "validation": test, "curve": [], "revision": "r", "machine": "m"},
    }


def line_of(text, start):
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {start} |")]
    return line


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


def test_reconstruction_tries_every_distribution_before_any_second_seed():
    jobs = reconstruct.plan([])
    assert len(jobs) == len({job.name for job in jobs}) == 1 + 24 + 16
    assert jobs[0].options["steps"] == jobs[0].options["validate-every"] == 1
    assert [job.setting["distribution"] for job in jobs[1:9]] == list(reconstruct.DISTRIBUTIONS)
    assert {job.seed for job in jobs[:25]} == {0}
    by_name = {job.name: job.options for job in jobs}
    options = by_name["distribution=gamma_rev, squared t_norm=yager 2 steps=600 seed=0"]
    assert (options["tau"], options["p"]) == ("0.000316228", 2.0) and "squared=false" not in options


def test_reconstructions_stand_by_t_conorm_with_what_there_was_before():
    start = row_of(reconstruct.plan([])[0], voxel_iou=0.2, silhouette_loss=0.6)
    one = row_of(reconstruct.job("logistic", "probabilistic", 0), voxel_iou=0.5, silhouette_loss=0.25)
    other = row_of(reconstruct.job("logistic", "probabilistic", 1), voxel_iou=0.5, silhouette_loss=0.25)
    einstein = row_of(reconstruct.job("logistic", "einstein", 0), voxel_iou=0.4)
    failed = {**row_of(reconstruct.job("uniform", "einstein", 0)), "error": "not_finite"}
    text = tables.reconstructions([start, one, other, einstein, failed])
    assert line_of(text, "logistic") == "| logistic | 50.0 ± 0.0 | 40.0 | – | 25.0 ± 0.0 |"
    assert line_of(text, "after one step") == "| after one step | 20.0 | – | – | 60.0 |"
    assert line_of(text, "uniform") == "| uniform | – | – | – | – |"


def test_equal_scores_share_their_places():
    scores = {"a": 3.0, "b": 5.0, "c": 3.0, "d": 1.0}
    assert [ranks.rank(scores, name) for name in "abcd"] == [2.5, 1.0, 2.5, 4.0]


@pytest.fixture
def of_tasks():
    """The shape is won by gaussian with max, found at its second softness, cameras by uniform."""
    shapes = [
        row_of(shape.job("uniform", "einstein", 0.0), hard_loss=0.3),
        row_of(shape.job("gaussian", "max", 0.0), hard_loss=0.6),
        row_of(shape.job("gaussian", "max", 0.5), hard_loss=0.25),
        row_of(shape.job("cauchy", "max", 0.5), hard_loss=0.2),
        {**row_of(shape.job("logistic", "max", 0.5)), "error": "not_finite"},
    ]
    found = {"success_15": 0.5, "success_35": 0.5, "success_55": 0.5}
    cameras = [
        row_of(camera.job("uniform", "probabilistic"), **dict.fromkeys(found, 0.75)),
        row_of(camera.job("gaussian", "probabilistic"), **found),
        row_of(camera.job("gaussian", "einstein"), **found),
    ]
    return ranks.tasks(shapes, cameras, [row_of(reconstruct.plan([])[0], voxel_iou=0.2)])


def test_winners_stand_beside_the_one_of_the_paper(of_tasks):
    assert len(of_tasks) == 4  # no row of reconstruction has learned
    text = ranks.winners(of_tasks)
    name = "shape, IoU of silhouettes"
    assert line_of(text, name) == f"| {name} | cauchy, max | 80.0 | 70.0 | 3 of 3 |"
    name = "cameras 15 … 35° away, found"
    assert line_of(text, name) == f"| {name} | uniform, probabilistic | 75.0 | 75.0 | 1 of 2 |"


def test_ranks_are_of_those_that_every_task_tried(of_tasks):
    lines = ranks.mean_ranks(of_tasks).splitlines()
    assert lines[0].startswith("| rank among 2 |")
    assert lines[2:] == ["| uniform | 2 | 1 | 1 | 1 | 1.2 |", "| gaussian | 1 | 2 | 2 | 2 | 1.8 |"]


def test_families_have_the_best_distribution_of_one_t_conorm():
    def row(distribution, t_norm, iou, seed=0):
        figures = {f"class_{name}": iou for name in reconstruct.FAMILIES}
        return row_of(reconstruct.job(distribution, t_norm, seed), **figures)

    rows = [row("uniform", "probabilistic", 0.4), row("uniform", "einstein", 0.9)]
    rows += [row("logistic", "probabilistic", 0.5), row("logistic", "probabilistic", 0.6, 1)]
    assert line_of(ranks.families(rows), "cow") == "| cow | logistic | 55.0 | 40.0 | 2 of 2 |"


def test_the_whole_search_is_of_the_three_best_pairs():
    losses = {"uniform": 0.3, "gaussian": 0.2, "cauchy": 0.5, "logistic": 0.4}
    rows = [row_of(shape.job(name, "einstein", 0.0), hard_loss=loss) for name, loss in losses.items()]
    rows.append(row_of(shape.job("cauchy", "einstein", 0.5), hard_loss=0.25))
    rows.append({**row_of(shape.job("uniform", "max", 0.5)), "error": "not_finite"})
    pairs = [("gaussian", "einstein"), ("cauchy", "einstein"), ("uniform", "einstein")]
    assert full_search.best_pairs(rows) == pairs


def test_the_search_is_finer_around_the_best_of_the_coarse_one():
    pair = ("logistic, squared", "yager 2")

    def loss(job):
        far = abs(job.setting["log10_tau"] + 4) + abs(job.setting["log10_rate"] + 1.5)
        return 0.2 + 0.1 * far

    coarse = full_search.problem([], pair, 30)
    assert len(coarse) == 21 and all(job.options["elevations"] == 30 for job in coarse)
    rows = [row_of(job, hard_loss=loss(job)) for job in coarse]
    assert len(full_search.problem(rows, pair, -60)) == 21
    fine = full_search.problem(rows, pair, 30)[21:]
    assert len(fine) == 18  # 21 without the three that the coarse grid has
    taus = [job.setting["log10_tau"] for job in fine]
    assert min(taus) == -4.9 and max(taus) == -3.1 and -4.0 not in taus
    assert {job.options["learning-rate"] for job in fine} == {"0.03162"}
    assert full_search.problem(rows, pair, 30) == [*coarse, *fine]
    text = tables.full_searches(rows + [row_of(fine[0], hard_loss=0.125)])
    name = "logistic, squared, yager 2"
    assert line_of(text, name) == f"| {name} | – | – | – | 12.5 (-4.9) | – | 12.5 | 22 |"


def test_the_deformation_has_its_way_and_its_best():
    published, falling = deform.plan([])
    for job in (published, falling):
        assert job.options["elevations"].count(",") == 4 and job.options["steps"] == deform.SHOWN[-1]
        assert all(step % job.options["validate-every"] == 0 for step in deform.SHOWN)
    curve = [[step, 10 / step] for step in (*deform.SHOWN, 1975)]
    rows = [{**row_of(job, hard_loss=0.05, voxel_iou=0.75), "curve": curve} for job in (published, falling)]
    text = tables.deformation(rows)
    ways = "40.0 | 20.0 | 10.0 | 4.0 | 2.0 | 0.5 | 5.0 | 75.0 |"
    assert line_of(text, "τ = 1e-4") == f"| τ = 1e-4 | {ways}"
    assert line_of(text, "τ = 1e-4 … 1e-06") == f"| τ = 1e-4 … 1e-06 | {ways}"
