"""docs/integration.md says what is so: its code runs, its numbers and drawings are made anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deconv4k._shared import checkout
from deconv4k.config import Config
from deconv4k.rtl import design, framing
from deconv4k.rtl.registers import REGISTERS
from test_package import tool

ROOT = checkout.ROOT
PAGE = (ROOT / "docs" / "integration.md").read_text()


def code(language: str) -> str:
    """The one block of code in a language."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1
    return str(blocks[0])


SOFTWARE = """
#include <stdio.h>

static uint32_t words_written, refused;

uint32_t deconv4k_read(size_t offset)
{
    if (offset == offsetof(deconv4k_t, KERNEL_COUNT))
        return words_written;
    if (offset == offsetof(deconv4k_t, KERNEL_WORDS))
        return 41;
    if (offset == offsetof(deconv4k_t, ERRORS))
        return refused;
    return 0;
}

void deconv4k_write(size_t offset, uint32_t word)
{
    words_written += offset == offsetof(deconv4k_t, KERNEL_DATA);
    printf("%zu %lu\\n", offset, (unsigned long)word);
}

int main(void)
{
    int16_t weights[81];
    uint32_t words[41];
    for (int i = 0; i < 81; i++)
        weights[i] = 511 - 12 * i;
    size_t count = deconv4k_pack(weights, 81, words);
    printf("%d\\n", deconv4k_load(words, count));
    printf("%d\\n", deconv4k_load(words, count));
    words_written = 0;
    refused = DECONV4K__ERRORS__KERNEL_REFUSED_bm;
    printf("%d\\n", deconv4k_load(words, count));
    return 0;
}
"""


def test_commands_read_the_lists_of_files(tmp_path: Path) -> None:
    commands = code("sh").replace("/tmp/deconv_axi", str(tmp_path / "deconv_axi"))
    # The wheel's programs go by the names that the page says.
    tools = [str(ROOT / "tools" / "pypi"), str(Path(sys.executable).parent), os.environ["PATH"]]
    environment = {**os.environ, "PATH": os.pathsep.join(tools)}
    subprocess.run(["bash", "-e", "-c", commands], cwd=ROOT, env=environment, check=True)
    assert (tmp_path / "deconv_axi").exists()


def test_c_code_writes_a_kernel(tmp_path: Path) -> None:
    from deconv4k.rtl import signature

    source = tmp_path / "load.c"
    source.write_text(code("c") + SOFTWARE)
    program = tmp_path / "load"
    command = ["gcc", "-std=gnu99", "-Wall", "-Wextra", "-Werror", "-o", str(program)]
    command += [f"-I{ROOT / 'hw' / 'generated'}", str(source)]
    subprocess.run(command, check=True)
    said = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split("\n")

    config = Config.load(checkout.DEFAULT_CONFIG)
    weights = (511 - 12 * np.arange(81)).reshape(9, 9)
    at = {name: register.address for name, register in REGISTERS.items()}
    begin = [
        f"{at['ERRORS']} {REGISTERS['ERRORS'].word(KERNEL_REFUSED=1)}",
        f"{at['KERNEL_CONTROL']} {REGISTERS['KERNEL_CONTROL'].word(START=1)}",
        *(f"{at['KERNEL_DATA']} {word}" for word in signature.kernel_words(config, weights)),
    ]
    commit = f"{at['KERNEL_CONTROL']} {REGISTERS['KERNEL_CONTROL'].word(COMMIT=1)}"
    # A good one; one whose count does not come out; one that is refused.
    assert said == [*begin, commit, "1", *begin, "0", *begin, commit, "0", ""]


def test_python_code_prints_the_words_below_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", code("python")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    shown = [f"    {line}\n" for line in done.stdout.splitlines()]
    assert len(shown) == 4
    assert "```\n\n" + "".join(shown) + "\n" in PAGE


def test_table_of_clocks() -> None:
    data = (checkout.DEFAULT_CONFIG).read_text()
    pattern = r"^\| (\d+) x (\d+) \| (\d) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$"
    rows = re.findall(pattern, PAGE, re.MULTILINE)
    assert len(rows) == 4
    for row in rows:
        width, height, rate, *said = (int(number.replace(",", "")) for number in row)
        assert "pixels_per_clock = 4" in data
        text = data.replace("pixels_per_clock = 4", f"pixels_per_clock = {rate}")
        clocks = design.clocks(Config.from_toml(text), height, width)
        assert said == [clocks.frame, clocks.first, clocks.last]


def test_registers_and_bits_exist() -> None:
    """Every word in capitals with a point in it names a field."""
    named = set(re.findall(r"\b([A-Z][A-Z_]+)\.([A-Z][A-Z_]+)\b", PAGE))
    assert len(named) > 10
    for register, field in named:
        assert field in REGISTERS[register].fields, f"{register}.{field}"


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", PAGE)
    assert len(links) > 6
    for link in links:
        assert (ROOT / "docs" / link).exists(), link


def test_drawings_are_what_their_sources_give() -> None:
    drawn = tool("timing").generate()
    assert len(drawn) == 6
    for path, text in drawn.items():
        assert path.read_bytes() == text, f"{path}: run make package"
        assert f"timing/{path.name}" in PAGE


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('{"signal": [{"name": "a", "wave": "01"}, {"name": "b", "wave": "010"}]}', "waves of"),
        ('{"signal": [{"name": "a", "wave": "x3"}]}', "a: 1 values"),
    ],
)
def test_wrong_drawings_are_refused(source: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tool("timing").draw(source)


def test_table_of_malformed_video_has_every_flag() -> None:
    table = PAGE[PAGE.index("| what arrives |") : PAGE.index("- A line that a SOF breaks off")]
    flags = [line.split("|")[3].strip() for line in table.splitlines() if line.startswith("|")]
    assert [flag.lower() for flag in flags if flag[0].isupper()] == list(framing.FLAGS)
