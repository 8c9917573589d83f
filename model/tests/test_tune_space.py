"""Which candidates a base configuration, pins and bounds make."""

from dataclasses import replace

import pytest
from tune_scene import BASE, formats, space

from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.golden.bound import bound
from deconv4k.photo import kernels
from deconv4k.tuner.limits import merge_limits, parse_limits, read_limits
from deconv4k.tuner.space import search_space

WEIGHTS = kernels.default(BASE.layer)


def made(*sets, pins=("pixel", "product=none", "accumulator=none", "output")):
    return space(WEIGHTS, pins, sets)


def spelled(*sets, **options):
    return [str(each.weight) for each in made(*sets, **options).candidates()]


def test_everything_pinned_leaves_the_base():
    pins = ("pixel", "weight", "product", "accumulator", "output")
    assert made(pins=pins).candidates() == [BASE.formats]


def test_a_pinned_accumulator_is_as_wide_as_said():
    pins = ("pixel", "product=none", "output", "accumulator=ap_fixed<20,11>")
    tried = made("weight.integer=2", "weight.fraction=7..10", pins=pins).candidates()
    assert [(str(each.accumulator), each.weight.fraction) for each in tried] == [
        ("ap_fixed<20,11>", 9)
    ]


def test_ranges_lists_and_modes():
    sets = ("weight.integer=2", "weight.fraction=6..8", "weight.rounding=AP_RND,AP_TRN")
    assert spelled(*sets) == [
        f"ap_fixed<{2 + fraction},2,{mode},AP_SAT>"
        for fraction in (6, 7, 8)
        for mode in ("AP_RND", "AP_TRN")
    ]


def test_a_width_takes_the_place_of_fraction_bits():
    assert spelled("weight.integer=1,2", "weight.width=8") == [
        "ap_fixed<8,1,AP_RND,AP_SAT>",
        "ap_fixed<8,2,AP_RND,AP_SAT>",
    ]


def test_a_width_leaves_the_usual_integer_bits_proved():
    assert spelled("weight.width=5,9") == [
        f"ap_fixed<{width},{integer},AP_RND,AP_SAT>" for integer in (1, 2) for width in (5, 9)
    ]


def test_widths_of_product_and_accumulator():
    pins = ("pixel", "weight", "output")
    sets = ("product.width=10,12", "product.rounding=AP_RND", "accumulator.width=14..15")
    found = made(*sets, pins=pins).candidates()
    assert [(each.product.width, each.accumulator.width) for each in found] == [
        (10, 14), (10, 15), (12, 14), (12, 15)
    ]  # fmt: skip
    assert len({each.product.integer for each in found}) == 1
    assert all(each.accumulator.fraction == each.product.fraction for each in found)


def test_a_width_bounds_given_sizes():
    sets = ("weight.integer=1,2", "weight.fraction=4..9", "weight.width=8..9")
    assert [each.split(",AP")[0] for each in spelled(*sets)] == [
        "ap_fixed<8,1",
        "ap_fixed<9,1",
        "ap_fixed<8,2",
        "ap_fixed<9,2",
    ]


def test_limits_of_one_axis_intersect():
    assert len(spelled("weight.integer=2", "weight.fraction=4..9", "weight.fraction=8..12")) == 2


def test_proved_bits_hold_the_largest_weight():
    assert WEIGHTS.max() > 1
    assert spelled("weight.integer=proved", "weight.fraction=8") == ["ap_fixed<10,2,AP_RND,AP_SAT>"]


@pytest.mark.parametrize("more", [0, 1, -1])
def test_the_proved_accumulator_is_the_bounds(more):
    bits = f"proved{more:+d}" if more else "proved"
    pins = ("pixel", "weight", "product=none", "output")
    tried = made(f"accumulator.integer={bits}", pins=pins)
    (only,) = tried.candidates()
    codes = tried.codes(only.weight)
    free = replace(BASE, formats=replace(only, accumulator=None))
    assert only.accumulator.width == bound(free, codes).bits + more
    assert only.accumulator.fraction == only.sum_fraction


def test_the_proved_product_never_overflows_and_a_bit_less_does():
    pins = ("pixel", "weight", "accumulator=none", "output")
    sets = ("product.fraction=2", "product.rounding=AP_RND", "product.overflow=AP_WRAP")
    narrow, enough, wide = (
        made(*sets, f"product.integer={each}", pins=pins).candidates()[0]
        for each in ("proved-1", "proved", "proved+1")
    )
    codes = made().codes(BASE.formats.weight)
    reach = {each: bound(replace(BASE, formats=each), codes) for each in (narrow, enough, wide)}
    limit = replace(enough.product, overflow=wide.product.overflow)
    largest = 255 * int(abs(codes).max()) / 2**8
    assert limit.max_code / 4 >= largest > narrow.product.max_code / 4
    assert reach[enough].high <= reach[wide].high


def test_an_absent_product_has_no_modes_to_repeat():
    pins = ("pixel", "weight", "accumulator=none", "output")
    found = made("product.fraction=none,1", pins=pins).candidates()
    assert [each.product is None for each in found] == [True, False, False]


def test_a_file_and_options_limit_together(tmp_path):
    path = tmp_path / "space.toml"
    path.write_text('[weight]\ninteger = 2\nfraction = "5..9"\nrounding = ["AP_RND"]\n')
    limits = merge_limits(
        read_limits(path), parse_limits(BASE, ["pixel"], ["weight.fraction=8..12"])
    )
    axes = search_space(BASE, WEIGHTS, limits).axes
    assert axes["weight.fraction"] == (8, 9)
    assert axes["pixel.fraction"] == (0,)


def test_the_usual_space_has_about_a_thousand_candidates():
    tried = search_space(BASE, WEIGHTS, {})
    assert 500 < len(tried.candidates()) <= tried.size < 2000


@pytest.mark.parametrize(
    ("sets", "pins", "message"),
    [
        (["weight.bits=3"], [], "weight.bits=3: unknown; allowed: NODE.KEY=VALUES"),
        (["pixel.rounding=AP_RND"], [], "pixel.rounding=AP_RND: unknown"),
        (["weight.width"], [], "unknown"),
        (["weight.width=a"], [], "'a'; allowed: whole numbers"),
        (["weight.width=999"], [], "'999'; allowed: whole numbers up to 64"),
        (["output.integer=proved"], [], "'proved'; allowed: whole numbers"),
        (["output.rounding=RND"], [], "'RND'; allowed: AP_RND, AP_RND_ZERO"),
        ([], ["bias"], "--pin bias: unknown node"),
        ([], ["output=none"], "output cannot be left out"),
        ([], ["weight=ap_fix<8>"], "is no format"),
        ([], ["weight=ap_ufixed<8,2>"], "the sign is not searched"),
        (
            ["weight.width=8", "weight.width=9"],
            [],
            "--set weight.width=8 and --set weight.width=9 leave nothing",
        ),
        (
            ["weight.width=8"],
            ["weight=ap_fixed<10,2>"],
            "weight.width: --set weight.width=8 and --pin weight=ap_fixed<10,2> leave nothing",
        ),
        (
            ["weight.integer=1"],
            ["weight=ap_fixed<8,2>"],
            "weight.integer: --set weight.integer=1 and --pin weight=ap_fixed<8,2> leave nothing",
        ),
        (
            ["weight.width=8", "weight.integer=2", "weight.fraction=7"],
            [],
            "contradict: width = integer + fraction",
        ),
    ],
)
def test_limits_that_cannot_be_are_named(sets, pins, message):
    with pytest.raises(InputError) as caught:
        space(WEIGHTS, pins, sets)
    assert message in " ".join(caught.value.lines)
    assert len(caught.value.lines) == 1


def test_an_empty_space_is_named():
    with pytest.raises(InputError, match="the search space is empty: none of 2 combinations"):
        made("weight.integer=1", "weight.fraction=-3", "weight.rounding=AP_RND").candidates()


def test_a_configuration_with_a_product_can_leave_it_out():
    base = Config(BASE.layer, formats(product="ap_fixed<12,10>"), BASE.video)
    tried = space(WEIGHTS, ["product=none"], [], base)
    assert all(each.product is None for each in tried.candidates())
