# docs/site/build.py — the documentation site: the pages and the API of C++ and Python, in build/site/html
"""`python docs/site/build.py` lays the pages out in build/site/docs beside links to what they link to, writes
one API page a room from the lists that the library itself holds, and calls Doxygen and Sphinx. Every warning
is an error. It needs requirements-docs.txt, packages-docs.txt and the built library, and no network.
"""

from __future__ import annotations

import importlib
import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build/site"
PAGES = SITE / "docs"
sys.path.insert(0, str(ROOT / "python"))

import pliant  # noqa: E402

# The sidebar: a caption, its pages, and what stands under each.
SIDEBAR: dict[str, dict[str, list[str]]] = {
    "Rooms": {
        "sorting": ["api/sorting"],
        "topk": ["api/topk"],
        "logic": ["api/logic"],
        "circuits": ["circuit_format", "hardware", "embedded", "api/circuit"],
        "render": ["meshes", "rendering_tasks", "api/render"],
        "program": ["while", "program_tasks", "api/program"],
        "isaac": ["api/optim"],
        "together": [],
    },
    "What rooms share": {
        "distributions": [],
        "t_norms": [],
        "soft": [],
        "transforms": [],
        "softness": [],
        "data": ["api/data"],
        "run_folder": ["api/train"],
        "scale": [],
        "api/math": [],
        "api/base": [],
    },
    "Coming from a package": {"migration": [], "algovision": []},
    "Measured": {"benchmarks": [], "experiments": [], "trust": [], "gallery": []},
    "Inside": {"architecture": [], "adding_a_variant": [], "decisions": [], "glossary": []},
}
# Modules of the package whose names belong to a room; a name of `pliant` goes where its module is.
MODULES = {
    "math": ["math", "connectives", "soft"],
    "sorting": ["sorting", "relaxation", "networks", "metrics", "ranking", "selection"],
    "topk": ["top_k"],
    "logic": ["logic", "logic_conv", "encoding", "logic_modules", "logic_conv_modules", "learned_wiring"],
    "circuit": ["circuit", "_circuit_arrays", "_circuit_sorting"],
    "optim": ["optim", "isaac", "isaac_modules", "isaac_processes", "curvature"],
    "render": ["render"],
    "program": ["program", "program_builder", "solvers", "from_python"],
    "data": ["data", "features"],
    "train": ["schedule", "softness", "_program"],
}
# What Breathe shows of a header.
SECTIONS = (
    "briefdescription detaileddescription innerclass public-type public-func public-attrib "
    "enum func typedef var"
)
NAMESPACES = ("circuit", "data", "nn", "optim", "program", "render", "schedule", "soft", "softness")


def room_of(module: str) -> str:
    """The room that a module of the package belongs to; of pliant.nn's own classes, their function's."""
    name = module.removeprefix("pliant.").split(".")[0]
    rooms = [room for room, modules in MODULES.items() if name in modules]
    return rooms[0] if rooms else ""


def public_names() -> dict[str, list[str]]:
    """Room → the dotted names that a user writes."""
    rooms: dict[str, list[str]] = {room: [] for room in MODULES}
    for name, module in pliant._NAMES.items():
        rooms[room_of(module)].append(f"pliant.{name}")
    for space in NAMESPACES:
        module = importlib.import_module(f"pliant.{space}")
        for name, value in sorted(vars(module).items()):
            if name.startswith("_") or not (inspect.isfunction(value) or inspect.isclass(value)):
                continue
            if not value.__module__.startswith("pliant.") or getattr(pliant, name, None) is value:
                continue
            if space == "nn" and not inspect.isclass(value) or name == "Options":
                continue  # what pliant.nn itself makes use of
            room = room_of(module.__name__) if space != "nn" else room_of(value.__module__)
            if space == "nn" and not room:
                room = "topk" if "Top" in name else "sorting"
            if space == "nn" or room_of(value.__module__) == room:
                rooms[room].append(f"pliant.{space}.{name}")
    return rooms


def headers(room: str) -> list[str]:
    """The public headers of a room, from its CMakeLists.txt."""
    file = ROOT / "pliant" / room / "CMakeLists.txt"
    if not file.is_file():
        return []
    call = re.search(r"pliant_room\((.*?)\)", file.read_text(), re.DOTALL)[1]
    found, floor = [], None
    for word in call.split():
        if word.isupper():
            floor = {"HEADERS": "", "TORCH_HEADERS": "torch/"}.get(word)
        elif floor is not None:
            found.append(f"pliant/{room}/{floor}{word}")
    return found


def heading(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}\n\n"


def api_page(room: str, names: list[str]) -> str:
    """One room's names in Python, then its headers in C++."""
    text = heading(f"API: {room}", "=")
    if names:
        text += heading("Python", "-")
    for name in names:
        space, _, last = name.rpartition(".")
        value = getattr(importlib.import_module(space), last)
        if inspect.isclass(value):
            text += f".. autoclass:: {name}\n   :members:\n\n"
        else:
            text += f".. autofunction:: {name}\n\n"
    if headers(room):
        text += heading("C++", "-")
    for header in headers(room):
        # In C a struct is its own typedef.
        sections = SECTIONS.replace(" typedef", "") if "/pliant_" in header else SECTIONS
        text += heading(header.removeprefix(f"pliant/{room}/"), "^")
        text += f'``#include "{header}"``\n\n.. doxygenfile:: {header}\n   :sections: {sections}\n\n'
    return text


def toctrees() -> str:
    """The sidebar, as the last lines of the first page."""
    text = ""
    for caption, entries in SIDEBAR.items():
        text += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(entries) + "\n```\n"
    return text


def lay_out() -> None:
    """Writes build/site/docs, with links beside it to what pages link to by ../."""
    shutil.rmtree(PAGES, ignore_errors=True)
    (PAGES / "api").mkdir(parents=True)
    for place in ("benchmarks", "examples", "pliant", "README.md", "NOTICE"):
        link = SITE / place
        link.unlink(missing_ok=True)
        link.symlink_to(ROOT / place)
    shutil.copytree(ROOT / "docs/pictures", PAGES / "pictures")
    below = {page: under for entries in SIDEBAR.values() for page, under in entries.items()}
    for page in (ROOT / "docs").glob("*.md"):
        text = page.read_text()
        if page.stem == "index":
            text += toctrees()
        elif below.get(page.stem):
            text += "\n```{toctree}\n:hidden:\n\n" + "\n".join(below[page.stem]) + "\n```\n"
        (PAGES / page.name).write_text(text)
    names = public_names()
    for room in ("base", *MODULES):
        (PAGES / f"api/{room}.rst").write_text(api_page(room, names.get(room, [])))


def run_doxygen() -> None:
    """XML of the public headers, in build/site/doxygen."""
    files = [header for room in ("base", *MODULES) for header in headers(room)]
    settings = (ROOT / "docs/site/Doxyfile").read_text()
    settings += f"\nINPUT = {' '.join(files)}\nOUTPUT_DIRECTORY = {SITE}/doxygen\n"
    (SITE / "doxygen").mkdir(exist_ok=True)
    subprocess.run(["doxygen", "-"], cwd=ROOT, input=settings, text=True, check=True)
    # Doxygen lists a file by its last name, which several have; Breathe looks it up by what is listed.
    index = SITE / "doxygen/xml/index.xml"
    entry = re.compile(r'(<compound refid="(\w+)" kind="file"><name>)[^<]*')

    def with_path(match: re.Match[str]) -> str:
        compound = (index.parent / f"{match[2]}.xml").read_text()
        return match[1] + re.findall(r'<location file="([^"]+)"/>', compound)[-1]

    index.write_text(entry.sub(with_path, index.read_text()))


def main() -> int:
    lay_out()
    run_doxygen()
    command = [sys.executable, "-m", "sphinx", "-q", "-n", "-W", "--keep-going", "-j", "auto"]
    folders = ["-c", ROOT / "docs/site", "-d", SITE / "doctrees", PAGES, SITE / "html"]
    status = subprocess.run([*command, *folders]).returncode
    if status == 0:
        print(f"The site: {SITE}/html/index.html")
    return status


if __name__ == "__main__":
    sys.exit(main())
