# tests/cli/conftest.py — what the tests of the command line share
import pytest

from tests.cli.program import train


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory):
    """A run of 600 steps that nobody stopped."""
    run = tmp_path_factory.mktemp("runs") / "whole"
    result = train("--steps", 600, "--validate-every", 100, "--out", run)
    assert result.returncode == 0, result.stderr
    return run
