# experiments/circuit/onnx_rows.py — where the rows of experiments/circuit/onnx_speed.py are
from experiments.runner import Experiment

# No program makes them: the experiment does.
EXPERIMENT = Experiment("onnx_speed", "circuit", plan=lambda rows: [])
