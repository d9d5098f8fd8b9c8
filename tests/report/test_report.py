# tests/report/test_report.py — the report of made-up runs: what it shows, and what it says about damaged ones
import base64
import json
import os
import re
import struct
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import run_folder
from pliant.report.__main__ import main
from pliant.report.curves import moving_average
from pliant.report.report import distinct_names, report
from pliant.report.run import read_run
from pliant.report.safetensors import SafetensorsError, read_safetensors
from pliant.report.summary import command
from pliant.report.tasks.sorting import by_true_rank, rank_correlation

PYTHON = Path(__file__).resolve().parents[2] / "python"


class Page(HTMLParser):
    """The tags that must be closed, the pictures and the addresses of a page."""

    def __init__(self, text):
        super().__init__()
        self.open, self.pictures, self.addresses = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.addresses += [attributes[key] for key in ("src", "href") if key in attributes]
        if tag == "img":
            assert attributes["alt"]
            self.pictures.append(attributes["src"])
        elif tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def svgs(text):
    """The drawings of a page, decoded; small images are checked by their first bytes."""
    drawings = []
    for source in Page(text).pictures:
        kind, data = re.fullmatch(r"data:image/(.+?);base64,(.+)", source).groups()
        content = base64.b64decode(data, validate=True)
        if kind == "svg+xml":
            drawings.append(ElementTree.fromstring(content))
        else:
            assert kind == "png" and content.startswith(b"\x89PNG\r\n\x1a\n")
    return drawings


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_folder.write_run(tmp_path_factory.mktemp("runs") / "first")


@pytest.fixture
def own_run(tmp_path):
    """A small run that a test may damage."""
    return run_folder.write_run(tmp_path / "own", steps=40, every=20)


def fails(capsys, *arguments):
    """What the command says when it refuses."""
    assert main([str(argument) for argument in arguments]) == 2
    return capsys.readouterr().err


def test_page_is_whole_and_needs_nothing_from_outside(run):
    text = report([read_run(run)])
    assert len(svgs(text)) == 4  # training, validation, scores, permutation
    assert all(address.startswith("data:image/") for address in Page(text).addresses)
    assert "<script" not in text and "url(" not in text and "@import" not in text


def test_numbers_shown_are_those_of_the_file(run):
    text = report([read_run(run)])
    shown = run_folder.metrics(0.9)
    for key in ("exact", "elementwise", "exact_five"):
        assert f"<dd>{100 * shown[key]:.1f} %</dd>" in text
    for key in ("exact_tied", "elementwise_tied", "exact_five_tied"):
        assert f"tie-aware {100 * shown[key]:.1f} %" in text
    assert "12,345 parameters" in text and "at step 1,000, 50.0 s of training on 2 threads" in text
    assert '<th scope="row">learning-rate</th><td>0.000316227766</td>' in text


def test_summary_names_data_method_and_steepness(run):
    text = report([read_run(run)])
    for part in ("4 digits", "data set: digits", "n = 5", "odd_even", "cauchy at steepness 10"):
        assert part in text


def test_report_is_the_same_bytes_again(run):
    assert report([read_run(run)]) == report([read_run(run)])


def test_predicted_order_is_judged_item_by_item(tmp_path):
    folder = run_folder.write_run(tmp_path / "run", n=3, steps=20, every=20)
    tensors = run_folder.snapshot(20, 3, 1.0, sets=1)
    tensors["labels"] = np.array([[300, 7, 9000]])
    tensors["scores"] = np.array([[0.1, 0.5, 0.9]], np.float32)  # 300 before 7
    run_folder.write_safetensors(folder / "snapshots/step_00000020.safetensors", tensors, {})
    text = report([read_run(folder)])
    assert "Set 1: 1 of 3 in place" in text
    assert re.findall(r"<b>(\d+)</b> <i>(.+?)</i>", text) == [
        ("0300", "✗ place 2"),
        ("0007", "✗ place 1"),
        ("9000", "✓"),
    ]
    assert text.count('class="item wrong"') == 2 and text.count('class="item right"') == 1


def test_rows_of_the_matrix_are_in_the_order_of_the_true_ranks(run):
    found = by_true_rank(read_run(run).snapshot(1000))
    np.testing.assert_allclose(found, np.broadcast_to(np.eye(5), (4, 5, 5)))


def test_text_of_a_run_is_escaped(own_run):
    config = own_run / "config.toml"
    config.write_text(config.read_text().replace('"digits"', '"<b>&amp;\\"x"'))
    text = report([read_run(own_run)])
    assert "<b>&amp;" not in text and "&lt;b&gt;&amp;amp;&quot;x" in text


def test_several_runs_are_compared_by_what_differs(run, own_run):
    config = own_run / "config.toml"
    config.write_text(config.read_text().replace("cauchy", "optimal"))
    text = report([read_run(run), read_run(own_run)])
    head = re.search(r"Comparison</h2>.*?<thead>(.*?)</thead>", text, re.DOTALL)[1]
    assert re.findall(">([^<>]+)</th>", head)[:4] == ["run", "distribution", "steps", "time"]
    assert "first: What the scores have learned" in text and "own: What the scores have learned" in text
    assert len(svgs(text)) == 3 + 2 * 2


def test_command_line_makes_the_run_again(run):
    words = command(read_run(run)).split()
    assert words[:5] == ["pliant", "train", "sorting", "--data", "digits"]
    assert words[words.index("--channels") + 1] == "16,32"
    assert "--out" not in words and "--half-resolution" not in words


def test_options_in_a_table_of_the_config_are_found(own_run):
    config = own_run / "config.toml"
    config.write_text("[train.sorting]\n" + config.read_text())
    assert read_run(own_run).options["n"] == 5


def test_large_sets_have_no_matrix_and_show_their_first_places(tmp_path):
    text = report([read_run(run_folder.write_run(tmp_path / "large", n=100, steps=20, every=20))])
    assert "The permutation matrix over training" not in text
    assert "the first 10 places are shown" in text and len(svgs(text)) == 3


def test_sets_of_one_item(tmp_path):
    text = report([read_run(run_folder.write_run(tmp_path / "one", n=1, steps=40, every=20))])
    assert "Set 1: 1 of 1 in place" in text and len(svgs(text)) == 4


def test_interrupted_run_shows_validation(tmp_path):
    folder = run_folder.write_run(tmp_path / "run", test=False, reason="interrupt")
    text = report([read_run(folder)])
    assert "It was interrupted, at step 1,000" in text and "no test of this run" in text
    assert f"<dd>{100 * run_folder.metrics(1)['exact']:.1f} %</dd><dd>tie-aware" in text
    assert "on validation data" in text


def test_test_before_a_resume_is_not_shown_as_the_result(own_run):
    with (own_run / "metrics.jsonl").open("a") as file:
        file.write('{"event":"train","step":50,"seconds":1,"loss":0.1,"gradient_norm":1.0}\n')
    assert read_run(own_run).test is None and read_run(own_run).end is None


def test_end_that_is_not_finite(own_run):
    lines = [json.loads(line) for line in (own_run / "metrics.jsonl").read_text().splitlines()]
    lines = [line for line in lines if line["event"] not in ("test", "end")]
    lines += [
        {"event": "train", "step": 50, "seconds": 2.5, "loss": None, "gradient_norm": None},
        {"event": "end", "step": 50, "seconds": 2.5, "reason": "not_finite"},
    ]
    run_folder.write_lines(own_run, lines)
    text = report([read_run(own_run)])
    assert "not finite at step 50" in text and len(svgs(text)) == 4


def test_run_before_its_first_validation(tmp_path):
    folder = run_folder.write_run(tmp_path / "run", steps=20, every=50, test=False)
    text = report([read_run(folder)])
    assert "There was no validation yet." in text and "What the scores have learned" not in text


def test_unknown_task_gets_the_generic_part(own_run):
    metrics = own_run / "metrics.jsonl"
    metrics.write_text(metrics.read_text().replace('"sorting"', '"juggling"'))
    text = report([read_run(own_run)])
    assert "A run of the task juggling." in text and len(svgs(text)) == 2
    assert f"<dd>{run_folder.metrics(0.9)['exact']:.4g}</dd>" in text


def test_torn_last_line_is_left_out_and_said(own_run):
    with (own_run / "metrics.jsonl").open("a") as file:
        file.write('{"event":"train","st')
    read = read_run(own_run)
    assert read.torn and read.lines[-1]["event"] == "end"
    assert "The last line of metrics.jsonl was cut off" in report([read])


def test_command_writes_into_the_run_folder_without_torch(own_run):
    code = (
        "import sys; from pliant.report.__main__ import main;"
        f"code = main([{str(own_run)!r}]); sys.exit(code or 3 * ('torch' in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(PYTHON)}, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"report: {own_run / 'report.html'}\n"
    assert sorted(p.name for p in own_run.iterdir()) == [
        "config.toml",
        "metrics.jsonl",
        "report.html",
        "snapshots",
    ]


def test_no_such_run(tmp_path, capsys):
    assert f"there is no run {tmp_path / 'none'}" in fails(capsys, tmp_path / "none")


def test_folder_that_is_no_run(tmp_path, capsys):
    assert "is no run folder: there is no config.toml in it" in fails(capsys, tmp_path)


@pytest.mark.parametrize("text", [None, "", '{"event":"start","step":0,"task":"sorting"}\n'])
def test_no_metrics_yet(own_run, capsys, text):
    metrics = own_run / "metrics.jsonl"
    metrics.unlink() if text is None else metrics.write_text(text)
    assert "has no metrics yet" in fails(capsys, own_run)


@pytest.mark.parametrize("line", ["{oops}", "[1, 2]", '{"event": "train"}', '{"event": 3, "step": 1}'])
def test_damaged_line_is_named(own_run, capsys, line):
    metrics = own_run / "metrics.jsonl"
    metrics.write_text(line + "\n" + metrics.read_text())
    assert "metrics.jsonl:1: damaged line" in fails(capsys, own_run)
    assert not (own_run / "report.html").exists()


def test_damaged_config(own_run, capsys):
    (own_run / "config.toml").write_text("n = = 5")
    assert "config.toml: " in fails(capsys, own_run)


def test_truncated_snapshot(own_run, capsys):
    path = own_run / "snapshots/step_00000040.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    assert f"{path}: damaged" in fails(capsys, own_run)


def test_snapshot_without_its_tensors(own_run, capsys):
    path = own_run / "snapshots/step_00000040.safetensors"
    run_folder.write_safetensors(path, {"labels": np.zeros((1, 5), np.int64)}, {})
    assert f"{path}: expected a tensor images of 4 dimensions" in fails(capsys, own_run)


def test_snapshot_whose_sizes_do_not_fit(own_run, capsys):
    path = own_run / "snapshots/step_00000040.safetensors"
    tensors = run_folder.snapshot(40, 5, 1.0)
    run_folder.write_safetensors(path, {**tensors, "scores": tensors["scores"][:, :4].copy()}, {})
    assert "sizes do not fit together" in fails(capsys, own_run)


def test_several_runs_want_a_name_for_the_file(run, own_run):
    with pytest.raises(SystemExit) as refused:
        main([str(run), str(own_run)])
    assert refused.value.code == 2


def test_place_that_cannot_be_written_keeps_what_is_there(own_run, capsys, tmp_path):
    assert "cannot write" in fails(capsys, own_run, "-o", tmp_path / "none" / "report.html")
    (tmp_path / "folder").mkdir()
    assert "cannot write" in fails(capsys, own_run, "-o", tmp_path / "folder")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "own"]


def test_runs_of_two_tasks(run, own_run, capsys, tmp_path):
    metrics = own_run / "metrics.jsonl"
    metrics.write_text(metrics.read_text().replace('"sorting"', '"juggling"'))
    assert "different tasks: juggling, sorting" in fails(capsys, run, own_run, "-o", tmp_path / "x.html")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (b"{", "damaged"),
        (b"[]", "damaged"),
        (b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}', "bytes 0 to 4 of 8"),
        (b'{"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}', "bytes 0 to 16 of 8"),
        (b'{"a": {"dtype": "F7", "shape": [], "data_offsets": [0, 4]}}', "type F7"),
        (b'{"a": {"dtype": "F32"}}', "damaged"),
        (b'{"__metadata__": ["step"]}', "must map names to texts"),
        (b'{"__metadata__": {"step": 3}}', "must map names to texts"),
    ],
)
def test_safetensors_that_are_not_whole(tmp_path, header, said):
    path = tmp_path / "x.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"12345678")
    with pytest.raises(SafetensorsError, match=said):
        read_safetensors(path)


@pytest.mark.parametrize("content", [b"", b"1234567", struct.pack("<Q", 100) + b"{}"])
def test_safetensors_too_short(tmp_path, content):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(SafetensorsError, match="too short"):
        read_safetensors(path)


def test_rank_correlation_by_hand():
    assert rank_correlation(np.array([1, 2, 3]), np.array([10, 20, 90])) == pytest.approx(1)
    assert rank_correlation(np.array([1, 2, 3]), np.array([5, 4, 3])) == pytest.approx(-1)
    # Ranks 1 2 3 4 and 1.5 1.5 3 4: 4.5 / sqrt(5 · 4.5).
    assert rank_correlation(np.array([1, 2, 3, 4]), np.array([0, 0, 1, 2])) == pytest.approx(0.9486833)
    assert np.isnan(rank_correlation(np.array([1, 2]), np.array([3, 3])))


def test_moving_average_leaves_out_what_is_not_finite():
    found = moving_average(np.array([1.0, 3.0, np.nan, 5.0]), 1)
    np.testing.assert_array_equal(found, [2.0, 2.0, np.nan, 5.0])


def test_names_of_runs_differ():
    assert distinct_names([Path("/x/a/run"), Path("/x/b/run")]) == ["a/run", "b/run"]
    assert distinct_names([Path("/x/a"), Path("/x/b")]) == ["a", "b"]
