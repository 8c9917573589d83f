"""What the tuner says of a candidate is what the golden model and quality.py say of its picture."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from tune_scene import BASE, SAT, formats, problem
from twin import fit, round_value

from deconv4k import golden
from deconv4k.formats import Format
from deconv4k.golden.bound import bound
from deconv4k.photo import quality, upscale
from deconv4k.quantise import quantise
from deconv4k.tuner.evaluate import evaluate
from deconv4k.tuner.output_stage import OutputStage, lsb, psnr_ceiling
from deconv4k.tuner.overflows import product_overflows
from deconv4k.tuner.photograph import Photograph, inner, psnr_of
from deconv4k.tuner.problem import pixel_codes
from deconv4k.tuner.records import CandidateRecord
from deconv4k.tuner.ssim import STRIP
from deconv4k.tuner.sums import SharedSums, distinct

CANDIDATES = {
    "default": formats(),
    "coarse weights that clip": formats(weight=f"ap_fixed<5,1,{SAT}>"),
    "truncation": formats(output="ap_ufixed<8,8,AP_TRN,AP_SAT>"),
    "fine output": formats(pixel="ap_ufixed<10,8>", output=f"ap_ufixed<11,8,{SAT}>"),
    "output that wraps": formats(output="ap_ufixed<7,7,AP_RND,AP_WRAP>"),
    "symmetric signed output": formats(output="ap_fixed<9,9,AP_RND_CONV,AP_SAT_SYM>"),
    "accumulator that wraps": formats(accumulator="ap_fixed<16,8>"),
    "products that saturate": formats(product=f"ap_fixed<8,7,{SAT}>"),
    "products that wrap": formats(product="ap_fixed<8,7>", accumulator="ap_fixed<12,11>"),
}


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    return problem(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module", params=CANDIDATES)
def candidate(request, given):
    made = CANDIDATES[request.param]
    (record,) = evaluate(given, [made])
    config = given.config(made)
    codes = given.codes(made.weight)
    photograph = given.photographs[0]
    picture = golden.run(config, pixel_codes(photograph, made), codes)
    shown = np.clip(upscale.from_codes(picture, made), 0, 1)
    return made, record, shown, codes


def test_figures_are_those_of_the_golden_models_picture(given, candidate):
    _, record, shown, _ = candidate
    photograph = given.photographs[0]
    original, floating = photograph.original.astype(float), photograph.floating.astype(float)
    float_psnr = quality.psnr(original, floating)
    assert record.psnr_original == pytest.approx(quality.psnr(original, shown), abs=1e-9)
    assert record.psnr_float == pytest.approx(quality.psnr(floating, shown), abs=1e-9)
    assert record.loss == pytest.approx(float_psnr - quality.psnr(original, shown), abs=1e-9)
    assert record.ssim_original == pytest.approx(quality.ssim(original, shown), abs=1e-5)
    assert record.ssim_float == pytest.approx(quality.ssim(floating, shown), abs=1e-5)


def test_a_record_comes_back_from_json(candidate):
    made, record, _, _ = candidate
    assert record.formats == made
    assert CandidateRecord.from_dict(json.loads(json.dumps(record.to_dict()))) == record


def test_errors_in_lsb_and_where(given, candidate):
    made, record, shown, _ = candidate
    errors = (shown - given.photographs[0].floating) / lsb(made)
    (photo,) = record.photos
    within = inner(np.abs(errors))
    assert record.largest_error_lsb == pytest.approx(within.max(), rel=1e-9)
    assert errors[tuple(photo.largest_error_at)] == pytest.approx(photo.largest_error_lsb)
    assert record.mean_error_lsb == pytest.approx(within.mean(), rel=1e-5)


def test_the_bound_holds_for_the_picture(candidate):
    _, record, _, _ = candidate
    assert record.largest_error_lsb <= record.bound_lsb * (1 + 1e-6)


def test_overflows_of_sums_and_outputs_are_counted_by_the_twin(given, candidate):
    made, record, _, codes = candidate
    config = given.config(replace(made, accumulator=None))
    sums = golden.phase_sums(config, pixel_codes(given.photographs[0], made), codes)[0]
    overflows = record.photos[0].overflows
    if made.accumulator is not None:
        held = made.accumulator
        outside = (sums < held.min_code) | (sums > held.max_code)
        assert overflows["accumulator"].count == outside.sum()
        sums = quantise(sums, made.sum_fraction, held)
    output = made.output
    numbers = np.unique(sums)
    scale = Fraction(2) ** (output.fraction - made.sum_fraction)
    rounded = [round_value(int(number) * scale, output.rounding.name) for number in numbers]
    kept = [fit(each, output.width, output.signed, output.overflow.name) for each in rounded]
    bad = numbers[[a != b for a, b in zip(rounded, kept, strict=True)]]
    found = overflows["output"]
    assert found.count == np.isin(sums, bad).sum()
    if found.count:
        farthest = {rounded[0], rounded[-1]}
        assert found.worst in farthest
        place = int(sums[tuple(found.at)])
        assert rounded[list(numbers).index(place)] == found.worst


@pytest.mark.parametrize("name", ["products that saturate", "products that wrap"])
def test_products_that_overflow_are_counted_one_by_one(given, name):
    made, layer = CANDIDATES[name], BASE.layer
    codes = given.codes(made.weight)
    pixels = pixel_codes(given.photographs[0], made).astype(np.int64)
    found = product_overflows(layer, made, codes, given.photographs[0])
    target, shift = made.product, made.product_shift
    scale = 2**shift
    rows, columns = layer.output_shape(*pixels.shape)
    count = 0
    for ky, kx in np.ndindex(9, 9):
        products = pixels * codes[0, 0, ky, kx]
        halves = scale // 2 if target.rounding.name == "AP_RND" else 0
        rounded = (products + halves) // scale
        oy = 2 * np.arange(pixels.shape[0]) + ky - 4
        ox = 2 * np.arange(pixels.shape[1]) + kx - 4
        meets = ((oy >= 0) & (oy < rows))[:, None] & ((ox >= 0) & (ox < columns))
        count += (meets & ((rounded < target.min_code) | (rounded > target.max_code))).sum()
    assert found.count == count > 0
    ky, kx = found.tap
    product = int(pixels[tuple(found.at)] * codes[0, 0, ky, kx])
    assert abs(found.worst - product / scale) <= 1
    assert found.worst > target.max_code


def test_weights_that_clip_are_counted(given):
    (record,) = evaluate(given, [CANDIDATES["coarse weights that clip"]])
    ky, kx = record.weights.at
    assert record.weights.count == (given.weights >= 31 / 32).sum() > 0
    assert given.weights[0, 0, ky, kx] == record.weights.worst == given.weights.max()


def test_headroom_proved_and_observed(given):
    made = formats(accumulator="ap_fixed<22,14>")
    (record,) = evaluate(given, [made])
    reach = bound(given.config(formats()), given.codes(made.weight))
    figures = record.accumulator
    assert (figures.proved_bits, figures.bits) == (reach.bits, 22)
    assert figures.headroom_proved == 22 - reach.bits
    assert figures.headroom_observed >= figures.headroom_proved


def test_candidates_together_get_what_each_gets_alone(given):
    sharing = [CANDIDATES[name] for name in ("default", "truncation", "accumulator that wraps")]
    together = list(evaluate(given, sharing))
    assert together == [next(evaluate(given, [each])) for each in sharing]


def test_no_output_of_the_sums_beats_the_scatter(given):
    made = formats(weight=f"ap_fixed<4,2,{SAT}>")
    config = given.config(made)
    shared = SharedSums.of(config, given.codes(made.weight), given.photographs[0])
    best = shared.least_errors
    for fraction in range(-4, 8):
        output = Format.parse(f"ap_fixed<{12 + fraction},12,{SAT}>")
        stage = OutputStage.of(replace(made, output=output), shared.sums)
        errors = shared.errors(stage.shown)
        assert errors.floating >= best.floating
        assert errors.original >= best.original
    # The mean of each sum's references is that output.
    number = np.maximum(shared.statistics["pixels"], 1)
    mean = shared.values - shared.statistics["float_sum"] / number
    assert shared.errors(mean).floating == pytest.approx(best.floating, rel=1e-6)


def test_nothing_on_the_grid_of_an_output_beats_its_limit(given):
    coarse = formats(output=f"ap_ufixed<5,8,{SAT}>")
    limit = psnr_ceiling(given.photographs[0], coarse)
    fine = replace(coarse, weight=Format.parse(f"ap_fixed<20,2,{SAT}>"))
    (record,) = evaluate(given, [replace(fine, pixel=Format.parse("ap_ufixed<8,8>"))])
    assert limit - 0.5 < record.psnr_float <= limit


@pytest.mark.parametrize("spread", [50, 1 << 40])
def test_distinct_sums_and_their_places(spread):
    frame = np.random.default_rng(3).integers(-spread, spread, (13, 17))
    frame[7] = frame[3]
    numbers, index, counts, first = distinct(frame)
    assert np.array_equal(numbers[index], frame)
    expected = np.unique(frame, return_index=True, return_counts=True)
    for got, wanted in zip((numbers, first, counts), expected, strict=True):
        assert np.array_equal(got, wanted)


def test_a_picture_of_several_strips():
    random = np.random.default_rng(4)
    original, floating, shown = random.random((3, 31, 2 * STRIP + 100)).astype(np.float32)
    photograph = Photograph("wide", random.random((2, 2)), original, floating)
    levels, index = np.unique(shown, return_inverse=True)
    found = photograph.picture_figures(index.reshape(shown.shape).astype(np.int32), levels)
    assert found.ssim_original == pytest.approx(quality.ssim(original, shown), abs=1e-6)
    assert found.ssim_float == pytest.approx(quality.ssim(floating, shown), abs=1e-6)
    assert found.mean_error == pytest.approx(np.abs(inner(shown) - inner(floating)).mean())


def test_psnr_of_an_error():
    assert psnr_of(0.01) == pytest.approx(20)
    assert psnr_of(0) == np.inf
