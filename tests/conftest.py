# tests/conftest.py — what all Python tests share
import pytest
import torch


@pytest.fixture(autouse=True)
def fixed_seed():
    """Random inputs are the same in every run, and whatever other tests run."""
    torch.manual_seed(0)
