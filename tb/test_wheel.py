"""The wheel in an empty environment and an empty folder: every engine runs, no checkout needed."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import numpy as np
import pytest

from deconv4k._shared import checkout
from deconv4k.photo import image


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, made by the build backend."""
    folder = tmp_path_factory.mktemp("wheel")
    # A copy, since the backend makes its folder within the tree.
    tree = folder / "tree"
    listed = subprocess.run(
        ["git", "-C", str(checkout.ROOT), "ls-files", "-co", "--exclude-standard"],
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        source = checkout.ROOT / name
        if source.is_file() and not name.startswith(("docs/", "model/tests/")):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes(source.read_bytes())
    code = (
        "import sys; sys.path.insert(0, 'tools'); import backend; backend.build_wheel(sys.argv[1])"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=tree, check=True, capture_output=True
    )
    assert not (tree / "model" / "deconv4k" / "carried").exists()
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """`deconv4k` of an environment without a checkout: the wheel, and what it depends on."""
    folder = tmp_path_factory.mktemp("environment")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    # -S leaves out the checkout, which site would find; what the package depends on comes after it.
    start = (
        f"import sys; sys.path[:0] = [{str(folder)!r}, {sysconfig.get_path('purelib')!r}]; "
        "from deconv4k.cli import main; main()"
    )
    return [sys.executable, "-S", "-c", start]


@pytest.mark.parametrize("engine", ["verilator", "icarus"])
def test_an_engine_in_an_empty_folder(command: list[str], engine: str, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    picture = np.random.default_rng(1).integers(0, 256, (20, 28), dtype=np.uint8)
    image.write(here / "small.png", picture)
    cache = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    for name in ("golden", engine):
        words = [*command, "upscale", "small.png", "-o", f"{name}.png", "--engine", name]
        done = subprocess.run(
            words, cwd=here, env=cache, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), name
    assert (here / "golden.png").read_bytes() == (here / f"{engine}.png").read_bytes()
    assert {path.name for path in here.iterdir()} == {"small.png", "golden.png", f"{engine}.png"}
    assert list((tmp_path / "cache" / "deconv4k" / "build" / "sim" / engine).iterdir())


def test_what_the_wheel_carries(wheel: Path) -> None:
    names = {Path(name) for name in zipfile.ZipFile(wheel).namelist()}
    carried = Path("deconv4k/carried")
    for path in [*(checkout.ROOT / "hw").rglob("*.v"), *(checkout.ROOT / "hw").rglob("*.f")]:
        assert carried / path.relative_to(checkout.ROOT) in names, path
    assert carried / "vectors" / "study" / "manifest.json" in names
    assert Path("deconv4k/py.typed") in names
    assert not any(name.name.startswith("test_") for name in names)


def test_the_rtl_to_take_away(command: list[str], tmp_path: Path) -> None:
    """Neither Yosys nor a checkout is needed, and what is written passes where it lies."""
    made = subprocess.run(
        [*command, "rtl", "--out", "out here"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (made.returncode, made.stderr) == (0, "")
    *_, line = made.stdout.splitlines()
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("smoke: passed")
    assert (tmp_path / "out here" / "LICENSE").read_bytes() == (
        checkout.ROOT / "LICENSE"
    ).read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["out here"]
