# experiments/circuit/comparison_rows.py — where the rows of experiments/circuit/comparison.py are
from experiments.runner import Experiment

# No program makes them: the experiment does.
EXPERIMENT = Experiment("comparison", "circuit", plan=lambda rows: [])
