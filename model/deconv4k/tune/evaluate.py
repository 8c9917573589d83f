"""What one candidate does to the photographs, with the work that candidates share done once.

Candidates of one *stem* (pixel, weight, product) have the same sums. An output is a function of its
sum alone, whatever accumulator and output formats are, so a picture with some ten thousand
different sums is known from a table of as many outputs, and from statistics that are gathered once
for each sum: how often it occurs, and over the pixels where it does the moments and the ends of
its distance to the two references. From these follow, in about a millisecond, the mean squared
errors, the largest error with its place, and everything that saturates or wraps. What remains for
each candidate, SSIM and the mean absolute error, takes one pass over the picture, which is shared
in turn by all candidates whose tables are equal.

The scatter of a reference among the pixels of one sum is also what no output format can undo: a
lower bound of the squared error of every candidate of the stem (`Stem.best_error`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deconv4k import golden
from deconv4k.config import Config, Formats
from deconv4k.errors import InputError
from deconv4k.formats import Format, Overflow
from deconv4k.golden.bound import bound, signed_bits
from deconv4k.layer import Layer
from deconv4k.photo import kernels, upscale
from deconv4k.photo.quality import BORDER
from deconv4k.quantise import quantise
from deconv4k.tune.cost import cost
from deconv4k.tune.error_bound import prove
from deconv4k.tune.photograph import Scene, decibels, inner

VERSION = 1
"""Changes whenever a candidate's figures would: journals of other versions are not used."""

NARROW = 24
"""Ranges of sums up to this many bits are indexed by a table; wider ones are sorted."""

Record = dict[str, Any]
"""Everything known of one candidate, as JSON has it."""


@dataclass(frozen=True)
class Problem:
    """What a search is about; the same for all its candidates.

    Parameters
    ----------
    base : Config
        Layer and video.
    weights : ndarray of float64, (1, 1, K, K)
    scenes : tuple of Scene
    device : str
        Whose parts the cost is a share of.
    packing : bool
        Whether two multiplications may share a block.
    """

    base: Config
    weights: kernels.Weights
    scenes: tuple[Scene, ...]
    device: str
    packing: bool = False

    def __post_init__(self) -> None:
        layer, formats = self.base.layer, self.base.formats
        errors = []
        if (layer.in_channels, layer.out_channels) != (1, 1):
            errors.append(
                f"layer.in_channels = {layer.in_channels}, layer.out_channels = "
                f"{layer.out_channels}; allowed: 1 and 1, a photograph's luma is one channel"
            )
        if formats.bias is not None:
            errors.append(f"formats.bias = {str(formats.bias)!r}; allowed: no bias to tune with")
        if errors:
            raise InputError(*errors)

    @cached_property
    def digest(self) -> str:
        """A hash of all that figures depend on, but for the candidate."""
        content = hashlib.sha256(f"{VERSION} {self.device} {self.packing}".encode())
        content.update(f"{self.base.layer} {self.base.video}".encode())
        content.update(self.weights.tobytes())
        for scene in self.scenes:
            content.update(scene.digest.encode())
        return content.hexdigest()

    def config(self, formats: Formats) -> Config:
        """The configuration of a candidate."""
        return replace(self.base, formats=formats)

    def codes(self, weight: Format) -> NDArray[np.int64]:
        """The weights in a format."""
        return kernels.to_codes(self.weights, self.base.layer, weight)


class Mistakes(NamedTuple):
    """Mean squared errors inside the border, on the scale 0 to 1; or lower bounds of them."""

    original: float
    floating: float


@dataclass(frozen=True)
class Stem:
    """The sums of one photograph by one pixel, weight and product format.

    Parameters
    ----------
    scene : Scene
    sums : ndarray of int64, (N,)
        The different sums, ascending.
    values : ndarray of float64, (N,)
        The same on the scale 0 (black) to 1 (white).
    rank : ndarray of int32, (OH, OW)
        For each pixel the place of its sum.
    counts, first : ndarray of int64, (N,)
        How often a sum occurs, and the first pixel where it does, row by row.
    moments : ndarray of float64, (N, 5)
        Of the pixels inside the border: their number, then the first and second moment of
        ``value - floating``, then both of ``value - original``.
    ends : ndarray of float64, (N, 2)
        Smallest and largest ``value - floating`` inside the border.
    places : ndarray of int64, (N, 2)
        The pixels where these occur.
    """

    scene: Scene
    sums: NDArray[np.int64]
    values: NDArray[np.float64]
    rank: NDArray[np.int32]
    counts: NDArray[np.int64]
    first: NDArray[np.int64]
    moments: NDArray[np.float64]
    ends: NDArray[np.float64]
    places: NDArray[np.int64]

    @classmethod
    def of(cls, config: Config, codes: NDArray[np.int64], scene: Scene) -> Stem:
        """Compute the sums of a photograph and their statistics.

        Parameters
        ----------
        config : Config
            Its accumulator and output do not matter.
        codes : ndarray of int64, (1, 1, K, K)
            The weights in its weight format.
        scene : Scene
        """
        formats = config.formats
        exact = replace(config, formats=replace(formats, accumulator=None))
        frame = golden.phase_sums(exact, pixel_codes(scene, formats), codes)[0]
        sums, rank, counts, first = distinct(frame)
        values = upscale.from_codes(sums, replace(formats, output=_sum_format(formats)))
        moments = np.zeros((sums.size, 5))
        ends = np.full((sums.size, 2), [np.inf, -np.inf])
        places = np.zeros((sums.size, 2), dtype=np.int64)
        _gather(rank, values, scene.floating, scene.original, BORDER, moments, ends, places)
        return cls(scene, sums, values, rank, counts, first, moments, ends, places)

    @property
    def best_error(self) -> Mistakes:
        """Squared errors that no output format goes below: the references' scatter within sums."""
        number = np.maximum(self.moments[:, 0], 1)
        scatter = [
            float(np.sum(self.moments[:, k + 1] - self.moments[:, k] ** 2 / number)) for k in (1, 3)
        ]
        pixels = self.moments[:, 0].sum()
        floating, original = (max(0.0, each) / pixels for each in scatter)
        return Mistakes(original, floating)

    def errors(self, shown: NDArray[np.float64]) -> Mistakes:
        """Mean squared errors of a picture that shows ``shown[i]`` where sum i is."""
        moved = shown - self.values
        number = self.moments[:, 0]
        floating, original = (
            number * moved**2 + 2 * moved * self.moments[:, k] + self.moments[:, k + 1]
            for k in (1, 3)
        )
        return Mistakes(
            max(0.0, float(original.sum())) / number.sum(),
            max(0.0, float(floating.sum())) / number.sum(),
        )

    def largest_error(self, shown: NDArray[np.float64]) -> tuple[float, list[int]]:
        """Largest ``shown - floating`` in magnitude, signed, and its (row, column)."""
        seen = np.flatnonzero(self.moments[:, 0])
        errors = (shown - self.values)[seen, np.newaxis] + self.ends[seen]
        i, end = divmod(int(np.argmax(np.abs(errors))), 2)
        return float(errors[i, end]), self.place(int(self.places[seen[i], end]))

    def place(self, pixel: int) -> list[int]:
        """Row and column of a pixel of the output."""
        return list(map(int, divmod(pixel, self.rank.shape[1])))

    def overflows(self, rounded: NDArray[np.int64], target: Format) -> Record:
        """Codes that a format does not hold, by what they are before it overflows.

        Parameters
        ----------
        rounded : ndarray of int64, (N,)
            For each sum the code, already rounded.
        target : Format

        Returns
        -------
        dict
            ``count``, ``kind`` ("saturated" or "wrapped"), and of the code farthest outside
            ``worst`` and ``at``, its (row, column); None where nothing overflows.
        """
        beyond = np.maximum(target.lowest_code - rounded, rounded - target.max_code)
        worst = int(np.argmax(beyond))
        any_beyond = beyond[worst] > 0
        return {
            "count": int(self.counts[beyond > 0].sum()),
            "kind": "wrapped" if target.overflow is Overflow.AP_WRAP else "saturated",
            "worst": int(rounded[worst]) if any_beyond else None,
            "at": self.place(int(self.first[worst])) if any_beyond else None,
        }


def pixel_codes(scene: Scene, formats: Formats) -> NDArray[Any]:
    """The layer's input, (H, W), in the narrowest type."""
    return upscale.to_codes(scene.low, formats).astype(formats.pixel.code_dtype())


def _sum_format(formats: Formats) -> Format:
    """A format at the sums' binary point."""
    return Format(64, 64 - formats.sum_fraction, True)


def distinct(
    frame: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """The different numbers of a frame, and where they are.

    Returns
    -------
    numbers : ndarray of int64, (N,)
        Ascending.
    rank : ndarray of int32, the shape of `frame`
        ``numbers[rank] == frame``.
    counts, first : ndarray of int64, (N,)
        How often each occurs, and its first place in the flattened frame.
    """
    low, high = int(frame.min()), int(frame.max())
    if (high - low) >> NARROW:
        numbers, first, rank, counts = np.unique(
            frame, return_index=True, return_inverse=True, return_counts=True
        )
        return (
            np.asarray(numbers, dtype=np.int64),
            np.asarray(rank, dtype=np.int32).reshape(frame.shape),
            np.asarray(counts, dtype=np.int64),
            np.asarray(first, dtype=np.int64),
        )
    lookup = np.zeros(high - low + 1, dtype=np.int32)
    rank = np.empty(frame.shape, dtype=np.int32)
    count = _index(frame.reshape(-1), low, lookup, rank.reshape(-1))
    numbers = np.asarray(np.flatnonzero(lookup >= 0) + low, dtype=np.int64)
    counts, first = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    _count(rank.reshape(-1), counts, first)
    return numbers, np.asarray(rank, dtype=np.int32), counts, first


@njit(cache=True, nogil=True)
def _index(frame, low, lookup, rank):  # type: ignore[no-untyped-def]
    """Fill `lookup` with each number's rank, -1 for what does not occur, and `rank` from it."""
    for i in range(frame.size):
        lookup[frame[i] - low] = 1
    count = 0
    for i in range(lookup.size):
        if lookup[i]:
            lookup[i] = count
            count += 1
        else:
            lookup[i] = -1
    for i in range(frame.size):
        rank[i] = lookup[frame[i] - low]
    return count


@njit(cache=True, nogil=True)
def _count(rank, counts, first):  # type: ignore[no-untyped-def]
    for i in range(rank.size - 1, -1, -1):
        counts[rank[i]] += 1
        first[rank[i]] = i


@njit(cache=True, nogil=True)
def _gather(rank, values, floating, original, border, moments, ends, places):  # type: ignore[no-untyped-def]
    """Moments and ends of the pixels of each sum, as `Stem` has them."""
    rows, columns = rank.shape
    for y in range(border, rows - border):
        for x in range(border, columns - border):
            i = rank[y, x]
            difference = values[i] - floating[y, x]
            distance = values[i] - original[y, x]
            moments[i, 0] += 1
            moments[i, 1] += difference
            moments[i, 2] += difference * difference
            moments[i, 3] += distance
            moments[i, 4] += distance * distance
            if difference < ends[i, 0]:
                ends[i, 0] = difference
                places[i, 0] = y * columns + x
            if difference > ends[i, 1]:
                ends[i, 1] = difference
                places[i, 1] = y * columns + x


class Tail(NamedTuple):
    """What accumulator and output make of the sums of a stem."""

    wrapped: NDArray[np.int64]
    rounded: NDArray[np.int64]
    codes: NDArray[np.int64]
    shown: NDArray[np.float64]
    """On the scale 0 to 1, clipped to it."""

    @classmethod
    def of(cls, formats: Formats, sums: NDArray[np.int64]) -> Tail:
        """Of a candidate's formats; every result as long as `sums`."""
        held, fraction = formats.accumulator, formats.sum_fraction
        wrapped = sums if held is None else quantise(sums, fraction, held)
        output = formats.output
        roomy = Format(62, 62 - output.fraction, True, output.rounding, Overflow.AP_SAT)
        rounded = quantise(wrapped, fraction, roomy)
        codes = quantise(wrapped, fraction, output)
        return cls(wrapped, rounded, codes, np.clip(upscale.from_codes(codes, formats), 0.0, 1.0))


def evaluate(problem: Problem, candidates: Sequence[Formats]) -> Iterator[Record]:
    """The records of candidates with one stem, in their order."""
    config = problem.config(candidates[0])
    codes = problem.codes(config.formats.weight)
    stems = [Stem.of(config, codes, scene) for scene in problem.scenes]
    yield from finish(problem, codes, stems, candidates)


def finish(
    problem: Problem,
    codes: NDArray[np.int64],
    stems: Sequence[Stem],
    candidates: Sequence[Formats],
) -> Iterator[Record]:
    """The records of candidates whose stem, of each photograph, is at hand."""
    weight = weight_overflows(problem, candidates[0].weight, codes)
    products = [
        product_overflows(problem.base.layer, candidates[0], codes, stem.scene) for stem in stems
    ]
    passes: list[dict[bytes, Record]] = [{} for _ in stems]
    for formats in candidates:
        photos = [
            photo_record(formats, stem, product, seen)
            for stem, product, seen in zip(stems, products, passes, strict=True)
        ]
        yield candidate_record(problem, formats, codes, stems, weight, photos)


def photo_record(
    formats: Formats, stem: Stem, product: Record | None, seen: dict[bytes, Record]
) -> Record:
    """One candidate on one photograph.

    Parameters
    ----------
    seen : dict
        Passes over the picture already made, by their tables; is added to.
    """
    tail = Tail.of(formats, stem.sums)
    table = tail.shown.astype(np.float32)
    key = hashlib.sha256(table.tobytes()).digest()
    if key not in seen:
        texture = stem.scene.texture(stem.rank, table)
        seen[key] = {name: float(value) for name, value in texture._asdict().items()}
    texture_figures = seen[key]
    errors = stem.errors(tail.shown)
    largest, place = stem.largest_error(tail.shown)
    step = lsb(formats)
    overflows: Record = {"output": stem.overflows(tail.rounded, formats.output)}
    if formats.accumulator is not None:
        overflows["accumulator"] = stem.overflows(stem.sums, formats.accumulator)
    if product is not None:
        overflows["product"] = product
    return {
        "photo": stem.scene.name,
        "psnr_original": decibels(errors.original),
        "psnr_float": decibels(errors.floating),
        "loss": decibels(stem.scene.float_error) - decibels(errors.original),
        "ssim_original": texture_figures["ssim_original"],
        "ssim_float": texture_figures["ssim_float"],
        "largest_error_lsb": largest / step,
        "largest_error_at": place,
        "mean_error_lsb": texture_figures["mean_error"] / step,
        "sums": [int(stem.sums[0]), int(stem.sums[-1])],
        "overflows": overflows,
    }


def lsb(formats: Formats) -> float:
    """One step of the output on the scale 0 (black) to 1 (white)."""
    return float(upscale.from_codes(np.array(1), formats))


def candidate_record(
    problem: Problem,
    formats: Formats,
    codes: NDArray[np.int64],
    stems: Sequence[Stem],
    weight: Record,
    photos: list[Record],
) -> Record:
    """Everything of one candidate: worst figures over the photographs, bound, bits and cost."""
    config = problem.config(formats)
    proof = prove(config, problem.weights, codes)
    reach = bound(replace(config, formats=replace(formats, accumulator=None)), codes)
    observed = signed_bits(
        min(photo["sums"][0] for photo in photos), max(photo["sums"][1] for photo in photos)
    )
    price = cost(config, problem.device, packing=problem.packing)
    held = formats.accumulator.width if formats.accumulator is not None else None
    return {
        "formats": spell(formats),
        "psnr_original": min(photo["psnr_original"] for photo in photos),
        "psnr_float": min(photo["psnr_float"] for photo in photos),
        "loss": max(photo["loss"] for photo in photos),
        "ssim_original": min(photo["ssim_original"] for photo in photos),
        "ssim_float": min(photo["ssim_float"] for photo in photos),
        "largest_error_lsb": max(abs(photo["largest_error_lsb"]) for photo in photos),
        "mean_error_lsb": max(photo["mean_error_lsb"] for photo in photos),
        "bound_lsb": proof.largest / lsb(formats),
        "bound_open": proof.open,
        "accumulator": {
            "proved_bits": reach.bits,
            "observed_bits": observed,
            "bits": held,
            "headroom_proved": None if held is None else held - reach.bits,
            "headroom_observed": None if held is None else held - observed,
        },
        "wraps": sum(wraps(photo) for photo in photos),
        "weights": weight,
        "cost": price.as_dict(),
        "photos": photos,
    }


def wraps(photo: Record) -> int:
    """Codes of a photograph that wrap, at any node and anywhere, border included."""
    nodes = photo["overflows"].values()
    return sum(each["count"] for each in nodes if each["kind"] == "wrapped")


def spell(formats: Formats) -> dict[str, str]:
    """Formats in HLS notation, by node, those that there are."""
    nodes = ("pixel", "weight", "product", "accumulator", "output")
    return {
        node: str(getattr(formats, node)) for node in nodes if getattr(formats, node) is not None
    }


def weight_overflows(problem: Problem, target: Format, codes: NDArray[np.int64]) -> Record:
    """Weights that their format clips; `worst` is the weight, `at` its (ky, kx)."""
    step = 2.0**-target.fraction
    low, high = (target.min_code - 0.5) * step, (target.max_code + 0.5) * step
    beyond = np.maximum(low - problem.weights, problem.weights - high)[0, 0]
    worst = np.unravel_index(int(np.argmax(beyond)), beyond.shape)
    clipped = beyond[worst] > 0
    return {
        "count": int(np.count_nonzero(beyond > 0)),
        "worst": float(problem.weights[0, 0][worst]) if clipped else None,
        "at": [int(i) for i in worst] if clipped else None,
        "largest_code": int(np.abs(codes).max()),
    }


def product_overflows(
    layer: Layer, formats: Formats, codes: NDArray[np.int64], scene: Scene
) -> Record | None:
    """Products of a photograph that the product format does not hold.

    Returns
    -------
    dict or None
        As `Stem.overflows`, where `at` is the input pixel's (row, column) and `tap` the weight's
        (ky, kx); None without a product format.
    """
    target = formats.product
    if target is None:
        return None
    pixels = pixel_codes(scene, formats)
    values = np.arange(formats.pixel.max_code + 1)
    fraction = formats.pixel.fraction + formats.weight.fraction
    roomy = Format(62, 62 - target.fraction, True, target.rounding, Overflow.AP_SAT)
    found: Record = {
        "count": 0,
        "kind": "wrapped" if target.overflow is Overflow.AP_WRAP else "saturated",
        "worst": None,
        "at": None,
        "tap": None,
    }
    farthest = 0
    for ky, kx in np.ndindex(codes.shape[2:]):
        rounded = quantise(values * codes[0, 0, ky, kx], fraction, roomy)
        beyond = np.maximum(target.lowest_code - rounded, rounded - target.max_code)
        if beyond.max() <= 0:
            continue
        rows, columns = (
            _meeting(layer, k, size) for k, size in zip((ky, kx), pixels.shape, strict=True)
        )
        here = beyond[pixels[rows, columns]]
        if here.size == 0:
            continue
        found["count"] += int(np.count_nonzero(here > 0))
        if here.max() > farthest:
            farthest = int(here.max())
            y, x = np.unravel_index(int(np.argmax(here)), here.shape)
            at = (int(y) + rows.start, int(x) + columns.start)
            found["worst"] = int(rounded[pixels[at]])
            found["at"], found["tap"] = list(at), [ky, kx]
    return found


def _meeting(layer: Layer, k: int, size: int) -> slice:
    """Input rows (columns) that meet kernel row (column) k within the output."""
    ahead = layer.padding - k
    last = (layer.output_size(size) - 1 + ahead) // layer.stride
    return slice(max(0, -(-ahead // layer.stride)), max(0, min(size, last + 1)))


def output_limit(scene: Scene, formats: Formats) -> float:
    """PSNR to the float layer that no candidate with this pixel and output format exceeds, in dB.

    It has every pixel on the output code nearest to the float layer's.
    """
    step = lsb(formats)
    output = formats.output
    exact = inner(scene.floating).astype(np.float64)
    nearest = np.clip(np.rint(exact / step), output.min_code, output.max_code) * step
    return decibels(float(np.mean((np.clip(nearest, 0.0, 1.0) - exact) ** 2)))
