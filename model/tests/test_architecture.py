"""Imports in the package go down only, in the order that docs/architecture.md draws."""

import ast
import re

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
        path.name.removesuffix(".py") for path in PACKAGE.iterdir() if path.suffix in ("", ".py")
    }
    assert rooms - {"__init__", "__main__", "__pycache__", "data", "api"} == set(order())


def test_no_import_goes_up():
    assert sorted(climbing(order())) == []


def test_an_import_that_goes_up_is_found():
    levels = order()
    levels["photo"], levels["golden"] = levels["golden"] - 100, levels["photo"] + 100
    assert list(climbing(levels))
