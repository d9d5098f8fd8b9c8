# experiments/circuit/microcontroller_rows.py — where the rows of experiments/circuit/microcontrollers.py are
from experiments.runner import Experiment

# No program makes them: the experiment does.
EXPERIMENT = Experiment("microcontrollers", "circuit", plan=lambda rows: [])
