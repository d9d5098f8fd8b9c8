# tests/docs/test_code.py — the Python of README and docs runs, page by page, in the order of its blocks
"""What a page takes for granted (x, scores, images, …) is set in SCENES. Blocks that are a file of the
repository are tested where the file is; blocks of a session (>>>) are compared with what they print.
"""

import doctest
import re
from pathlib import Path

import pytest
import torch

import pliant
from pliant import render

ROOT = Path(__file__).resolve().parents[2]
FILE = re.compile(r"<!-- begin: file .+?<!-- end: file [^>]+-->", re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[str]:
    return PYTHON.findall(FILE.sub("", page.read_text()))


PAGES = [page for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))] if blocks(page)]


def a_circuit() -> None:
    """digits.plc in the current folder."""
    network = (ROOT / "examples/networks/mnist_small.safetensors").read_bytes()
    pliant.circuit.Circuit.from_network(network).simplify().save("digits.plc")


def pictures() -> torch.Tensor:
    """With the black border of MNIST's."""
    return torch.nn.functional.pad(torch.randint(0, 256, (4, 20, 20), dtype=torch.uint8), [4] * 4)


def of_readme() -> dict:
    a_circuit()
    return {"images": pictures().numpy()}


def of_sorting() -> dict:
    scores, labels = torch.randn(1, 5, requires_grad=True), torch.rand(1, 5)
    return {
        "payload": torch.randn(1, 5, 2),
        "scores": scores,
        "labels": labels,
        "targets": labels,
        "relevance": labels,
        "batches": [(scores, labels), (scores, labels)],
    }


def of_isaac() -> dict:
    model = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3))
    batches = [(torch.randn(8, 6), torch.randint(0, 3, (8,)))]
    return {"model": model, "batches": batches, "loss_function": torch.nn.functional.cross_entropy}


def of_meshes() -> dict:
    mesh = render.icosphere(1)
    render.save_obj("teapot.obj", mesh.vertices[0], mesh.faces)
    return {}


def of_program_tasks() -> dict:
    costs = torch.rand(2, 6, 6, requires_grad=True)
    truth = pliant.shortest_path(costs.detach())
    return {"solver": lambda c: pliant.shortest_path(c.clamp(min=0)), "costs": costs, "truth": truth}


SCENES = {
    "README": of_readme,
    "architecture": lambda: {"x": torch.randn(2, 5, requires_grad=True)},
    "circuits": lambda: a_circuit() or {"images": pictures().numpy()},
    "distributions": lambda: {"x": torch.rand(5)},
    "isaac": of_isaac,
    "logic": lambda: {"images": torch.rand(4, 400)},
    "meshes": of_meshes,
    "program": lambda: {"scores": torch.randn(4, 5, requires_grad=True)},
    "program_tasks": of_program_tasks,
    "render": lambda: {"target": torch.zeros(24, 64, 64)},
    "soft": lambda: {"a": torch.randn(4), "b": torch.randn(4), "x": torch.randn(4)},
    "sorting": of_sorting,
    "t_norms": lambda: {"p": torch.rand(3, 4)},
    "topk": lambda: {
        "scores": torch.randn(4, 20, requires_grad=True),
        "payload": torch.randn(4, 20, 2),
        "target": torch.randint(0, 20, (4,)),
    },
}
# Blocks that draw from fonts, tables and images which only `make data` and PLIANT_DATA bring.
NEEDS_DATA = re.compile(r"pliant\.data\.(Glyphs|load_table_set)\(")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_python_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    names = {"__name__": "__main__", "torch": torch, "pliant": pliant}
    names |= SCENES.get(page.stem, dict)()
    for number, block in enumerate(blocks(page), 1):
        if block.startswith(">>>") or NEEDS_DATA.search(block):
            continue
        file = tmp_path / f"{page.stem}_block_{number}.py"  # relax reads the source of a function
        file.write_text(block)
        exec(compile(block, file, "exec"), names)


def test_sessions_are_tested_somewhere():
    """Sessions stand in two pages: docs/while.md, which a test of its own runs, and docs/render.md, below."""
    pages = {page.stem for page in PAGES if any(block.startswith(">>>") for block in blocks(page))}
    assert pages == {"while", "render"}


def test_session_of_render_prints_what_it_says():
    camera = render.LookAt(viewing_angle=15)
    camera.set_eyes_from_angles(2.732, 30.0, torch.tensor([0.0]))
    mesh = render.icosphere(3, 0.5)
    behind = mesh.with_vertices(mesh.vertices * 0.1 + 20 * camera.eyes.reshape(1, 1, 3))
    names = {"render": render, "renderer": render.Renderer(size=64), "camera": camera, "mesh": behind}
    (session,) = [b for b in blocks(ROOT / "docs/render.md") if b.startswith(">>>")]
    test = doctest.DocTestParser().get_doctest(session, names, "render.md", "docs/render.md", 0)
    assert doctest.DocTestRunner().run(test).failed == 0
