"""Photographs: reading, writing, luma and chroma, and changes of size.

Everything between a file and a plane of numbers; nothing here knows a fixed-point format.
"""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from deconv4k._shared import files, quiet
from deconv4k.errors import InputError

Plane = NDArray[np.float64]

METHODS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
"""Interpolation methods of `resize`: Pillow's, with Keys' a = -0.5 and Lanczos' a = 3."""

LEAST_SIDE = 8
"""Smallest side of the input picture made of a photograph, in pixels."""


def read(path: str | Path) -> NDArray[Any]:
    """Read a photograph.

    JPEG, PNG, TIFF and whatever else OpenCV decodes; turned as its EXIF orientation says; alpha
    is dropped.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    ndarray of uint8 or uint16
        (H, W) when grey, else (H, W, 3) in the order R, G, B.

    Raises
    ------
    InputError
        If the file is missing, unreadable, damaged or no such photograph.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    if not data:
        raise InputError(f"{path}: empty; {_READABLE}")
    array = _decode(data, path)
    if array.dtype not in (np.uint8, np.uint16):
        raise InputError(f"{path}: samples of type {array.dtype}; allowed: 8 or 16 bit unsigned")
    if array.ndim == 3:
        return np.ascontiguousarray(array[:, :, ::-1])
    return array


_READABLE = "allowed: JPEG, PNG or TIFF, undamaged"

_DAMAGE = re.compile(
    # A few bytes too many before the end are what some cameras write.
    r"Corrupt JPEG data(?!: 1?\d extraneous bytes before marker 0xd9)|Premature end"
)
"""What a decoder prints of damage that it fills with something."""

_LARGE = re.compile(r"CV_IO_MAX_IMAGE|exceeds user limit|Insufficient memory|Failed to allocate")
"""What it says of a picture that is too large for it."""


def _decode(data: bytes, path: str | Path) -> NDArray[Any]:
    """The samples of a photograph, blue first.

    The decoders print what they dislike, be it that the picture is damaged or that its colour
    profile is odd. What is damaged is refused; of the rest nothing need be said.
    """
    refusal = InputError(f"{path}: no readable picture; {_READABLE}")
    most = 2 * (Image.MAX_IMAGE_PIXELS or 0)
    large = InputError(
        f"{path}: the picture is too large; allowed: {most:,} pixels of JPEG, 2**30 of other kinds"
    )
    array, failure = None, ""
    with quiet.heard() as said:
        if data.startswith(b"\xff\xd8"):
            # OpenCV fills the missing part of a truncated JPEG with grey and says nothing.
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                    with Image.open(io.BytesIO(data)) as picture:
                        picture.load()
            except (Image.DecompressionBombError, MemoryError):
                raise large from None
            except (OSError, ValueError, SyntaxError):
                raise refusal from None
        try:
            # These two flags keep depth and grey, drop alpha and obey EXIF; IMREAD_UNCHANGED does
            # not.
            array = cv2.imdecode(
                np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR
            )
        except cv2.error as error:
            failure = str(error)
        except MemoryError:
            raise large from None
    told = failure + said[0]
    if array is None and _LARGE.search(told):
        raise large
    if array is None or _DAMAGE.search(told):
        raise refusal
    return array


def write(path: str | Path, array: NDArray[Any]) -> None:
    """Write a picture as PNG, whole or not at all.

    Parameters
    ----------
    path : str or Path
        Must end in ``.png``.
    array : ndarray of uint8 or uint16
        (H, W) grey or (H, W, 3) R, G, B.

    Raises
    ------
    InputError
        If the name, the dtype or the shape is not as above, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise InputError(f"{path}: ends in {path.suffix!r}; allowed: '.png'")
    try:
        data = to_png(array)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    files.write_bytes(path, data)


def to_png(array: NDArray[Any]) -> bytes:
    """A picture as the content of a PNG file; parameter and errors as `write`."""
    if array.dtype not in (np.uint8, np.uint16):
        raise InputError(f"samples of type {array.dtype}; allowed: uint8 or uint16")
    if array.size == 0 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3):
        raise InputError(f"a picture of shape {array.shape}; allowed: (H, W) or (H, W, 3)")
    swapped = array[:, :, ::-1] if array.ndim == 3 else array
    try:
        with quiet.heard():
            done, data = cv2.imencode(".png", np.ascontiguousarray(swapped))
    except cv2.error:
        done = False
    if not done:
        raise InputError(f"a picture of shape {array.shape} is too large for a PNG file")
    return data.tobytes()


WEBP_SIDE = 16383
"""Largest side of a WebP picture, in pixels."""


def to_webp(array: NDArray[np.uint8], quality: int) -> bytes:
    """A picture as the content of a WebP file, which loses some of it.

    Parameters
    ----------
    array : ndarray of uint8
        (H, W) grey or (H, W, 3) R, G, B, sides up to `WEBP_SIDE`.
    quality : int
        0 to 100.
    """
    content = io.BytesIO()
    # Method 1 takes half the time of the usual 4, and about a tenth more room.
    Image.fromarray(array).save(content, "WEBP", quality=quality, method=1)
    return content.getvalue()


def to_unit(photo: NDArray[Any]) -> Plane:
    """Samples of a photograph on the scale 0 (black) to 1 (white).

    Parameters
    ----------
    photo : ndarray of uint8, uint16 or float
        Any shape; floats are on that scale already.

    Returns
    -------
    ndarray of float64, the shape of `photo`
    """
    if photo.dtype.kind == "f":
        return photo.astype(np.float64)
    return photo / float(np.iinfo(photo.dtype).max)


def from_unit(plane: ArrayLike, dtype: Any = np.uint8) -> NDArray[Any]:
    """Samples of a photograph from the scale 0 to 1: clipped, and rounded to the nearest.

    Parameters
    ----------
    plane : array_like of float
    dtype : dtype
        uint8 or uint16.
    """
    full = np.iinfo(dtype).max
    samples: NDArray[Any] = np.rint(np.clip(plane, 0.0, 1.0) * full).astype(dtype)
    return samples


def to_luma(rgb: NDArray[Any]) -> Plane:
    """Luma Y' = 0.299 R' + 0.587 G' + 0.114 B', full range.

    Parameters
    ----------
    rgb : ndarray of uint8, uint16 or float
        (H, W) grey, which is its own luma, or (H, W, 3).

    Returns
    -------
    ndarray of float64, (H, W), 0 to 1

    Notes
    -----
    Source: ITU-R BT.601-7, section 2.5.1, without head- and footroom as in JPEG (ITU-T T.871).
    """
    if rgb.ndim == 2:
        return to_unit(rgb)
    # A channel at a time: three of a large photograph in float64 are much memory.
    luma: Plane = 0.299 * to_unit(rgb[..., 0])
    luma += 0.587 * to_unit(rgb[..., 1])
    luma += 0.114 * to_unit(rgb[..., 2])
    return luma


def to_ycbcr(rgb: NDArray[Any]) -> tuple[Plane, Plane, Plane]:
    """Luma and both colour differences of a colour picture.

    ``Y = 0.299 R + 0.587 G + 0.114 B,  Cb = (B - Y) / 1.772,  Cr = (R - Y) / 1.402``

    Parameters
    ----------
    rgb : ndarray of uint8, uint16 or float
        (H, W, 3).

    Returns
    -------
    luma, blue, red : ndarray of float64, (H, W)
        0 to 1, and -0.5 to 0.5 twice.

    Notes
    -----
    Source: ITU-T T.871 (JFIF), section 7, which is BT.601 in full range.
    """
    unit = to_unit(rgb)
    luma = to_luma(unit)
    return luma, (unit[..., 2] - luma) / 1.772, (unit[..., 0] - luma) / 1.402


def from_ycbcr(luma: Plane, blue: Plane, red: Plane) -> Plane:
    """The inverse of `to_ycbcr`: (H, W, 3) R, G, B of float64, not clipped."""
    r = luma + 1.402 * red
    b = luma + 1.772 * blue
    g = (luma - 0.299 * r - 0.114 * b) / 0.587
    return np.stack([r, g, b], axis=-1)


def resize(plane: Plane, width: int, height: int, method: str) -> Plane:
    """Change the size of a plane, with antialiasing when it shrinks.

    Pixel centres: output pixel x lies at input coordinate ``(x + 0.5) * W / width - 0.5``.

    Parameters
    ----------
    plane : ndarray of float64, (H, W)
    width, height : int
        New size, in pixels.
    method : str
        A key of `METHODS`.

    Returns
    -------
    ndarray of float64, (height, width)
        With the precision of float32, in which Pillow computes.
    """
    if method not in METHODS:
        raise InputError(f"method {method!r}; allowed: {', '.join(METHODS)}")
    picture = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32))
    return np.asarray(picture.resize((width, height), METHODS[method]), dtype=np.float64)


def crop_to_multiple(plane: Plane, multiple: int) -> Plane:
    """The largest centred part of a plane with both sides multiples of `multiple`."""
    height, width = (side - side % multiple for side in plane.shape)
    top, left = (plane.shape[0] - height) // 2, (plane.shape[1] - width) // 2
    return plane[top : top + height, left : left + width]


def shrink(original: Plane, scale: int) -> Plane:
    """The low-resolution input of an original: bicubic with antialiasing, clipped to 0..1."""
    height, width = original.shape
    return np.clip(resize(original, width // scale, height // scale, "bicubic"), 0.0, 1.0)


def original_and_input(
    path: str | Path, width: int | None = None, height: int | None = None, scale: int = 2
) -> tuple[Plane, Plane]:
    """Original and input of the main job, from a photograph of any size.

    The photograph's luma, cropped (by less than `scale` pixels) until `scale` divides both sides,
    is the original; its bicubic downscale is the input. A photograph that already is
    ``scale * width`` by ``scale * height`` pixels is used as it is.

    Parameters
    ----------
    path : str or Path
    width, height : int, optional
        Largest input: a larger photograph is first shrunk (Lanczos, same proportions) to fit.
        None: no limit.
    scale : int
        Size of the original over size of the input.

    Returns
    -------
    original : ndarray of float64, (scale * h, scale * w), 0 to 1
    low : ndarray of float64, (h, w), 0 to 1

    Raises
    ------
    InputError
        As `read`, and for a photograph with a side below ``8 * scale`` pixels.
    """
    luma = to_luma(read(path))
    rows, columns = luma.shape
    if min(rows, columns) < LEAST_SIDE * scale:
        least = LEAST_SIDE * scale
        raise InputError(f"{path}: {columns}x{rows} pixels; allowed: {least}x{least} and more")
    factor = min(
        1.0,
        1.0 if width is None else scale * width / columns,
        1.0 if height is None else scale * height / rows,
    )
    if factor < 1.0:
        least = LEAST_SIDE * scale
        luma = np.clip(
            resize(
                luma,
                max(least, round(columns * factor)),
                max(least, round(rows * factor)),
                "lanczos",
            ),
            0.0,
            1.0,
        )
    original = crop_to_multiple(luma, scale)
    return original, shrink(original, scale)
