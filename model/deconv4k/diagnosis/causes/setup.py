"""Faults of what is set up: kernel, formats, rounding, the input's bits."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from deconv4k.config import Config
from deconv4k.diagnosis.causes.records import Cause, Codes, Model
from deconv4k.diagnosis.expected import raw_format
from deconv4k.errors import InputError
from deconv4k.formats import Format, Overflow, Rounding
from deconv4k.photo import kernels
from deconv4k.quantise import quantise
from deconv4k.rtl import design


def known_kernels(config: Config, weights: Codes) -> dict[str, Codes]:
    """Kernels that an engine may hold before it gets its own: the default and the named ones."""
    layer, target = config.layer, config.formats.weight
    found: dict[str, Codes] = {}
    for name in kernels.NAMES:
        try:
            found[f"the {name} kernel"] = kernels.to_codes(
                kernels.named(name, layer), layer, target
            )
        except InputError:
            continue  # not for this layer, or not in this format
    return {name: codes for name, codes in found.items() if not np.array_equal(codes, weights)}


def kernel_causes(base: Model) -> Iterator[Cause]:
    """Another kernel than the right one, or its words in other places."""
    w = base.weights
    across, down, turned = w[..., ::-1], w[..., ::-1, :], w[..., ::-1, ::-1]
    swapped = w.swapaxes(2, 3)
    forms = [
        ("kernel_not_turned", "rows and columns in the wrong order", turned),
        ("kernel_not_turned", "columns alone in the wrong order", across),
        ("kernel_not_turned", "rows alone in the wrong order", down),
        ("kernel_transposed", "rows and columns exchanged", swapped),
        ("kernel_transposed", "exchanged and not turned", swapped[..., ::-1, ::-1]),
    ]
    forms += [("channels", said, w[list(order)]) for said, order in _channel_orders(len(w))]
    forms += [("kernel_words", said, codes) for said, codes in _shifted_words(base)]
    forms += [("old_kernel", name, codes) for name, codes in base.case.previous.items()]
    for name, detail, weights in forms:
        if not np.array_equal(weights, w):
            yield Cause(name, detail, replace(base, weights=np.ascontiguousarray(weights)))


def _channel_orders(count: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """All orders of up to three channels, else the reverse and steps by one."""
    plain = tuple(range(count))
    orders = [plain[::-1], plain[1:] + plain[:1], plain[-1:] + plain[:-1]]
    if count <= 3:
        orders += list(itertools.permutations(plain))
    for order in dict.fromkeys(orders):
        if order != plain:
            yield "input channels taken as " + " ".join(map(str, order)), order


def _shifted_words(base: Model) -> Iterator[tuple[str, Codes]]:
    """Words of KERNEL_DATA, the bias not moved, that come too early or too late."""
    w = base.weights
    words, reread = w.reshape(-1), _reread(base.config.formats.weight)
    bias = base.case.bias
    for by in (1, -1):
        way = "late" if by > 0 else "early"
        rolled = np.roll(words, by)
        yield f"a word {way}, the other end comes in", rolled.reshape(w.shape)
        fills: list[tuple[str, Any]] = [("zero", 0), ("the same word", words[0 if by > 0 else -1])]
        if bias is not None:
            fills.append(("the bias", reread(np.asarray(bias))[0]))
        for said, value in fills:
            moved = rolled.copy()
            moved[0 if by > 0 else -1] = value
            yield f"a word {way}, {said} comes in", moved.reshape(w.shape)


def _other(base: Model, node: str, **changes: Any) -> Config:
    """The configuration with a format changed."""
    formats = base.config.formats
    changed = replace(getattr(formats, node), **changes)
    return replace(base.config, formats=replace(formats, **{node: changed}))


def arithmetic_causes(base: Model) -> Iterator[Cause]:
    """Other modes of rounding and overflow, and codes read with the wrong sign."""
    formats = base.config.formats

    def cause(name: str, detail: str, config: Config, **changes: Any) -> Cause:
        return Cause(name, detail, replace(base, config=config, **changes))

    for node in ("output", "product"):
        target: Format | None = getattr(formats, node)
        if target is None:
            continue
        where = "" if node == "output" else " of the products"
        for mode in Rounding:
            if mode is not target.rounding:
                detail = f"{mode.name} for {target.rounding.name}{where}"
                yield cause("rounding", detail, _other(base, node, rounding=mode))
        for way in Overflow:
            if way is not target.overflow:
                detail = f"{way.name} for {target.overflow.name}{where}"
                yield cause("overflow", detail, _other(base, node, overflow=way))
        if target.rounding is not Rounding.AP_TRN and target.overflow is not Overflow.AP_WRAP:
            plain = _other(base, node, rounding=Rounding.AP_TRN, overflow=Overflow.AP_WRAP)
            detail = f"AP_TRN and AP_WRAP, which an HLS type has if nothing is said{where}"
            yield cause("rounding", detail, plain)
    for node, codes in (("pixel", "pixels"), ("weight", "weights")):
        target = getattr(formats, node)
        kind = "unsigned" if target.signed else "signed"
        config = _other(base, node, signed=not target.signed)
        reread = _reread(getattr(config.formats, node))
        detail = f"{codes} read as {kind}"
        if node == "pixel":
            yield cause("sign", detail, config, feed=_fed(base, reread))
        else:
            yield cause("sign", detail, config, weights=reread(base.weights))
    kind = "unsigned" if formats.output.signed else "signed"
    config = _other(base, "output", signed=not formats.output.signed)
    yield cause("sign", f"output limited as if it were {kind}", config)
    if formats.weight.signed and -base.weights.min() <= formats.weight.max_code:
        yield cause("sign", "weights negated", base.config, weights=-base.weights)


def _reread(target: Format) -> Callable[[Codes], Codes]:
    """Codes whose bits are read in another format of the same width."""

    def reread(codes: Codes) -> Codes:
        raw = codes.astype(np.int64) & ((1 << target.width) - 1)
        return np.where(raw > target.max_code, raw - (1 << target.width), raw)

    return reread


def _fed(base: Model, change: Callable[[Codes], Codes]) -> Callable[[int], Codes]:
    return lambda number: change(base.feed(number))


def sum_causes(base: Model) -> Iterator[Cause]:
    """Faults between the sums and the output codes; each is tried by sums alone."""
    if base.finish is not None:
        return
    config = base.config
    width = design.accumulator(config).width
    for bits in range(width - 1, max(1, config.formats.output_shift), -1):
        detail = f"{bits} bits for {width}"
        yield Cause("accumulator", detail, replace(base, finish=_wrapped(bits)))
    kinds = (Overflow.AP_WRAP, Overflow.AP_SAT, Overflow.AP_SAT_ZERO)
    for above, below in itertools.permutations(kinds, 2):
        detail = f"{above.name} above, {below.name} below"
        yield Cause("overflow", detail, replace(base, finish=_one_sided(above, below)))
    bias = base.case.bias
    if bias is not None and int(bias[0]):
        code = int(bias[0])
        for said, by in (("left out", -code), ("negated", -2 * code), ("added twice", code)):
            yield Cause("bias", said, replace(base, finish=moved(by)))


def _wrapped(bits: int) -> Callable[[Codes, Config], Codes]:
    def finish(sums: Codes, config: Config) -> Codes:
        half = 1 << bits - 1
        narrow = ((sums + half) & ((1 << bits) - 1)) - half
        return quantise(narrow, config.formats.sum_fraction, config.formats.output)

    return finish


def moved(by: int) -> Callable[[Codes, Config], Codes]:
    """A constant added to the sums."""

    def finish(sums: Codes, config: Config) -> Codes:
        return quantise(sums + by, config.formats.sum_fraction, config.formats.output)

    return finish


def rounded(sums: Codes, config: Config) -> Codes:
    """Sums with the output's binary point, rounded, in no range."""
    output = config.formats.output
    wide = Format(62, 62 - output.fraction, True, output.rounding, Overflow.AP_WRAP)
    return quantise(sums, config.formats.sum_fraction, wide)


def _one_sided(above: Overflow, below: Overflow) -> Callable[[Codes, Config], Codes]:
    def finish(sums: Codes, config: Config) -> Codes:
        codes, output = rounded(sums, config), config.formats.output
        limits = {
            way: quantise(codes, output.fraction, replace(output, overflow=way))
            for way in (above, below)
        }
        high, low = codes > output.max_code, codes < output.min_code
        return np.where(high, limits[above], np.where(low, limits[below], codes))

    return finish


def input_causes(base: Model) -> Iterator[Cause]:
    """Bits of the input pixels stuck or turned, and the picture turned before the engine."""
    pixel = base.config.formats.pixel
    reread = _reread(pixel)

    def cause(name: str, detail: str, change: Callable[[Codes], Codes]) -> Cause:
        return Cause(name, detail, replace(base, feed=_fed(base, change)))

    def low(bit: int) -> Callable[[Codes], Codes]:
        return lambda codes: reread(codes.astype(np.int64) & ~(1 << bit))

    def high(bit: int) -> Callable[[Codes], Codes]:
        return lambda codes: reread(codes.astype(np.int64) | 1 << bit)

    for bit in range(pixel.width):
        yield cause("stuck_bit", f"bit {bit} of the input pixels at 0", low(bit))
        yield cause("stuck_bit", f"bit {bit} of the input pixels at 1", high(bit))
    yield cause("inverted", "the input pixels", lambda codes: reread(~codes.astype(np.int64)))
    yield cause(
        "bits_reversed", "of the input pixels",
        lambda codes: reread(reversed_bits(codes, pixel.width)),
    )  # fmt: skip
    yield cause("flipped", "the input, upside down", lambda codes: codes[:, ::-1])
    yield cause("flipped", "the input, mirrored", lambda codes: codes[:, :, ::-1])


def reversed_bits(codes: Codes, width: int) -> Codes:
    """The lowest `width` bits of codes in reverse."""
    raw = codes.astype(np.int64)
    out = np.zeros_like(raw)
    for bit in range(width):
        out |= (raw >> bit & 1) << (width - 1 - bit)
    return out


def as_lanes(config: Config, codes: Codes) -> Codes:
    """Codes without a sign, as the bus has them."""
    raw = raw_format(config)
    return (codes.astype(np.int64) & raw.max_code).astype(raw.code_dtype())
