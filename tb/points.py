"""Parameter points of the engine: what lint, simulation and elaboration go through.

Every stride, kernel, rate, number of channels and kind of format that the engine supports stands
in at least one point.
"""

from __future__ import annotations

import functools

from deconv4k.config import Config

_point = functools.partial(Config.upscaler, width=64, height=64)

POINTS = {
    "x2_k9_4ppc": _point((9, 2, 4, 1), 4),
    "x2_k9_2ppc_signed_to_16": _point(
        (9, 2, 4, 1), 2, pixel="ap_fixed<8,1>", output="ap_fixed<16,4,AP_RND_CONV,AP_SAT>"
    ),
    "x2_k9_1ppc_to_4": _point((9, 2, 4, 1), 1, output="ap_ufixed<4,4,AP_RND_ZERO,AP_SAT>"),
    "x2_k3_4ppc_3ch_signed": _point(
        (3, 2, 1, 1),
        4,
        channels=3,
        pixel="ap_fixed<9,9>",
        output="ap_fixed<10,10,AP_RND_INF,AP_SAT_SYM>",
    ),
    "x2_k2_4ppc_2ch_wrap": _point(
        (2, 2, 0, 0), 4, channels=2, width=31, output="ap_ufixed<7,7,AP_TRN_ZERO,AP_WRAP>"
    ),
    "x2_k4_2ppc_7ch_bias": _point(
        (4, 2, 1, 0),
        2,
        channels=7,
        bias="ap_fixed<18,10>",
        accumulator="ap_fixed<20,12>",
        output="ap_ufixed<12,10,AP_RND,AP_SAT>",
    ),
    "x2_k8_4ppc_product_bias": _point(
        (8, 2, 3, 0),
        4,
        product="ap_fixed<12,10,AP_RND_MIN_INF,AP_SAT>",
        bias="ap_fixed<13,11>",
        accumulator="ap_fixed<14,12>",
        output="ap_fixed<9,9,AP_RND_CONV,AP_SAT_ZERO>",
    ),
    "x3_k9_3ppc": _point((9, 3, 4, 2), 3),
    "x3_k3_1ppc_product": _point(
        (3, 3, 0, 0),
        1,
        channels=2,
        width=17,
        product="ap_ufixed<10,8,AP_RND,AP_SAT>",
        weight="ap_ufixed<9,1>",
        output="ap_ufixed<10,8>",
    ),
    "x4_k9_4ppc": _point((9, 4, 4, 3), 4, output="ap_ufixed<10,8,AP_RND,AP_SAT>"),
    "x4_k8_1ppc_signed": _point(
        (8, 4, 2, 0), 1, pixel="ap_fixed<10,2>", output="ap_fixed<12,4,AP_RND_INF,AP_SAT>"
    ),
    "x4_k4_2ppc_unsigned": _point((4, 4, 0, 0), 2, weight="ap_ufixed<8,0>"),
    "x1_k1_1ppc": _point((1, 1, 0, 0), 1),
    "x1_k3_1ppc": _point((3, 1, 1, 0), 1, width=5),
    "x1_k5_1ppc_2ch": _point((5, 1, 2, 0), 1, channels=2),
    "x2_k1_4ppc": _point((1, 2, 0, 1), 4),
    "x2_k3_1ppc_width1": _point((3, 2, 1, 1), 1, width=1),
    "x2_k3_4ppc_width1": _point((3, 2, 1, 1), 4, width=1),
    "x2_k4_4ppc_more_fraction": _point((4, 2, 1, 0), 4, output="ap_fixed<25,12>"),
    "x2_k5_2ppc_shift0": _point((5, 2, 2, 1), 2, output="ap_fixed<16,8,AP_RND,AP_SAT>"),
    "x2_k7_4ppc_12bit": _point(
        (7, 2, 3, 1), 4, width=40, pixel="ap_ufixed<12,12>", output="ap_ufixed<12,12,AP_RND,AP_SAT>"
    ),
    "x3_k5_3ppc_bias_unsigned": _point(
        (5, 3, 1, 0), 3, bias="ap_ufixed<12,4>", output="ap_ufixed<8,8,AP_RND,AP_SAT>"
    ),
    "x4_k9_2ppc": _point((9, 4, 4, 3), 2),
    "x2_k9_4ppc_acc_wraps": _point((9, 2, 4, 1), 4, accumulator="ap_ufixed<14,6>"),
}

DEEP = {
    "x4_k35_1ppc_width1": _point((35, 4, 17, 3), 1, width=1),
    "x2_k17_1ppc": _point((17, 2, 8, 1), 1),
    "x8_k19_1ppc": _point((19, 8, 9, 7), 1, width=24),
    "x20_k20_1ppc_width1": _point((20, 20, 0, 0), 1, width=1),
}
"""Kernels and strides at 1 pixel a clock, so large that the columns on their way, or the beats of a
launch, are more than the least reserve of the queues (hw/engine/deconv_raster.v)."""
