# experiments/logic/baselines.py — logistic regression and gradient boosting on the bits that logic nets get
"""What a classic method makes of the very bits of `pliant.data.load_table_set`. Its settings are chosen by
5-fold cross-validation on the training rows; the test rows are looked at once. About ten minutes of one core.

scikit-learn is a peer: benchmarks/install_peers puts it into build/peers. A stopped run goes on where it was:

    python -m experiments.logic.baselines [--only "data=monk1"]
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.rows import Row, append_row, read_rows
from experiments.runner import ROOT, Experiment, machine, revision

EXPERIMENT = Experiment("baselines", "logic", plan=lambda rows: [])  # its rows are made here, by no program
SPLITS = 20  # of breast_cancer, by seed
FOLDS = 5
# What cross-validation chooses from.
GRIDS: dict[str, dict[str, list[float]]] = {
    "majority": {},
    "logistic_regression": {"C": [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0]},
    "gradient_boosting": {"max_leaf_nodes": [4, 8, 31], "max_iter": [50, 200], "min_samples_leaf": [1, 20]},
}


@dataclass(frozen=True)
class Case:
    """One row to be."""

    data: str
    model: str
    seed: int = 0
    published_hours: bool = False

    @property
    def setting(self) -> Row:
        """What the tables call it."""
        hours = {"published_hours": True} if self.published_hours else {}
        return {"data": self.data, "model": self.model, **hours}

    @property
    def name(self) -> str:
        """What --only looks at."""
        return " ".join(f"{key}={value}" for key, value in {**self.setting, "seed": self.seed}.items())

    def matches(self, row: Row) -> bool:
        """Whether the row is this case's."""
        return (row["setting"], row["seed"]) == (self.setting, self.seed)


def cases() -> list[Case]:
    """All rows that there are to be."""
    parts = [("adult", 0, False), ("adult", 0, True)]
    parts += [("breast_cancer", seed, False) for seed in range(SPLITS)]
    parts += [(f"monk{k}", 0, False) for k in (1, 2, 3)]
    return [Case(data, model, seed, hours) for model in GRIDS for data, seed, hours in parts]


def estimator(model: str) -> object:
    """The scikit-learn model, not yet fitted."""
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    return {
        "majority": lambda: DummyClassifier(strategy="most_frequent"),
        "logistic_regression": lambda: LogisticRegression(max_iter=10_000),
        "gradient_boosting": lambda: HistGradientBoostingClassifier(early_stopping=False, random_state=0),
    }[model]()


def run(case: Case) -> Row:
    """Fits the model and gives its row."""
    import sklearn
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from threadpoolctl import threadpool_limits

    from pliant.data import load_table_set

    options = {"seed": case.seed, "published_hours": case.published_hours}
    train, test = (load_table_set(case.data, split, **options) for split in ("train", "test"))
    started = time.monotonic()
    with threadpool_limits(1):
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        search = GridSearchCV(estimator(case.model), GRIDS[case.model], cv=folds)
        search.fit(train.features.numpy(), train.labels.numpy())
        scores = {
            name: float(np.mean(search.predict(part.features.numpy()) == part.labels.numpy()))
            for name, part in (("train", train), ("test", test))
        }
    return {
        "setting": case.setting,
        "options": {"grid": GRIDS[case.model], "folds": FOLDS, "chosen": search.best_params_},
        "seed": case.seed,
        "threads": 1,
        "seconds": round(time.monotonic() - started, 1),
        "rows": {"train": len(train.labels), "test": len(test.labels)},
        "train": {"accuracy": scores["train"]},
        "validation": {"accuracy": float(search.best_score_)},
        "test": {"accuracy": scores["test"]},
        "scikit-learn": sklearn.__version__,
        "revision": revision(),
        "machine": machine(),
    }


def main() -> int:
    """Runs what is open."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", default="", metavar="TEXT", help='cases whose name contains it, as "monk1"')
    parser.add_argument("--results", type=Path, default=EXPERIMENT.results, help="the file of the rows")
    options = parser.parse_args()
    sys.path.append(str(ROOT / "build" / "peers"))
    for case in cases():
        if options.only not in case.name or any(map(case.matches, read_rows(options.results))):
            continue
        row = run(case)
        append_row(options.results, row)
        print(f"{case.name}: {row['test']['accuracy']:.2%}, {row['seconds']} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
