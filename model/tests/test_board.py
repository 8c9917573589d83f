"""The self-test's bitstream: clock, parameters, the set beside it; and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from deconv4k.board import bitstream
from deconv4k.cli import cli
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.photo import kernels
from deconv4k.rtl import selftest
from deconv4k.vectors import manifest, sets

ULX3S = bitstream.BOARDS["ulx3s"]
CONFIG = Config.upscaler((3, 2, 1, 1), 4, width=12, height=8, bias="ap_fixed<18,10>")
CODES = kernels.to_codes(kernels.default(CONFIG.layer), CONFIG.layer, CONFIG.formats.weight)


@pytest.mark.parametrize("megahertz", [50, 75, 100, 125, 150, 175, 200])
def test_the_pll_makes_the_clock(megahertz: int) -> None:
    found = bitstream.pll(25, megahertz)
    assert 25 * found["PLL_MULTIPLY"] == megahertz * found["PLL_REFERENCE"]
    assert 400 <= megahertz * found["PLL_DIVIDE"] <= 800


@pytest.mark.parametrize("megahertz", [-25, 0, 25, 110, 225])
def test_other_clocks_are_refused(megahertz: int) -> None:
    with pytest.raises(InputError) as caught:
        bitstream.pll(25, megahertz)
    assert caught.value.lines == (
        f"`megahertz` {megahertz}; allowed: 50, 75, 100, 125, 150, 175, 200",
    )


def test_the_set_is_what_the_board_plays(tmp_path: Path) -> None:
    found = bitstream.parameters(ULX3S, CONFIG, CODES, tmp_path / "kernel.hex", 100)
    assert found["DIVISOR"] == 868  # 100 MHz / 115200 = 868.06
    sets.write(tmp_path / "set", bitstream.recipe("ulx3s", CONFIG, CODES), ["npz"])
    vectors = manifest.read(tmp_path / "set")
    assert found["CONFIG_HASH"] == vectors.config.digest == CONFIG.digest
    (frame,) = vectors.frames
    assert found["EXPECTED"] == frame.output.crc32
    assert np.array_equal(vectors.input(0), selftest.frame(CONFIG))
    assert np.array_equal(vectors.kernel()[0], CODES)


def _log(megahertz: float) -> str:
    return (
        "Info:     Derived frequency constraint of 400.0 MHz for net clk_fast\n"
        f"Info:     Derived frequency constraint of {megahertz:.1f} MHz for net clk\n"
    )


def test_a_slow_design_or_another_clock_is_refused() -> None:
    bitstream._check_clock({"megahertz": 100.5}, _log(100), 100)
    with pytest.raises(InputError, match=r"`megahertz` 100; this place and route reaches 99\.9"):
        bitstream._check_clock({"megahertz": 99.9}, _log(100), 100)
    with pytest.raises(InputError, match=r"PLL's output for 125\.0 MHz; asked for: 100"):
        bitstream._check_clock({"megahertz": 130.0}, _log(125), 100)
    with pytest.raises(InputError, match="PLL's output for no MHz"):
        bitstream._check_clock({"megahertz": 130.0}, "", 100)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bitstream", "--board", "abacus"], "--board abacus; allowed: ulx3s"),
        (["bitstream", "--megahertz", "110"], "`megahertz` 110; allowed: 50, 75"),
        (["host", "nowhere", "--overlay", "x.bit"], "nowhere"),
    ],
)
def test_the_commands_refuse(arguments: list[str], said: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        cli, [*arguments, *(["--out", str(tmp_path)] * (arguments[0] == "bitstream"))]
    )
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_board_without_pynq_is_told(tmp_path: Path) -> None:
    sets.write(tmp_path / "set", bitstream.recipe("ulx3s", CONFIG, CODES), ["npz"])
    result = CliRunner().invoke(cli, ["host", str(tmp_path / "set"), "--overlay", "x.bit"])
    assert isinstance(result.exception, InputError)
    assert "pynq is not installed" in str(result.exception)
