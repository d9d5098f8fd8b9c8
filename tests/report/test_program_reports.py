# tests/report/test_program_reports.py — reports of made-up runs of the tasks that learn through programs
import numpy as np
import pytest
from pliant.report.report import report
from pliant.report.run import RunError, read_run
from pliant.report.tasks import edit_distance, paths
from program_runs import CONFIGS, diagonals, tensors_of, write_program_run

MODULES = {"edit-distance": edit_distance, "paths": paths}
TITLES = {
    "edit-distance": ["Words as they are read", "Letter by letter"],
    "paths": ["Maps and their paths", "What the cells cost"],
}


@pytest.fixture(params=sorted(MODULES))
def task(request):
    return request.param


def chapters(folder, task):
    return dict(MODULES[task].chapters(read_run(folder)))


def test_report_has_the_chapters_and_the_test_s_figures(tmp_path, task):
    text = report([read_run(write_program_run(tmp_path / "run", task))])
    assert all(f"<h2>{title}</h2>" in text for title in TITLES[task])
    metric = MODULES[task].METRICS[0]
    value = "43.2 %" if metric.share else "0.4321"
    assert f"<dt>{metric.name}</dt><dd>{value}</dd>" in text
    assert f"pliant train {task} " in text


def test_a_run_without_snapshots_has_a_report(tmp_path, task):
    folder = write_program_run(tmp_path / "run", task)
    for path in (folder / "snapshots").iterdir():
        path.unlink()
    assert report([read_run(folder)])


def test_a_tensor_that_is_missing_or_of_another_size_is_named(tmp_path, task):
    for name in MODULES[task].SHAPES:
        tensors = tensors_of(task)
        del tensors[name]
        folder = write_program_run(tmp_path / f"without_{name}", task, tensors=tensors)
        with pytest.raises(RunError, match=f"expected a tensor {name} of"):
            chapters(folder, task)
    tensors = tensors_of(task)
    name = next(iter(tensors))
    tensors[name] = tensors[name][:1]
    folder = write_program_run(tmp_path / "cut", task, tensors=tensors)
    with pytest.raises(RunError, match="do not fit together"):
        chapters(folder, task)


def test_paths_are_compared(tmp_path):
    folder = write_program_run(tmp_path / "run", "paths")
    found = chapters(folder, "paths")
    assert "2 of 3 are the same." in found["Maps and their paths"]
    assert "while loop, β = 25, leaky source" in paths.describe(read_run(folder))


@pytest.mark.parametrize(
    ("method", "said"), [("identity", "the identity"), ("labels", "and marks, "), ("?", "comes ?")]
)
def test_methods_without_marks_or_costs_have_a_report(tmp_path, method, said):
    tensors = tensors_of("paths")
    gone = ("found_costs", "found_paths") if method == "labels" else ("marks",)
    for name in gone:
        del tensors[name]
    config = CONFIGS["paths"].replace('"program"', f'"{method}"')
    folder = write_program_run(tmp_path / "run", "paths", tensors=tensors, config=config)
    assert ("What the cells cost" in chapters(folder, "paths")) == (method != "labels")
    assert said in paths.describe(read_run(folder))


def test_constant_costs_have_no_correlation(tmp_path):
    tensors = tensors_of("paths") | {"found_costs": np.ones_like(diagonals())}
    folder = write_program_run(tmp_path / "run", "paths", tensors=tensors)
    assert chapters(folder, "paths")["What the cells cost"]


def test_times_are_shown_and_wrong_ones_named(tmp_path):
    folder = write_program_run(tmp_path / "run", "paths")
    times = folder / "results" / "times.json"
    times.parent.mkdir()
    times.write_text('{"network_ms":30,"program_ms":10}')
    assert "25.0 %" in chapters(folder, "paths")["Where the time goes"]
    times.write_text('{"network_ms":30}')
    with pytest.raises(RunError, match="times.json: expected network_ms and program_ms"):
        chapters(folder, "paths")


def test_cells_of_a_path_in_order():
    path = np.zeros((3, 3))
    for cell in ((0, 0), (0, 1), (1, 2), (2, 2)):
        path[cell] = 1
    assert paths.cells_in_order(path).tolist() == [[0, 0], [0, 1], [1, 2], [2, 2]]
    assert len(paths.cells_in_order(np.zeros((3, 3)))) == 0
    path[0, 0] = 0  # begins elsewhere
    assert len(paths.cells_in_order(path)) == 0


def test_words_are_shown_with_what_was_read(tmp_path):
    folder = write_program_run(tmp_path / "run", "edit-distance")
    found = chapters(folder, "edit-distance")
    words = found["Words as they are read"]
    assert words.count("✗</b>") == 4 and "distance 2, found 1.50" in words
    assert "<b>7 as 3" in words and "75.0 %" in found["Letter by letter"]
    assert "the alphabet is 3, 7" in edit_distance.describe(read_run(folder))
