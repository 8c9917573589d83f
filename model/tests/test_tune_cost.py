"""What a configuration costs: thresholds of multiplier blocks, packing, adders."""

from dataclasses import replace

import pytest
from tune_scene import BASE, SAT, formats

from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.formats import Format
from deconv4k.rtl import design
from deconv4k.tuner.cost import DEVICES, adder_bits, estimate_cost, luts, quantiser_luts


def config(pixel=8, weight=10, rate=4, **more):
    made = formats(
        pixel=f"ap_ufixed<{pixel},8>", weight=f"ap_fixed<{weight},2,AP_RND,AP_SAT>", **more
    )
    return Config(BASE.layer, made, replace(BASE.video, pixels_per_clock=rate))


@pytest.mark.parametrize(
    ("pixel", "weight", "ecp5", "series7", "ultrascale"),
    [
        (8, 10, 81, 81, 81),
        (8, 18, 81, 81, 81),
        # A single bit beyond a block of ECP5 is multiplied in tables.
        (8, 19, 81, 81, 81),
        (8, 20, 162, 81, 81),
        (8, 25, 162, 81, 81),
        (8, 26, 162, 162, 81),
        (8, 28, 162, 162, 162),
        # An unsigned pixel of 16 bits takes 17 of a signed port.
        (16, 25, 162, 81, 81),
        (16, 36, 162, 162, 162),
        (16, 38, 243, 162, 162),
    ],
)
def test_blocks_by_the_widths_of_their_ports(pixel, weight, ecp5, series7, ultrascale):
    blocks = estimate_cost(config(pixel, weight), "ecp5").blocks
    assert blocks == {"ecp5": ecp5, "7series": series7, "ultrascale+": ultrascale}


@pytest.mark.parametrize(
    ("pixel", "weight", "ecp5", "series7", "ultrascale"),
    [
        (8, 8, 41, 41, 41),
        (8, 9, 41, 81, 41),
        (8, 10, 81, 81, 81),
        # One bit more for the borrow between the halves is one too many.
        (9, 8, 41, 81, 41),
    ],
)
def test_two_weights_of_one_pixel_share_a_block(pixel, weight, ecp5, series7, ultrascale):
    packed = estimate_cost(config(pixel, weight), "ecp5").packed
    assert packed == {"ecp5": ecp5, "7series": series7, "ultrascale+": ultrascale}


@pytest.mark.parametrize(("rate", "pairs"), [(1, 25), (2, 25), (4, 41)])
def test_pairs_follow_from_the_pixels_that_lanes_share(rate, pairs):
    price = estimate_cost(config(8, 8, rate), "ecp5")
    assert price.packed["ecp5"] == pairs
    assert price.multipliers == design.multipliers(config(8, 8, rate))


def test_adders_of_a_tree():
    # 5 terms of 4 bits: two adders of 5 bits, one of 6, one of 7 that the accumulator keeps at 6.
    # Two pairs and their sum, then the fifth.
    assert adder_bits(5, False, 4, 20) == 2 * 5 + 6 + 7
    assert adder_bits(5, False, 4, 6) == 2 * 5 + 6 + 6
    # Three products, and the bias with their sum.
    assert adder_bits(3, True, 4, 20) == 5 + 6 + 7
    assert adder_bits(1, False, 4, 20) == 0


def test_a_quantiser_that_only_drops_bits_is_free():
    assert quantiser_luts(20, 8, Format.parse("ap_fixed<12,12>")) == 0
    rounds = quantiser_luts(20, 8, Format.parse("ap_fixed<12,12,AP_RND>"))
    assert 0 < rounds < quantiser_luts(20, 8, Format.parse(f"ap_fixed<12,12,{SAT}>"))


@pytest.mark.parametrize(
    ("made", "yosys"),
    [
        # What tools/check_cost.py printed for these points.
        (config(), 2961),
        (config(weight=18), 3561),
        (config(weight=19), 5878),
        (config(weight=24), 5152),
        (config(product=f"ap_fixed<12,10,{SAT}>", accumulator="ap_fixed<14,12>"), 4620),
        (config(product="ap_fixed<12,10>", accumulator="ap_fixed<14,12>"), 2433),
        (config(rate=2), 2580),
    ],
)
def test_tables_are_estimated_within_three_percent(made, yosys):
    assert luts(made, DEVICES["ecp5"]) == pytest.approx(yosys, rel=0.03)


def test_shares_are_added_in_percent():
    made, part = config(8, 8), DEVICES["ecp5"]
    price = estimate_cost(made, "ecp5")
    rest = 100 * (price.luts / part.luts + price.memory_bits / part.memory)
    assert price.share == pytest.approx(rest + 100 * 81 / 156)
    assert estimate_cost(made, "ecp5", packing=True).share == pytest.approx(rest + 100 * 41 / 156)
    assert price.memory_bits == sum(design.memory_bits(made).values())


def test_an_unknown_device_is_refused():
    with pytest.raises(InputError, match="allowed: ecp5, 7series, ultrascale"):
        estimate_cost(config(), "max10")
