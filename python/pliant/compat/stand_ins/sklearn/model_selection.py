# python/pliant/compat/stand_ins/sklearn/model_selection.py — a split, drawn as scikit-learn draws it
from __future__ import annotations

import math
from typing import Any

import numpy as np


def train_test_split(*arrays: Any, test_size: float, random_state: int) -> list:
    """Each array's training rows and test rows, one after the other; test_size is a share of the rows."""
    rows = len(arrays[0])
    held_out = math.ceil(test_size * rows)
    order = np.random.RandomState(random_state).permutation(rows)
    test, train = order[:held_out], order[held_out:]
    return [array[chosen] for array in arrays for chosen in (train, test)]
