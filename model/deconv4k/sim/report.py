"""The page that a run of the regression leaves: one HTML file that needs no other.

`pictures` makes what it shows, while the simulator runs; `page` makes the text of it in the end.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, fields
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deconv4k import __version__
from deconv4k._shared import optional
from deconv4k.photo import image

if TYPE_CHECKING:
    from deconv4k.config import Config
    from deconv4k.sim.regression import Regression

LIMIT = 3_900_000
"""Most characters that the four whole pictures take together, in base64."""

STEPS = tuple((factor, quality) for factor in (1, 2, 4, 8, 16, 32) for quality in (88, 65))
"""Reductions and qualities, of which the first is taken that keeps `LIMIT`."""

DIFFERENCE_QUALITY = 55
"""At most, of the difference: noise, which takes the most room and is looked at least closely."""

SIDE = 88
"""Of the magnified part, in pixels of the enlargement."""

ZOOM = 4
"""Screen pixels to one of its pixels, each way."""

ENLARGEMENTS = {
    "fixed": "engine, fixed point",
    "float": "the same in float",
    "bicubic": "bicubic",
    "lanczos": "Lanczos",
}
"""Names of the figures, and what they are called."""


@dataclass(frozen=True)
class Picture:
    """A picture that stands in the page itself.

    Parameters
    ----------
    uri : str
        ``data:`` with its bytes.
    width, height : int
        In pixels.
    """

    uri: str
    width: int
    height: int


@dataclass(frozen=True)
class Pictures:
    """What the page shows of the photograph.

    Parameters
    ----------
    name : str
        Of its file.
    source, size : tuple of int
        Width and height of the engine's input and of the enlargement, in pixels.
    factor : int
        Pixels of the enlargement, each way, to one of the whole pictures.
    quality, difference_quality : int
        Of WebP, for the photographs and for the difference.
    gain : float
        Of the difference.
    bicubic, engine, original, difference : Picture
        The whole pictures.
    place : tuple of int
        x and y of the part's first pixel in the enlargement.
    parts : dict of str to Picture
        The part of most detail, exact: 'original', 'bicubic' and 'engine'.
    """

    name: str
    source: tuple[int, int]
    size: tuple[int, int]
    factor: int
    quality: int
    difference_quality: int
    gain: float
    bicubic: Picture
    engine: Picture
    original: Picture
    difference: Picture
    place: tuple[int, int]
    parts: dict[str, Picture]


def pictures(
    name: str,
    source: tuple[int, int],
    original: NDArray[np.float64],
    bicubic: NDArray[np.float64],
    engine: NDArray[np.float64],
    difference: NDArray[np.uint8],
    gain: float,
) -> Pictures:
    """Make what the page shows of a photograph.

    Parameters
    ----------
    name : str
        Of its file.
    source : tuple of int
        Width and height of the engine's input.
    original, bicubic, engine : ndarray of float64, (H, W), 0 to 1
    difference : ndarray of uint8, (H, W)
        As `quality.difference_picture` makes it.
    gain : float
        Of the difference.

    Returns
    -------
    Pictures
        The whole pictures as large and as good as `LIMIT` permits.
    """
    height, width = original.shape
    planes = {"original": original, "bicubic": bicubic, "engine": engine}
    whole: dict[str, Picture] = {}
    for factor, quality in STEPS:
        if max(width, height) // factor > image.WEBP_SIDE:
            continue
        room, whole = LIMIT, {}
        coarse = min(quality, DIFFERENCE_QUALITY)
        # The difference first: it is what most often takes too much.
        for each, plane in {"difference": image.to_unit(difference), **planes}.items():
            used = coarse if each == "difference" else quality
            whole[each] = _lossy(plane, factor, used)
            room -= len(whole[each].uri)
            if room < 0:
                break
        if room >= 0:
            break
    top, left = most_detail(original, SIDE)
    part = (slice(top, top + SIDE), slice(left, left + SIDE))
    return Pictures(
        name=name, source=source, size=(width, height), factor=factor, quality=quality,
        difference_quality=coarse, gain=gain, place=(left, top),
        parts={each: _exact(plane[part]) for each, plane in planes.items()}, **whole,
    )  # fmt: skip


def most_detail(plane: NDArray[np.float64], side: int) -> tuple[int, int]:
    """Row and column of the square with most detail: the sum of squared steps between neighbours.

    Parameters
    ----------
    plane : ndarray of float64, (H, W)
    side : int
        Of the square. Looked at are those at its multiples, and at the right and lower edge.
    """
    height, width = plane.shape
    energy = np.zeros((height, width))
    energy[1:] += np.diff(plane, axis=0) ** 2
    energy[:, 1:] += np.diff(plane, axis=1) ** 2
    rows, columns = range(0, height, side), range(0, width, side)
    sums = np.add.reduceat(np.add.reduceat(energy, rows, axis=0), columns, axis=1)
    row, column = (int(at) for at in np.unravel_index(int(sums.argmax()), sums.shape))
    return max(0, min(row * side, height - side)), max(0, min(column * side, width - side))


def page(found: Regression, shown: Pictures | None) -> str:
    """The text of the page.

    Parameters
    ----------
    found : Regression
        Every value of it is told.
    shown : Pictures, optional
        None: no photograph ran, and the page holds the table alone.

    Returns
    -------
    str
        HTML that asks for no other file.

    Raises
    ------
    InputError
        If Jinja2 is missing.
    """
    jinja2 = optional.module("jinja2", extra="sim")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = (resources.files("deconv4k") / "data" / "report.html.j2").read_text(encoding="utf-8")
    text: str = environment.from_string(template).render(
        version=__version__,
        found=found,
        shown=shown,
        zoom=ZOOM,
        wrong=[row for row in found.rows if not row.passed],
        photo_failed=any(row.case.startswith("photo ") and not row.passed for row in found.rows),
        pixels=sum(row.pixels for row in found.rows),
        mismatches=sum(row.mismatches for row in found.rows),
        figures=[
            (called, found.psnr_db[name], found.ssim.get(name))
            for name, called in ENLARGEMENTS.items()
            if name in found.psnr_db
        ],
        settings=_settings(found.config),
    )
    return text


def _settings(config: Config) -> dict[str, Any]:
    """Name and value of what a configuration says, formats as HLS types."""
    layer, formats, video = config.layer, config.formats, config.video
    geometry = [(item.name.replace("_", " "), getattr(layer, item.name)) for item in fields(layer)]
    nodes = {item.name: getattr(formats, item.name) for item in fields(formats)}
    return {
        "layer": ", ".join(f"{name} {value}" for name, value in geometry),
        "video": f"{video.width} × {video.height} in, {video.pixels_per_clock} pixels a clock out",
        **{f"format of {name}": node for name, node in nodes.items() if node is not None},
        "configuration hash": f"{config.digest:08x}",
    }


def _lossy(plane: NDArray[np.float64], factor: int, quality: int) -> Picture:
    """A plane of 0 to 1 as WebP, `factor` times smaller each way."""
    if factor > 1:
        height, width = (max(1, side // factor) for side in plane.shape)
        plane = image.resize(plane, width, height, "bicubic")
    return _picture(plane, "webp", image.to_webp(image.from_unit(plane), quality))


def _exact(plane: NDArray[np.float64]) -> Picture:
    """A plane of 0 to 1 as PNG."""
    return _picture(plane, "png", image.to_png(image.from_unit(plane)))


def _picture(plane: NDArray[np.float64], kind: str, data: bytes) -> Picture:
    """A picture of these bytes."""
    height, width = plane.shape
    return Picture(f"data:image/{kind};base64,{base64.b64encode(data).decode()}", width, height)
