#!/usr/bin/env python3
# tools/check_layers.py — what a file may include, read off its path (docs/architecture.md); run as a test
"""Checks the layers of the C++ sources: `check_layers.py [ROOT]` prints each violation, exit code 1 if any.

- A room includes base/, itself and the rooms in USES of its pliant_room(…); USES has no cycles.
- Torch is seen by a room's torch/ floor alone, and by tasks/, cli/, tests/, examples/ and benchmarks/.
- Highway is seen by pliant/base/simd.h alone, which no public header includes.
- Headers, and all of the torch/ floors, include no third party and no system header.
- Public headers include public headers only, and so do tasks/, cli/ and examples/.
- Ours are included by quotes and the full path from the root, others by <>.
- Every source is in its room's list.
- Line 1 of a file is its path and what it is.
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

CPP = (".h", ".c", ".cpp")
OUTSIDE = ("tasks", "cli", "tests", "examples", "benchmarks")  # may see torch
# What they include beside the library; a benchmark may time a reference of the tests.
ABOVE = {"cli": ("tasks",), "tests": ("tasks", "cli", "examples"), "benchmarks": ("tests",)}
USERS = ("tasks", "cli", "examples")  # stand on the public headers
PYTHON = ("python", "tools", "docs", "tests", "examples", "benchmarks", "experiments")
KEYWORDS = ("USES", "HEADERS", "CORE", "TORCH_HEADERS", "TORCH")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
TORCH = re.compile(r"(torch|ATen|c10|caffe2)/")
# <vector>, and what a header for C has; a third party's or the system's has a slash or a suffix.
STANDARD = re.compile(r"[a-z_0-9]+|std(def|int)\.h")
SIMD = "pliant/base/simd.h"


@dataclass
class Room:
    """One pliant_room(…): its lists by keyword."""

    name: str
    lists: dict[str, list[str]] = field(default_factory=dict)

    def paths(self, *keywords: str) -> set[str]:
        """The files of these lists as paths from the root."""
        floor = {"TORCH": "torch/", "TORCH_HEADERS": "torch/"}
        return {f"pliant/{self.name}/{floor.get(k, '')}{f}" for k in keywords for f in self.lists.get(k, [])}


def read_room(folder: Path) -> Room | None:
    """The pliant_room(…) of a room's CMakeLists.txt, None if there is none."""
    lists = folder / "CMakeLists.txt"
    text = re.sub(r"#.*", "", lists.read_text()) if lists.is_file() else ""
    call = re.search(r"\bpliant_room\(([^)]*)\)", text)
    if call is None or not call[1].split():
        return None
    name, *words = call[1].split()
    room, keyword = Room(name), ""
    for word in words:
        if word in KEYWORDS:
            keyword = word
        else:
            room.lists.setdefault(keyword, []).append(word)
    return room


class Checker:
    """Walks the tree at `root` and collects `violations`, each "path:line: what is wrong"."""

    def __init__(self, root: Path):
        self.root = root
        self.violations: list[str] = []
        self.rooms: dict[str, Room] = {}
        for folder in sorted(p for p in (root / "pliant").iterdir() if p.is_dir()):
            room = read_room(folder)
            if room is None or room.name != folder.name:
                self.report(
                    f"pliant/{folder.name}/CMakeLists.txt", 1, f"there is no pliant_room({folder.name} …)"
                )
            else:
                self.rooms[room.name] = room
        self.public = set().union(*(r.paths("HEADERS", "TORCH_HEADERS") for r in self.rooms.values()))

    def report(self, path: str, line: int, what: str) -> None:
        """Notes one violation."""
        self.violations.append(f"{path}:{line}: {what}")

    def run(self) -> list[str]:
        """All checks; the violations."""
        self.check_rooms()
        for top in ("pliant", *OUTSIDE):
            for path in self.files(top, CPP):
                self.check_title(path, r"(//|/\*)")  # C of 1989 knows no //.
                self.check_includes(path)
        for top in PYTHON:
            for path in self.files(top, (".py",)):
                self.check_title(path, "#")
        return self.violations

    def files(self, top: str, suffixes: tuple[str, ...]) -> list[str]:
        """The paths from the root of the files with these suffixes under `top`."""
        found = (p for p in (self.root / top).rglob("*") if p.suffix in suffixes and p.is_file())
        return sorted(p.relative_to(self.root).as_posix() for p in found)

    def check_rooms(self) -> None:
        """USES names rooms and has no cycles; the lists of sources are complete and name files that exist."""
        for room in self.rooms.values():
            lists = f"pliant/{room.name}/CMakeLists.txt"
            for used in room.lists.get("USES", []):
                if used not in self.rooms:
                    self.report(lists, 1, f"USES {used}, which is no room")
                elif room.name in self.reach(used):
                    self.report(lists, 1, f"USES {used}, which uses {room.name}: a cycle")
            listed = room.paths("HEADERS", "CORE", "TORCH_HEADERS", "TORCH")
            for path in sorted(p for p in listed if not (self.root / p).is_file()):
                self.report(lists, 1, f"there is no {path}")
            sources = {p for p in self.files(f"pliant/{room.name}", (".cpp",))}
            for path in sorted(sources - listed):
                self.report(lists, 1, f"{path} is in no list")

    def reach(self, name: str) -> set[str]:
        """The room and all that it uses, directly or not."""
        seen: set[str] = set()
        todo = [name]
        while todo:
            room = todo.pop()
            if room in self.rooms and room not in seen:
                seen.add(room)
                todo += self.rooms[room].lists.get("USES", [])
        return seen

    def check_title(self, path: str, comment: str) -> None:
        """Line 1, or line 2 under #!, is "comment path — what"."""
        lines = (self.root / path).read_text(encoding="utf-8").splitlines()
        if not any(lines):
            return  # An empty __init__.py has nothing to say.
        line = 2 if lines[0].startswith("#!") else 1
        title = lines[line - 1] if len(lines) >= line else ""
        if not re.fullmatch(rf"{comment} {re.escape(path)} — \S.*", title):
            shown = "#" if comment == "#" else "//"
            self.report(path, line, f'this line should be "{shown} {path} — what it is"')

    def check_includes(self, path: str) -> None:
        """Every #include of the file."""
        text = (self.root / path).read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            include = INCLUDE.match(line)
            if include is None:
                continue
            mark, target = include.groups()
            ours = target.startswith("pliant/") or (mark == '"' and target.split("/")[0] in OUTSIDE)
            wrong = self.ours(path, target, mark) if ours else self.theirs(path, target, mark)
            if wrong:
                self.report(path, number, wrong)

    def ours(self, path: str, target: str, mark: str) -> str | None:
        """What is wrong with including our own `target`, None if nothing."""
        if mark == "<":
            return f'<{target}> is ours: include it by "…"'
        if not (self.root / target).is_file():
            return f"there is no {target}"
        if target.startswith("pliant/"):
            return self.library(path, target)
        top = path.split("/")[0]
        allowed = {top, *ABOVE.get(top, ())}
        return None if target.split("/")[0] in allowed else f"{top}/ does not include {target}"

    def library(self, path: str, target: str) -> str | None:
        """What is wrong with including `target` of the library."""
        top, room = path.split("/")[:2]
        if top in USERS and target not in self.public:
            return f"{target} is not a public header"
        if top != "pliant":
            return None
        if path in self.public and target not in self.public:
            return f"a public header includes {target}, which is not public and not installed"
        if "/torch/" in target and "/torch/" not in path:
            return f"{target} stands on torch; only torch/ floors include it"
        used = target.split("/")[1]
        own = self.rooms.get(room, Room(room))
        if used not in {room, "base", *own.lists.get("USES", [])}:
            return f"room {room} includes {target}, but USES no {used}"
        return None

    def theirs(self, path: str, target: str, mark: str) -> str | None:
        """What is wrong with including somebody else's `target`."""
        if mark == '"':
            return f'"{target}": write the full path from the root, or <> if it is not ours'
        library, floor = path.startswith("pliant/"), "/torch/" in path
        if TORCH.match(target):
            return f"<{target}>: torch is seen by torch/ floors alone" if library and not floor else None
        if target.startswith("hwy/"):
            return None if path == SIMD else f"<{target}>: Highway is seen by {SIMD} alone"
        if library and (floor or path.endswith(".h")) and not STANDARD.fullmatch(target):
            return f"<{target}>: third parties and the system stay in the core's .cpp files"
        return None


def main() -> int:
    """Prints the violations of the tree in argv[1], or of this repository."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1]
    violations = Checker(root).run()
    for violation in violations:
        print(violation)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
