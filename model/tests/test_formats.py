"""Formats and their arithmetic, against implementations that are not ours."""

import importlib.util
import math
import subprocess
from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import twin
from hypothesis import given, settings
from hypothesis import strategies as st

from deconv4k.errors import InputError
from deconv4k.formats import MAX_WIDTH, Format, Overflow, Rounding
from deconv4k.quantise import quantise, quantise_real

# Every code of ap_fixed<7,3> and ap_ufixed<7,3>, to each of these.
SOURCE_WIDTH, SOURCE_INTEGER = 7, 3
SOURCE_FRACTION = SOURCE_WIDTH - SOURCE_INTEGER
TARGETS = [
    (width, integer, signed)
    for width, integer in [(2, 1), (4, 4), (5, 2), (6, 1), (10, 4)]
    for signed in (True, False)
]
MODES = list(product(Rounding, Overflow))

PROGRAM = """
#include <cstdio>
#include "ap_fixed.h"

template <class S, int W, int I, ap_q_mode Q, ap_o_mode O> void row(int low, int high) {
    for (int code = low; code <= high; ++code) {
        S source;
        source.range() = code;
        ap_fixed<W, I, Q, O> with_sign = source;
        ap_ufixed<W, I, Q, O> without = source;
        std::printf("%d %d ", int(with_sign.range().to_int64()), int(without.range().to_int64()));
    }
    std::printf("\\n");
}
"""


def source_codes(signed):
    return range(-64, 64) if signed else range(128)


@pytest.fixture
def ap_fixed(tmp_path_factory):
    """Results of ap_fixed.h: (source signed, W, I, target signed, Q, O) to a list of codes."""
    spec = importlib.util.find_spec("hls4ml")
    if spec is None:
        pytest.skip("the package hls4ml, which carries ap_fixed.h, is not installed")
    headers = Path(spec.origin).parent / "templates/vivado/ap_types"
    assert (headers / "ap_fixed.h").is_file()
    shapes = sorted({target[:2] for target in TARGETS})
    cases = list(product((True, False), shapes, MODES))
    lines = [PROGRAM, "int main() {"]
    for signed, (width, integer), (q, o) in cases:
        source = f"{'ap_fixed' if signed else 'ap_ufixed'}<{SOURCE_WIDTH}, {SOURCE_INTEGER}>"
        codes = source_codes(signed)
        lines.append(
            f"row<{source}, {width}, {integer}, {q.name}, {o.name}>({codes[0]}, {codes[-1]});"
        )
    folder = tmp_path_factory.mktemp("ap_fixed")
    (folder / "all.cpp").write_text("\n".join([*lines, "}"]))
    build = ["g++", "-O0", "-w", "-std=c++11", f"-I{headers}", "all.cpp", "-o", "all"]
    subprocess.run(build, cwd=folder, check=True, timeout=200)
    text = subprocess.run(
        [folder / "all"], check=True, timeout=60, capture_output=True, text=True
    ).stdout
    rows = text.splitlines()
    assert len(rows) == len(cases)
    results = {}
    for (signed, (width, integer), (q, o)), row in zip(cases, rows, strict=True):
        numbers = [int(word) % 2**width for word in row.split()]
        assert len(numbers) == 256
        half = 2 ** (width - 1)
        with_sign = [n - 2 * half if n >= half else n for n in numbers[::2]]
        results[signed, width, integer, True, q, o] = with_sign
        results[signed, width, integer, False, q, o] = numbers[1::2]
    return results


def test_every_code_as_ap_fixed_h_has_it(ap_fixed):
    # One test, so that the program is compiled once however the tests are spread over processes.
    wrong = []
    for key, want in ap_fixed.items():
        from_signed, *target = key
        got = quantise(source_codes(from_signed), SOURCE_FRACTION, Format(*target))
        if got.tolist() != want:
            wrong.append((from_signed, str(Format(*target))))
    assert len(ap_fixed) == 2 * len(TARGETS) * len(MODES) == 560
    assert not wrong


@pytest.mark.parametrize("rounding", Rounding, ids=lambda mode: mode.name)
@pytest.mark.parametrize(
    "overflow", [Overflow.AP_WRAP, Overflow.AP_SAT], ids=lambda mode: mode.name
)
def test_every_code_as_apytypes_has_it(rounding, overflow):
    # apytypes calls the modes by the same names without AP_; it has no SAT_ZERO and no SAT_SYM.
    apytypes = pytest.importorskip("apytypes")
    q = getattr(apytypes.QuantizationMode, rounding.name.removeprefix("AP_"))
    o = getattr(apytypes.OverflowMode, overflow.name.removeprefix("AP_"))
    codes = list(range(-64, 128))
    source = apytypes.APyFixedArray(codes, int_bits=4, frac_bits=SOURCE_FRACTION)
    for width, integer, signed in TARGETS:
        if not signed:
            continue
        cast = source.cast(integer, width - integer, q, o)
        want = [int(n) for n in np.ldexp(cast.to_numpy(), width - integer)]
        target = Format(width, integer, True, rounding, overflow)
        assert quantise(codes, SOURCE_FRACTION, target).tolist() == want, str(target)


formats = st.builds(
    Format,
    st.integers(1, 40),
    st.integers(-20, 40),
    st.booleans(),
    st.sampled_from(Rounding),
    st.sampled_from(Overflow),
)


@settings(max_examples=300, deadline=None)
@given(st.data(), formats)
def test_wide_codes_as_fractions_have_it(data, target):
    fraction = target.fraction + data.draw(st.integers(-20, 40))
    code = st.integers(-(2**40), 2**40)
    ties = st.integers(-64, 64).map(lambda n: (2 * n + 1) << max(0, fraction - target.fraction - 1))
    codes = data.draw(st.lists(code | ties, min_size=1, max_size=20))
    codes = [c for c in codes if abs(c) < 2**42]
    want = [twin.quantise(c, fraction, target) for c in codes]
    assert quantise(codes, fraction, target).tolist() == want


@pytest.mark.parametrize("overflow", Overflow, ids=lambda mode: mode.name)
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("width", [61, 62, 63, 64])
def test_widest_targets(width, signed, overflow):
    target = Format(width, width, signed, Rounding.AP_RND, overflow)
    codes = [0, 1, -1, 2**61, -(2**61), 2**62 - 1, 1 - 2**62]
    want = [twin.quantise(code, 0, target) for code in codes]
    got = quantise(codes, 0, target).astype(target.code_dtype())
    assert got.tolist() == want


def test_a_binary_point_moved_too_far_is_refused():
    with pytest.raises(InputError, match="63 bits from the source's"):
        quantise([1], 63, Format.parse("ap_fixed<8,8>"))


TIES = [0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 0.49999999999999994, -0.49999999999999994]
NEAR = [0.5 + 2**-40, -0.5 - 2**-40, 1e-300, -1e-300, 3.25, -3.75, 127.5, -128.5, 0.0, -0.0]
HUGE = [1e6, -1e6, 2.0**53, -(2.0**53), 1e18, -1e18, 1.7e308, -1.7e308]


@pytest.mark.parametrize(("rounding", "overflow"), MODES, ids=lambda mode: mode.name)
@pytest.mark.parametrize("text", ["ap_fixed<8,8", "ap_ufixed<8,8", "ap_fixed<8,10"])
def test_real_values(text, rounding, overflow):
    target = Format.parse(f"{text},{rounding.name},{overflow.name}>")
    for value in TIES + NEAR + HUGE:
        exact = Fraction(value) * Fraction(2) ** target.fraction
        code = twin.round_value(exact, rounding.name)
        want = twin.fit(code, target.width, target.signed, overflow.name)
        if overflow is Overflow.AP_WRAP and want != code:
            with pytest.raises(InputError, match="which wraps"):
                quantise_real([value], target, "weights")
        else:
            assert quantise_real([value], target, "weights").tolist() == [want], value


@settings(max_examples=200, deadline=None)
@given(st.floats(-300, 300), st.sampled_from(Rounding), st.integers(-2, 20))
def test_real_values_as_fractions_have_them(value, rounding, fraction):
    target = Format(20, 20 - fraction, True, rounding, Overflow.AP_SAT)
    code = twin.round_value(Fraction(value) * Fraction(2) ** fraction, rounding.name)
    want = twin.fit(code, 20, True, "AP_SAT")
    assert quantise_real([value], target, "x").tolist() == [want]


def test_a_wrapping_format_refuses_what_does_not_fit():
    with pytest.raises(InputError) as caught:
        quantise_real([[0.5, 2.5]], Format.parse("ap_fixed<10,2>"), "weights")
    assert caught.value.lines == (
        "weights[0, 1] = 2.5 does not fit ap_fixed<10,2>, which wraps; "
        "allowed: -2 to 1.99609, or a format with AP_SAT",
    )
    unsigned = Format.parse("ap_ufixed<8,8>")
    assert quantise_real([255.9], unsigned, "x").tolist() == [255]
    with pytest.raises(InputError, match="does not fit"):
        quantise_real([-0.1], unsigned, "x")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_are_refused(value):
    with pytest.raises(InputError, match=r"w\[1\] = .*finite"):
        quantise_real([0, value], Format.parse("ap_fixed<8,8,AP_RND,AP_SAT>"), "w")


@given(
    st.builds(
        Format,
        st.integers(1, MAX_WIDTH),
        st.integers(-MAX_WIDTH, MAX_WIDTH),
        st.booleans(),
        st.sampled_from(Rounding),
        st.sampled_from(Overflow),
    )
)
def test_text_round_trip(form):
    assert Format.parse(str(form)) == form
    assert eval(repr(form), {"Format": Format}) == form


def test_defaults_and_spaces():
    form = Format.parse("  ap_fixed < 10 ,  2 , AP_RND >")
    assert (form.rounding, form.overflow) == (Rounding.AP_RND, Overflow.AP_WRAP)
    form = Format.parse("ap_ufixed<8,8>")
    assert (form.rounding, form.overflow) == (Rounding.AP_TRN, Overflow.AP_WRAP)
    assert str(form) == "ap_ufixed<8,8>"


def test_both_q_notations():
    assert Format.parse("ap_fixed<16,4>").q_notation == "Q4.12 (ARM), Q3.12 (TI)"
    assert Format.parse("ap_ufixed<8,1>").q_notation == "UQ1.7"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no format"),
        (7, "is no format"),
        (None, "is no format"),
        ("fixed<8,8>", "is no format"),
        ("ap_fixed<8,8", "is no format"),
        ("ap_fixed<8>", "1 argument"),
        ("ap_fixed<8,2,AP_RND,AP_SAT,0>", "5 argument"),
        ("ap_fixed<8.5,2>", "whole numbers"),
        ("ap_fixed<,2>", "whole numbers"),
        ("ap_fixed<0,0>", "W = 0; allowed: 1 to 64"),
        ("ap_fixed<65,2>", "W = 65; allowed: 1 to 64"),
        ("ap_fixed<-3,2>", "W = -3"),
        ("ap_fixed<8,65>", "I = 65"),
        ("ap_fixed<8,2,AP_ROUND>", "unknown mode 'AP_ROUND'; allowed: AP_RND, "),
        ("ap_fixed<8,2,AP_SAT,AP_RND>", "unknown mode 'AP_SAT'"),
        ("ap_fixed<8,2,AP_RND,AP_WRAP_SM>", "unknown mode 'AP_WRAP_SM'; allowed: AP_SAT, "),
    ],
)
def test_what_is_no_format_gets_one_line(text, words):
    with pytest.raises(InputError) as caught:
        Format.parse(text)
    (line,) = caught.value.lines
    assert words in line
    assert repr(text) in line
    assert "\n" not in line


def test_codes_out_of_range_are_named_with_their_place():
    form = Format.parse("ap_ufixed<8,8>")
    form.check_codes(np.array([[0, 255]]), "pixels")
    form.check_codes(np.zeros((0, 3), dtype=int), "pixels")
    with pytest.raises(InputError, match=r"pixels\[0, 1\] = 256, the first of 2 .* 0 to 255"):
        form.check_codes(np.array([[0, 256], [300, 4]]), "pixels")
    with pytest.raises(InputError, match=r"pixels\[1, 1\] = -1, the first of 1 "):
        form.check_codes(np.array([[0, 2], [3, -1]]), "pixels")
    with pytest.raises(InputError, match="dtype float64"):
        form.check_codes(np.array([[0.0]]), "pixels")


@pytest.mark.parametrize(
    ("text", "low", "high", "dtype"),
    [
        ("ap_fixed<8,2>", -128, 127, np.int8),
        ("ap_ufixed<8,2>", 0, 255, np.uint8),
        ("ap_fixed<1,1>", -1, 0, np.int8),
        ("ap_ufixed<9,0>", 0, 511, np.uint16),
        ("ap_fixed<33,0>", -(2**32), 2**32 - 1, np.int64),
        ("ap_ufixed<64,0>", 0, 2**64 - 1, np.uint64),
    ],
)
def test_range_and_type(text, low, high, dtype):
    form = Format.parse(text)
    assert (form.min_code, form.max_code, form.code_dtype()) == (low, high, np.dtype(dtype))


@pytest.mark.parametrize(
    ("width", "integer", "place"),
    [(0, 0, "W = 0"), (65, 1, "W = 65"), (-3, 2, "W = -3"), (8, 193, "I = 193"), (8, -200, "I =")],
)
def test_a_format_checks_itself_wherever_it_is_made(width, integer, place):
    with pytest.raises(InputError, match=place):
        Format(width, integer, True)
    with pytest.raises(InputError, match=place):
        replace(Format(8, 8, True), width=width, integer=integer)
