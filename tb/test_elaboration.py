"""Wrong parameters stop both simulators, with the sentence that says why."""

from __future__ import annotations

import itertools
import re

import pytest

from deconv4k.errors import InputError
from deconv4k.sim import build, tools

WRONG = {
    "no exact upscaler": ({"K": 9, "S": 2, "P": 3, "OP": 1}, "no exact upscaler"),
    "OP of S": ({"K": 2, "S": 2, "P": 1, "OP": 2}, "OP must be less than S"),
    "PPC 0": ({"PPC": 0}, "PPC must divide S or be 4 with S 2"),
    "PPC 3 for x2": ({"PPC": 3}, "PPC must divide S or be 4 with S 2"),
    "PPC 9 for x3": ({"S": 3, "OP": 2, "PPC": 9}, "PPC must divide S or be 4 with S 2"),
    "no channel": ({"C_IN": 0}, "K S and C IN must be at least 1"),
    "MAX_W 0": ({"MAX_W": 0}, "MAX W must be 1 to 65535"),
    "MAX_W 65536": ({"MAX_W": 65536}, "MAX W must be 1 to 65535"),
    "no output bits": ({"OUT_W": 0}, "must be at least 1"),
    "rounding 7": ({"OUT_Q": 7}, "quantise Q must be 0 to 6"),
    "overflow 4": ({"OUT_O": 4}, "quantise O must be 0 to 3"),
    "product overflow 4": ({"PRODUCT_W": 8, "PRODUCT_O": 4}, "quantise O must be 0 to 3"),
}

WRONG_PARTS = {
    "a queue of one word": (
        "deconv_fifo",
        {"DEPTH": 1},
        "DEPTH must be a power of two and at least 2",
    ),
    "a queue of 24 words": (
        "deconv_fifo",
        {"DEPTH": 24},
        "DEPTH must be a power of two and at least 2",
    ),
    "weights of 33 bits": ("deconv_kernel_store", {"WEIGHT_W": 33}, "WEIGHT W must be 1 to 32"),
    "a bias of 33 bits": ("deconv_kernel_store", {"BIAS_W": 33}, "BIAS W 0 to 32"),
    "65,536 words": ("deconv_kernel_store", {"C_IN": 2, "K": 256}, "counts up to 65534 words"),
    "two output channels": ("deconv_axi", {"C_OUT": 2}, "C OUT must be 1"),
    "256 channels": (
        "deconv_axi",
        {"K": 1, "S": 1, "P": 0, "OP": 0, "PPC": 1, "C_IN": 256},
        "C IN must be at most 255",
    ),
    "stride 256": (
        "deconv_axi",
        {"K": 1, "S": 256, "P": 0, "OP": 255, "PPC": 256},
        "K S P OP and C IN must be at most 255",
    ),
    "sums of 256 bits": ("deconv_axi", {"ACC_W": 256}, "ACC W and OUT W must be at most 255"),
    "integer bits 128": ("deconv_axi", {"OUT_I": 128}, "integer bits must be minus 128 to 127"),
    "MAX_H 0": ("deconv_axi", {"MAX_H": 0}, "MAX H must be 1 to 65535"),
    "MAX_H 65536": ("deconv_axi", {"MAX_H": 65536}, "MAX H must be 1 to 65535"),
}


# Verilator elaborates all of so large an engine before it stops.
SLOW = {("verilator", "256 channels"), ("verilator", "stride 256")}


@pytest.mark.parametrize(
    ("sim_name", "name"),
    [
        pytest.param(*run, marks=[pytest.mark.full] if run in SLOW else [])
        for run in itertools.product(tools.SIMULATORS, WRONG_PARTS)
    ],
)
def test_wrong_parameters_of_a_part(sim_name: str, name: str) -> None:
    top, parameters, sentence = WRONG_PARTS[name]
    with pytest.raises(InputError, match=re.escape(sentence)):
        build.build(sim_name, top, parameters)


@pytest.mark.parametrize("name", WRONG)
def test_wrong_parameters_stop_elaboration(sim: str, name: str) -> None:
    parameters, sentence = WRONG[name]
    with pytest.raises(InputError, match=re.escape(sentence)):
        build.build(sim, "deconv_engine", parameters)
