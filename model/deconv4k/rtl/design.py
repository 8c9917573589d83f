"""Facts about the engine in hw/: its parameters, its clocks, what it costs.

Everything follows from the configuration, by the formulas that the headers of hw/ state. The
tests hold the clocks against both simulators.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log2

from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.formats import Format, Overflow, Rounding
from deconv4k.golden.bound import MODEL_BITS, any_weights_bits

PIPELINE_CLOCKS = 25
"""Registers between a pixel's acceptance and the first beat, but for the `tree_levels`."""

REGISTER_MOST = 255
"""Largest number of the layer that a register of hw/axi/deconv_axi.v can show."""


def check(config: Config) -> None:
    """Refuse what the engine cannot be built for.

    Raises
    ------
    InputError
        If the layer is no exact upscaler or too large, the rate does not suit the stride, or a
        format is too wide: all of it at once.
    """
    layer, video = config.layer, config.video
    errors = []
    if not layer.is_exact_upscaler:
        errors.append(
            f"kernel {layer.kernel}, stride {layer.stride}, padding {layer.padding}, "
            f"output_padding {layer.output_padding} is no exact upscaler: K - 2P + OP = "
            f"{layer.kernel - 2 * layer.padding + layer.output_padding}; the RTL engine needs it "
            f"to be the stride {layer.stride}"
        )
    errors += [
        f"layer.{name} = {value}; allowed for the RTL engine: up to {REGISTER_MOST}, as its "
        "registers show"
        for name, value in (
            ("kernel", layer.kernel),
            ("stride", layer.stride),
            ("padding", layer.padding),
            ("output_padding", layer.output_padding),
            ("in_channels", layer.in_channels),
        )
        if value > REGISTER_MOST
    ]
    rates = [n for n in range(1, layer.stride + 1) if layer.stride % n == 0]
    if layer.stride == 2:
        rates.append(4)
    if video.pixels_per_clock not in rates:
        errors.append(
            f"video.pixels_per_clock = {video.pixels_per_clock}; allowed for stride "
            f"{layer.stride}: {', '.join(map(str, rates))}"
        )
    if accumulator_bits(config) > MODEL_BITS:
        errors.append(
            f"sums of {accumulator_bits(config)} bits for the worst kernel of the weight format; "
            f"allowed: {MODEL_BITS}, or a formats.accumulator"
        )
    if errors:
        raise InputError(*errors)


def accumulator_bits(config: Config) -> int:
    """Bits of the engine's accumulator: the format's, or enough for every kernel."""
    if config.formats.accumulator is not None:
        return config.formats.accumulator.width
    return any_weights_bits(config)


def parameters(config: Config) -> dict[str, int]:
    """Parameters of hw/engine/deconv_engine.v, in its order."""
    layer, formats, video = config.layer, config.formats, config.video
    bias, product, accumulator = formats.bias, formats.product, formats.accumulator
    # Of a node that is not there the width is 0, the rest as `Format` has it.
    rounding, overflow = (
        (Rounding.AP_TRN, Overflow.AP_WRAP)
        if product is None
        else (product.rounding, product.overflow)
    )
    return {
        "K": layer.kernel,
        "S": layer.stride,
        "P": layer.padding,
        "OP": layer.output_padding,
        "C_IN": layer.in_channels,
        "PPC": video.pixels_per_clock,
        "MAX_W": video.width,
        "PIXEL_W": formats.pixel.width,
        "PIXEL_SIGNED": int(formats.pixel.signed),
        "WEIGHT_W": formats.weight.width,
        "WEIGHT_SIGNED": int(formats.weight.signed),
        "BIAS_W": 0 if bias is None else bias.width,
        "BIAS_SIGNED": int(bias is None or bias.signed),
        "PRODUCT_W": 0 if product is None else product.width,
        "PRODUCT_SIGNED": int(product is None or product.signed),
        "PRODUCT_SHIFT": formats.product_shift,
        "PRODUCT_Q": int(rounding),
        "PRODUCT_O": int(overflow),
        "ACC_W": accumulator_bits(config),
        "ACC_SIGNED": int(accumulator is None or accumulator.signed),
        "OUT_W": formats.output.width,
        "OUT_SIGNED": int(formats.output.signed),
        "OUT_SHIFT": formats.output_shift,
        "OUT_Q": int(formats.output.rounding),
        "OUT_O": int(formats.output.overflow),
    }


def wrapper_parameters(config: Config) -> dict[str, int]:
    """Parameters of hw/axi/deconv_axi.v: those of the core, and what only its registers tell.

    The integer bits and modes of the formats do not change the hardware where the core has no
    parameter for them; software reads them to make codes of its numbers.
    """
    formats = config.formats
    result = parameters(config)
    result["C_OUT"] = config.layer.out_channels
    result["MAX_H"] = config.video.height
    result["CONFIG_HASH"] = config.digest
    for prefix, node in (
        ("PIXEL", formats.pixel),
        ("WEIGHT", formats.weight),
        ("BIAS", formats.bias),
        ("PRODUCT", formats.product),
        ("ACC", accumulator(config)),
        ("OUT", formats.output),
    ):
        if node is not None:
            result[f"{prefix}_I"] = node.integer
            result[f"{prefix}_Q"] = int(node.rounding)
            result[f"{prefix}_O"] = int(node.overflow)
    return result


def accumulator(config: Config) -> Format:
    """The format of the engine's sums: the configuration's, or the one that holds every kernel."""
    if config.formats.accumulator is not None:
        return config.formats.accumulator
    bits = accumulator_bits(config)
    integer = bits - config.formats.sum_fraction
    return Format(bits, integer, True, Rounding.AP_TRN, Overflow.AP_WRAP)


@dataclass(frozen=True)
class Clocks:
    """Predicted clocks for one frame, nothing stalling.

    Parameters
    ----------
    frame : int
        From one SOF accepted to the next, frames of this size back to back.
    first : int
        From the SOF accepted to the first output beat.
    last : int
        From the SOF accepted to the last output beat of a lone frame.
    """

    frame: int
    first: int
    last: int


def group(config: Config) -> int:
    """Input pixels whose phases make up beats together: 2 when a beat is wider than the stride."""
    return 2 if config.video.pixels_per_clock > config.layer.stride else 1


def phase_clocks(config: Config) -> int:
    """Clocks that the phases of one input pixel take."""
    return config.layer.stride**2 // config.video.pixels_per_clock


def lane_pixels(config: Config) -> list[set[tuple[int, int]]]:
    """For each lane the pixels, (dy, dx) from the centre, that it multiplies: deconv_phase_sums."""
    layer = config.layer
    lanes = config.video.pixels_per_clock
    pixels = []
    for lane in range(lanes):
        used: set[tuple[int, int]] = set()
        for clock in range(phase_clocks(config)):
            r, s = divmod(clock * lanes + lane, layer.stride)
            used |= {(y.offset, x.offset) for y in layer.taps(r) for x in layer.taps(s)}
        pixels.append(used)
    return pixels


def tree_levels(config: Config) -> int:
    """Levels above the sums of four products, each of two clocks: hw/engine/deconv_phase_sums.v."""
    products = config.layer.in_channels * max(map(len, lane_pixels(config)))
    leaves = ceil(products / 4) + int(config.formats.bias is not None)
    return ceil(ceil(log2(max(1, leaves))) / 2)


def multipliers(config: Config) -> int:
    """Hardware multipliers."""
    return config.layer.in_channels * sum(map(len, lane_pixels(config)))


def clocks(config: Config, height: int, width: int) -> Clocks:
    """Predict the clocks of a frame of `height` x `width` input pixels.

    A row takes ``N`` steps, the width rounded up to `group` (at least two where a step is one
    clock), a step `phase_clocks`. The first centre pixel enters the multipliers AHEAD rows and
    AHEAD columns after the first pixel; the lines of a row are computed side by side and leave one
    after the other.
    """
    layer = config.layer
    step, pair, ahead = phase_clocks(config), group(config), layer.rows_ahead
    steps = ceil(width / pair) * pair
    if step * pair < 2:
        steps = max(steps, 2)
    line = ceil(width / pair) * (1 if pair == 2 else layer.stride // config.video.pixels_per_clock)
    pipeline = (
        PIPELINE_CLOCKS + 2 * tree_levels(config) + (3 if config.formats.product is not None else 0)
    )
    row = steps * step
    # A frame of fewer than AHEAD rows is pushed on by empty slots of AHEAD steps.
    empty = max(ceil(ahead / pair) * pair, 2 if step * pair < 2 else pair) * step
    rows_ahead = min(height, ahead) * row + max(ahead - height, 0) * empty
    first = rows_ahead + (ahead + pair - 1) * step + pipeline
    # The reader takes line after line: each once the one before is out, and not before its own
    # last beat is computed.
    per_line = max(1, layer.stride // config.video.pixels_per_clock)
    last = first - 1
    for q in range(height):
        for r in range(layer.stride):
            order = r if pair == 2 else (r + 1) * per_line - 1
            computed = first + q * row + (ceil(width / pair) - 1) * pair * step + order
            last = max(last + line, computed)
    return Clocks(frame=height * row, first=first, last=last)


LATENCY_CLOCKS = 12
"""Clocks from a column's launch to its first output that no parameter changes: LATENCY_CLOCKS is
COLUMN_CLOCKS, WINDOW_CLOCKS, QUANTISE_CLOCKS and what is fixed of SUMS_CLOCKS in deconv_engine."""

LOOP_CLOCKS = 6
"""From seeing `room` to the `room` that this changes: LOOP in deconv_raster."""


def latency(config: Config) -> int:
    """At most so many clocks from a column's launch to its first output: deconv_engine LATENCY."""
    layer, formats = config.layer, config.formats
    side = layer.rows_ahead + layer.rows_behind + 1
    leaves = ceil(layer.in_channels * side**2 / 4) + int(formats.bias is not None)
    levels = ceil(ceil(log2(leaves)) / 2)
    product = 3 if formats.product is not None else 0
    return LATENCY_CLOCKS + layer.rows_ahead * phase_clocks(config) + product + 2 * levels


def queue_beats(config: Config) -> int:
    """Beats that the output queues hold together, by the formulas of hw/engine/deconv_raster.v."""
    stride, pair = config.layer.stride, group(config)
    each = max(1, stride // config.video.pixels_per_clock)  # beats of a launch in every queue
    line = ceil(config.video.width / pair) * each
    margin = max(16, each * (1 + (LOOP_CLOCKS - 1) // (phase_clocks(config) * pair)))
    in_flight = (latency(config) + 1 + pair + each) // stride
    slack = ceil((margin + 1 + in_flight) / 32) * 32
    return sum(slack + ceil(line * (stride - 1 + r) / stride) for r in range(stride))


def memory_bits(config: Config) -> dict[str, int]:
    """Bits of the line memories and of the output queues (deconv_line_buffer, deconv_raster)."""
    layer, formats, video = config.layer, config.formats, config.video
    lines = layer.rows_ahead + layer.rows_behind
    return {
        "line memories": lines * video.width * layer.in_channels * formats.pixel.width,
        "output queues": queue_beats(config) * video.pixels_per_clock * formats.output.width,
    }
