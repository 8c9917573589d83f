"""Layers by the golden model, for a process whose registers are chosen: lanes_scene.py CASE...

The environment holds Numba's settings. LANES=portable has 512 bits without the processor's own
instruction, which no setting of Numba gives. Prints the registers, then a line for each case.
"""

import os
import sys

import numpy as np
import twin

from deconv4k import golden
from deconv4k._shared import simd
from deconv4k.config import Config, Formats
from deconv4k.formats import Format
from deconv4k.golden.bound import bound
from deconv4k.golden.plan import plan
from deconv4k.layer import Layer

# Plan; layer; pixel, weight, output, product, accumulator. Between them: every type of register,
# both usual strides and one woven singly, every rounding that has operations of its own.
CASES = {
    "pairs": (
        "int16 pairs", Layer(9, 2, 4, 1),
        "ap_ufixed<8,8>", "ap_fixed<10,2>", "ap_ufixed<8,8,AP_RND,AP_SAT>", None, None,
    ),
    "products of pairs": (
        "int16 pairs", Layer(3, 3, 1, 2, 2, 2),
        "ap_fixed<9,9>", "ap_fixed<8,3>", "ap_fixed<7,6,AP_TRN_ZERO,AP_SAT>",
        "ap_fixed<9,7,AP_RND_CONV>", "ap_fixed<8,6>",
    ),
    "products of pairs by sign": (
        "int16 pairs", Layer(4, 1, 1),
        "ap_ufixed<8,8>", "ap_fixed<8,3>", "ap_fixed<12,10,AP_RND_CONV,AP_SAT_SYM>",
        "ap_fixed<9,7,AP_RND_INF,AP_SAT_ZERO>", None,
    ),
    "int32": (
        "int32", Layer(5, 4, 2, 3),
        "ap_ufixed<16,16>", "ap_fixed<12,12>", "ap_fixed<20,24,AP_RND_INF,AP_SAT_ZERO>", None, None,
    ),
    "products in int32": (
        "int32", Layer(3, 2, 1, 1),
        "ap_fixed<9,9>", "ap_fixed<16,8>", "ap_ufixed<18,16,AP_RND_ZERO>",
        "ap_fixed<18,15,AP_RND_CONV,AP_SAT>", None,
    ),
    "int64": (
        "int64", Layer(6, 5, 2, 1),
        "ap_fixed<29,29>", "ap_fixed<24,24>", "ap_fixed<40,52,AP_RND_CONV,AP_SAT>", None, None,
    ),
}  # fmt: skip

SHAPE = 5, 68
"""Input rows and columns: a block of four registers and a rest, at every stride and width."""


def run(name):
    """Compare one case with the twin; how many codes were compared."""
    chosen, layer, *formats = CASES[name]
    pixel, weight, output, product, accumulator = (text and Format.parse(text) for text in formats)
    config = Config(layer, Formats(pixel, weight, output, None, product, accumulator))
    rng = np.random.default_rng(1)
    pixels = rng.integers(pixel.min_code, pixel.max_code + 1, (layer.in_channels, *SHAPE))
    shape = layer.in_channels, layer.out_channels, layer.kernel, layer.kernel
    weights = rng.integers(weight.min_code, weight.max_code + 1, shape)
    none = np.zeros(layer.out_channels, dtype=np.int64)
    reach = bound(config, weights, none)
    assert plan(config, reach, output, config.formats.output_shift).name == chosen
    want = twin.layer(config, pixels, weights, none)
    assert len(set(want.flat)) > 20
    assert golden.run(config, pixels, weights, none).tolist() == want.tolist()
    return want.size


if __name__ == "__main__":
    if os.environ.get("LANES") == "portable":
        simd.REGISTER_BITS, simd.PAIR_INSTRUCTION = 512, None
    # Every code in 64 bits, or each case is compiled anew for its types.
    Format.code_dtype = lambda form: np.dtype(np.int64)
    print(simd.REGISTER_BITS, simd.PAIR_INSTRUCTION)
    for name in sys.argv[1:]:
        print(name, run(name))
