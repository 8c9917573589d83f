"""What a configuration costs in gates: multipliers, lookup tables, memory.

Multipliers follow from the operands' widths and the widths of a device's multiplier blocks, memory
from `deconv4k.engine.memory_bits`. Lookup tables are an estimate in 4-input tables: every bit of
an adder is one, every bit of a rounding that adds one, every bit that saturates one, every bit of
a weight one for each further weight that its multiplier takes in turn; the rest is `CONTROL`, and
a share that grows with the pixels and the outputs. tools/check_cost.py compares the estimate with
what Yosys makes of hw/.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from math import ceil

from deconv4k import engine
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.fixed import Format, Overflow, Rounding


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

CONTROL = 1150
"""Lookup tables of what no width changes."""

PIXEL_BIT = 20
"""Lookup tables for each bit of a pixel: edges, window, line memories' multiplexer."""

OUTPUT_BIT = 4
"""Lookup tables for each bit of an output pixel and lane: queues and their reader."""


@dataclass(frozen=True)
class Cost:
    """What one configuration costs.

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
        Blocks, tables and memory as shares of the device's part, added, in percent.
    """

    multipliers: int
    blocks: dict[str, int]
    packed: dict[str, int]
    luts: int
    memory_bits: int
    share: float

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def cost(config: Config, device: str, *, packing: bool = False) -> Cost:
    """What a configuration costs.

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
    blocks = {name: multiplier_blocks(config, each) for name, each in DEVICES.items()}
    packed = {name: packed_blocks(config, each) for name, each in DEVICES.items()}
    tables, memory = luts(config), sum(engine.memory_bits(config).values())
    part = DEVICES[device]
    used = (packed if packing else blocks)[device]
    share = 100 * (used / part.blocks + tables / part.luts + memory / part.memory)
    return Cost(engine.multipliers(config), blocks, packed, tables, memory, share)


def multiplier_blocks(config: Config, device: Device) -> int:
    """Blocks where each holds one multiplication, or part of one that is too wide."""
    pixel, weight = (_operand(each, device) for each in _factors(config))
    either = min(
        _tiles(pixel, device.first) * _tiles(weight, device.second),
        _tiles(pixel, device.second) * _tiles(weight, device.first),
    )
    return engine.multipliers(config) * either


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
    meets = Counter(pixel for lane in engine.lane_pixels(config) for pixel in lane)
    return config.layer.in_channels * sum(ceil(times / 2) for times in meets.values())


def _factors(config: Config) -> tuple[Format, Format]:
    return config.formats.pixel, config.formats.weight


def _operand(form: Format, device: Device) -> int:
    """Bits of a multiplier's port that a factor takes."""
    return form.width + (0 if form.signed or device.unsigned else 1)


def _tiles(width: int, port: int) -> int:
    """Ports that a factor is cut over; all but the uppermost part are unsigned."""
    return 1 if width <= port else 1 + ceil((width - port) / (port - 1))


def luts(config: Config) -> int:
    """Lookup tables of 4 inputs, estimated as the module's text says."""
    formats, lanes = config.formats, config.video.pixels_per_clock
    exact = formats.pixel.width + formats.weight.width
    exact += not (formats.pixel.signed or formats.weight.signed)
    term = exact
    total = CONTROL + PIXEL_BIT * formats.pixel.width * config.layer.in_channels
    total += OUTPUT_BIT * formats.output.width * lanes
    if formats.product is not None:
        each = quantiser_luts(exact, formats.product_shift, formats.product)
        total += engine.multipliers(config) * each
        term = formats.product.width + (not formats.product.signed)
    held = engine.accumulator_bits(config)
    bias = formats.bias is not None
    for pixels in engine.lane_pixels(config):
        total += adder_bits(config.layer.in_channels * len(pixels), bias, term, held)
    total += lanes * quantiser_luts(held, formats.output_shift, formats.output)
    turns = engine.phase_clocks(config) - 1
    return total + turns * engine.multipliers(config) * formats.weight.width


def adder_bits(products: int, bias: bool, width: int, held: int) -> int:
    """Bits of all adders of a lane: four terms at a time, in pairs, the bias after the first four.

    A sum of two is a bit wider than they are, up to the accumulator's `held` bits.
    """
    bits, terms, extra = 0, products, int(bias)
    while terms + extra > 1:
        fours, rest = divmod(terms, 4)
        bits += (2 * fours + (rest > 1)) * min(width + 1, held)
        bits += (fours + (rest > 2)) * min(width + 2, held)
        terms, extra = ceil(terms / 4) + extra, 0
        width = min(width + 2, held)
    return bits


def quantiser_luts(width: int, shift: int, target: Format) -> int:
    """Lookup tables of hw/quantise.v for codes of `width` bits."""
    rounds = shift > 0 and target.rounding is not Rounding.AP_TRN
    floor = max(width - max(shift, 0), 0) + 2
    saturates = target.overflow is not Overflow.AP_WRAP
    return floor * rounds + target.width * saturates
