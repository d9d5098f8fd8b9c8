# tests/docs/test_migration.py — the tables of docs/migration.md: every name is there, and none is missing
import importlib
import inspect
import re
from pathlib import Path

import pytest
from pliant.compat import PACKAGES

PAGE = (Path(__file__).resolve().parents[2] / "docs/migration.md").read_text()
SECTIONS = {part.split("\n", 1)[0]: part for part in PAGE.split("\n## ")[1:]}
CODE = re.compile(r"`([^`]+)`")


def rows(package: str) -> list[list[str]]:
    lines = [line for line in SECTIONS[package].splitlines() if line.startswith("| `")]
    return [line.strip("|").split(" | ") for line in lines]


def resolve(name: str) -> object:
    thing = importlib.import_module("pliant")
    for part in name.split(".")[1:]:
        thing = getattr(thing, part)
    return thing


def public(module) -> set[str]:
    names = getattr(module, "__all__", None)
    if names is not None:
        return set(names)
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value) or inspect.ismodule(value))
        and (getattr(value, "__module__", None) or value.__name__).startswith(module.__name__)
    }


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_left_names_are_those_of_the_package(package):
    module = importlib.import_module(f"pliant.compat.{package}")
    named = {name for row in rows(package) for name in CODE.findall(row[0])}
    for name in named:
        assert hasattr(module, name), f"{package} has no {name}"
    internal = {name for name, value in vars(module).items() if inspect.ismodule(value)} - {
        "functional",
        "cuda",
    }
    assert public(module) - named - internal == set()


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_right_names_exist(package):
    for name in CODE.findall(SECTIONS[package]):
        if re.fullmatch(r"pliant(\.\w+)+", name) and name not in {f"pliant.compat.{p}" for p in PACKAGES}:
            resolve(name)


def test_every_package_has_a_section():
    assert set(SECTIONS) == set(PACKAGES)
