"""Sizes, phases and taps, and what PyTorch refuses."""

import numpy as np
import oracle
import pytest

from deconv4k.errors import InputError
from deconv4k.layer import Layer


@pytest.mark.oracle
def test_sizes_and_refusals_are_pytorchs():
    answers = oracle.load()["sizes"]
    refused = 0
    for (k, s, padding, output_padding, i), want in np.ndenumerate(answers):
        kernel, stride, size = k + 1, s + 1, (1, 2, 5)[i]
        try:
            got = Layer(kernel, stride, padding, output_padding).output_shape(size, size)[0]
        except InputError:
            got = 0  # PyTorch refuses, or returns no pixel at all
            refused += 1
        assert got == want, (kernel, stride, padding, output_padding, size)
    assert answers.shape == (4, 3, 4, 4, 3)
    assert 50 < refused < answers.size - 50


def test_fsrcnn_has_81_taps_in_four_phases():
    layer = Layer(9, 2, 4, 1)
    assert layer.phase_taps() == [[25, 20], [20, 16]]
    assert [tap.offset for tap in layer.taps(0)] == [2, 1, 0, -1, -2]
    assert [tap.offset for tap in layer.taps(1)] == [2, 1, 0, -1]
    assert (layer.rows_ahead, layer.rows_behind) == (2, 2)


@pytest.mark.parametrize("stride", range(1, 6))
@pytest.mark.parametrize("kernel", range(1, 10))
def test_each_kernel_row_is_in_one_phase(kernel, stride):
    for padding in range(kernel):
        layer = Layer(kernel, stride, padding)
        taps = [(tap, r) for r in range(stride) for tap in layer.taps(r)]
        assert sorted(tap.at for tap, _ in taps) == list(range(kernel))
        assert all(tap.at == r + padding - stride * tap.offset for tap, r in taps)
        assert max(tap.offset for tap, _ in taps) <= layer.rows_ahead
        assert min(tap.offset for tap, _ in taps) >= -layer.rows_behind


@pytest.mark.parametrize(
    "shape",
    [(9, 2, 4, 1), (9, 3, 4, 2), (9, 4, 4, 3), (3, 2, 1, 1), (4, 2, 1), (2, 2), (8, 4, 2)],
)
def test_exact_upscalers(shape):
    layer = Layer(*shape)
    assert layer.is_exact_upscaler
    assert layer.output_shape(7, 11) == (7 * layer.stride, 11 * layer.stride)
    assert not Layer(9, 2, 4, 0).is_exact_upscaler


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(InputError) as caught:
        Layer(0, 2.5, -1, True)
    assert caught.value.lines == (
        "layer.kernel = 0; allowed: 1 to 65535",
        "layer.stride = 2.5; allowed: a whole number",
        "layer.padding = -1; allowed: 0 to 65535",
        "layer.output_padding = True; allowed: a whole number",
    )
    with pytest.raises(InputError, match="output_padding = 2; allowed: less than the stride 2"):
        Layer(3, 2, 1, 2)
    with pytest.raises(InputError, match="0x3 pixels; allowed: 1x1"):
        Layer(3, 2).output_shape(3, 0)
