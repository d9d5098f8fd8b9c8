# tests/python/test_types.py — user code that must type-check against the package, and user code that must not
import subprocess
import sys

import pytest

from tests.conftest import ROOT

pytest.importorskip("mypy")

RIGHT = """
import torch
import pliant

x = torch.rand(4, 5, requires_grad=True)
values, permutation = pliant.sort(x, method="bitonic", steepness=20.0)
(values.sum() + permutation.sum()).backward()
pliant.nn.Sort(distribution=pliant.Distribution("logistic", art_lambda=0.25), learn_steepness=True)
loss: torch.Tensor = pliant.topk_cross_entropy(x, torch.tensor([0, 1, 2, 3]), p_k=[0.5, 0.5])
"""

WRONG = """
import torch
import pliant

x = torch.rand(4, 5)
pliant.sort(x, steepness="steep")
pliant.nn.Sort(steepnes=10.0)
values, permutation = pliant.sort(x, return_permutation=False)
permutation.sum()
"""


def findings(tmp_path, code):
    file = tmp_path / "user.py"
    file.write_text(code)
    command = [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", file]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    return [line.partition("error: ")[2] for line in done.stdout.splitlines() if "user.py" in line]


def test_right_user_code_type_checks(tmp_path):
    assert findings(tmp_path, RIGHT) == []


def test_wrong_user_code_does_not(tmp_path):
    found = " | ".join(findings(tmp_path, WRONG))
    assert 'No overload variant of "sort" matches argument types "Tensor", "str"' in found
    assert 'Unexpected keyword argument "steepnes"' in found
    assert 'Item "None" of "Tensor | None" has no attribute "sum"' in found
