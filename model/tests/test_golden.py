"""The golden model against the definition, PyTorch, ONNX Runtime and the original study."""

from dataclasses import replace

import numpy as np
import oracle
import pytest
import twin
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deconv4k import golden
from deconv4k.config import Config, Formats
from deconv4k.errors import InputError
from deconv4k.formats import Format, Overflow, Rounding
from deconv4k.golden import naive, reference
from deconv4k.golden.bound import bound
from deconv4k.golden.plan import plan
from deconv4k.layer import Layer

pytestmark = pytest.mark.usefixtures("one_type")

MODES = {"rounding": st.sampled_from(Rounding), "overflow": st.sampled_from(Overflow)}
PLAIN = Formats(*map(Format.parse, ("ap_ufixed<8,8>", "ap_fixed<8,8>", "ap_ufixed<8,8>")))


@st.composite
def layers(draw, most_kernel=6, most_channels=2):
    kernel = draw(st.integers(1, most_kernel))
    stride = draw(st.integers(1, 4))
    return Layer(
        kernel,
        stride,
        draw(st.integers(0, kernel)),
        draw(st.integers(0, stride - 1)),
        draw(st.integers(1, most_channels)),
        draw(st.integers(1, most_channels)),
    )


@st.composite
def formats(draw):
    pixel = Format(draw(st.integers(1, 12)), draw(st.integers(-2, 12)), draw(st.booleans()))
    weight = Format(draw(st.integers(1, 12)), draw(st.integers(-2, 12)), draw(st.booleans()))
    point = pixel.fraction + weight.fraction
    product = None
    if draw(st.booleans()):
        width = draw(st.integers(1, 24))
        point += draw(st.integers(-12, 6))
        product = Format(width, width - point, draw(st.booleans()), *map(draw, MODES.values()))
    accumulator = bias = None
    if draw(st.booleans()):
        width = draw(st.integers(1, 34))
        accumulator = Format(width, width - point, draw(st.booleans()))
    if draw(st.booleans()):
        width = draw(st.integers(1, 20))
        bias = Format(width, width - point, draw(st.booleans()))
    width = draw(st.integers(1, 20))
    fraction = point - draw(st.integers(-6, 16))
    output = Format(width, width - fraction, draw(st.booleans()), *map(draw, MODES.values()))
    return Formats(pixel, weight, output, bias, product, accumulator)


def codes_of(rng, form, shape):
    codes = rng.integers(form.min_code, form.max_code + 1, shape)
    extremes = rng.choice([form.min_code, 0, form.max_code], shape)
    return np.where(rng.random(shape) < 0.3, extremes, codes)


@settings(max_examples=320, deadline=None)
@given(layers(), formats(), st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**32))
def test_golden_is_the_definition(layer, forms, height, width, seed):
    assume(min(layer.output_size(height), layer.output_size(width)) >= 1)
    config = Config(layer, forms)
    rng = np.random.default_rng(seed)
    pixels = codes_of(rng, forms.pixel, (layer.in_channels, height, width))
    shape = (layer.in_channels, layer.out_channels, layer.kernel, layer.kernel)
    weights = codes_of(rng, forms.weight, shape)
    bias = np.zeros(layer.out_channels, dtype=np.int64)
    if forms.bias is not None:
        bias = codes_of(rng, forms.bias, layer.out_channels)
    got = golden.run(config, pixels, weights, bias)
    want = twin.layer(config, pixels, weights, bias)
    assert reference.run(config, pixels, weights, bias).tolist() == want.tolist()
    assert got.shape == want.shape == (layer.out_channels, *layer.output_shape(height, width))
    assert got.tolist() == want.tolist()


PIXELS = ["ap_ufixed<8,8>", "ap_fixed<8,8>", "ap_ufixed<20,20>", "ap_fixed<20,20>"]
WEIGHTS = ["ap_fixed<10,10>", "ap_fixed<18,18>"]


def narrowest(forms, codes):
    """The first of these formats that holds the codes."""
    return next(
        form
        for form in map(Format.parse, forms)
        if form.min_code <= codes.min() and codes.max() <= form.max_code
    )


def exact(pixel, weight, layer):
    """A configuration whose output is the sum."""
    return Config(layer, Formats(pixel, weight, Format.parse("ap_fixed<62,62>")))


@pytest.mark.oracle
def test_golden_is_pytorch_in_exact_integers():
    paths = set()
    for answer in oracle.answers():
        inputs, outputs, kernel, _ = answer.weights.shape
        layer = Layer(kernel, *answer[:3], inputs, outputs)
        pixel, weight = narrowest(PIXELS, answer.pixels), narrowest(WEIGHTS, answer.weights)
        config = exact(pixel, weight, layer)
        arrays = answer.pixels, answer.weights, answer.bias
        reach, forms = bound(config, *arrays[1:]), config.formats
        paths.add(plan(config, reach, forms.output, forms.output_shift).name)
        assert golden.run(config, *arrays).tolist() == answer.out.tolist(), layer
        assert golden.phase_sums(config, *arrays).tolist() == answer.out.tolist(), layer
        sums = naive.scatter(*arrays[:2], *answer[:3]) + answer.bias[:, None, None]
        assert sums.tolist() == answer.out.tolist(), layer
    assert paths == {"int16 pairs", "int32", "int64"}


@pytest.mark.oracle
@settings(max_examples=150, deadline=None)
@given(
    layers(most_kernel=10, most_channels=3),
    st.integers(1, 12),
    st.integers(1, 12),
    st.sampled_from(PIXELS),
    st.integers(0, 2**32),
)
def test_golden_is_the_live_oracles_in_exact_integers(layer, height, width, pixel, seed):
    assume(min(layer.output_size(height), layer.output_size(width)) >= 1)
    config = exact(Format.parse(pixel), Format.parse(WEIGHTS[1]), layer)
    rng = np.random.default_rng(seed)
    pixels = codes_of(rng, config.formats.pixel, (layer.in_channels, height, width))
    shape = (layer.in_channels, layer.out_channels, layer.kernel, layer.kernel)
    weights = codes_of(rng, config.formats.weight, shape)
    bias = rng.integers(-(2**20), 2**20, layer.out_channels)
    assert bound(config, weights, bias).bits <= 53
    got = golden.run(config, pixels, weights, bias).tolist()
    assert golden.phase_sums(config, pixels, weights, bias).tolist() == got
    geometry = layer.stride, layer.padding, layer.output_padding
    for name, ask in oracle.live().items():
        assert got == ask(pixels, weights, bias, *geometry).tolist(), name


# spec: 3x3 ones, K=3, S=2, P=1, OP=1; each kernel with its output, row by row.
STUDY = [
    ("111 111 111", "121211 242422 121211 242422 121211 121211"),
    ("100 000 000", "000000 010100 000000 010100 000000 000000"),
    ("000 000 001", "000000 010101 000000 010101 000000 010101"),
    ("000 100 000", "010100 000000 010100 000000 010100 000000"),
    ("123 000 000", "000000 242423 000000 242423 000000 000000"),
]


def digits(text):
    return np.array([[int(digit) for digit in row] for row in text.split()])


@pytest.mark.oracle
def test_pytorch_agrees_with_the_study():
    answers = oracle.answers()[: len(STUDY)]
    for (kernel, answer), theirs in zip(STUDY, answers, strict=True):
        assert theirs[:3] == (2, 1, 1)
        assert theirs.pixels.tolist() == np.ones((1, 3, 3)).tolist()
        assert theirs.weights[0, 0].tolist() == digits(kernel).tolist()
        assert theirs.out[0].tolist() == digits(answer).tolist()


@pytest.mark.parametrize(("kernel", "answer"), STUDY)
def test_known_answers_of_the_study(kernel, answer):
    ones = np.ones((3, 3), dtype=np.int64)
    weights = digits(kernel)
    want = digits(answer).tolist()
    assert golden.run(Config(Layer(3, 2, 1, 1), PLAIN), ones, weights).tolist() == want
    assert naive.scatter(ones[None], weights[None, None], 2, 1, 1)[0].tolist() == want
    assert naive.zero_insertion(ones, weights, 2, 1, 1).tolist() == want


def test_without_the_turn_the_study_gets_the_wrong_answer():
    ones = np.ones((3, 3), dtype=np.int64)
    kernel, answer = STUDY[-1]
    wrong = naive.zero_insertion(ones, digits(kernel), 2, 1, 1, turn=False)
    assert wrong.tolist() == digits("000000 242421 000000 242421 000000 242421").tolist()
    assert wrong.tolist() != digits(answer).tolist()
    # A kernel that is its own turn cannot tell the two apart.
    same = naive.zero_insertion(ones, digits(STUDY[0][0]), 2, 1, 1, turn=False)
    assert same.tolist() == digits(STUDY[0][1]).tolist()


@pytest.mark.oracle
def test_worked_example_of_the_study():
    # 1, 1.1, ..., 1.8 in tenths, so that it stays in integers.
    pixels = np.arange(10, 19).reshape(3, 3)
    weights = digits("123 456 789")
    answer = oracle.answers()[len(STUDY)]
    assert answer[:3] == (2, 1, 1)
    assert answer.pixels[0].tolist() == pixels.tolist()
    assert answer.weights[0, 0].tolist() == weights.tolist()
    want = answer.out[0]
    wide = replace(PLAIN, output=Format.parse("ap_fixed<32,32>"))
    got = golden.run(Config(Layer(3, 2, 1, 1), wide), pixels, weights)
    assert got.tolist() == want.tolist()
    assert naive.zero_insertion(pixels, weights, 2, 1, 1).tolist() == want.tolist()


@pytest.mark.timeout(60)
def test_whole_frame_of_the_study():
    weights = np.zeros((9, 9), dtype=np.int64)
    weights[0] = range(1, 10)
    ones = np.ones((1080, 1920), dtype=np.int64)
    out = golden.run(Config(Layer(9, 2, 4, 1), PLAIN), ones, weights)
    assert out.shape == (2160, 3840)
    assert not out[1::2].any()
    assert not out[-3:].any()
    row = out[0].tolist()
    assert row[:3] == [9, 12, 16]
    assert row[-3:] == [18, 21, 14]
    assert row[4:-4] == [25, 20] * (3832 // 2)
    assert (out[0:-4:2] == out[0]).all()


@settings(max_examples=100, deadline=None)
@given(layers(), st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**32))
def test_zero_insertion_is_the_scatter(layer, height, width, seed):
    assume(layer.padding < layer.kernel)
    assume(min(layer.output_size(height), layer.output_size(width)) >= 1)
    rng = np.random.default_rng(seed)
    pixels = rng.integers(-99, 99, (height, width))
    kernel = rng.integers(-99, 99, (layer.kernel, layer.kernel))
    shape = layer.stride, layer.padding, layer.output_padding
    want = naive.scatter(pixels[None], kernel[None, None], *shape)[0]
    assert naive.zero_insertion(pixels, kernel, *shape).tolist() == want.tolist()


def test_an_unsigned_accumulator_wraps_a_negative_sum_upwards():
    for width in (8, 31, 32, 40, 60):
        accumulator = Format(width, width, False)
        forms = replace(PLAIN, accumulator=accumulator, output=Format(width, width, False))
        out = golden.run(Config(Layer(1, 1), forms), [[1]], [[-1]])
        assert out.tolist() == [[2**width - 1]]


def test_sums_too_wide_for_the_model_are_refused():
    wide = Format.parse("ap_fixed<31,31>")
    config = Config(Layer(3, 1, 1), Formats(wide, wide, wide))
    extreme = np.full((3, 3), -(2**30))
    with pytest.raises(InputError, match=r"sums of 65 bits .* allowed: 62 bits"):
        golden.run(config, extreme, extreme)
    assert golden.run(config, extreme, np.ones((3, 3), dtype=int))[1, 1] == -(2**30)
    fine = replace(PLAIN, output=Format.parse("ap_fixed<64,2>"))
    with pytest.raises(InputError, match="62 more fraction bits"):
        golden.run(Config(Layer(3, 1, 1), fine), np.ones((3, 3), int), np.ones((3, 3), int))
    unsigned = replace(PLAIN, accumulator=Format.parse("ap_ufixed<64,64>"))
    with pytest.raises(InputError, match="62 bits"):
        golden.run(Config(Layer(1, 1), unsigned), [[1]], [[-1]])


def test_all_that_is_wrong_with_the_arrays_is_said_at_once():
    config = Config(Layer(3, 2, 1, 1), PLAIN)
    with pytest.raises(InputError) as caught:
        golden.run(config, np.full((2, 2), 256), np.zeros((2, 2), dtype=int), np.zeros(2))
    lines = caught.value.lines
    assert len(lines) == 4
    assert "weights: shape (2, 2); allowed: (1, 1, 3, 3)" in lines[0]
    assert "bias: shape (2,); allowed: (1,)" in lines[1]
    assert "pixels[0, 0] = 256" in lines[2]
    assert "bias: dtype float64" in lines[3]


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.zeros((1, 2, 2, 2), dtype=int), "pixels: shape"),
        (np.zeros((2, 2, 2), dtype=int), "pixels: shape"),
        (np.zeros((0, 2), dtype=int), "pixels: shape"),
        (np.zeros((2, 2)), "dtype float64"),
        (np.array([[0, -1]]), r"pixels\[0, 1\] = -1"),
    ],
)
def test_bad_pixels_are_refused(pixels, words):
    with pytest.raises(InputError, match=words):
        golden.run(Config(Layer(3, 2, 1, 1), PLAIN), pixels, np.zeros((3, 3), dtype=int))


def test_a_frame_that_padding_swallows_is_refused():
    with pytest.raises(InputError, match="gives an output of 3x0 with padding 1"):
        golden.run(
            Config(Layer(2, 1, 1), PLAIN), np.zeros((1, 4), int), np.zeros((2, 2), dtype=int)
        )


def test_shape_of_the_result_follows_the_input():
    one = Config(Layer(3, 2, 1, 1), PLAIN)
    kernel = np.zeros((3, 3), dtype=int)
    assert golden.run(one, np.zeros((2, 3), int), kernel).shape == (4, 6)
    assert golden.run(one, np.zeros((1, 2, 3), int), kernel).shape == (1, 4, 6)
    two = Config(Layer(3, 2, 1, 1, out_channels=2), PLAIN)
    assert golden.run(two, np.zeros((2, 3), int), np.zeros((1, 2, 3, 3), int)).shape == (2, 4, 6)
