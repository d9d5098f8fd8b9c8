# tests/report/rendering_runs.py — makes run folders of the rendering tasks as `pliant train` writes them
import numpy as np
import run_folder

CONFIGS = {
    "shape": 'target="cow"\ntemplate="icosphere"\nelevations=[-30, 30]\ndistribution="uniform"\n'
    'squared=false\ntau=0.01\ntau-end=""\nt-norm="yager"\np=2\n',
    "camera": 'mesh="chair"\nbatch=24\ndistribution="logistic"\nsquared=true\ntau=0.1\ntau-end=1e-07\n'
    't-norm="probabilistic"\n',
    "reconstruct": 'data="objects"\ndistribution="cauchy"\nsquared=true\nt-norm="einstein"\n',
}
FIGURES = {
    "shape": ("hard_loss", "soft_loss", "voxel_iou"),
    "camera": ("success", "success_15", "success_35", "success_55", "hard_loss"),
    "reconstruct": ("voxel_iou", "silhouette_loss", "class_airplane", "class_cow"),
}


def squares(*sides, size=16):
    """A silhouette for each side: a square at the top left."""
    pictures = np.zeros((len(sides), size, size), np.uint8)
    for picture, side in zip(pictures, sides, strict=True):
        picture[:side, :side] = 255
    return pictures


def tensors_of(task, seed=0):
    """What the task's snapshots hold, with silhouettes that a test can know."""
    rng = np.random.default_rng(seed)
    if task == "shape":
        return {
            "targets": squares(8, 8),
            "hard": squares(8, 4),
            "soft": squares(9, 5) // 2,
            "eyes": rng.normal(size=(2, 3)).astype(np.float32),
            "vertices": rng.normal(size=(12, 3)).astype(np.float32),
            "pictures": rng.integers(0, 256, (2, 16, 16, 3), dtype=np.uint8),
            "target_pictures": rng.integers(0, 256, (2, 16, 16, 3), dtype=np.uint8),
        }
    if task == "camera":
        return {
            "targets": squares(8, 8, 8),
            "hard": squares(8, 4, 8),
            "start_hard": squares(2, 2, 2),
            "offsets": np.array([[0, 1], [4, 4], [30, 0], [3, 3], [0, 0], [0, 4]], np.float32),
            "start_offsets": np.full((6, 2), 40, np.float32),
        }
    return {
        "inputs": rng.integers(0, 256, (3, 4, 16, 16), dtype=np.uint8),
        "outputs": rng.integers(0, 256, (3, 16, 16, 3), dtype=np.uint8),
        "others": rng.integers(0, 256, (3, 4, 16, 16), dtype=np.uint8),
        "other_outputs": rng.integers(0, 256, (3, 16, 16, 3), dtype=np.uint8),
    }


def write_rendering_run(folder, task, best=20, tensors=None):
    """A run folder of 40 steps with a validation and a snapshot each 20; returns it."""
    (folder / "snapshots").mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIGS[task])
    lines = [{"event": "start", "step": 0, "task": task, "threads": 1, "parameters": 12345}]
    for step in (20, 40):
        values = {figure: 0.2 + step / 100 + i / 1000 for i, figure in enumerate(FIGURES[task])}
        lines.append({"event": "train", "step": step, "seconds": 1.0, "loss": 0.5, "gradient_norm": 1.0})
        lines.append({"event": "validation", "step": step, "seconds": 1.0, **values, "best": step <= best})
        run_folder.write_safetensors(
            folder / f"snapshots/step_{step:08d}.safetensors",
            tensors_of(task, step) if tensors is None else tensors,
            {"step": str(step), "task": task, "class_names": "airplane\ncow\n<b>"},
        )
    values = {figure: 0.4321 + i / 10 for i, figure in enumerate(FIGURES[task])}
    lines.append({"event": "test", "step": best, "seconds": 1.0, **values})
    lines.append({"event": "end", "step": 40, "seconds": 1.0, "reason": "steps"})
    run_folder.write_lines(folder, lines)
    return folder
