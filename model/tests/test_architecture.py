"""Imports in the package go down only, in the order that docs/architecture.md draws."""

import ast
import pkgutil
import re

import pytest

from deconv4k._shared import checkout

PACKAGE = checkout.ROOT / "model" / "deconv4k"


def order():
    """Level of each package or root module, from the top of the page's table."""
    page = (checkout.ROOT / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\| (`[^|]*`) \|", page, re.MULTILINE)
    return {name: -level for level, row in enumerate(rows) for name in re.findall(r"`(\w+)`", row)}


def imports(path):
    """Packages or root modules that a file imports of the package."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "deconv4k":
            room = node.module.split(".")[1:2]
            yield from room or (alias.name for alias in node.names)


def climbing(levels):
    """(file, imported) of each import that does not go down, or not within its own package."""
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room in ("__init__", "__main__"):
            continue
        for name in imports(path):
            if name not in (room, "__version__") and levels[name] > levels[room]:
                yield f"{path.relative_to(PACKAGE)} imports {name}"


def test_every_room_is_on_the_page():
    rooms = {
        path.name.removesuffix(".py").removesuffix(".typed")
        for path in PACKAGE.iterdir()
        if path.suffix in ("", ".py")
    }
    assert rooms - {"__init__", "__main__", "__pycache__", "data", "py"} == set(order())


def test_no_import_goes_up():
    assert sorted(climbing(order())) == []


def test_an_import_that_goes_up_is_found():
    levels = order()
    levels["photo"], levels["golden"] = levels["golden"] - 100, levels["photo"] + 100
    assert list(climbing(levels))


def golden_names():
    """(file, dotted name) of all that the headers of hw/ call their golden function."""
    for path in sorted((checkout.ROOT / "hw").rglob("*.v")):
        for line in re.findall(r"Golden: (.*)", path.read_text()):
            package = ""
            for name in re.findall(r"deconv4k(?:\.\w+)+|(?<=and )\w+", line):
                if name.startswith("deconv4k."):
                    package = name.rpartition(".")[0]
                yield path.name, name if "." in name else f"{package}.{name}"


@pytest.mark.parametrize(("file", "name"), list(golden_names()))
def test_the_golden_function_of_a_module_exists(file, name):
    assert pkgutil.resolve_name(name) is not None


def test_most_modules_have_a_golden_function():
    assert len({file for file, _ in golden_names()}) >= 15
