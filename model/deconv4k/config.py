"""One configuration, one file: every size and width is said once, in TOML.

The Config object reaches the model, the parameters of the RTL, the vectors and the tests.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from deconv4k._shared import checkout
from deconv4k.errors import InputError
from deconv4k.formats import Format, Overflow
from deconv4k.layer import Layer
from deconv4k.quantise import MAX_SHIFT

MAX_FRAME = 65535
"""Largest frame width and height: the engine counts in 16 bits."""

MAX_PRODUCT_BITS = 62
"""Widest exact product, so that the model's 64-bit integers hold every sum it may see."""


@dataclass(frozen=True)
class Formats:
    """Fixed-point formats of every node, in the order of the data flow.

    Parameters
    ----------
    pixel, weight, output : Format
    bias, product, accumulator : Format, optional
        See the arithmetic contract in the README: `bias` lies at the accumulator's binary point,
        each product is quantised to `product` before the sum, the sum wraps to `accumulator`.

    Examples
    --------
    >>> pixel, weight = Format.parse("ap_ufixed<8,8>"), Format.parse("ap_fixed<10,2>")
    >>> Formats(pixel, weight, Format.parse("ap_ufixed<8,8,AP_RND,AP_SAT>")).output_shift
    8
    """

    pixel: Format
    weight: Format
    output: Format
    bias: Format | None = None
    product: Format | None = None
    accumulator: Format | None = None

    def __post_init__(self) -> None:
        errors = []
        if self.pixel.width + self.weight.width > MAX_PRODUCT_BITS:
            errors.append(
                f"formats.pixel {self.pixel} times formats.weight {self.weight} is "
                f"{self.pixel.width + self.weight.width} bits wide; "
                f"allowed: up to {MAX_PRODUCT_BITS} bits together"
            )
        elif self.pixel.width + self.weight.width - self.product_shift > MAX_PRODUCT_BITS:
            errors.append(
                f"formats.product = {str(self.product)!r} moves products of "
                f"{self.pixel.width + self.weight.width} bits by {-self.product_shift} more "
                f"fraction bits; allowed: up to {MAX_PRODUCT_BITS} bits together"
            )
        point = f"{self.sum_fraction} fraction bits"
        for name in ("bias", "accumulator"):
            other = getattr(self, name)
            if other is not None and other.fraction != self.sum_fraction:
                errors.append(
                    f"formats.{name} = {str(other)!r} has {other.fraction} fraction bits; allowed: "
                    f"{point}, as the sum of products has"
                )
        if self.accumulator is not None and self.accumulator.overflow is not Overflow.AP_WRAP:
            errors.append(
                f"formats.accumulator = {str(self.accumulator)!r}; allowed: AP_WRAP, because "
                "saturation within a sum depends on the order of its terms"
            )
        pairs = [("output", self.sum_fraction, self.output)]
        if self.product is not None:
            pairs.append(("product", self.pixel.fraction + self.weight.fraction, self.product))
        for name, fraction, target in pairs:
            if abs(fraction - target.fraction) > MAX_SHIFT:
                errors.append(
                    f"formats.{name} = {str(target)!r}: its binary point is "
                    f"{abs(fraction - target.fraction)} bits from its source's; "
                    f"allowed: up to {MAX_SHIFT}"
                )
        if errors:
            raise InputError(*errors)

    @property
    def sum_fraction(self) -> int:
        """Fraction bits of products as they are summed, hence of accumulator and bias."""
        if self.product is not None:
            return self.product.fraction
        return self.pixel.fraction + self.weight.fraction

    @property
    def product_shift(self) -> int:
        """Fraction bits that quantising a product removes (negative: adds)."""
        return self.pixel.fraction + self.weight.fraction - self.sum_fraction

    @property
    def output_shift(self) -> int:
        """Fraction bits that quantising the sum to the output removes (negative: adds)."""
        return self.sum_fraction - self.output.fraction


@dataclass(frozen=True)
class Video:
    """What the engine is built for.

    Parameters
    ----------
    width, height : int
        Largest input frame, in pixels.
    pixels_per_clock : int
        Output pixels a beat of the output stream.

    Examples
    --------
    >>> Video(width=1920, height=1080, pixels_per_clock=4)
    Video(width=1920, height=1080, pixels_per_clock=4)
    """

    width: int
    height: int
    pixels_per_clock: int

    def __post_init__(self) -> None:
        errors = []
        for name, most in (("width", MAX_FRAME), ("height", MAX_FRAME), ("pixels_per_clock", 64)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                errors.append(f"video.{name} = {value!r}; allowed: a whole number, 1 to {most}")
        if errors:
            raise InputError(*errors)


@dataclass(frozen=True)
class Config:
    """Layer, formats and video of one design.

    Examples
    --------
    >>> Config.default().layer.kernel
    9
    """

    layer: Layer
    formats: Formats
    video: Video = field(default=Video(1920, 1080, 4))

    @classmethod
    def default(cls) -> Config:
        """The study's layer: 9 x 9, stride 2, padding 4, output padding 1, 1080p in and 4K out."""
        return cls.load(checkout.DEFAULT_CONFIG)

    @classmethod
    def load(cls, path: str | Path) -> Config:
        """Read a configuration file.

        Raises
        ------
        InputError
            If the file is missing, no TOML, or says anything that cannot be: all of it at once,
            each with its key, its value and what is allowed.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise InputError(f"{path}: no text file; allowed: TOML in UTF-8") from None
        try:
            return cls.from_toml(text)
        except InputError as error:
            raise InputError(*(f"{path}: {line}" for line in error.lines)) from None

    @classmethod
    def from_toml(cls, text: str) -> Config:
        """Read a configuration from TOML text; errors as `load`."""
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"no TOML: {error}") from None
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Config:
        """Build a configuration from the tables of the file; errors as `load`."""
        errors: list[str] = []
        tables: dict[str, dict[str, Any]] = {}
        for name, table_type in (("layer", Layer), ("formats", Formats), ("video", Video)):
            tables[name] = _table(data, name, table_type, errors)
        for name in data:
            if name not in tables:
                errors.append(f"unknown table [{name}]; allowed: [layer], [formats], [video]")
        parsed = {}
        for name, value in tables["formats"].items():
            try:
                parsed[name] = Format.parse(value)
            except InputError as error:
                errors.extend(f"formats.{name} = {line}" for line in error.lines)
        stride = tables["layer"].get("stride")
        default_rate = 4 if stride == 2 else stride if isinstance(stride, int) else 1
        video = {"width": 1920, "height": 1080, "pixels_per_clock": default_rate}
        video.update(tables["video"])
        layer = _build(lambda: Layer(**tables["layer"]), errors, {"kernel", "stride"}, tables)
        formats = None
        if not any(line.startswith("formats.") for line in errors):
            formats = _build(lambda: Formats(**parsed), errors, set(), tables)
        built_video = _build(lambda: Video(**video), errors, set(), tables)
        if errors or layer is None or formats is None or built_video is None:
            raise InputError(*errors)
        return cls(layer, formats, built_video)

    @classmethod
    def upscaler(
        cls,
        geometry: tuple[int, int, int, int],
        pixels_per_clock: int,
        *,
        channels: int = 1,
        width: int = 1920,
        height: int = 1080,
        **formats: str,
    ) -> Config:
        """An engine by its numbers: 8-bit pixels, 10-bit weights, where nothing else is said.

        Parameters
        ----------
        geometry : (kernel, stride, padding, output padding)
        pixels_per_clock, channels, width, height : int
            As `Video` and `Layer` take them.
        formats : str
            By their names in `Formats`.
        """
        names = ("kernel", "stride", "padding", "output_padding")
        usual = {
            "pixel": "ap_ufixed<8,8>",
            "weight": "ap_fixed<10,2,AP_RND,AP_SAT>",
            "output": "ap_ufixed<8,8,AP_RND,AP_SAT>",
        }
        return cls.from_dict(
            {
                "layer": {**dict(zip(names, geometry, strict=True)), "in_channels": channels},
                "formats": {**usual, **formats},
                "video": {"width": width, "height": height, "pixels_per_clock": pixels_per_clock},
            }
        )

    def to_toml(self) -> str:
        """The configuration as the text of a file that `from_toml` reads back."""
        lines = []
        for table in ("layer", "formats", "video"):
            lines.append(f"[{table}]")
            part = getattr(self, table)
            for item in fields(part):
                value = getattr(part, item.name)
                if value is not None:
                    shown = f'"{value}"' if isinstance(value, Format) else value
                    lines.append(f"{item.name} = {shown}")
            lines.append("")
        return "\n".join(lines)

    @property
    def digest(self) -> int:
        """32 bits that tell configurations apart: the register CONFIG_HASH of what is built of it.

        The first four bytes, the most significant one first, of the SHA-256 of `to_toml`: comments,
        order and defaults of the file do not count.
        """
        return int.from_bytes(hashlib.sha256(self.to_toml().encode()).digest()[:4], "big")


_REQUIRED = {"layer": ("kernel", "stride"), "formats": ("pixel", "weight", "output"), "video": ()}


def _table(
    data: Mapping[str, Any], name: str, table_type: type, errors: list[str]
) -> dict[str, Any]:
    """One table of the file, with unknown and missing keys reported."""
    allowed = [item.name for item in fields(table_type)]
    table = data.get(name, {})
    if not isinstance(table, dict):
        errors.append(f"{name} = {table!r}; allowed: a table [{name}]")
        return {}
    for key in table:
        if key not in allowed:
            errors.append(f"unknown key {name}.{key}; allowed: {', '.join(allowed)}")
    for key in _REQUIRED[name]:
        if key not in table:
            errors.append(f"{name}.{key} is missing")
    return {key: value for key, value in table.items() if key in allowed}


def _build(
    make: Callable[[], Any],
    errors: list[str],
    required: set[str],
    tables: Mapping[str, Mapping[str, Any]],
) -> Any:
    """Build one part, adding its violations to the list instead of stopping at the first."""
    if not required <= set(tables["layer"]):
        return None
    try:
        return make()
    except InputError as error:
        errors.extend(error.lines)
        return None
