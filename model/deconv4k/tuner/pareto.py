"""The front of cost against quality."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Point(NamedTuple):
    """A candidate as it is compared with others.

    Parameters
    ----------
    cost : float
        The cost share, in percent: `deconv4k.tuner.cost.Cost.share`.
    quality : float
        In dB: `deconv4k.tuner.target.Target.quality`.
    """

    cost: float
    quality: float


def dominated(point: Point, front: Iterable[Point]) -> bool:
    """Whether some point of a front costs no more and is at least as good."""
    return any(each.cost <= point.cost and each.quality >= point.quality for each in front)


def pareto(points: Iterable[Point]) -> list[Point]:
    """The points that no other one dominates: cheapest first, each better than all before it."""
    front: list[Point] = []
    for point in sorted(set(points), key=lambda each: (each.cost, -each.quality)):
        if not front or point.quality > front[-1].quality:
            front.append(point)
    return front
