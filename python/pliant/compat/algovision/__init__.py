# python/pliant/compat/algovision/__init__.py — the package algovision 0.1.2 by its names, as relaxed programs
"""Names, defaults and return values of https://pypi.org/project/algovision/0.1.2 (Petersen et al., NeurIPS
2021). Change `import algovision` to `from pliant.compat import algovision`. An `Algorithm` is written as one
program of `pliant.program` and run as such: docs/algovision.md.
"""

from pliant.compat.algovision.conditions import (
    GT,
    LT,
    CatProbEq,
    CosineSimilarity,
    Eq,
    GEq,
    IsFalse,
    IsTrue,
    LEq,
    NEq,
)
from pliant.compat.algovision.control_structures import For, If, While
from pliant.compat.algovision.core import Algorithm, Input, Output, Var, Variable, VariableInt, VarInt
from pliant.compat.algovision.functions import ArgMax, ArgMin, Max, Min
from pliant.compat.algovision.instructions import Let, LetInt, Print

__all__ = [
    "GT", "LT", "Algorithm", "ArgMax", "ArgMin", "CatProbEq", "CosineSimilarity", "Eq", "For", "GEq", "If",
    "Input", "IsFalse", "IsTrue", "LEq", "Let", "LetInt", "Max", "Min", "NEq", "Output", "Print", "Var",
    "VarInt", "Variable", "VariableInt", "While",
]  # fmt: skip
