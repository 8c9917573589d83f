"""The cost of a configuration in gates: multipliers, lookup tables, memory.

Multipliers follow from the operands' widths and the widths of a device's multiplier blocks, memory
from `deconv4k.rtl.design.memory_bits`. Lookup tables are an estimate in 4-input tables: every bit
of an adder is one, every bit of a rounding that adds one, every bit that saturates one, every bit
of a weight two thirds for each further weight that its multiplier takes in turn; the rest is
`CONTROL`. A factor too wide for a block is cut, and the parts' products are added in tables.
tools/check_cost.py compares the estimate with what Yosys makes of hw/; `CONTROL` and the two thirds
are a least-squares fit to the relative errors of its points with K = 9 and weights within a block,
rounded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from math import ceil
from typing import Any, Self

from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.formats import Format, Overflow, Rounding
from deconv4k.rtl import design


@dataclass(frozen=True)
class Device:
    """A family of FPGAs, and the part by which shares are reckoned.

    Parameters
    ----------
    part : str
    first, second : int
        Widths of a signed multiplier block's operands, the wider one first.
    unsigned : bool
        Whether a block multiplies unsigned operands of the same widths too.
    blocks, luts, memory : int
        Multiplier blocks, lookup tables and bits of block memory of the part.
    """

    part: str
    first: int
    second: int
    unsigned: bool
    blocks: int
    luts: int
    memory: int


DEVICES = {
    "ecp5": Device("LFE5U-85", 18, 18, True, 156, 83_640, 208 * 18 * 1024),
    "7series": Device("XC7A200T", 25, 18, False, 740, 134_600, 365 * 36 * 1024),
    "ultrascale+": Device("XCZU7EV", 27, 18, False, 1728, 230_400, 312 * 36 * 1024),
}
"""Sources: Lattice FPGA-DS-02012 (sysDSP, 18x18); AMD UG479, DS180 (DSP48E1, 25x18); AMD UG579,
DS891 (DSP48E2, 27x18)."""

CONTROL = 1330
"""Lookup tables of what no width changes, in a layer of K = 9; 200 fewer with K = 3."""


@dataclass(frozen=True)
class Cost:
    """The cost of one configuration.

    Parameters
    ----------
    multipliers : int
        Products computed in a clock.
    blocks : dict of int
        Multiplier blocks on each device.
    packed : dict of int
        The same where two multiplications by one pixel share a block.
    luts : int
        4-input lookup tables, estimated.
    memory_bits : int
        Line memories and output queues.
    share : float
        The cost share: multiplier blocks, lookup tables and memory bits, each in percent of the
        device's part, added. So it can reach 300.
    """

    multipliers: int
    blocks: dict[str, int]
    packed: dict[str, int]
    luts: int
    memory_bits: int
    share: float

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        return cls(**{each.name: data[each.name] for each in fields(cls)})


def estimate_cost(config: Config, device: str, *, packing: bool = False) -> Cost:
    """Estimate what a configuration costs.

    Parameters
    ----------
    config : Config
        One that the engine can be built for.
    device : str
        A key of `DEVICES`: the one whose shares are added.
    packing : bool
        Reckon with two multiplications in one block. The engine of hw/ leaves that to synthesis,
        and open synthesis does not do it.

    Raises
    ------
    InputError
        If the device is unknown.
    """
    if device not in DEVICES:
        raise InputError(f"device {device!r}; allowed: {', '.join(DEVICES)}")
    part = DEVICES[device]
    blocks = {name: multiplier_blocks(config, each) for name, each in DEVICES.items()}
    packed = {name: packed_blocks(config, each) for name, each in DEVICES.items()}
    tables, memory = luts(config, part), sum(design.memory_bits(config).values())
    used = (packed if packing else blocks)[device]
    share = 100 * (used / part.blocks + tables / part.luts + memory / part.memory)
    return Cost(design.multipliers(config), blocks, packed, tables, memory, share)


def multiplier_blocks(config: Config, device: Device) -> int:
    """Blocks where each holds one multiplication, or part of one that is too wide."""
    return design.multipliers(config) * _multiplication(config, device)[0]


def packed_blocks(config: Config, device: Device) -> int:
    """Blocks where two weights that meet the same pixel share one, if the widths permit it.

    The wide operand holds ``w1 * 2**k + w2`` with k the bits of a product, the narrow one the
    pixel; the halves of the result are two products, but for a borrow of one bit. That takes
    ``k + weight bits + 1`` bits (AMD WP486). ECP5 splits a block into two of 9x9 bits instead.
    """
    pixel, weight = (_operand(each, device) for each in _factors(config))
    if device.unsigned:
        fits = max(pixel, weight) <= device.second // 2
    else:
        product = sum(each.width for each in _factors(config))
        fits = product + weight + 1 <= device.first and pixel <= device.second
    if not fits:
        return multiplier_blocks(config, device)
    meets = Counter(pixel for lane in design.lane_pixels(config) for pixel in lane)
    return config.layer.in_channels * sum(ceil(times / 2) for times in meets.values())


def _factors(config: Config) -> tuple[Format, Format]:
    return config.formats.pixel, config.formats.weight


def _operand(form: Format, device: Device) -> int:
    """Bits of a multiplier's port that a factor takes."""
    return form.width + (0 if form.signed or device.unsigned else 1)


def _multiplication(config: Config, device: Device) -> tuple[int, int]:
    """Blocks and lookup tables of one multiplication, either factor at the wider port."""
    pixel, weight = (_operand(each, device) for each in _factors(config))
    wide, narrow = device.first, device.second
    return min(
        _cut_product(pixel, wide, weight, narrow, device),
        _cut_product(weight, wide, pixel, narrow, device),
    )


def _cut_product(
    left: int, left_port: int, right: int, right_port: int, device: Device
) -> tuple[int, int]:
    """Blocks and lookup tables of a product whose factors are cut to fit their ports.

    Each part's product but the lowest is added to what reaches above that. A single bit left over
    is multiplied in tables: a row of the other factor, negated, for it is the sign.
    """
    left_blocks, left_bit = _cut(left, left_port, device)
    right_blocks, right_bit = _cut(right, right_port, device)
    tables = 2 * (left_bit * (right + 1) + right_bit * (left + 1))
    for blocks, bit, port in (
        (left_blocks, left_bit, left_port),
        (right_blocks, right_bit, right_port),
    ):
        tables += (blocks + bit - 1) * (left + right - _step(port, device))
    return left_blocks * right_blocks, tables


def _cut(width: int, port: int, device: Device) -> tuple[int, int]:
    """Blocks that a factor is cut over, and whether (0 or 1) a single bit is left to tables."""
    if width <= port:
        return 1, 0
    step = _step(port, device)
    further = ceil((width - port) / step)
    bit = int(width - further * step == 1)
    return 1 + further - bit, bit


def _step(port: int, device: Device) -> int:
    """Bits of every part but the uppermost: unsigned, so a signed port holds one fewer."""
    return port if device.unsigned else port - 1


def luts(config: Config, device: Device) -> int:
    """Lookup tables of 4 inputs, estimated: the sum of

    - `CONTROL`
    - for each multiplier its tables, its quantiser's, and two thirds of a weight's bits for each
      weight after the first that it takes in turn
    - for each output pixel of a beat its adders and its quantiser
    """
    formats, lanes = config.formats, config.video.pixels_per_clock
    exact = formats.pixel.width + formats.weight.width
    exact += not (formats.pixel.signed or formats.weight.signed)
    term, multiplication = exact, _multiplication(config, device)[1]
    if formats.product is not None:
        multiplication += quantiser_luts(exact, formats.product_shift, formats.product)
        term = formats.product.width + (not formats.product.signed)
    turns = design.phase_clocks(config) - 1
    multiplication += turns * formats.weight.width * 2 // 3
    total = CONTROL + design.multipliers(config) * multiplication
    accumulator = design.accumulator_bits(config)
    bias = formats.bias is not None
    for pixels in design.lane_pixels(config):
        total += adder_bits(config.layer.in_channels * len(pixels), bias, term, accumulator)
    return total + lanes * quantiser_luts(accumulator, formats.output_shift, formats.output)


def adder_bits(products: int, bias: bool, width: int, accumulator: int) -> int:
    """Bits of all adders of a lane: four terms at a time, in pairs, the bias after the first four.

    Parameters
    ----------
    products : int
        Terms of the sum.
    bias : bool
        Whether there is one term more.
    width : int
        Bits of a term. A sum of two is a bit wider than they are.
    accumulator : int
        Bits that no sum is wider than.
    """
    bits, terms, extra = 0, products, int(bias)
    while terms + extra > 1:
        fours, rest = divmod(terms, 4)
        bits += (2 * fours + (rest > 1)) * min(width + 1, accumulator)
        bits += (fours + (rest > 2)) * min(width + 2, accumulator)
        terms, extra = ceil(terms / 4) + extra, 0
        width = min(width + 2, accumulator)
    return bits


def quantiser_luts(width: int, shift: int, target: Format) -> int:
    """Lookup tables of hw/engine/deconv_quantise.v: a bit that rounds or saturates is one.

    Parameters
    ----------
    width : int
        Bits of the code.
    shift : int
        Fraction bits that are dropped.
    target : Format
    """
    rounds = shift > 0 and target.rounding is not Rounding.AP_TRN
    floor = max(width - max(shift, 0), 0) + 2
    saturates = target.overflow is not Overflow.AP_WRAP
    return floor * rounds + target.width * saturates
