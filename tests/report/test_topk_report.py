# tests/report/test_topk_report.py — the report of made-up runs of the task topk, and of damaged ones
import base64
import io
import re

import matplotlib.image
import numpy as np
import pytest
import run_folder
from pliant.report.__main__ import main
from pliant.report.report import report
from pliant.report.run import RunError, read_run
from pliant.report.summary import command
from pliant.report.tasks.topk import chapters, class_names, describe


@pytest.fixture
def run(tmp_path):
    """A small run that a test may damage."""
    return run_folder.write_topk_run(tmp_path / "run")


def page(folder):
    return report([read_run(folder)])


def guesses(folder):
    """The task's own chapter, without the curves, which take their time."""
    ((title, content),) = chapters(read_run(folder))
    assert title == "What it takes for what"
    return content


def with_options(folder, **options):
    """The run with these options instead of its own."""
    config = folder / "config.toml"
    text = config.read_text()
    for name, value in options.items():
        text, found = re.subn(
            rf"(?m)^{name.replace('_', '-')}=.*$", f"{name.replace('_', '-')}={value}", text
        )
        assert found == 1
    config.write_text(text)
    return read_run(folder)


def rows(text):
    """For each example its verdict, and (style, name, note) of the example and of the guesses."""
    found = []
    for row in text.split('<div class="order"')[1:]:
        verdict = re.search("<span>(.*?)</span>", row)[1]
        items = re.findall(r'<div class="item (\w*)">.*?<b>(.*?)</b> <i>(.*?)</i></div>', row)
        found.append((verdict, [(style, name, note.strip()) for style, name, note in items]))
    return found


def pictures(text):
    """The small images of the page as pixels (height, width, 4)."""
    sources = re.findall('src="data:image/png;base64,(.*?)"', text)
    return [
        matplotlib.image.imread(io.BytesIO(base64.b64decode(source, validate=True)), format="png")
        for source in sources
    ]


def test_numbers_shown_are_those_of_the_test(run):
    text = page(run)
    assert "top-1 accuracy 43.2 %, top-5 accuracy 53.2 %" in text
    assert "<dt>top-1 accuracy</dt><dd>43.2 %</dd><dd>on test data</dd>" in text
    assert "<dt>top-5 accuracy</dt><dd>53.2 %</dd><dd>on test data</dd>" in text
    assert "top-10" not in text  # ten classes have none


def test_top_ten_of_many_classes_is_shown(tmp_path):
    folder = run_folder.write_topk_run(tmp_path / "run", figures=("top1", "top5", "top10"))
    assert "<dt>top-10 accuracy</dt><dd>63.2 %</dd><dd>on test data</dd>" in page(folder)


def test_description_of_the_topk_loss(run):
    said = (
        "A convolutional network of 12,345 parameters learns the classes of the data set digits by the top-k "
        "cross-entropy with P_K = [0.5, 0, 0.5], ranked by splitter_selection with the distribution logistic "
        "at steepness 1.5."
    )
    assert describe(read_run(run)) == said
    assert said in page(run)


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ("cross_entropy", "by plain cross-entropy."),
        ("smooth_svm", "by the smooth top-3 SVM loss."),
        ("truncated_entropy", "by the truncated top-3 entropy."),
        ("hinge", "by hinge."),
    ],
)
def test_description_of_another_loss(run, loss, said):
    text = describe(with_options(run, loss=f'"{loss}"', k=3))
    assert text.endswith(said) and "P_K" not in text


def test_description_of_noisy_features(run):
    text = describe(with_options(run, data='"features"', label_noise=0.2))
    assert "A linear head of 12,345 parameters learns the classes of the data set features" in text
    assert "of which 20.0 % of the training labels are random" in text
    assert "random" not in describe(with_options(run, label_noise=0))


def test_command_line_makes_the_run_again(run):
    text = command(with_options(run, watch_test="true", no_report="true"))
    assert text.startswith("pliant train topk --data digits")
    assert "--p-k 0.5,0,0.5" in text and "--watch-test" in text and "--no-report" not in text


def test_examples_stand_beside_what_they_are_taken_for(run):
    found = rows(guesses(run))
    assert found[1] == (
        "right",
        [
            ("", "class 1", ""),
            ("right", "class 1", "62.5 % ✓"),
            ("", "class 2", "25.0 %"),
            ("", "class 3", "12.5 %"),
        ],
    )
    assert len(found) == 3


def test_example_that_is_taken_for_another_class(tmp_path):
    tensors = run_folder.topk_snapshot()
    tensors["guesses"] = tensors["guesses"] - 1
    tensors["labels"] = np.array([0, 1, 5])
    first, _, last = rows(guesses(run_folder.write_topk_run(tmp_path / "run", tensors=tensors)))
    assert first[0] == "wrong"
    assert [style for style, _, _ in first[1]] == ["", "", "right", ""]
    assert [note for _, _, note in first[1]] == ["", "62.5 %", "25.0 % ✓", "12.5 %"]
    assert last[0] == "wrong" and last[1][0] == ("", "5", "")  # a class without a name has its number
    assert "right" not in [style for style, _, _ in last[1]]


@pytest.mark.parametrize("best", [20, 40])
def test_examples_are_those_of_the_best_checkpoint(tmp_path, best):
    folder = run_folder.write_topk_run(tmp_path / "run", best=best)
    found = pictures(guesses(folder))
    tensors = run_folder.topk_snapshot(seed=best)
    expected = [
        image
        for own, guessed in zip(tensors["images"], tensors["guessed_images"], strict=True)
        for image in (own, *guessed)
    ]
    assert len(found) == len(expected) == 3 * 4
    for shown, image in zip(found, expected, strict=True):  # ink is dark
        np.testing.assert_allclose(shown[:, :, 0], 1 - image[0] / 255, atol=1 / 255)


def test_colours_are_shown_as_they_are(tmp_path):
    tensors = run_folder.topk_snapshot(image=(3, 32, 32))
    found = pictures(guesses(run_folder.write_topk_run(tmp_path / "run", tensors=tensors)))
    assert len(found) == 3 * 4
    np.testing.assert_allclose(found[0][:, :, :3], tensors["images"][0].transpose(1, 2, 0) / 255, atol=1e-6)


def test_features_have_no_pictures(tmp_path):
    folder = run_folder.write_topk_run(tmp_path / "run", tensors=run_folder.topk_snapshot(image=()))
    text = guesses(folder)
    assert pictures(text) == [] and text.count('class="item ') == 3 * 4


def test_names_are_escaped(run):
    rename(run, "0\t<script>x\n1\t三\n2\ta\tb\u2028c\n")
    text = guesses(run)
    assert "<script" not in text and "<b>&lt;script&gt;x</b>" in text
    assert "<b>三</b>" in text and "<b>a\tb\u2028c</b>" in text


def test_run_without_snapshots(run):
    for path in (run / "snapshots").iterdir():
        path.unlink()
    assert chapters(read_run(run)) == []


def test_runs_of_two_losses_are_compared(run, tmp_path):
    other = run_folder.write_topk_run(tmp_path / "other", figures=("top1", "top5", "top10"))
    with_options(other, loss='"cross_entropy"')
    text = report([read_run(run), read_run(other)])
    head = re.search(r"Comparison</h2>.*?<thead>(.*?)</thead>", text, re.DOTALL)[1]
    columns = re.findall(">([^<>]+)</th>", head)
    assert columns[:2] == ["run", "loss"] and columns[-2] == "top-10 accuracy"
    assert "run: What it takes for what" in text and "other: What it takes for what" in text


def rename(folder, text, step=20):
    """Another text of class names in the snapshot."""
    path = folder / f"snapshots/step_{step:08d}.safetensors"
    metadata = run_folder.topk_metadata(step, class_names=text)
    run_folder.write_safetensors(path, run_folder.topk_snapshot(), metadata)


def refused(folder, message):
    with pytest.raises(RunError, match=message) as error:
        guesses(folder)
    assert str(folder / "snapshots/step_00000020.safetensors") in str(error.value)


@pytest.mark.parametrize(
    "text", ["garbage", "\n", "0 zero\n", "zero\t0\n", "-1\tx\n", "\tx\n", "0\ta\n\n", "0\ta"]
)
def test_names_that_are_garbage(run, text):
    rename(run, text)
    refused(run, "class_names must be lines of a number, a tab and a name")


def test_names_of_no_class(run):
    rename(run, "")
    assert class_names(read_run(run).snapshot(20)) == {}
    assert "<b>1</b>" in guesses(run)


def wrong(**changes):
    """Tensors of a snapshot with others in their places; None: left out."""
    return {k: v for k, v in (run_folder.topk_snapshot() | changes).items() if v is not None}


GOOD, GOOD_FEATURES = run_folder.topk_snapshot(), run_folder.topk_snapshot(image=())


@pytest.mark.parametrize(
    "tensors",
    [
        {},
        wrong(labels=None),
        wrong(guesses=None),
        wrong(chances=None),
        wrong(guessed_images=None),
        wrong(labels=GOOD["labels"][:2]),
        wrong(labels=GOOD["labels"][:, None]),
        wrong(guesses=GOOD["guesses"][:, :2].copy()),
        wrong(guesses=GOOD["guesses"][:, 0].copy()),
        GOOD_FEATURES | {"guesses": GOOD["guesses"][:, :0], "chances": GOOD["chances"][:, :0]},
        wrong(chances=GOOD["chances"][:2]),
        wrong(images=GOOD["images"][:2]),
        wrong(images=GOOD["images"][:, 0].copy()),
        wrong(images=np.repeat(GOOD["images"], 2, axis=1)),
        wrong(images=GOOD["images"][:, :, :4].copy()),
        wrong(images=GOOD["images"][:, :, :0], guessed_images=GOOD["guessed_images"][:, :, :, :0]),
        wrong(guessed_images=GOOD["guessed_images"][:, :2].copy()),
        wrong(images=None),
    ],
)
def test_sizes_that_do_not_fit(tmp_path, tensors):
    folder = run_folder.write_topk_run(tmp_path / "run", tensors=tensors)
    refused(folder, "sizes do not fit together")


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_images_that_are_no_bytes(tmp_path, dtype):
    tensors = wrong(images=GOOD["images"].astype(dtype), guessed_images=GOOD["guessed_images"].astype(dtype))
    refused(run_folder.write_topk_run(tmp_path / "run", tensors=tensors), "images must be bytes")


@pytest.mark.parametrize("name", ["labels", "guesses"])
def test_classes_that_are_no_integers(tmp_path, name):
    tensors = wrong(**{name: np.full(GOOD[name].shape, np.nan)})
    refused(
        run_folder.write_topk_run(tmp_path / "run", tensors=tensors), "labels and guesses must be integers"
    )


def test_damage_ends_the_command_with_a_message_and_no_report(run, capsys):
    path = run / "snapshots/step_00000020.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    refused(run, "damaged")
    assert main([str(run)]) == 2
    assert f"{path}: damaged" in capsys.readouterr().err
    assert not (run / "report.html").exists()
