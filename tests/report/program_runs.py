# tests/report/program_runs.py — makes run folders of the tasks that learn through programs
import numpy as np
import run_folder

CONFIGS = {
    "edit-distance": 'data="digits"\nletters=[3, 7]\nlength=4\nbeta=9\ndistribution="logistic"\n',
    "paths": 'data="terrain"\nmethod="program"\nloss="l1"\nloop="while"\nbeta=25\nleaky-source=true\n',
}
FIGURES = {
    "edit-distance": ("accuracy", "top2", "distance_error", "exact_distance"),
    "paths": ("exact_hard", "exact", "cost_ratio", "valid"),
}


def diagonals(count=3, cells=4):
    """Maps whose cheapest path is the diagonal."""
    return np.tile(np.eye(cells, dtype=np.float32), (count, 1, 1))


def tensors_of(task, seed=0):
    """What the task's snapshots hold, with content that a test can know."""
    rng = np.random.default_rng(seed)
    if task == "edit-distance":
        letters = np.array([[[0, 1, 0, 1], [0, 0, 1, 1]]] * 2)
        read = np.where(np.arange(4) < 3, letters, 1 - letters)  # the last of each word is misread
        return {
            "images": rng.integers(0, 256, (2, 2, 4, 8, 8), dtype=np.uint8),
            "letters": letters,
            "likelihood": (0.1 + 0.8 * (read[..., None] == np.arange(2))).astype(np.float32),
            "distances": np.array([[2, 1.5], [2, 2.25]], np.float32),
            "confusion": np.array([[30, 10], [0, 40]]),
        }
    found = diagonals()
    found[1, 0, 1] = 1  # one map of three has another way
    return {
        "images": rng.integers(0, 256, (3, 32, 32, 3), dtype=np.uint8),
        "costs": 9 - 8 * diagonals(),
        "paths": diagonals(),
        "found_costs": 3 - 2 * found,
        "found_paths": found,
        "marks": 0.9 * found,
    }


def write_program_run(folder, task, best=20, tensors=None, config=None):
    """A run folder of 40 steps with a validation and a snapshot each 20; returns it."""
    (folder / "snapshots").mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIGS[task] if config is None else config)
    lines = [{"event": "start", "step": 0, "task": task, "threads": 1, "parameters": 12345}]
    for step in (20, 40):
        values = {figure: 0.2 + step / 100 + i / 1000 for i, figure in enumerate(FIGURES[task])}
        lines.append({"event": "train", "step": step, "seconds": 1.0, "loss": 0.5, "gradient_norm": 1.0})
        lines.append({"event": "validation", "step": step, "seconds": 1.0, **values, "best": step <= best})
        run_folder.write_safetensors(
            folder / f"snapshots/step_{step:08d}.safetensors",
            tensors_of(task, step) if tensors is None else tensors,
            {"step": str(step), "task": task},
        )
    values = {figure: 0.4321 + i / 10 for i, figure in enumerate(FIGURES[task])}
    lines.append({"event": "test", "step": best, "seconds": 1.0, **values})
    lines.append({"event": "end", "step": 40, "seconds": 1.0, "reason": "steps"})
    run_folder.write_lines(folder, lines)
    return folder
