"""The geometry of a transposed convolution: sizes, phases and taps.

With kernel K, stride S, padding P and output padding OP (dilation 1, groups 1) the layer is
PyTorch's ``ConvTranspose2d``::

    out[oy] = sum over iy of in[iy] * w[oy + P - S * iy]        (the same for columns)

Write ``oy = S * q + r`` and ``iy = q + dy``: the kernel index is ``r + P - S * dy``, whatever q is.
So phase r has one *tap* for each dy with ``0 <= r + P - S * dy < K``, and no multiply ever meets
an inserted zero. The engine in hw/ uses the same names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from deconv4k.errors import InputError


class Tap(NamedTuple):
    """One multiply of a phase, in one dimension."""

    offset: int
    """Input row (column) relative to q: the pixel is in[q + offset]."""
    at: int
    """Kernel row (column): the weight is w[at]."""


@dataclass(frozen=True)
class Layer:
    """A transposed convolution.

    Parameters
    ----------
    kernel, stride, padding, output_padding : int
        K, S, P, OP, the same in both dimensions.
    in_channels, out_channels : int

    Raises
    ------
    InputError
        For whatever PyTorch refuses: all reasons at once.

    Examples
    --------
    >>> layer = Layer(kernel=9, stride=2, padding=4, output_padding=1)
    >>> layer.output_shape(1080, 1920), layer.phase_taps()
    ((2160, 3840), [[25, 20], [20, 16]])
    """

    kernel: int
    stride: int
    padding: int = 0
    output_padding: int = 0
    in_channels: int = 1
    out_channels: int = 1

    def __post_init__(self) -> None:
        errors = []
        for name, least in (
            ("kernel", 1),
            ("stride", 1),
            ("padding", 0),
            ("output_padding", 0),
            ("in_channels", 1),
            ("out_channels", 1),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                errors.append(f"layer.{name} = {value!r}; allowed: a whole number")
            elif not least <= value <= 65535:
                errors.append(f"layer.{name} = {value}; allowed: {least} to 65535")
        if not errors and self.output_padding >= self.stride:
            errors.append(
                f"layer.output_padding = {self.output_padding}; allowed: less than the stride "
                f"{self.stride}, as in PyTorch (more would only add outputs that no input reaches)"
            )
        if errors:
            raise InputError(*errors)

    def output_size(self, size: int) -> int:
        """Output rows (columns) for `size` input rows (columns)."""
        return (
            (size - 1) * self.stride - 2 * self.padding + self.kernel - 1 + self.output_padding + 1
        )

    def output_shape(self, height: int, width: int) -> tuple[int, int]:
        """Output (OH, OW) for an input frame.

        Raises
        ------
        InputError
            If the frame is empty, or the padding leaves no output.
        """
        if height < 1 or width < 1:
            raise InputError(f"a frame of {width}x{height} pixels; allowed: 1x1 and more")
        rows, columns = self.output_size(height), self.output_size(width)
        if rows < 1 or columns < 1:
            raise InputError(
                f"a frame of {width}x{height} pixels gives an output of {columns}x{rows} with "
                f"padding {self.padding}; allowed: at least 1x1"
            )
        return rows, columns

    @property
    def is_exact_upscaler(self) -> bool:
        """Whether OH = S * H for every H, that is K - 2 P + OP = S."""
        return self.kernel - 2 * self.padding + self.output_padding == self.stride

    def taps(self, phase: int) -> list[Tap]:
        """Taps of phase r in one dimension, from the newest input row (largest offset) on."""
        top = phase + self.padding
        first = top // self.stride
        return [
            Tap(offset, top - self.stride * offset)
            for offset in range(first, -self.kernel, -1)
            if 0 <= top - self.stride * offset < self.kernel
        ]

    @property
    def rows_ahead(self) -> int:
        """Input rows below row q that any phase of q needs (columns: to the right)."""
        return (self.stride - 1 + self.padding) // self.stride

    @property
    def rows_behind(self) -> int:
        """Input rows above row q that any phase of q needs (columns: to the left)."""
        return (self.kernel - 1 - self.padding) // self.stride

    def phase_taps(self) -> list[list[int]]:
        """Taps of each phase (r, s) and input channel: a list of rows r of counts over s."""
        counts = [len(self.taps(r)) for r in range(self.stride)]
        return [[rows * columns for columns in counts] for rows in counts]
