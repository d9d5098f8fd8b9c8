# experiments/__init__.py — what makes tables of rows; `python -m experiments.ROOM.NAME` in the root folder
import sys
from pathlib import Path

# The package of this tree: at the root, `pliant` is the folder of the C++ library.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
