"""Every path of the golden model at the edge of its range, and every part of its tiles."""

from dataclasses import replace

import numpy as np
import oracle
import pytest
import twin
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deconv4k import golden
from deconv4k.config import Config, Formats
from deconv4k.formats import Format, Overflow, Rounding
from deconv4k.golden import naive
from deconv4k.golden.bound import bound
from deconv4k.golden.plan import plan
from deconv4k.layer import Layer

pytestmark = pytest.mark.usefixtures("one_type")

# Wide enough for blocks of four registers, single registers and a rest, in one tile.
SHAPE = (3, 109)

# Plan; pixel, weight; largest sum (reached with a bias), None: as it comes; accumulator, product.
EDGES = {
    "31 bits": ("int16 pairs", "ap_ufixed<8,8>", "ap_fixed<10,10>", 2**30 - 1, None, None),
    "32 bits": ("int64", "ap_ufixed<8,8>", "ap_fixed<10,10>", 2**30, None, None),
    "-31 bits": ("int16 pairs", "ap_ufixed<8,8>", "ap_fixed<10,10>", -(2**30), None, None),
    "-32 bits": ("int64", "ap_ufixed<8,8>", "ap_fixed<10,10>", -(2**30) - 1, None, None),
    "16-bit factors": ("int16 pairs", "ap_ufixed<15,15>", "ap_fixed<16,16>", None, None, None),
    "17-bit factors": ("int32", "ap_ufixed<16,16>", "ap_fixed<14,14>", 2**30 - 1, None, None),
    "pair beyond 31 bits": (
        "int16 pairs", "ap_fixed<16,16>", "ap_fixed<16,16>", None, "ap_fixed<31,31>", None,
    ),
    "sum beyond 32 bits": (
        "int32", "ap_ufixed<20,20>", "ap_fixed<20,20>", None, "ap_fixed<9,9>", None,
    ),
    "accumulator of 32 bits": (
        "int64", "ap_fixed<16,16>", "ap_fixed<16,16>", None, "ap_fixed<32,32>", None,
    ),
    "62 bits": ("int64", "ap_fixed<29,29>", "ap_fixed<29,29>", 2**61 - 1, None, None),
    "product of 31 bits": (
        "int32", "ap_ufixed<15,15>", "ap_fixed<16,16>", None, "ap_fixed<31,36>",
        "ap_fixed<20,25,AP_RND_CONV,AP_SAT>",
    ),
    "product in 16 bits": (
        "int16 pairs", "ap_ufixed<15,15>", "ap_fixed<16,16>", None, None, "ap_fixed<16,32>",
    ),
    "product in 17 bits": (
        "int32", "ap_ufixed<15,15>", "ap_fixed<16,16>", None, None, "ap_ufixed<16,32>",
    ),
    "product with its point at 16": (
        "int16 pairs", "ap_ufixed<15,15>", "ap_fixed<16,16>", None, None, "ap_fixed<12,28>",
    ),
    "product with its point at 15": (
        "int32", "ap_ufixed<15,15>", "ap_fixed<16,16>", None, None, "ap_fixed<12,27>",
    ),
    "wide product that needs 15 bits": (
        "int16 pairs", "ap_ufixed<8,8>", "ap_fixed<9,9>", None, None, "ap_fixed<20,22>",
    ),
    "product that fits its format": (
        "int16 pairs", "ap_ufixed<8,8>", "ap_fixed<10,10>", None, None, "ap_fixed<18,18>",
    ),
    "product one bit too wide": (
        "int32", "ap_ufixed<8,8>", "ap_fixed<10,10>", None, None, "ap_fixed<17,17>",
    ),
    "finer product, 16-bit weights": (
        "int16 pairs", "ap_ufixed<8,8>", "ap_fixed<10,10>", None, None,
        "ap_fixed<30,24,AP_TRN,AP_SAT>",
    ),
    "finer product, 17-bit weights": (
        "int32", "ap_ufixed<8,8>", "ap_fixed<10,10>", None, None,
        "ap_fixed<31,24,AP_TRN,AP_SAT>",
    ),
    "finer product of 63 bits": (
        "int64", "ap_ufixed<8,8>", "ap_fixed<10,10>", None, None, "ap_fixed<58,18,AP_RND,AP_SAT>",
    ),
    "product of 32 bits": (
        "int64", "ap_ufixed<16,16>", "ap_fixed<16,16>", None, "ap_fixed<31,36>",
        "ap_fixed<20,25,AP_RND_CONV,AP_SAT>",
    ),
}  # fmt: skip


def edge(name):
    """Config, weights and bias of one edge; a sign of pixels reaches it."""
    _, pixel, weight, reached, accumulator, product = EDGES[name]
    forms = Formats(
        Format.parse(pixel),
        Format.parse(weight),
        Format.parse("ap_fixed<62,62>"),
        product=product and Format.parse(product),
        accumulator=accumulator and Format.parse(accumulator),
    )
    # One tap in a phase where two of the widest products would not fit any path.
    layer = Layer(1, 1) if name == "16-bit factors" else Layer(4, 2, 1)
    forms = replace(forms, output=Format(62, 62 - forms.sum_fraction, True))
    end = forms.weight.max_code if reached and reached > 0 else forms.weight.min_code
    weights = np.full((1, 1, layer.kernel, layer.kernel), end)
    bias = np.zeros(1, dtype=np.int64)
    config = Config(layer, forms)
    if reached is not None:
        plain = bound(config, weights)
        bias[0] = reached - (plain.high if reached > 0 else plain.low)
    return config, weights, bias


def quantised(config, weights, pixels, bias, target):
    """The definition, by the scatter and the twin."""
    layer, forms = config.layer, config.formats
    shape = layer.stride, layer.padding, layer.output_padding
    products = naive.scatter(pixels, weights, *shape)
    if forms.product is not None:
        # All weights are equal, so a product can be quantised before it is scattered.
        point = forms.pixel.fraction + forms.weight.fraction
        one = int(weights.flat[0])
        known = {p: twin.quantise(p * one, point, forms.product) for p in set(pixels.flat)}
        terms = np.vectorize(known.get, otypes=[object])(pixels)
        products = naive.scatter(terms, np.ones_like(weights), *shape)
    point = forms.sum_fraction
    out = np.empty(products.shape, dtype=object)
    known = {}
    for place, product in np.ndenumerate(products):
        if product not in known:
            total = int(product) + int(bias[0])
            if forms.accumulator is not None:
                kept = forms.accumulator
                total = twin.fit(total, kept.width, kept.signed, "AP_WRAP")
            known[product] = twin.quantise(total, point, target)
        out[place] = known[product]
    return out


@pytest.mark.parametrize("name", EDGES)
def test_each_path_is_exact_at_the_edge_of_its_range(name):
    config, weights, bias = edge(name)
    forms = config.formats
    reach = bound(config, weights, bias)
    chosen = plan(config, reach, forms.output, forms.output_shift)
    assert chosen.name == EDGES[name][0]
    if EDGES[name][3] is not None:
        assert EDGES[name][3] in (reach.low, reach.high)
    rng = np.random.default_rng(1)
    ends = np.array([forms.pixel.min_code, forms.pixel.max_code])
    shape = (1, *SHAPE)
    for pixels in (np.full(shape, ends[0]), np.full(shape, ends[1]), rng.choice(ends, shape)):
        pixels = pixels.astype(object)
        for rounding, overflow in zip(Rounding, [*Overflow, *Overflow], strict=False):
            shifted = Format(20, 23 - forms.sum_fraction, True, rounding, overflow)
            for target in (forms.output, shifted):
                now = Config(config.layer, replace(forms, output=target))
                got = golden.run(now, pixels.astype(np.int64), weights, bias)
                want = quantised(config, weights, pixels, bias, target)
                assert (got == want).all()


@pytest.mark.oracle
@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 9),
    st.integers(1, 6),
    st.integers(0, 4),
    st.integers(1, 2),
    st.integers(1, 40),
    st.integers(1, 700),
    st.sampled_from(["ap_ufixed<8,8>", "ap_ufixed<16,16>", "ap_fixed<28,28>"]),
)
def test_tiles_and_blocks_join_without_a_seam(kernel, stride, padding, channels, rows, columns, px):
    layer = Layer(kernel, stride, min(padding, kernel // 2), stride - 1, channels, 1)
    assume(min(layer.output_size(rows), layer.output_size(columns)) >= 1)
    wide = Format.parse("ap_fixed<62,62>")
    config = Config(layer, Formats(Format.parse(px), Format.parse("ap_fixed<10,10>"), wide))
    rng = np.random.default_rng(rows * columns)
    ends = config.formats.pixel.min_code, config.formats.pixel.max_code + 1
    pixels = rng.integers(*ends, (channels, rows, columns))
    weights = rng.integers(-512, 512, (channels, 1, kernel, kernel))
    got = golden.run(config, pixels, weights)
    geometry = stride, layer.padding, layer.output_padding
    for name, ask in oracle.live().items():
        assert np.array_equal(got, ask(pixels, weights, np.zeros(1), *geometry)), name


@pytest.mark.parametrize("stride", range(1, 6))
@pytest.mark.parametrize("columns", [1, 7, 15, 16, 17, 40, 100])
def test_narrow_frames_fill_tall_tiles(stride, columns):
    # Taller than the tallest tile, in several threads, an odd number of rows left; two channels
    # out, so that a row's last register would meet the next channel.
    layer = Layer(2 * stride + 1, stride, 1, 0, 1, 2)
    forms = Formats(*map(Format.parse, ("ap_ufixed<8,8>", "ap_fixed<10,10>", "ap_fixed<24,24>")))
    rng = np.random.default_rng(columns)
    pixels = rng.integers(0, 256, (1, 1234 // stride, columns))
    weights = rng.integers(-512, 512, (1, 2, layer.kernel, layer.kernel))
    shape = layer.stride, layer.padding, layer.output_padding
    want = naive.scatter(pixels, weights, *shape)
    assert np.array_equal(golden.run(Config(layer, forms), pixels, weights), want)


@pytest.mark.parametrize("rounding", Rounding, ids=lambda mode: mode.name)
@pytest.mark.parametrize("overflow", Overflow, ids=lambda mode: mode.name)
@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
def test_every_product_of_a_byte_in_pairs(rounding, overflow, signed):
    # 512 pixels times 16 weights, one tap each: ties of both signs, overflow on both sides.
    pixel, weight = Format(9, 9, True), Format(8, 3, True)
    width = 9 if signed else 8
    product = Format(width, width - 2, signed, rounding, overflow)
    forms = Formats(pixel, weight, Format(32, 30, True), product=product)
    config = Config(Layer(1, 1, out_channels=16), forms)
    pixels = np.arange(-256, 256).reshape(1, 1, 512)
    weights = np.array([-128, -127, -96, -65, -33, -12, -8, -4, -1, 1, 2, 4, 12, 20, 77, 127])
    weights = weights.reshape(1, 16, 1, 1)
    reach = bound(config, weights)
    assert plan(config, reach, forms.output, forms.output_shift).name == "int16 pairs"
    exact = pixels[0].astype(object) * weights[0, :, 0].astype(object)
    want = [[twin.quantise(code, 5, product) for code in row] for row in exact]
    assert golden.run(config, pixels, weights)[:, 0].tolist() == want


@pytest.mark.parametrize("rounding", Rounding, ids=lambda mode: mode.name)
@pytest.mark.parametrize("overflow", Overflow, ids=lambda mode: mode.name)
@pytest.mark.parametrize("width", [18, 20], ids=["overflows", "fits"])
@pytest.mark.parametrize("bits", [32, 64])
def test_every_product_that_16_bits_do_not_hold(rounding, overflow, width, bits):
    # As above, five fraction bits to remove; weights so wide that products need the path.
    lift = 0 if bits == 32 else 12
    pixel, weight = Format(9, 9, True), Format(16 + lift, 8, True)
    product = Format(width + lift, width - 3, True, rounding, overflow)
    forms = Formats(pixel, weight, Format(48, 45 - lift, True), product=product)
    config = Config(Layer(1, 1, out_channels=12), forms)
    pixels = np.arange(-256, 256).reshape(1, 1, 512)
    weights = np.array([-(2**15), -(2**14) - 1, -2063, -160, -16, -1, 1, 8, 48, 2049, 2**14 + 1])
    weights = np.append(weights << lift, weight.max_code).reshape(1, 12, 1, 1)
    chosen = plan(config, bound(config, weights), forms.output, forms.output_shift)
    assert (chosen.name, chosen.fits) == (f"int{bits}", width == 20)
    exact = pixels[0].astype(object) * weights[0, :, 0].astype(object)
    point = weight.fraction
    want = [[twin.quantise(code, point, product) for code in row] for row in exact]
    got = golden.run(config, pixels, weights)[:, 0]
    assert (got.astype(object) == np.array(want, dtype=object) << forms.output_shift * -1).all()
