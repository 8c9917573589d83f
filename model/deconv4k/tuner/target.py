"""The target of a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from deconv4k.tuner.arguments import ArgumentError
from deconv4k.tuner.photograph import psnr_of
from deconv4k.tuner.records import CandidateRecord, PhotographRecord
from deconv4k.tuner.sums import MeanSquaredErrors

Figure = Literal["loss", "psnr_float"]
"""A record's figure that a target can be set for."""

TOLERANCE = 1e-9
"""In dB: figures nearer than this are the same, whatever the order of a sum."""


@dataclass(frozen=True)
class Target:
    """What the chosen candidate has to reach.

    Parameters
    ----------
    figure : {'loss', 'psnr_float'}
        PSNR lost against the original, or PSNR against the float layer's picture.
    value : float
        In dB: the most that may be lost, or the least PSNR.

    Raises
    ------
    ArgumentError
        If there is no such figure, or the value is negative.

    Examples
    --------
    >>> print(Target("loss", 0.05))
    a loss of at most 0.05 dB against the original
    """

    figure: Figure
    value: float

    def __post_init__(self) -> None:
        if self.figure not in ("loss", "psnr_float"):
            raise ArgumentError("target", f" {self.figure!r}; allowed: 'loss', 'psnr_float'")
        if not self.value >= 0:
            raise ArgumentError("target", f" {self.value} dB; allowed: 0 dB or more")

    def value_of(self, record: CandidateRecord | PhotographRecord) -> float:
        """A record's figure, in dB."""
        return record.loss if self.figure == "loss" else record.psnr_float

    def to_quality(self, value: float) -> float:
        """A figure as one that is to be large: PSNR as it is, a loss negative. In dB."""
        return -value if self.figure == "loss" else value

    def quality(self, record: CandidateRecord | PhotographRecord) -> float:
        """A record's figure as one that is to be large, in dB."""
        return self.to_quality(self.value_of(record))

    @property
    def least(self) -> float:
        """The least quality that reaches the target, in dB."""
        return self.to_quality(self.value)

    def reached(self, record: CandidateRecord) -> bool:
        """Whether a candidate reaches the target. One that wraps anywhere does not."""
        return not record.wraps and self.quality(record) >= self.least - TOLERANCE

    def quality_of_errors(
        self, errors: Sequence[MeanSquaredErrors], float_errors: Sequence[float]
    ) -> float:
        """The quality of a candidate with these errors; an upper bound for lower bounds of them.

        Parameters
        ----------
        errors : sequence of MeanSquaredErrors
            Of each photograph.
        float_errors : sequence of float
            Mean squared error of the float layer against each original.
        """
        if self.figure == "psnr_float":
            return min(psnr_of(each.floating) for each in errors)
        return min(
            psnr_of(each.original) - psnr_of(before)
            for each, before in zip(errors, float_errors, strict=True)
        )

    def __str__(self) -> str:
        if self.figure == "loss":
            return f"a loss of at most {self.value:g} dB against the original"
        return f"at least {self.value:g} dB PSNR against the float layer"
