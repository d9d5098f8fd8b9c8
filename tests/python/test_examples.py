# tests/python/test_examples.py — every public name has an example, and the examples run
import ast
import doctest
import importlib
import inspect
import os
import pkgutil
from pathlib import Path

import pliant.compat.algovision
import pliant.compat.difflogic
import pliant.compat.diffsort
import pliant.compat.difftopk
import pliant.compat.gendr
import pytest
import torch

import pliant
from tests.conftest import ROOT

PACKAGES = ("algovision", "difflogic", "diffsort", "difftopk", "gendr", "isaac")


def source_of(module):
    place = ROOT / "python" / module.replace(".", "/")
    return (place / "__init__.py" if place.is_dir() else place.with_suffix(".py")).read_text()


def modules_with_examples():
    names = (module.name for module in pkgutil.walk_packages(pliant.__path__, "pliant."))
    return [name for name in names if ">>>" in source_of(name)]


def exported(module):
    """The names that a module gives to others: __all__, else what it defines and imports as itself."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    names = []
    for node in ast.parse(Path(module.__file__).read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.ImportFrom):
            names += [name.name for name in node.names if name.asname == name.name]
    return [name for name in names if not name.startswith("_")]


def public_names():
    names = [("pliant", name) for name in pliant._NAMES]
    for space in pliant._MODULES:
        module = importlib.import_module(f"pliant.{space}")
        names += [(module.__name__, name) for name in exported(module)]
    return names


def docstrings(value):
    """Its own, and of a class those of what it defines for others."""
    yield value.__doc__ or ""
    if inspect.isclass(value):
        for name, member in vars(value).items():
            if not name.startswith("_"):
                member = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
                if getattr(member, "__module__", "").startswith("pliant."):
                    yield getattr(member, "__doc__", None) or ""


def test_every_public_name_has_an_example():
    without = []
    for module, name in public_names():
        value = getattr(importlib.import_module(module), name)
        if (inspect.isroutine(value) or inspect.isclass(value)) and ">>>" not in "".join(docstrings(value)):
            without.append(f"{module}.{name}")
    assert without == []


def test_every_published_package_has_an_example():
    """Its names are the package's own, and its pages have theirs; one example shows the line to change."""
    assert [name for name in PACKAGES if not any_example(f"pliant.compat.{name}")] == []


def any_example(package):
    return any(name == package or name.startswith(package + ".") for name in modules_with_examples())


# What must be in $PLIANT_DATA for the examples of these.
FOLDERS = {"load_cifar": "cifar-10-batches-bin", "load_table_set": "uci"}


def is_there(docstring):
    """Whether this machine has the data that a docstring's skipped examples read."""
    for name, folder in FOLDERS.items():
        if name in docstring:
            return (Path(os.environ.get("PLIANT_DATA", "/nowhere")) / folder).is_dir()
    try:
        pliant.data.Glyphs("test", classes=1)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_of_the_docstrings(name):
    names = {"pliant": pliant, "torch": torch}
    names |= {package: getattr(pliant.compat, package) for package in PACKAGES if package != "isaac"}
    tests = doctest.DocTestFinder().find(importlib.import_module(name), extraglobs=names)
    for test in tests:
        for example in test.examples:
            if example.options.get(doctest.SKIP) and is_there(test.docstring):
                del example.options[doctest.SKIP]
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    assert sum(runner.run(test).failed for test in tests) == 0


def test_only_what_reads_data_is_skipped():
    for name in modules_with_examples():
        for test in doctest.DocTestFinder().find(importlib.import_module(name)):
            skipped = [example for example in test.examples if example.options.get(doctest.SKIP)]
            assert not skipped or name == "pliant.data", test.name
