"""Frames of codes as pictures and video, and back."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deconv4k.errors import InputError
from deconv4k.formats import Format
from deconv4k.vectors.writer import Block, Writer


def no_picture(channels: int, code: Format) -> str | None:
    """Why `channels` channels of codes are no picture, or None where they are one."""
    if channels in (1, 3) and code.width <= 16:
        return None
    return (
        f"a picture of {channels} channel(s) of {code.width} bits; "
        "allowed: 1 or 3 channels of up to 16 bits"
    )


def samples(codes: NDArray[Any], code: Format) -> NDArray[Any]:
    """A frame as a picture: a sample is the code less the smallest code, not scaled.

    Parameters
    ----------
    codes : ndarray of int, (H, W), (1, H, W) or (3, H, W)
    code : Format

    Returns
    -------
    ndarray of uint8 (up to 8 bits) or uint16, (H, W) or (H, W, 3)

    Raises
    ------
    InputError
        Neither one channel nor three, or more than 16 bits.
    """
    full = codes[np.newaxis] if codes.ndim == 2 else codes
    why = no_picture(len(full), code)
    if why is not None:
        raise InputError(why)
    shifted = full if code.min_code == 0 else full.astype(np.int64) - code.min_code
    picture = shifted.astype(np.uint8 if code.width <= 8 else np.uint16)
    return picture[0] if len(full) == 1 else picture.transpose(1, 2, 0)


def from_samples(picture: NDArray[Any], code: Format) -> NDArray[np.int64]:
    """Codes (C, H, W) of a picture (H, W) or (H, W, 3): the inverse of `samples`."""
    codes = picture.astype(np.int64) + code.min_code
    return codes[np.newaxis] if codes.ndim == 2 else codes.transpose(2, 0, 1)


class Png(Writer):
    """PNG with `samples`, and what it holds as a comment."""

    per_frame = True
    of_words = False

    def _add(self, block: Block) -> None:
        picture = samples(block.codes, self.content.code)
        swapped = picture[:, :, ::-1] if picture.ndim == 3 else picture
        done, data = cv2.imencode(".png", np.ascontiguousarray(swapped))
        if not done:
            raise InputError(f"a picture of shape {picture.shape} does not fit a PNG file")
        # Signature and IHDR, the first chunk, take 33 bytes.
        self.file.write(data[:33].data)
        comment = b"tEXtComment\0" + "\n".join(self.content.about).encode("latin-1", "replace")
        self.file.write(struct.pack(">I", len(comment) - 4) + comment)
        self.file.write(struct.pack(">I", zlib.crc32(comment)))
        self.file.write(data[33:].data)


class Y4m(Writer):
    """YUV4MPEG2 with `samples`: grey, or three planes as they are, in 8 to 16 bits."""

    of_words = False

    depths = (8, 9, 10, 12, 16)

    def _begin(self) -> None:
        self.size: tuple[int, ...] = ()

    def _add(self, block: Block) -> None:
        picture = samples(block.codes, self.content.code)
        if not self.size:
            self.size = picture.shape
            depth = next(depth for depth in self.depths if self.content.code.width <= depth)
            kind = "mono" if picture.ndim == 2 else "444"
            deep = "" if depth == 8 else f"{'p' if kind == '444' else ''}{depth}"
            height, width = picture.shape[:2]
            self._text(
                f"YUV4MPEG2 W{width} H{height} F60:1 Ip A1:1 C{kind}{deep} XCOLORRANGE=FULL "
                f"XDECONV4K={self.content.code}"
            )
        if picture.shape != self.size:
            raise InputError(
                f"y4m: a frame of {picture.shape[1]}x{picture.shape[0]} after one of "
                f"{self.size[1]}x{self.size[0]}; allowed: frames of one size"
            )
        planes = picture if picture.ndim == 2 else picture.transpose(2, 0, 1)
        self._text("FRAME")
        dtype = picture.dtype.newbyteorder("<")
        self.file.write(np.ascontiguousarray(planes, dtype=dtype).data.cast("B"))
