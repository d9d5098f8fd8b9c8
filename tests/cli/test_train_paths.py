# tests/cli/test_train_paths.py — pliant train paths: every method learns, resuming, the archive, errors
import json
import math

import numpy as np
import pytest
import torch

import pliant as pliant_package
from tests.cli.program import (
    PROGRAM,
    checkpoint,
    choices,
    kill_and_resume,
    losses,
    of_kind,
    pliant,
    refuses,
    same_run,
    small,
    train,
    whole_run_of,
)

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
LONG = ("--steps", 60, "--validate-every", 20)
FIGURES = {
    "program": {"exact", "exact_hard", "cost_ratio", "valid"},
    "blackbox": {"exact_hard", "cost_ratio"},
    "identity": {"exact_hard", "cost_ratio"},
    "perturbed": {"exact_hard", "cost_ratio"},
}


def paths(*arguments, **changes):
    """Runs `pliant train paths` on few small maps."""
    return train(*arguments, task="paths", **changes)


def archive(folder, cells=4, count=6, costs="float16"):
    """A small archive in the published layout, its paths along the diagonal: dark cells are cheap."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for split in ("train", "val", "test"):
        weights = np.where(np.eye(cells), 0.8, rng.uniform(4, 9, (count, cells, cells)))
        images = np.kron(weights * 25, np.ones((8, 8)))[..., None].repeat(3, -1)
        np.save(folder / f"{split}_maps.npy", images.astype(np.uint8))
        np.save(folder / f"{split}_vertex_weights.npy", weights.astype(costs))
        np.save(folder / f"{split}_shortest_paths.npy", np.tile(np.eye(cells, dtype=np.uint8), (count, 1, 1)))
    return folder


@pytest.fixture(scope="module")
def whole_paths(tmp_path_factory):
    """A run of LONG that nobody stopped."""
    run = tmp_path_factory.mktemp("paths") / "whole"
    return whole_run_of(*LONG, out=run, task="paths")


@pytest.mark.parametrize("method", FIGURES)
def test_costs_are_learned(tmp_path, method):
    run = tmp_path / "run"
    size = ("--cells", 8, "--channels", 8, "--evaluation", 60, "--maps", 2000, "--batch", 16)
    result = paths(*size, "--method", method, "--steps", 150, "--validate-every", 50, "--out", run)
    assert result.returncode == 0, result.stderr
    (test,) = of_kind(run, "test")
    assert set(test) == {"event", "step"} | FIGURES[method]
    assert test["exact_hard"] > 0.3 and 1 <= test["cost_ratio"] < 1.1
    assert test["step"] == max(of_kind(run, "validation"), key=lambda line: line["exact_hard"])["step"]


def test_marks_are_learned(tmp_path):
    run = tmp_path / "run"
    result = paths("--method", "labels", "--steps", 60, "--out", run)
    assert result.returncode == 0, result.stderr
    assert losses(run)[-1] < 0.6 * losses(run)[0]
    (test,) = of_kind(run, "test")
    assert {"exact", "valid"} <= set(test) and ("cost_ratio" in test) == (test["valid"] > 0)


def test_methods_are_those_of_the_help():
    assert choices("paths", "method") == [*FIGURES, "labels"]


@pytest.mark.parametrize("validations", [1, 2])
def test_killed_run_goes_on_to_the_same_bits(whole_paths, tmp_path, validations):
    run = tmp_path / "run"
    kill_and_resume(*LONG, out=run, task="paths", validations=validations)
    assert same_run(run, whole_paths)


def test_seeds_draw_other_maps_and_weights(whole_paths, tmp_path):
    assert paths(*LONG, "--seed", 1, "--out", tmp_path / "run").returncode == 0
    assert not same_run(tmp_path / "run", whole_paths)


@pytest.mark.parametrize(
    "options",
    [
        ["--loop", "while", "--loss", "l2", "--distribution", "cauchy"],
        ["--leaky-source", "--t-norm", "hamacher", "--p", "0.5", "--beta", "10"],
        ["--method", "perturbed", "--loss", "l1", "--samples", "3", "--sigma", "0.1"],
        ["--method", "blackbox", "--loss", "l2", "--interpolation", "5"],
        ["--method", "identity", "--loss", "hamming", "--blocks", "0"],
        ["--blocks", "2", "--loss", "hamming"],
    ],
    ids=" ".join,
)
def test_options_train(tmp_path, options):
    run = tmp_path / "run"
    result = paths(*options, "--steps", 10, "--out", run)
    assert result.returncode == 0, result.stderr
    assert losses(run) and all(math.isfinite(loss) for loss in losses(run))
    again = pliant(
        "train", "paths", "--config", run / "config.toml", "--out", tmp_path / "again", "--no-report"
    )
    assert again.returncode == 0, again.stderr
    assert same_run(run, tmp_path / "again")


def test_the_published_network_has_83520_parameters(tmp_path):
    run = tmp_path / "run"
    result = paths("--channels", 64, "--cells", 12, "--steps", 1, "--evaluation", 1, "--out", run)
    assert result.returncode == 0, result.stderr
    assert of_kind(run, "start")[0]["parameters"] == 83520


@pytest.mark.parametrize("costs", ["float16", "float32", "float64"])
def test_the_archive_of_maps(tmp_path, costs):
    run, folder = tmp_path / "run", archive(tmp_path / "maps", costs=costs)
    result = paths("--data", folder, "--steps", 80, "--learning-rate", "1e-2", "--out", run)
    assert result.returncode == 0, result.stderr
    assert of_kind(run, "test")[0]["exact_hard"] == 1


def test_a_damaged_archive_is_named(tmp_path):
    folder = archive(tmp_path / "maps")

    def message():
        result = paths("--data", folder, "--steps", 1, "--out", tmp_path / "run")
        assert result.returncode == 2 and not (tmp_path / "run").exists()
        return result.stderr

    val = {kind: folder / f"val_{kind}.npy" for kind in ("maps", "vertex_weights", "shortest_paths")}
    np.save(val["shortest_paths"], np.ones((6, 4, 5), np.uint8))
    assert "val_shortest_paths.npy: expected the shape of" in message()
    np.save(val["vertex_weights"], np.ones((6, 4, 5), np.float32))
    assert "the validation split of" in message() and "maps of another size than the others" in message()
    np.save(val["vertex_weights"], np.zeros((6, 4, 5), np.float32))
    assert "costs must be finite and > 0, got 0" in message()
    val["maps"].unlink()
    assert "data: there is no file" in message() and "val_maps.npy' uint8 of shape" in message()


def test_snapshot_has_what_the_report_draws(whole_paths):
    metadata, tensors = checkpoint(whole_paths / "snapshots" / "step_00000020.safetensors")
    assert metadata["step"] == "20" and metadata["task"] == "paths"
    sizes = {name: len(data) for name, data in tensors.items()}
    grids = dict.fromkeys(("costs", "paths", "found_costs", "found_paths", "marks"), 6 * 5 * 5 * 4)
    assert sizes == {"images": 6 * 40 * 40 * 3} | grids


@pytest.mark.parametrize("method", ["program", "blackbox", "labels"])
def test_figures_are_those_of_what_the_snapshot_has(tmp_path, method):
    """Six validation maps, all of which the snapshot has: everything again, by the Python package."""
    run = tmp_path / "run"
    options = ("--method", method, "--evaluation", 6, "--steps", 30, "--validate-every", 30, "--beta", 20)
    assert paths(*options, "--out", run).returncode == 0
    _, tensors = checkpoint(run / "snapshots" / "step_00000030.safetensors")
    grids = {
        name: torch.frombuffer(bytearray(data), dtype=torch.float32).view(6, 5, 5)
        for name, data in tensors.items()
        if name != "images"
    }
    assert torch.equal(grids["paths"], pliant_package.shortest_path(grids["costs"]))
    best = (grids["costs"] * grids["paths"]).sum((1, 2))
    expected = {}
    if "marks" in grids:
        cells = grids["marks"].round()
        expected["exact"] = (cells == grids["paths"]).all(2).all(1).double().mean().item()
        valid = torch.tensor([connected(grid) for grid in cells.tolist()])
        expected["valid"] = valid.double().mean().item()
        ratios = ((grids["costs"] * cells).sum((1, 2)) / best)[valid]
    if method == "program":
        program = pliant_package.program.load("shortest_path", beta=20.0)
        torch.testing.assert_close(grids["marks"], program(grids["found_costs"])[0])
    if method != "labels":
        found = pliant_package.shortest_path(grids["found_costs"])
        assert torch.equal(grids["found_paths"], found)
        expected["exact_hard"] = (found == grids["paths"]).all(2).all(1).double().mean().item()
        ratios = (grids["costs"] * found).sum((1, 2)) / best
    if len(ratios):
        expected["cost_ratio"] = ratios.double().mean().item()
    (validation,) = of_kind(run, "validation")
    found = {name: validation[name] for name in validation.keys() - {"event", "step", "best"}}
    assert found == pytest.approx(expected, rel=1e-5)


def connected(grid):
    """Whether the last cell can be reached from the first through marked cells."""
    marked = {(i, j) for i, row in enumerate(grid) for j, cell in enumerate(row) if cell > 0.5}
    waiting = [cell for cell in [(0, 0)] if cell in marked]
    marked -= set(waiting)
    while waiting:
        i, j = waiting.pop()
        near = {(i + a, j + b) for a in (-1, 0, 1) for b in (-1, 0, 1)} & marked
        marked -= near
        waiting += near
    last = (len(grid) - 1, len(grid[0]) - 1)
    return last not in marked and grid[last[0]][last[1]] > 0.5


@pytest.mark.parametrize("method", ["program", "identity", "labels"])
def test_training_ends_with_a_report_and_its_figures_are_those_of_eval(tmp_path, method):
    run = tmp_path / "run"
    result = pliant(*small(["--steps", 10, "--method", method, "--out", run], "paths"))
    assert result.returncode == 0, result.stderr
    text = (run / "report.html").read_text()
    assert "Maps and their paths" in text and "Where the time goes" in text
    assert ("What the cells cost" in text) == (method != "labels")
    assert json.loads(pliant("eval", run, "--json").stdout) == of_kind(run, "test")[0]
    times = json.loads((run / "results" / "times.json").read_text())
    assert times["network_ms"] > 0 and 0 < times["program_share"] < 1


def test_a_training_that_diverges_is_ended_at_its_step(tmp_path):
    run = tmp_path / "run"
    result = paths("--learning-rate", "1e38", "--steps", 20, "--validate-every", 20, "--out", run)
    assert result.returncode == 1
    (end,) = of_kind(run, "end")
    assert end["reason"] == "not_finite"
    assert f"not_finite: step {end['step']}: " in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "no/such/folder"], "data: there is no folder 'no/such/folder'"),
        (["--cells", "1"], "terrain: cells must be in 2 … 16, got 1"),
        (["--cells", "17"], "terrain: cells must be in 2 … 16, got 17"),
        (["--maps", "0"], "maps must be in 1 … 2^32 − 1, got 0"),
        (["--evaluation", "-1"], "evaluation must be at least 0, got -1"),
        (["--channels", "-1"], "channels must be in 1 … 1024, got -1"),
        (["--blocks", "17"], "blocks must be in 0 … 16, got 17"),
        (["--method", "magic"], "unknown method 'magic'; there are: program, blackbox, identity"),
        (["--loss", "l3"], "unknown loss 'l3'; there are: l1, l2, hamming, fenchel_young, bce"),
        (["--loss", "fenchel_young"], "the method program has the losses l1, l2, hamming, not fenchel_young"),
        (["--loss", "l1", "--method", "labels"], "the method labels has the losses bce, not l1"),
        (["--loop", "until"], "unknown loop 'until'; there are: for, while"),
        (["--beta", "0"], "beta must be > 0"),
        (["--beta", "nan"], "beta must be > 0"),
        (["--distribution", "normal"], "unknown distribution 'normal'; there are: "),
        (["--t-norm", "yager", "--p", "-1"], "p of yager must be > 0, got -1"),
        (["--method", "blackbox", "--interpolation", "0"], "interpolation must be > 0 and finite, got 0"),
        (["--method", "perturbed", "--sigma", "inf"], "sigma must be > 0 and finite, got inf"),
        (["--method", "perturbed", "--samples", "1"], "samples must be at least 2, got 1"),
        (["--groups", "3"], "--groups"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_option_makes_no_folder(tmp_path, options, message):
    refuses(options, message, tmp_path, task="paths")
