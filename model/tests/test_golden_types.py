"""The golden model on codes in the narrowest types that hold them, as users give them."""

import tracemalloc

import numpy as np
import pytest
import twin

from deconv4k import golden
from deconv4k.config import Config, Formats
from deconv4k.formats import Format
from deconv4k.golden import naive
from deconv4k.layer import Layer


@pytest.mark.parametrize(
    ("pixel", "output"),
    [
        ("ap_ufixed<8,8>", "ap_ufixed<8,8,AP_RND,AP_SAT>"),
        ("ap_fixed<12,12>", "ap_fixed<16,14,AP_RND_CONV,AP_SAT_ZERO>"),
        ("ap_ufixed<16,16>", "ap_ufixed<31,20,AP_RND_INF>"),
    ],
)
@pytest.mark.parametrize("stride", [1, 2, 3, 4, 5])
def test_codes_in_their_own_types(pixel, output, stride):
    layer = Layer(2 * stride + 1, stride, 1, stride - 1)
    forms = Formats(Format.parse(pixel), Format.parse("ap_fixed<9,2>"), Format.parse(output))
    config = Config(layer, forms)
    rng = np.random.default_rng(stride)
    shape = (7, 90)
    pixels = rng.integers(
        forms.pixel.min_code, forms.pixel.max_code + 1, shape, forms.pixel.code_dtype()
    )
    weights = rng.integers(-256, 256, (1, 1, layer.kernel, layer.kernel))
    got = golden.run(config, pixels, weights)
    assert got.dtype == forms.output.code_dtype()
    sums = golden.phase_sums(config, pixels, weights)[0]
    exact = naive.scatter(
        pixels[None].astype(int), weights, stride, layer.padding, layer.output_padding
    )[0]
    assert (sums == exact).all()
    known = {
        total: twin.quantise(total, forms.sum_fraction, forms.output) for total in set(exact.flat)
    }
    assert got.tolist() == [[known[total] for total in row] for row in exact]


def test_there_is_no_temporary_frame():
    layer = Layer(9, 2, 4, 1, 3)
    forms = Formats(*map(Format.parse, ("ap_ufixed<8,8>", "ap_fixed<10,2>", "ap_ufixed<8,8>")))
    pixels = np.ones((3, 1000, 1000), dtype=np.uint8)
    weights = np.ones((3, 1, 9, 9), dtype=np.int64)
    golden.run(Config(layer, forms), pixels, weights)
    tracemalloc.start()
    out = golden.run(Config(layer, forms), pixels, weights)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Less than half a channel on top, for all threads and their ranges.
    assert out.nbytes <= peak < out.nbytes + pixels[0].nbytes // 2
