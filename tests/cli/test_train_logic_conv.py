# tests/cli/test_train_logic_conv.py — pliant train logic with convolutions: options, learning, resuming,
# errors, the report
import json

import numpy as np
import pytest

from tests.cli.program import (
    PROGRAM,
    checkpoint,
    choices,
    files,
    kill_and_resume,
    losses,
    of_kind,
    pliant,
    same_run,
    train,
    whole_run_of,
)

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
LONG = ("--steps", 120, "--validate-every", 40)
CONVOLUTIONS = ("--channels", "4,8", "--widths", "320,160,80", "--tau", 2)


def conv(*arguments, **changes):
    """Runs `pliant train logic` on a small network with two convolutions."""
    given = [word for i, word in enumerate(CONVOLUTIONS) if i % 2 == 0 and word in arguments]
    rest = [w for pair in zip(*[iter(CONVOLUTIONS)] * 2, strict=True) if pair[0] not in given for w in pair]
    return train(*rest, *arguments, task="logic", **changes)


def tensor(tensors, ending, dtype):
    """The only tensor whose name ends so."""
    (data,) = (data for name, data in tensors.items() if name.endswith(ending))
    return np.frombuffer(data, dtype)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run of LONG that nobody stopped."""
    run = tmp_path_factory.mktemp("conv") / "whole"
    return whole_run_of(*CONVOLUTIONS, *LONG, out=run, task="logic")


def test_digits_are_learned_by_boolean_convolutions(tmp_path):
    run = tmp_path / "run"
    size = ("--channels", "16,32", "--widths", "1600,800,400", "--tau", 4, "--evaluation", 0)
    budget = ("--steps", 400, "--validate-every", 100, "--batch", 50, "--learning-rate", 0.05)
    result = conv(*size, *budget, "--parametrization", "light_sine", "--out", run)
    assert result.returncode == 0, result.stderr
    (test,) = of_kind(run, "test")
    assert test["hard"] > 0.75 and abs(test["hard"] - test["soft"]) < 0.1


@pytest.mark.parametrize(
    "options",
    [
        ["--parametrization", "softmax"],
        ["--parametrization", "walsh", "--init", "gaussian"],
        ["--gumbel"],
        ["--thresholds", "0", "--taps", "consecutive"],
        ["--kernels", "5,1", "--padding", "2,0", "--depth", "1,4", "--pool", "1,2"],
        ["--channel-groups", "2", "--channels-per-kernel", "8"],
        ["--channels", "6", "--widths", "120,100", "--wiring", "local,random", "--radius", "1"],
    ],
    ids=" ".join,
)
def test_option_trains_and_is_in_the_config(tmp_path, options):
    run = tmp_path / "run"
    result = conv(*options, "--steps", 10, "--out", run)
    assert result.returncode == 0, result.stderr
    assert len(losses(run)) > 1 and all(0 < loss < 100 for loss in losses(run)) and of_kind(run, "test")
    config = (run / "config.toml").read_text()
    for name, value in zip(options, options[1:], strict=False):
        if name.startswith("--") and not value.startswith("--"):
            assert f'{name[2:]}="{value}"' in config or f"{name[2:]}={value}" in config


def test_what_is_not_given_of_convolutions_is_settled(whole):
    config = (whole / "config.toml").read_text()
    for line in ("kernels=3", "padding=1", "depth=3", "pool=2", 'taps="random"', "channels-per-kernel=2"):
        assert line in config
    assert {"mnist-conv-small", "mnist-conv", "cifar-conv-small"} <= set(choices("logic", "recipe"))
    assert choices("logic", "taps") == ["random", "consecutive"]


def test_killed_run_goes_on_to_the_same_bits(whole, tmp_path):
    run = tmp_path / "run"
    kill_and_resume(*CONVOLUTIONS, *LONG, out=run, task="logic", validations=1)
    assert same_run(run, whole)


def test_threads_give_the_same_bits(tmp_path):
    for threads in (1, 3):
        run = tmp_path / str(threads)
        assert conv("--steps", 20, "--batch", 70, "--threads", threads, "--out", run).returncode == 0
    assert losses(tmp_path / "1") == losses(tmp_path / "3")


def test_eval_gives_the_figures_of_the_run_s_own_test(whole):
    before = files(whole)
    (test,) = of_kind(whole, "test")
    assert json.loads(pliant("eval", whole, "--json").stdout) == test
    assert files(whole) == before


def test_snapshot_has_gates_of_every_convolution_and_the_receptive_field(whole):
    _, tensors = checkpoint(whole / "snapshots" / "step_00000080.safetensors")
    counts = tensor(tensors, "gate_counts", "<i8").reshape(-1, 16)
    assert counts.sum(1).tolist() == [4 * 7, 8 * 7, 320, 160, 80]
    reads = tensor(tensors, "first_wiring", "<i8")
    assert len(reads) == 9 and reads.sum() == 4 * 8  # one channel, all three thresholds together


def test_taps_are_saved_with_the_model(whole):
    _, tensors = checkpoint(whole / "best.safetensors")
    first, second = (tensor(tensors, f"convolutions.{i}.taps", "<i4").reshape(3, -1, 8) for i in (0, 1))
    assert first.shape == (3, 4, 8) and first[0].max() < 3 and first[1:].max() == 2
    assert second.shape == (3, 8, 8) and all(len(set(kernel)) <= 2 for kernel in second[0])


def test_channels_of_different_groups_have_no_link(tmp_path):
    run = tmp_path / "run"
    assert conv("--channel-groups", 2, "--steps", 1, "--out", run).returncode == 0
    _, tensors = checkpoint(run / "last.safetensors")
    channels = tensor(tensors, "convolutions.1.taps", "<i4").reshape(3, 8, 8)[0]
    assert channels[:4].max() < 2 <= channels[4:].min()


def test_checkpoints_from_before_there_were_convolutions_still_count(tmp_path):
    run = tmp_path / "run"
    options = ("--widths", "120,100", "--threads", 1, "--steps", 1, "--quiet", "--no-report")
    assert pliant("train", "logic", *options, "--out", run).returncode == 0
    # What the program wrote for these options before it knew --channels.
    assert checkpoint(run / "last.safetensors")[0]["config_hash"] == "4a4a20b8839e631a"


def test_report_tells_convolutions_from_layers(tmp_path):
    run = tmp_path / "run"
    budget = ("--steps", 60, "--validate-every", 20, "--threads", 1, "--batch", 4, "--evaluation", 50)
    result = pliant("train", "logic", *CONVOLUTIONS, *budget, "--out", run)
    assert result.returncode == 0, result.stderr
    page = (run / "report.html").read_text()
    for text in (
        "2 convolutions (4 trees of 7 gates over 3 × 3 places; 8 trees of 7 gates over 3 × 3 places)",
        "convolution 2",
        "layer 3",
        "each place of the receptive field",
    ):
        assert text in page


def write_cifar(root):
    """A data set of CIFAR-10's format: 5 files of 1,010 images of noise, whose brightness is the label."""
    folder = root / "cifar-10-batches-bin"
    folder.mkdir()
    random = np.random.default_rng(0)
    for name in [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]:
        labels = random.integers(10, size=1010, dtype=np.uint8)
        pixels = (25 * labels[:, None] + random.integers(25, size=(1010, 3072))).astype(np.uint8)
        (folder / f"{name}.bin").write_bytes(np.hstack([labels[:, None], pixels]).tobytes())
    (folder / "batches.meta.txt").write_text("".join(f"class{i}\n" for i in range(10)))


def test_cifar_recipe_trains_on_files_of_its_format(tmp_path):
    write_cifar(tmp_path)
    run = tmp_path / "run"
    small = ("--channels", "8,16,16,16", "--widths", "320,160,80", "--evaluation", 50)
    result = train(
        *("--recipe", "cifar-conv-small", *small, "--steps", 3, "--batch", 10, "--out", run),
        task="logic",
        PLIANT_DATA=str(tmp_path),
    )
    assert result.returncode == 0, result.stderr
    config = (run / "config.toml").read_text()
    assert 'parametrization="softmax"' in config and "tau=20" in config and "thresholds=3" in config
    _, tensors = checkpoint(run / "last.safetensors")
    assert tensor(tensors, "convolutions.0.taps", "<i4").reshape(3, -1)[0].max() == 8  # 3 colours, 3 bits


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--channels", "4,0"], "channels must be in 1 … 1048576, got 0"),
        (["--channels", "-4"], "channels must be in 1 … 1048576, got -4"),
        (["--kernels", "3,0"], "kernels must be in 1 … 255, got 0"),
        (["--kernels", "3,3,3"], "kernels: 3 entries for 2 convolutions; channels says how many there are"),
        (
            ["--kernels", "9", "--padding", "0"],
            "9 × 9 of convolution 1 do not fit into its input, 8 × 8",
        ),
        (
            ["--kernels", "3,7"],
            "7 × 7 of convolution 2 do not fit into its input, 4 × 4",
        ),
        (["--padding", "-1"], "padding must be in 0 … 255, got -1"),
        (["--padding", "1,3"], "padding must be less than the kernels' size, 3 in convolution 2, got 3"),
        (["--depth", "0"], "depth must be in 1 … 8, got 0"),
        (["--depth", "3,9"], "depth must be in 1 … 8, got 9"),
        (["--pool", "0"], "pool must be in 1 … 15, got 0"),
        (["--pool", "2,5"], "pool: convolution 2 has 4 × 4 placements, too few for 5 × 5"),
        (["--taps", "far"], "unknown taps 'far'; there are: random, consecutive"),
        (["--channels-per-kernel", "0"], "channels-per-kernel must be at least 1, got 0"),
        (["--channel-groups", "0"], "channel-groups must be at least 1, got 0"),
        (
            ["--channel-groups", "3"],
            "channel-groups must divide the 4 channels and the 8 kernels of conv",
        ),
        (
            ["--fan-in", "3", "--parametrization", "light"],
            "fan-in: gates of convolutions have 2 inputs, got 3",
        ),
        (["--widths", "320,105"], "the last layer must be a multiple of the 10 classes, got 105"),
        (["--widths", "10"], "10 gates of 2 inputs cannot read all 32 features"),
        (
            ["--parametrization", "covjac", "--gumbel"],
            "gumbel draws gates from logits, which 'covjac'",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_option_of_a_convolution_is_an_error_before_any_work(tmp_path, options, message):
    run = tmp_path / "run"
    result = conv(*options, "--steps", 5, "--out", run)
    assert result.returncode == 2, result.stderr
    assert message in result.stderr
    assert not run.exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("kernels", "3"),
        ("padding", "1"),
        ("depth", "2"),
        ("pool", "1"),
        ("taps", "random"),
        ("channels-per-kernel", "2"),
        ("channel-groups", "1"),
    ],
)
def test_options_of_convolutions_want_channels(tmp_path, option, value):
    result = train(f"--{option}", value, "--steps", 5, "--out", tmp_path / "run", task="logic")
    assert result.returncode == 2 and f"{option}: " in result.stderr and "channels" in result.stderr


def test_tables_have_no_convolutions(tmp_path):
    (tmp_path / "uci").mkdir()
    for split in ("train", "test"):
        rows = "".join(f" {i % 2} 1 1 1 {1 + i % 3} 1 1 data_{i}\n" for i in range(432))
        (tmp_path / "uci" / f"monks-1.{split}").write_text(rows)
    result = conv("--data", "monk1", "--steps", 5, "--out", tmp_path / "run", PLIANT_DATA=str(tmp_path))
    assert result.returncode == 2
    assert "channels: convolutions want images; monk1 has rows of 17 numbers" in result.stderr
