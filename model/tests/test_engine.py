"""What the engine cannot be built for is refused before a simulator sees it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.rtl import design


def config(channels: int = 1, **layer: int) -> Config:
    base = Config.upscaler((1, 1, 0, 0), 1, channels=channels)
    return replace(base, layer=replace(base.layer, **layer))


@pytest.mark.parametrize(
    ("refused", "name", "value"),
    [
        (config(kernel=257, padding=128), "kernel", 257),
        (config(stride=256, output_padding=255), "stride", 256),
        (config(kernel=513, padding=256), "padding", 256),
        (config(stride=257, output_padding=256), "output_padding", 256),
        (config(channels=256), "in_channels", 256),
    ],
)
def test_what_a_register_cannot_show(refused: Config, name: str, value: int) -> None:
    with pytest.raises(InputError) as caught:
        design.check(refused)
    assert f"layer.{name} = {value}; allowed for the RTL engine: up to 255" in str(caught.value)


@pytest.mark.parametrize(
    "allowed", [config(kernel=255, padding=127), config(stride=255, output_padding=254)]
)
def test_what_it_can_show(allowed: Config) -> None:
    design.check(allowed)
