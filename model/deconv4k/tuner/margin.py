"""The margin: by how much photographs that were not searched may miss the target.

It is estimated from the regions of the photographs searched, whose figures are known. PSNR to the
float layer depends on the strength of the errors alone, so its margin is the worst region's. A loss
also depends on the error of the float layer itself, which may be next to none (on blank paper any
error is infinitely more), so its margin leaves one region in twenty out.

A photograph that is like nothing in those searched may lie beyond the margin. What holds for every
picture is `deconv4k.tuner.error_bound`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Formats
from deconv4k.photo.quality import BORDER
from deconv4k.tuner.output_stage import OutputStage
from deconv4k.tuner.photograph import inner, psnr_of
from deconv4k.tuner.sums import SharedSums
from deconv4k.tuner.target import Target

SIDE = 64
"""Rows and columns of a region; those at a photograph's end are up to twice as large."""

LEFT_OUT = {"loss": 0.05, "psnr_float": 0.0}
"""The share of the regions that may lie beyond the margin, by the target's figure."""


class Region(NamedTuple):
    """A part of a photograph.

    Parameters
    ----------
    photo : str
    at : (int, int)
        Row and column of its first pixel in the output.
    value : float
        Its own figure, of the target's kind, in dB.
    """

    photo: str
    at: tuple[int, int]
    value: float


@dataclass(frozen=True)
class Margin:
    """What the regions of the photographs searched say about other photographs.

    Parameters
    ----------
    target : Target
    regions : int
    worst : Region
    limit : float
        The target's figure, in dB, that all regions but the part left out reach.
    """

    target: Target
    regions: int
    worst: Region
    limit: float

    @classmethod
    def of(cls, formats: Formats, shared: Sequence[SharedSums], target: Target) -> Margin:
        """The margin of a candidate.

        Parameters
        ----------
        formats : Formats
        shared : sequence of SharedSums
            Of the photographs searched.
        target : Target
        """
        ordered = sorted(
            regions(formats, shared, target.figure),
            key=lambda region: target.to_quality(region.value),
        )
        limit = ordered[int(LEFT_OUT[target.figure] * len(ordered))]
        return cls(target, len(ordered), ordered[0], limit.value)

    @property
    def decibels(self) -> float:
        """By how much a photograph may miss the target, in dB."""
        return max(0.0, self.target.least - self.target.to_quality(self.limit))

    def judge(self, value: float) -> str:
        """What to say of a photograph that was kept out, given its figure in dB."""
        quality = self.target.to_quality(value)
        if quality >= self.target.least:
            return "within the target"
        if quality >= self.target.least - self.decibels:
            return "within the target and its margin"
        return "beyond the margin, so it belongs among the photographs searched"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "decibels": self.decibels,
            "side": SIDE,
            "regions": self.regions,
            "left_out": LEFT_OUT[self.target.figure],
            "limit": self.limit,
            "worst": {**self.worst._asdict(), "at": list(self.worst.at)},
        }

    def __str__(self) -> str:
        loss = self.target.figure == "loss"
        most = "19 in 20 lose at most" if loss else "none has less than"
        return (
            f"Margin for photographs kept out: {self.decibels:.3f} dB. Of {self.regions} regions "
            f"of {SIDE}x{SIDE} pixels {most} {self.limit:.3f} dB; the worst, "
            f"{self.worst.photo} at {list(self.worst.at)}, {'loses' if loss else 'has'} "
            f"{self.worst.value:.3f} dB."
        )


def regions(formats: Formats, shared: Sequence[SharedSums], figure: str) -> Iterator[Region]:
    """The regions of all photographs, row by row, border left out.

    Where the float layer shows the original exactly there is no loss, and the region is left out.
    """
    for each in shared:
        photograph = each.photograph
        shown = inner(OutputStage.of(formats, each.sums).shown[each.index])
        floating, original = inner(photograph.floating), inner(photograph.original)
        if figure == "loss":
            before, after = _errors(floating, original), _errors(shown, original)
        else:
            before, after = None, _errors(shown, floating)
        for place, error in np.ndenumerate(after):
            value = psnr_of(float(error))
            if before is not None:
                if before[place] == 0:
                    continue
                value = psnr_of(float(before[place])) - value
            row, column = (BORDER + SIDE * i for i in place)
            yield Region(photograph.name, (row, column), value)


def _errors(picture: NDArray[np.float64], reference: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean squared difference of each region of two pictures (H, W)."""
    starts = [np.arange(0, max(1, size - SIDE + 1), SIDE) for size in picture.shape]
    squared = np.square(picture.astype(np.float64) - reference)
    sums = np.add.reduceat(np.add.reduceat(squared, starts[0], axis=0), starts[1], axis=1)
    sizes = [
        np.diff(np.append(each, size)) for each, size in zip(starts, picture.shape, strict=True)
    ]
    return np.asarray(sums / np.outer(*sizes))
