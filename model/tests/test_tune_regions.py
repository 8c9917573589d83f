"""Regions of photographs, and the margin they state, against pictures cut out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from tune_scene import formats, problem

from deconv4k import golden
from deconv4k.photo import quality, upscale
from deconv4k.tuner.margin import SIDE, Margin, Region, regions
from deconv4k.tuner.problem import pixel_codes
from deconv4k.tuner.sums import SharedSums
from deconv4k.tuner.target import Target

CANDIDATE = formats(weight="ap_fixed<6,2,AP_RND,AP_SAT>")


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A photograph of 160x240 pixels: 144x224 count, two regions by three."""
    return problem(tmp_path_factory.mktemp("photos"), width=240, height=160, photos=2)


@pytest.fixture(scope="module")
def shared(given):
    codes = given.codes(CANDIDATE.weight)
    return [SharedSums.of(given.config(CANDIDATE), codes, each) for each in given.photographs]


@pytest.mark.parametrize("figure", ["loss", "psnr_float"])
def test_a_region_is_judged_as_a_picture_of_its_own(given, shared, figure):
    found = list(regions(CANDIDATE, shared, figure))
    border = quality.BORDER
    ends = {
        0: (border, border + SIDE, 160 - border),
        1: (border, border + SIDE, border + 2 * SIDE, 240 - border),
    }
    expected = []
    for photograph in given.photographs:
        pixels = pixel_codes(photograph, CANDIDATE)
        codes = golden.run(given.config(CANDIDATE), pixels, given.codes(CANDIDATE.weight))
        shown = np.clip(upscale.from_codes(codes, CANDIDATE), 0, 1)
        for top, bottom in zip(ends[0], ends[0][1:], strict=False):
            for left, right in zip(ends[1], ends[1][1:], strict=False):
                part = np.s_[top:bottom, left:right]
                planes = [
                    each[part].astype(float)
                    for each in (photograph.floating, shown, photograph.original)
                ]
                # quality.psnr leaves a border out.
                floating, fixed, original = (np.pad(each, border) for each in planes)
                value = (
                    quality.psnr(original, floating) - quality.psnr(original, fixed)
                    if figure == "loss"
                    else quality.psnr(floating, fixed)
                )
                expected.append(
                    Region(photograph.name, (top, left), pytest.approx(value, abs=1e-6))
                )
    assert len(expected) == 2 * 2 * 3
    assert found == expected


def test_a_region_that_floating_point_shows_exactly_has_no_loss(given, shared):
    photograph = given.photographs[0]
    original = photograph.original.copy()
    part = np.s_[8:72, 8:72]
    original[part] = photograph.floating[part]
    blank = replace(shared[0], photograph=replace(photograph, original=original))
    found = [region.at for region in regions(CANDIDATE, [blank], "loss")]
    assert (8, 8) not in found
    assert len(found) == 5
    assert len(list(regions(CANDIDATE, [blank], "psnr_float"))) == 6


@pytest.mark.parametrize(
    ("target", "limit"), [(Target("loss", 0.01), 1), (Target("psnr_float", 60), 0)], ids=str
)
def test_the_margin_leaves_out_one_loss_in_twenty_and_no_psnr(shared, target, limit):
    many = shared * 2
    ordered = sorted(
        (region.value for region in regions(CANDIDATE, many, target.figure)),
        reverse=target.figure == "loss",
    )
    assert 20 <= len(ordered) < 40
    margin = Margin.of(CANDIDATE, many, target)
    assert (margin.worst.value, margin.limit) == (ordered[0], ordered[limit])
    assert margin.decibels == pytest.approx(abs(ordered[limit] - target.value))
    beyond = abs(ordered[limit] - target.value) * 1.01
    sign = 1 if target.figure == "loss" else -1
    judged = [margin.judge(target.value + sign * each) for each in (0, beyond / 1.02, beyond)]
    assert judged == [
        "within the target",
        "within the target and its margin",
        "beyond the margin, so it belongs among the photographs searched",
    ]


def test_there_is_no_margin_where_every_region_reaches_the_target(shared):
    assert Margin.of(CANDIDATE, shared, Target("psnr_float", 1)).decibels == 0
