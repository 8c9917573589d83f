"""What `import deconv4k` offers: listed, documented, with examples that run."""

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import deconv4k as d4k

MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(d4k.__path__, "deconv4k.")
    if found.name != "deconv4k.__main__"
)


@pytest.mark.parametrize("name", d4k.__all__)
def test_every_name_is_documented_with_an_example(name):
    value = getattr(d4k, name)
    if not callable(value):
        return
    examples = [
        example for found in doctest.DocTestFinder().find(value, name) for example in found.examples
    ]
    assert examples, f"{value.__module__}.{name} shows no example"


def test_names_are_listed():
    assert set(d4k.__all__) <= set(dir(d4k))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        d4k.nothing  # noqa: B018  # the access itself is the test


@pytest.mark.parametrize("name", ["deconv4k", *MODULES])
def test_examples_run(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    modules = map(importlib.import_module, ["deconv4k", *MODULES])
    assert sum(len(each.examples) for m in modules for each in finder.find(m)) > 40


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, deconv4k; print(sorted({'numpy', 'numba', 'cv2', 'rich'} & {*sys.modules}))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_the_package_is_a_command():
    said = subprocess.run(
        [sys.executable, "-m", "deconv4k", "--version"], capture_output=True, text=True, check=True
    )
    assert said.stdout == f"deconv4k, version {d4k.__version__}\n"
