# tests/report/test_rendering_reports.py — reports of made-up runs of shape, camera and reconstruct
import re

import numpy as np
import pytest
from pliant.report.report import report
from pliant.report.run import RunError, read_run
from pliant.report.silhouettes import BOTH, SEEN, TARGET, iou, overlay
from pliant.report.summary import command
from pliant.report.tasks import camera, reconstruct, shape
from rendering_runs import squares, tensors_of, write_rendering_run

MODULES = {"shape": shape, "camera": camera, "reconstruct": reconstruct}
TITLES = {
    "shape": ["From the template to the shape", "Silhouettes", "The cameras"],
    "camera": ["Where they began and where they are", "What they see"],
    "reconstruct": ["Shapes from one picture", "Class by class"],
}


@pytest.fixture(params=sorted(MODULES))
def task(request):
    return request.param


def chapters(folder, task):
    return dict(MODULES[task].chapters(read_run(folder)))


def test_report_has_the_chapters_and_the_test_s_figures(tmp_path, task):
    text = report([read_run(write_rendering_run(tmp_path / "run", task))])
    assert all(f"<h2>{title}</h2>" in text for title in TITLES[task])
    metric = MODULES[task].METRICS[0]
    value = "43.2 %" if metric.share else "0.4321"
    assert f"<dt>{metric.name}</dt><dd>{value}</dd>" in text
    assert f"pliant train {task} " in text


def test_several_runs_stand_in_one_report(tmp_path, task):
    runs = [read_run(write_rendering_run(tmp_path / name, task)) for name in ("a", "b")]
    assert all(f"<h2>b: {title}</h2>" in report(runs) for title in TITLES[task])


def test_a_run_without_snapshots_has_a_report(tmp_path, task):
    folder = write_rendering_run(tmp_path / "run", task)
    for path in (folder / "snapshots").iterdir():
        path.unlink()
    assert report([read_run(folder)])


def test_a_tensor_that_is_missing_or_of_another_size_is_named(tmp_path, task):
    for name in MODULES[task].SHAPES:
        tensors = tensors_of(task)
        del tensors[name]
        folder = write_rendering_run(tmp_path / f"without_{name}", task, tensors=tensors)
        with pytest.raises(RunError, match=f"expected a tensor {name} of"):
            chapters(folder, task)
    tensors = tensors_of(task)
    name = next(iter(tensors))
    tensors[name] = tensors[name][:1, :-1]
    folder = write_rendering_run(tmp_path / "cut", task, tensors=tensors)
    with pytest.raises(RunError, match="do not fit together"):
        chapters(folder, task)


def test_descriptions_say_what_was_done(tmp_path):
    said = {
        task: MODULES[task].describe(read_run(write_rendering_run(tmp_path / task, task))) for task in MODULES
    }
    assert said["shape"] == (
        "The template icosphere is deformed until its silhouettes are those of cow. Faces cover pixels by "
        "the distribution uniform of the distance at τ = 0.01, put together by the T-conorm of yager, p = 2."
    )
    assert "24 cameras look for where pictures of chair were taken from" in said["camera"]
    assert "of the squared distance" in said["camera"] and "from 0.1 to 1e-07" in said["camera"]
    assert "of 12,345 parameters looks at one picture" in said["reconstruct"]


def test_command_line_makes_the_run_again(tmp_path):
    line = command(read_run(write_rendering_run(tmp_path / "run", "shape")))
    assert line.startswith("pliant train shape --target cow") and "--p 2" in line
    assert " --elevations=-30,30 " in line  # else it would be taken for options


def test_a_flag_that_is_off_and_on_by_default_is_in_the_command_line(tmp_path):
    off = command(read_run(write_rendering_run(tmp_path / "off", "shape")))
    on = command(read_run(write_rendering_run(tmp_path / "on", "camera")))
    assert "--squared=false" in off.split() and "--squared" in on.split()


def test_overlay_tells_what_is_where():
    target, seen = squares(8, 4)
    picture = overlay(target, seen)
    assert (picture[0, 0] == BOTH).all() and (picture[6, 6] == TARGET).all()
    assert (picture[12, 12] == 255).all()
    assert (overlay(seen, target)[6, 6] == SEEN).all()
    assert iou(target, seen) == 16 / 64 and iou(target, target) == 1
    assert iou(np.zeros((2, 2)), np.zeros((2, 2))) == 1


def test_shape_report_compares_each_view(tmp_path):
    found = chapters(write_rendering_run(tmp_path / "run", "shape"), "shape")
    assert re.findall(r"IoU ([\d.]+) %", found["Silhouettes"]) == ["100.0", "25.0"]
    stages = re.findall(r"<b>(.*?)</b>", found["From the template to the shape"])
    assert stages == ["step 20", "target"] * 2  # no step after the best one
    later = chapters(write_rendering_run(tmp_path / "later", "shape", best=40), "shape")
    assert re.findall(r"<b>(.*?)</b>", later["From the template to the shape"])[:2] == ["step 20", "step 40"]


def test_shapes_from_files_have_no_target_to_show(tmp_path):
    tensors = tensors_of("shape")
    del tensors["target_pictures"]
    found = chapters(write_rendering_run(tmp_path / "run", "shape", tensors=tensors), "shape")
    assert "<b>target</b>" not in found["From the template to the shape"]


def test_camera_report_shows_first_and_last_views(tmp_path):
    found = chapters(write_rendering_run(tmp_path / "run", "camera"), "camera")
    assert re.findall(r"IoU ([\d.]+) %", found["What they see"]) == ["6.2"] * 3 + ["100.0", "25.0", "100.0"]


def test_reconstruct_report_names_objects_and_classes(tmp_path):
    found = chapters(write_rendering_run(tmp_path / "run", "reconstruct"), "reconstruct")
    assert re.findall(r"<b>(.*?)</b>", found["Shapes from one picture"]) == ["airplane", "cow", "&lt;b&gt;"]
    assert '<th scope="row">airplane</th><td>63.2 %</td>' in found["Class by class"]
    assert '<th scope="row">cow</th><td>73.2 %</td>' in found["Class by class"]
