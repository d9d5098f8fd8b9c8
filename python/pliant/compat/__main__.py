# python/pliant/compat/__main__.py — runs a script written for another package, untouched
"""`python -m pliant.compat SCRIPT ARGS`: the packages of PACKAGES are ours, and "cuda" is the CPU.

What a published script imports besides, and is not installed, comes from stand_ins/: torchvision's data sets,
read from $PLIANT_DATA, scikit-learn's split, imageio's pictures and a tqdm without a bar.
"""

from __future__ import annotations

import importlib
import os
import runpy
import sys
from collections.abc import Callable

import torch
from torch.overrides import TorchFunctionMode

from pliant.compat import PACKAGES


class CudaOnCpu(TorchFunctionMode):
    """Every "cuda" among the arguments of a torch call is "cpu"; it says so once."""

    def __init__(self) -> None:
        super().__init__()
        self.said = False

    def __torch_function__(
        self, func: Callable, types: object, args: tuple = (), kwargs: dict | None = None
    ) -> object:
        """Runs the call with its devices replaced."""
        if func is torch.Tensor.cuda:
            self._say()
            return args[0]
        replaced = {name: self._device(value) for name, value in (kwargs or {}).items()}
        return func(*(self._device(value) for value in args), **replaced)

    def _device(self, value: object) -> object:
        name = value.type if isinstance(value, torch.device) else value
        if not isinstance(name, str) or name.split(":")[0] != "cuda":
            return value
        self._say()
        return torch.device("cpu")

    def _say(self) -> None:
        if not self.said:
            print("pliant.compat: the kernels are the CPU's, so 'cuda' is the CPU here", file=sys.stderr)
        self.said = True


def main() -> None:
    """Runs the script in argv[1] as if it had been started by itself."""
    if len(sys.argv) < 2:
        print("usage: python -m pliant.compat SCRIPT [ARGS]", file=sys.stderr)
        sys.exit(2)
    script = sys.argv[1]
    if not os.path.isfile(script):
        print(f"pliant.compat: there is no script {script}", file=sys.stderr)
        sys.exit(2)
    for package, ours in PACKAGES.items():
        sys.modules[package] = importlib.import_module(ours)
        parts = [name for name in sys.modules if name.startswith(f"{ours}.")]
        sys.modules.update({package + name.removeprefix(ours): sys.modules[name] for name in parts})
    sys.argv = sys.argv[1:]
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    sys.path.append(os.path.join(os.path.dirname(__file__), "stand_ins"))  # last: for what is not installed
    torch.cuda.synchronize = lambda device=None: None  # timing scripts call it; there is nothing to wait for
    with CudaOnCpu():
        runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
