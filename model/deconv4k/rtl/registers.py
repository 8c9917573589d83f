"""The register map of hw/axi/deconv_axi.v, from hw/registers.rdl, for software and for the tests.

`make registers` makes the data of this module; docs/registers.md shows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from deconv4k.errors import InputError

if TYPE_CHECKING:
    # A simulation reads the map alone and has no use for what these load.
    from deconv4k.config import Config
    from deconv4k.formats import Format


@dataclass(frozen=True)
class Field:
    """Some bits of a register.

    Parameters
    ----------
    name : str
    low, width : int
        The lowest bit, and how many.
    access : {'r', 'w', 'rw', 'rw1c'}
        What software may do; rw1c: write one to clear.
    reset : int, str or None
        Value after reset; the field that it equals then, as ``REGISTER.FIELD``; None where
        hardware says.
    text : str
        What it means.
    """

    name: str
    low: int
    width: int
    access: str
    reset: int | str | None
    text: str

    @property
    def mask(self) -> int:
        """The field's bits in its register."""
        return ((1 << self.width) - 1) << self.low

    def get(self, word: int) -> int:
        """The field's value in a word of its register."""
        return (word & self.mask) >> self.low


@dataclass(frozen=True)
class Register:
    """A register of 32 bits at a byte address.

    Parameters
    ----------
    name : str
    address : int
    title, text : str
    fields : dict of str to Field
        From bit 0 up.
    """

    name: str
    address: int
    title: str
    text: str
    fields: Mapping[str, Field]

    def word(self, **values: int) -> int:
        """A word with these fields, zero elsewhere.

        Raises
        ------
        InputError
            An unknown field, or a value beyond it.
        """
        word = 0
        for name, value in values.items():
            if name not in self.fields:
                allowed = ", ".join(self.fields)
                raise InputError(f"{self.name} has no field {name!r}; allowed: {allowed}")
            field = self.fields[name]
            if not 0 <= value < 1 << field.width:
                raise InputError(
                    f"{self.name}.{name} = {value}; allowed: 0 to {(1 << field.width) - 1}"
                )
            word |= value << field.low
        return word

    def values(self, word: int) -> dict[str, int]:
        """The fields of a word."""
        return {name: field.get(word) for name, field in self.fields.items()}


def _load() -> dict[str, Register]:
    data = resources.files("deconv4k").joinpath("data/registers.json").read_text(encoding="utf-8")
    registers = {}
    for row in json.loads(data):
        fields = {one["name"]: Field(**one) for one in row.pop("fields")}
        registers[row["name"]] = Register(fields=fields, **row)
    return registers


REGISTERS = _load()
"""Every register by its name, in the order of the addresses."""


def identity(config: Config) -> dict[str, int]:
    """What the read-only registers of an engine built for this configuration hold.

    Parameters
    ----------
    config : Config
        An exact upscaler with one output channel.

    Returns
    -------
    dict of str to int
        Register's name to its word: ID, VERSION, CONFIG_HASH, KERNEL_WORDS and the capabilities.
    """
    from deconv4k.rtl import design, signature

    layer, formats, video = config.layer, config.formats, config.video
    words = {}
    for name in ("ID", "VERSION"):
        fields = REGISTERS[name].fields
        words[name] = sum(int(one.reset or 0) << one.low for one in fields.values())
    words["CONFIG_HASH"] = config.digest
    words["KERNEL_WORDS"] = signature.kernel_size(config)
    words["LAYER"] = REGISTERS["LAYER"].word(
        K=layer.kernel, S=layer.stride, P=layer.padding, OP=layer.output_padding
    )
    words["CHANNELS"] = REGISTERS["CHANNELS"].word(
        C_IN=layer.in_channels, C_OUT=layer.out_channels, PPC=video.pixels_per_clock
    )
    words["MAXIMUM"] = REGISTERS["MAXIMUM"].word(WIDTH=video.width, HEIGHT=video.height)
    for name, node in (
        ("PIXEL", formats.pixel),
        ("WEIGHT", formats.weight),
        ("BIAS", formats.bias),
        ("PRODUCT", formats.product),
        ("ACCUMULATOR", design.accumulator(config)),
        ("OUTPUT", formats.output),
    ):
        words[name] = _format_word(name, node)
    return words


def _format_word(name: str, node: Format | None) -> int:
    if node is None:
        return 0
    return REGISTERS[name].word(
        WIDTH=node.width,
        INTEGER=node.integer % 256,
        SIGNED=int(node.signed),
        ROUNDING=int(node.rounding),
        OVERFLOW=int(node.overflow),
    )
