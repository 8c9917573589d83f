"""Useful kernels: alignment, gain, files and rounding."""

from __future__ import annotations

import numpy as np
import pytest

from deconv4k.errors import InputError
from deconv4k.formats import Format
from deconv4k.layer import Layer
from deconv4k.photo import image, kernels
from deconv4k.quantise import quantise_real

FSRCNN = Layer(9, 2, 4, 1)
EXACT = [
    FSRCNN,
    Layer(9, 3, 4, 2),
    Layer(9, 4, 4, 3),
    Layer(3, 2, 1, 1),
    Layer(4, 2, 1, 0),
    Layer(2, 2, 0, 0),
    Layer(8, 4, 2, 0),
]
DEFAULT_WEIGHT = Format.parse("ap_fixed<10,2,AP_RND,AP_SAT>")


def phase_sums(weights, layer):
    indices = [[tap.at for tap in layer.taps(r)] for r in range(layer.stride)]
    return np.array([[weights[np.ix_(r, s)].sum() for s in indices] for r in indices])


def scatter(plane, weights, layer):
    """The layer by its definition, sharing nothing with kernels.apply."""
    rows, columns = layer.output_shape(*plane.shape)
    big = np.zeros((rows + 4 * layer.kernel, columns + 4 * layer.kernel))
    k, base = layer.kernel, 2 * layer.kernel - layer.padding
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            top, left = base + layer.stride * y, base + layer.stride * x
            big[top : top + k, left : left + k] += plane[y, x] * weights[0, 0]
    return big[2 * k : 2 * k + rows, 2 * k : 2 * k + columns]


def test_study():
    weights = kernels.study(9)
    assert weights.shape == (1, 1, 9, 9)
    assert weights[0, 0, 0].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert (weights[0, 0, 1:] == 0).all()


LAYERS = [*EXACT, Layer(5, 2, 0, 0), Layer(2, 3, 0, 1), Layer(7, 1, 6, 0), Layer(1, 1)]


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layer, shape)
        for layer in LAYERS
        for shape in ((1, 1), (6, 9), (13, 2), (20, 11))
        if min(map(layer.output_size, shape)) > 0
    ],
)
def test_apply_is_the_definition(layer, shape):
    rng = np.random.default_rng(2)
    plane = rng.random(shape)
    weights = rng.standard_normal((1, 1, layer.kernel, layer.kernel))
    np.testing.assert_allclose(
        kernels.apply(plane, weights, layer), scatter(plane, weights, layer), atol=1e-12
    )


@pytest.mark.parametrize("layer", EXACT, ids=str)
@pytest.mark.parametrize("method", kernels.METHODS)
def test_every_phase_has_unit_gain(layer, method):
    weights = kernels.interpolating(layer, method)
    np.testing.assert_allclose(phase_sums(weights[0, 0], layer), 1.0, atol=1e-12)


@pytest.mark.parametrize(
    ("layer", "method"),
    [
        (FSRCNN, "bilinear"),
        (FSRCNN, "bicubic"),
        (Layer(8, 2, 3, 0), "bicubic"),
        (Layer(12, 2, 5, 0), "lanczos"),
        (Layer(12, 3, 5, 1), "bicubic"),
        (Layer(8, 4, 2, 0), "bilinear"),
        (Layer(4, 2, 1, 0), "bilinear"),
    ],
)
def test_interpolation_is_pillow_s(layer, method):
    """Same alignment and same kernel as another implementation, away from the frame's edge."""
    assert layer.is_exact_upscaler
    plane = np.random.default_rng(3).random((24, 20))
    ours = kernels.apply(plane, kernels.interpolating(layer, method), layer)
    theirs = image.resize(plane, 20 * layer.stride, 24 * layer.stride, method)
    assert ours.shape == theirs.shape
    inner = slice(4 * layer.stride, -4 * layer.stride)
    np.testing.assert_allclose(ours[inner, inner], theirs[inner, inner], atol=1e-5)


def test_fsrcnn_bicubic_leaves_tap_0_empty():
    weights = kernels.interpolating(FSRCNN, "bicubic")[0, 0]
    assert (weights[0] == 0).all()
    assert (weights[:, 0] == 0).all()
    np.testing.assert_allclose(weights[1:, 1:], weights[:0:-1, :0:-1])


def test_phases_without_support():
    # Stride 3, two taps: phase 2 has none and stays dark; nothing is divided by zero.
    weights = kernels.interpolating(Layer(2, 3, 0, 1), "bicubic")
    assert np.isfinite(weights).all()
    assert (weights[0, 0] == 1).all()


def test_channels():
    diagonal = kernels.interpolating(Layer(4, 2, 1, 0, 3, 3), "bicubic")
    assert diagonal.shape == (3, 3, 4, 4)
    assert (diagonal[0, 1] == 0).all()
    mean = kernels.interpolating(Layer(4, 2, 1, 0, 4, 1), "bicubic")
    np.testing.assert_allclose(mean.sum(axis=0)[0], diagonal[1, 1])


def test_names():
    assert (kernels.named("study", FSRCNN) == kernels.study(9)).all()
    assert (kernels.named("fitted", FSRCNN) == kernels.default(FSRCNN)).all()
    x3 = Layer(9, 3, 4, 2)
    assert (kernels.default(x3) == kernels.interpolating(x3, "bicubic")).all()
    with pytest.raises(InputError, match="'fitted' for Layer"):
        kernels.named("fitted", x3)
    with pytest.raises(InputError, match="'sharp'; allowed: fitted, bilinear"):
        kernels.named("sharp", FSRCNN)
    with pytest.raises(InputError, match="allowed: bilinear, bicubic, lanczos"):
        kernels.interpolating(FSRCNN, "fitted")


def test_files(tmp_path):
    weights = np.random.default_rng(4).standard_normal((1, 1, 9, 9))
    kernels.save(tmp_path / "a.npz", weights, FSRCNN, command="by hand")
    kernels.save(tmp_path / "b.npz", weights, FSRCNN, command="by hand")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    np.testing.assert_array_equal(kernels.load(tmp_path / "a.npz", FSRCNN), weights)
    with np.load(tmp_path / "a.npz") as content:
        assert str(content["command"]) == "by hand"
    np.save(tmp_path / "c.npy", np.arange(81).reshape(9, 9))
    assert kernels.load(tmp_path / "c.npy", FSRCNN)[0, 0, 8, 8] == 80.0
    with pytest.raises(InputError, match=r"\[9, 2, 4, 1\]; allowed: \[9, 2, 3, 0\]"):
        kernels.load(tmp_path / "a.npz", Layer(9, 2, 3, 0))
    with pytest.raises(InputError, match=r"shape \(9, 9\); allowed: \(1, 1, 3, 3\)"):
        kernels.load(tmp_path / "c.npy", Layer(3, 2, 1, 1))
    with pytest.raises(InputError, match=r"allowed: '\.npz'"):
        kernels.save(tmp_path / "a.npy", weights, FSRCNN)
    with pytest.raises(InputError, match=r"shape \(1, 1, 9, 9\)"):
        kernels.save(tmp_path / "d.npz", weights, Layer(3, 2, 1, 1))


def test_bad_files(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        kernels.load(tmp_path / "none.npz")
    for name, data in (("empty.npy", b""), ("text.npz", b"PK\x03\x04"), ("text.npy", b"hello")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=name):
            kernels.load(tmp_path / name)
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with pytest.raises(InputError, match="holds x; allowed: an array named 'weights'"):
        kernels.load(tmp_path / "other.npz")
    for array, message in (
        (np.zeros((9, 8)), "shape"),
        (np.array([["a"]]), "type"),
        (np.full((3, 3), np.nan), "finite"),
        (np.zeros((1, 1, 0, 0)), "shape"),
    ):
        np.save(tmp_path / "bad.npy", array)
        with pytest.raises(InputError, match=message):
            kernels.load(tmp_path / "bad.npy")


@pytest.mark.parametrize("fraction", [4, 6, 7, 8, 10, 14])
def test_codes_keep_the_gain(fraction):
    target = Format(fraction + 2, 2, True, DEFAULT_WEIGHT.rounding, DEFAULT_WEIGHT.overflow)
    weights = kernels.fitted()
    codes = kernels.to_codes(weights, FSRCNN, target)
    assert (phase_sums(codes[0, 0], FSRCNN) == 1 << fraction).all()
    error = np.ldexp(weights, fraction) - codes
    assert np.abs(error).max() < 1.0
    # No pair of codes in a phase could move against each other and come nearer to the weights.
    for r in range(2):
        for s in range(2):
            phase = error[0, 0, r::2, s::2]
            assert phase.max() - phase.min() <= 1.0


def test_codes_alone_lose_the_gain():
    """Why to_codes exists."""
    codes = quantise_real(kernels.fitted(), DEFAULT_WEIGHT, "weights")
    assert (phase_sums(codes[0, 0], FSRCNN) != 256).any()
    alone = kernels.to_codes(kernels.fitted(), FSRCNN, DEFAULT_WEIGHT, keep_gain=False)
    np.testing.assert_array_equal(alone, codes)


def test_codes_of_exact_and_of_clipped_weights():
    exact = kernels.interpolating(Layer(4, 2, 1, 0), "bilinear")
    layer = Layer(4, 2, 1, 0)
    np.testing.assert_array_equal(kernels.to_codes(exact, layer, DEFAULT_WEIGHT), exact * 256)
    # A weight that saturates stays saturated, and its neighbours do not make up for it.
    narrow = Format.parse("ap_fixed<9,1,AP_RND,AP_SAT>")
    codes = kernels.to_codes(kernels.fitted(), FSRCNN, narrow)
    np.testing.assert_array_equal(codes, quantise_real(kernels.fitted(), narrow, "weights"))
    assert (codes == 255).sum() == (kernels.fitted() > 1).sum() == 4
    truncating = Format.parse("ap_fixed<10,2>")
    np.testing.assert_array_equal(
        kernels.to_codes(kernels.fitted(), FSRCNN, truncating),
        np.floor(kernels.fitted() * 256).astype(int),
    )


def test_codes_stay_within_a_step_where_the_sum_cannot_be_kept():
    # 7.4 + 7.4 should be 15, but 7 is the largest code; the zeros must not make up for it.
    weights = np.array([[[[7.4, 7.4], [0.0, 0.0]]]])
    target = Format.parse("ap_fixed<4,4,AP_RND,AP_SAT>")
    codes = kernels.to_codes(weights, Layer(2, 1), target)
    assert codes.tolist() == [[[[7, 7], [0, 0]]]]


def test_codes_keep_the_sum_over_input_channels():
    layer = Layer(4, 2, 1, 0, 7, 1)
    codes = kernels.to_codes(kernels.default(layer), layer, DEFAULT_WEIGHT)
    assert (phase_sums(codes.sum(axis=0)[0], layer) == 256).all()
