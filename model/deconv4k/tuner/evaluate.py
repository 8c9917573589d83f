"""The figures of candidates, with the work that they share done once.

Candidates with the same pixel, weight and product format have the same sums. `SharedSums` holds
these with statistics, from which PSNR, the largest error and its place, and all overflows of a
candidate follow in about a millisecond. SSIM and the mean absolute error take one pass over the
picture, which all candidates share that show the same value for every sum.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Formats
from deconv4k.golden.bound import bound, signed_bits
from deconv4k.tuner.cost import estimate_cost
from deconv4k.tuner.error_bound import prove
from deconv4k.tuner.output_stage import OutputStage, lsb
from deconv4k.tuner.overflows import product_overflows, weight_overflows
from deconv4k.tuner.photograph import psnr_of
from deconv4k.tuner.problem import Problem
from deconv4k.tuner.records import (
    AccumulatorBits,
    CandidateRecord,
    Overflows,
    PhotographRecord,
    ProductOverflows,
    WeightOverflows,
)
from deconv4k.tuner.ssim import PictureFigures
from deconv4k.tuner.sums import SharedSums


def evaluate(problem: Problem, candidates: Sequence[Formats]) -> Iterator[CandidateRecord]:
    """The records of candidates with one pixel, weight and product format, in their order."""
    config = problem.config(candidates[0])
    codes = problem.codes(config.formats.weight)
    shared = [SharedSums.of(config, codes, each) for each in problem.photographs]
    yield from evaluate_sums(problem, codes, shared, candidates)


def evaluate_sums(
    problem: Problem,
    codes: NDArray[np.int64],
    shared: Sequence[SharedSums],
    candidates: Sequence[Formats],
) -> Iterator[CandidateRecord]:
    """The records of candidates whose sums are at hand.

    Parameters
    ----------
    problem : Problem
    codes : ndarray of int64, (1, 1, K, K)
        The weights in the candidates' weight format.
    shared : sequence of SharedSums
        Of each photograph.
    candidates : sequence of Formats
        With one pixel, weight and product format.

    Yields
    ------
    CandidateRecord
    """
    weights = weight_overflows(problem.weights, candidates[0].weight, codes)
    products = [
        product_overflows(problem.base.layer, candidates[0], codes, each.photograph)
        for each in shared
    ]
    passes: list[dict[bytes, PictureFigures]] = [{} for _ in shared]
    for formats in candidates:
        photos = tuple(map(_photograph_record, [formats] * len(shared), shared, products, passes))
        yield _candidate_record(problem, formats, codes, weights, photos)


def _photograph_record(
    formats: Formats,
    shared: SharedSums,
    product: ProductOverflows | None,
    passes: dict[bytes, PictureFigures],
) -> PhotographRecord:
    """One candidate on one photograph.

    Parameters
    ----------
    formats : Formats
    shared : SharedSums
        Of the photograph.
    product : ProductOverflows, optional
    passes : dict
        Passes over the picture already made, by the hash of what each sum shows; is added to.
    """
    photograph = shared.photograph
    stage = OutputStage.of(formats, shared.sums)
    levels = stage.shown.astype(np.float32)
    key = hashlib.sha256(levels.tobytes()).digest()
    if key not in passes:
        passes[key] = photograph.picture_figures(shared.index, levels)
    picture = passes[key]
    errors = shared.errors(stage.shown)
    largest, place = shared.largest_error(stage.shown)
    step = lsb(formats)
    overflows: dict[str, Overflows] = {"output": shared.overflows(stage.rounded, formats.output)}
    if formats.accumulator is not None:
        overflows["accumulator"] = shared.overflows(shared.sums, formats.accumulator)
    if product is not None:
        overflows["product"] = product
    return PhotographRecord(
        photo=photograph.name,
        psnr_original=psnr_of(errors.original),
        psnr_float=psnr_of(errors.floating),
        loss=psnr_of(photograph.float_error) - psnr_of(errors.original),
        ssim_original=picture.ssim_original,
        ssim_float=picture.ssim_float,
        largest_error_lsb=largest / step,
        largest_error_at=place,
        mean_error_lsb=picture.mean_error / step,
        sums=(int(shared.sums[0]), int(shared.sums[-1])),
        overflows=overflows,
    )


def _candidate_record(
    problem: Problem,
    formats: Formats,
    codes: NDArray[np.int64],
    weights: WeightOverflows,
    photos: tuple[PhotographRecord, ...],
) -> CandidateRecord:
    """One candidate: worst figures over the photographs, proved bound, bits and cost."""
    config = problem.config(formats)
    proof = prove(config, problem.weights, codes)
    reach = bound(replace(config, formats=replace(formats, accumulator=None)), codes)
    observed = signed_bits(
        min(photo.sums[0] for photo in photos), max(photo.sums[1] for photo in photos)
    )
    bits = formats.accumulator.width if formats.accumulator is not None else None
    return CandidateRecord(
        formats=formats,
        psnr_original=min(photo.psnr_original for photo in photos),
        psnr_float=min(photo.psnr_float for photo in photos),
        loss=max(photo.loss for photo in photos),
        ssim_original=min(photo.ssim_original for photo in photos),
        ssim_float=min(photo.ssim_float for photo in photos),
        largest_error_lsb=max(abs(photo.largest_error_lsb) for photo in photos),
        mean_error_lsb=max(photo.mean_error_lsb for photo in photos),
        bound_lsb=proof.largest / lsb(formats),
        bound_open=proof.open,
        accumulator=AccumulatorBits(reach.bits, observed, bits),
        wraps=sum(photo.wraps for photo in photos),
        weights=weights,
        cost=estimate_cost(config, problem.device, packing=problem.packing),
        photos=photos,
    )
