# tests/cli/test_command_errors.py — every mistake: its message, its exit code, and nothing lost
import pytest

from tests.cli.program import (
    PROGRAM,
    checkpoint,
    events,
    files,
    pliant,
    start_training,
    train,
)

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "subcommand is required"),
        (["trian"], "unknown subcommand 'trian'; there are: demo train eval render run circuit info"),
        (["train", "sortin"], "unknown task 'sortin'; there are: sorting"),
        (["train", "sorting", "--stepz", "3"], "--stepz"),
        (["train", "sorting", "--steps", "many"], "many"),
        (["eval"], "run is required"),
        (["eval", "nowhere"], "there is no folder 'nowhere'"),
        (["eval", "nowhere", "--split", "train"], "train"),
        (["info", "--xml"], "--xml"),
    ],
)
def test_mistake_of_the_command_line(arguments, message):
    result = pliant(*arguments)
    assert result.returncode == 2
    assert message in result.stderr + result.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--distribution", "cauchi"], "unknown distribution 'cauchi'; there are: "),
        (["--method", "bubble"], "unknown method 'bubble'; there are: odd_even, bitonic, batcher"),
        (["--data", "letters"], "unknown data set 'letters'; there are: digits, mnist, fashion_mnist"),
        (["--data", "mnist"], "PLIANT_DATA"),
        (["--loss", "mse"], "unknown loss 'mse'"),
        (["--optimizer", "adan"], "unknown optimizer 'adan'; there are: adam, adamw, sgd"),
        (["--steepness", "0"], "steepness must be > 0 and finite, got 0"),
        (["--steepness", "nan"], "steepness must be > 0 and finite, got nan"),
        (["--art-lambda", "1"], "art_lambda must be in [0, 1), got 1"),
        (["--n", "1"], "n must be at least 2, got 1"),
        (["--digits", "0"], "digits must be in 1 … 18, got 0"),
        (["--channels", "3"], "channels must be two numbers, got 1"),
        (["--groups", "0"], "groups must be at least 1, got 0"),
        (["--batch", "0"], "batch must be at least 1, got 0"),
        (["--learning-rate", "-1"], "learning-rate must be > 0 and finite, got -1"),
        (["--steps", "0"], "steps must be at least 1, got 0"),
        (["--minutes", "1", "--steepness-end", "9"], "steepness-end needs steps"),
        (["--threads", "-1"], "threads must be in 0 … 1024, got -1"),
    ],
)
def test_option_out_of_range_makes_no_folder(tmp_path, options, message):
    result = train(*options, "--out", tmp_path / "run")
    assert result.returncode == 2
    assert message in result.stderr
    assert not (tmp_path / "run").exists()


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    result = train("--out", tmp_path / "file" / "run")
    assert result.returncode == 2
    assert f"cannot make the folder '{tmp_path}/file/run'" in result.stderr


def refused(run, message, *arguments):
    """The command ends with exit code 2 and the message, and no file of the run has changed."""
    before = files(run)
    result = train(*arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert files(run) == before


@pytest.fixture
def run(tmp_path):
    """A finished run of a few steps."""
    assert train("--steps", 10, "--out", tmp_path / "run").returncode == 0
    return tmp_path / "run"


def test_run_is_not_written_over(run):
    refused(run, "holds a run already", "--steps", 10, "--out", run)


def test_run_goes_on_with_its_own_options(run):
    refused(run, "the run has n = 5, not 7", "--resume", run, "--n", 7)
    refused(run, "leave --config out", "--resume", run, "--config", run / "config.toml")
    refused(run, "excludes", "--resume", run, "--out", run)


def test_edited_config_is_noticed(run):
    config = run / "config.toml"
    config.write_text(config.read_text().replace("learning-rate=", "learning-rate=3"))
    refused(run, "made with other options", "--resume", run)


def test_unknown_line_in_a_config_is_refused(run):
    config = run / "config.toml"
    config.write_text(config.read_text() + "stepz=3\n")
    refused(run, "stepz", "--resume", run)


def test_damaged_checkpoint_is_refused(run):
    last = run / "last.safetensors"
    last.write_bytes(last.read_bytes()[:-1])
    refused(run, "last.safetensors", "--resume", run)


def test_checkpoint_of_another_run_is_refused(run, tmp_path):
    assert train("--steps", 10, "--n", 3, "--out", tmp_path / "other").returncode == 0
    (run / "last.safetensors").write_bytes((tmp_path / "other" / "last.safetensors").read_bytes())
    refused(run, "made with other options", "--resume", run)


def test_missing_checkpoint_is_noticed(run):
    (run / "last.safetensors").unlink()
    refused(run, "the run is damaged", "--resume", run)


def test_folder_without_a_run_cannot_be_resumed(tmp_path):
    assert "holds no run" in train("--resume", tmp_path).stderr
    assert "there is no folder" in train("--resume", tmp_path / "none").stderr


def test_run_in_use_is_refused(tmp_path):
    path = tmp_path / "run"
    process = start_training("--steps", 1_000_000, "--out", path)
    try:
        while not events(path):
            assert process.poll() is None
        result = train("--resume", path)
    finally:
        process.kill()
        process.communicate()
    assert result.returncode == 2
    assert "in use by another process" in result.stderr


def test_scores_that_are_no_numbers_end_the_run_at_their_step(tmp_path):
    run = tmp_path / "run"
    result = train("--steps", 50, "--learning-rate", "1e30", "--out", run)
    assert result.returncode == 1
    end = events(run)[-1]
    assert end["reason"] == "not_finite"
    assert f"not_finite: step {end['step']}: an output of the network is NaN or infinite" in result.stderr
    metadata, _ = checkpoint(run / "last.safetensors")
    assert f"of step {metadata['step']}, is '{run}/last.safetensors'" in result.stderr
    assert int(metadata["step"]) < end["step"]
