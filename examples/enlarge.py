"""A photograph is enlarged by the engine and by bicubic; which is nearer to the original?

    .venv/bin/python examples/enlarge.py [PHOTO] [--picture OUT.png]

The photograph is shrunk to half its size and enlarged again both ways. `--picture` writes one
detail of it, three times as large: bicubic, engine, original. Of the shipped photograph that is
docs/enlarged.png.
"""

import argparse
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import deconv4k as d4k
from deconv4k.photo import image, quality

Photo = NDArray[Any]
Plane = NDArray[np.float64]

SIDE, ZOOM, HEAD = 96, 3, 24
"""Pixels of the detail each way, how much larger it is shown, height of the line above it."""


def planes(photo: Photo) -> list[Plane]:
    """R, G and B, 0 to 1, of a photograph in grey or colour."""
    unit = image.to_unit(photo)
    return [unit[..., c] for c in range(3)] if unit.ndim == 3 else [unit]


def joined(parts: list[Plane], dtype: np.dtype[Any]) -> Photo:
    """The photograph of such planes."""
    return image.from_unit(np.stack(parts, axis=-1).squeeze(), dtype)


def luma(photo: Photo) -> Plane:
    """What the figures are of, 0 to 1."""
    return image.to_luma(photo)


def detail(pictures: dict[str, Photo], top: int, left: int) -> Image.Image:
    """One part of several pictures, side by side under their names."""
    width = SIDE * ZOOM
    sheet = Image.new("RGB", (len(pictures) * width, width + HEAD), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for number, (name, picture) in enumerate(pictures.items()):
        part = Image.fromarray(picture[top : top + SIDE, left : left + SIDE]).convert("RGB")
        sheet.paste(part.resize((width, width), Image.Resampling.NEAREST), (number * width, HEAD))
        draw.text((number * width + 4, 3), name, "black", font)
    return sheet


def gain(original: Photo, first: Photo, second: Photo) -> tuple[int, int]:
    """Top left corner of the part where `second` is nearer to the original than `first`."""
    squares = (luma(first) - luma(original)) ** 2 - (luma(second) - luma(original)) ** 2
    sums = np.pad(squares.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    parts = sums[SIDE:, SIDE:] - sums[:-SIDE, SIDE:] - sums[SIDE:, :-SIDE] + sums[:-SIDE, :-SIDE]
    top, left = np.unravel_index(np.argmax(parts), parts.shape)
    return int(top), int(left)


def main() -> None:
    """Print the PSNR of both, and write the picture where one is wanted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", nargs="?", default=d4k.PHOTOGRAPH)
    parser.add_argument("--picture")
    given = parser.parse_args()

    original = image.read(given.photo)
    original = original[: original.shape[0] // 2 * 2, : original.shape[1] // 2 * 2]
    height, width = original.shape[:2]
    small = joined([image.shrink(plane, 2) for plane in planes(original)], original.dtype)

    engine = d4k.upscale(small)
    bicubic = joined(
        [image.resize(plane, width, height, "bicubic") for plane in planes(small)], original.dtype
    )
    for name, picture in (("bicubic", bicubic), ("engine", engine)):
        print(f"{name:8}{quality.psnr(luma(original), luma(picture)):.2f} dB")

    if given.picture:
        top, left = gain(original, bicubic, engine)
        pictures = {"bicubic": bicubic, "deconv4k": engine, "original": original}
        detail(pictures, top, left).save(given.picture, optimize=True)
        print(f"{given.picture}: {SIDE} x {SIDE} pixels from line {top}, x {left}")


if __name__ == "__main__":
    main()
