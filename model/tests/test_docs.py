"""The pages say what is so: their code runs and prints what stands below it, their links lead on.

    .venv/bin/python model/tests/test_docs.py    writes what the blocks print into the pages anew

A block of a page is fenced and names its language, ``python`` or ``sh``; what it prints follows as
lines indented by four. The blocks of a page run one after the other, in a folder of their own.
"""

import contextlib
import importlib
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from deconv4k._shared import checkout
from deconv4k.cli import cli

ROOT = checkout.ROOT
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
PAGES += [f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))]

RUN_HERE = ("README.md", "docs/architecture.md", "docs/tutorial.md")
"""Pages whose blocks are run by this file."""

RUN_ELSEWHERE = {
    "docs/vectors.md": "model/tests/test_vectors.py",
    "docs/tune.md": "model/tests/test_tune_library.py",
    "docs/integration.md": "tb/test_integration.py",
}
"""Pages whose blocks need a scene, and the test that makes it and runs them."""

BOARD = "docs/bringup.md"
"""Its block needs a Zynq board with PYNQ: compiled here, its names looked up, not run."""

BLOCK = re.compile(
    r"^```(python|sh)\n(.*?)^```\n(?:\n((?:    [^\n]*\n|\n(?=    ))+))?", re.M | re.S
)


class Block(NamedTuple):
    """Code of a page, and what the page says that it prints."""

    language: str
    code: str
    shown: str
    line: int


def text(page):
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page):
    """The blocks of a page's text, in its order."""
    return [
        Block(
            found[1],
            found[2],
            re.sub(r"^    ", "", found[3] or "", flags=re.M),
            page[: found.start()].count("\n") + 2,
        )
        for found in BLOCK.finditer(page)
    ]


def scene(folder):
    """In a folder: the command, as it is in a checkout, and the package's data."""
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    (folder / "model").symlink_to(ROOT / "model")
    (folder / "build" / "tutorial").mkdir(parents=True)


def python(code, names, line=1, name="page"):
    """What Python code prints, its lines numbered as in the page."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile("\n" * (line - 1) + code, name, "exec"), names)
    return said.getvalue()


def shell(code):
    """What a shell prints; a pipeline has the status of its last command."""
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["bash", "-e", "-c", code], env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def printed(page, name):
    """(block, what it printed), in the current folder."""
    names = {"__name__": "__main__"}
    for block in blocks(page):
        if block.language == "python":
            said = python(block.code, names, block.line, name)
        else:
            said = shell(block.code)
        yield block, re.sub(r" +$", "", said, flags=re.M)


def indented(said):
    return re.sub(r"^(?=.)", "    ", said, flags=re.M)


def renewed(page, name):
    """A page with what its blocks print."""
    said = iter([said for _, said in printed(page, name)])

    def block(found):
        new = next(said)
        fence = f"```{found[1]}\n{found[2]}```\n"
        return fence + (f"\n{indented(new)}" if new else "")

    return BLOCK.sub(block, page)


@pytest.mark.parametrize("page", RUN_HERE)
def test_blocks_print_what_the_page_shows(page, tmp_path, monkeypatch):
    scene(tmp_path)
    monkeypatch.chdir(tmp_path)
    ran = 0
    for block, said in printed(text(page), page):
        assert said == block.shown, f"{page}:{block.line}"
        ran += 1
    assert ran >= 1


def test_a_wrong_output_is_seen(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = (
        "A.\n\n```python\nx = 2\n```\n\n```python\nprint(x)\n\nprint(x + 1)\n```\n"
        "\n    2\n    4\n\nB.\n"
    )
    shown = [(block.shown, said, block.line) for block, said in printed(page, "page")]
    assert shown == [("", "", 4), ("2\n4\n", "2\n3\n", 8)]
    assert renewed(page, "page") == page.replace("    4\n", "    3\n")
    with pytest.raises(AssertionError):
        shell("false; echo unseen")


@pytest.mark.parametrize(("page", "test"), RUN_ELSEWHERE.items())
def test_blocks_of_other_pages_run_in_their_tests(page, test):
    assert len([block for block in blocks(text(page)) if block.language == "python"]) == 1
    assert Path(page).name in text(test)
    assert "```python" in text(test) or 'code("python")' in text(test)


def test_the_block_of_bringup_needs_a_board():
    # Not run: pynq drives a Zynq board. tb/test_host.py runs the same calls against the RTL.
    (block,) = blocks(text(BOARD))
    compile(block.code, BOARD, "exec")
    names = {}
    imports = [line for line in block.code.splitlines() if line.startswith("from deconv4k")]
    exec("\n".join(imports), names)
    used = re.findall(r"\b(zynq|manifest)\.(\w+)", block.code)
    assert ("zynq", "Host") in used
    for module, name in used:
        if module in names:
            assert hasattr(names[module], name), f"{module}.{name}"


def test_every_page_with_code_is_run_somewhere():
    known = {*RUN_HERE, *RUN_ELSEWHERE, BOARD}
    assert {page for page in PAGES if "```python" in text(page)} == known


# Links


def anchors(page):
    """What `#...` may name in a page: its headings, as the usual hosts write them."""
    plain = re.sub(r"^```.*?^```", "", page, flags=re.M | re.S)
    headings = re.findall(r"^#+ +(.*)$", plain, re.M)
    named = re.findall(r'<a (?:name|id)="([^"]+)"', plain)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings} | {*named}


def broken(page, name):
    """Local links of a page's text that lead nowhere."""
    for link in re.findall(r"\]\(([^)\s]+)\)", page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, heading = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        found = target.exists()
        if found and heading:
            found = heading in anchors(target.read_text(encoding="utf-8"))
        if not found:
            yield link


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    assert list(broken(text(page), page)) == []


def test_a_broken_link_is_found():
    page = "[a](nothing.md) [b](engine.md#nothing) [c](engine.md#the-engines-design) [d](#e)\n# E"
    assert list(broken(page, "docs/vectors.md")) == [
        "nothing.md", "engine.md#nothing", "#e"
    ]  # fmt: skip


def absent(page):
    """Files that a page's text names and that are not there; NAME and FAMILY stand for any."""
    folders = "docs|examples|hw|model|tb|tools|vectors"
    for path in re.findall(rf"`((?:{folders})/[\w./-]+\.\w+)`", page):
        if not re.search("NAME|FAMILY", path) and not (ROOT / path).exists():
            yield path


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names_exist(page):
    assert list(absent(text(page))) == []


def test_a_file_that_is_absent_is_found():
    assert list(absent("`hw/fifo.v` `hw/deconv.f` `tb/test_NAME.py`")) == ["hw/fifo.v"]


def test_pages_are_linked():
    every = "".join(text(page) for page in PAGES)
    missing = [page for page in PAGES if page != "README.md" and Path(page).name not in every]
    assert missing == []
    assert len(re.findall(r"\]\((?:docs/)?[\w-]+\.(?:md|png)", text("README.md"))) >= 10


# Commands


def code_lines(page):
    """Lines of code, and code within lines, of a page; a line that goes on is one."""
    page = page.replace("\\\n", " ")
    yield from re.findall(r"^ {4,}(.*)$", page, re.M)
    for fenced in re.findall(r"^```\w*\n(.*?)^```", page, re.M | re.S):
        yield from fenced.splitlines()
    yield from (" ".join(each.split()) for each in re.findall(r"`([^`]+)`", page))


COMMANDS = {name: cli.get_command(None, name) for name in cli.list_commands(None)}


def unknown(page):
    """Commands, options and targets that a page's text names and that do not exist."""
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.M))
    for line in code_lines(page):
        for name in re.findall(r"^make ([a-z][a-z-]*)", line):
            if name not in targets:
                yield f"make {name}"
        found = re.match(r"(?:\S*bin/)?deconv4k ([a-z]+)(.*)", line)
        if not found:
            continue
        name, rest = found.groups()
        if name not in COMMANDS:
            yield f"deconv4k {name}"
            continue
        allowed = {option for each in COMMANDS[name].params for option in each.opts}
        shown = re.split(r"#|\| (?!-)", rest)[0]  # without a comment, or what a pipe leads to
        for option in re.findall(r"(?<![\w-])(--?[a-z][a-z-]*)", shown):
            if option not in allowed | {"--help"}:
                yield f"deconv4k {name} {option}"


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page):
    assert list(unknown(text(page))) == []


def test_an_unknown_command_is_found():
    page = "`make nothing`\n\n    .venv/bin/deconv4k info C.toml --colour\n    deconv4k paint\n"
    assert sorted(unknown(page)) == [
        "deconv4k info --colour", "deconv4k paint", "make nothing"
    ]  # fmt: skip


def test_modules_of_the_api_pages_exist():
    named = re.findall(r"^API [:+]= (.*)$", text("Makefile"), re.M)
    modules = " ".join(named).split()
    assert len(modules) > 10
    for module in modules:
        importlib.import_module(module)
    assert "\npdoc==" in text("constraints.txt")


# Examples


def example(name, *words, folder):
    """What an example prints."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / f"{name}.py"), *words],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_example_channels(tmp_path):
    status, said, _ = example("channels", folder=tmp_path)
    assert status == 0
    assert said.splitlines()[-1] == "3840 of 3840 codes equal"


def test_example_judge(tmp_path):
    status, said, _ = example("judge", folder=tmp_path)
    assert status == 1
    assert "cause: dropped_beat, 1 dropped before frame 0, line 21, x 116" in said


def test_example_judge_finds_a_clean_capture_clean(tmp_path):
    import deconv4k as d4k

    made = d4k.write_vectors(tmp_path / "set", d4k.Config.default(), pattern="ramp", size=(4, 6))
    np.save(tmp_path / "capture.npy", made.expected(0))
    assert example("judge", "set", "capture.npy", folder=tmp_path)[:2] == (0, "clean\n")
    status, said, error = example("judge", "set", "nothing.npy", folder=tmp_path)
    assert (status, said) == (2, "")
    assert error.startswith("nothing.npy: ")
    assert error.count("\n") == 1


def test_example_enlarge_makes_the_picture_of_the_readme(tmp_path):
    from deconv4k.photo import image

    status, said, _ = example("enlarge", "--picture", "made.png", folder=tmp_path)
    assert status == 0
    assert said.splitlines()[:2] == ["bicubic 38.85 dB", "engine  39.83 dB"]
    shown, made = (image.read(path) for path in (ROOT / "docs/enlarged.png", tmp_path / "made.png"))
    # Below the names, which a font writes.
    assert np.array_equal(shown[24:], made[24:])
    assert (ROOT / "docs/enlarged.png").stat().st_size <= 150_000


def test_every_example_is_run():
    names = {path.stem for path in (ROOT / "examples").glob("*.py")}
    own = Path(__file__).read_text()
    assert names == set(re.findall(r'= example\("(\w+)"', own))


def renew():
    """Write the pages that this file runs anew."""
    for name in RUN_HERE:
        with tempfile.TemporaryDirectory() as folder:
            scene(Path(folder))
            with contextlib.chdir(folder):
                page = renewed(text(name), name)
        (ROOT / name).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    renew()
