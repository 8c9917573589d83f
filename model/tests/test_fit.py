"""The least-squares fit, and the kernel that came of it."""

from __future__ import annotations

import shlex
from importlib import resources

import numpy as np
import pytest

from deconv4k.errors import InputError
from deconv4k.formats import Format
from deconv4k.layer import Layer
from deconv4k.photo import fit, image, kernels, quality

FSRCNN = Layer(9, 2, 4, 1)
PHOTO = resources.files("deconv4k") / "data" / "seeding_3840x2160.jpg"


def unit_gain(layer, rng):
    """A random kernel without symmetry, each phase of which sums to 1."""
    weights = rng.standard_normal((1, 1, layer.kernel, layer.kernel))
    for r in range(layer.stride):
        for s in range(layer.stride):
            rows = [tap.at for tap in layer.taps(r)]
            columns = [tap.at for tap in layer.taps(s)]
            part = np.ix_([0], [0], rows, columns)
            weights[part] += (1 - weights[part].sum()) / weights[part].size
    return weights


@pytest.mark.parametrize(
    "layer", [FSRCNN, Layer(9, 3, 4, 2), Layer(8, 4, 2, 0), Layer(2, 2), Layer(4, 2, 1)], ids=str
)
@pytest.mark.parametrize("size", [(40, 37), (70, 41)])
def test_a_known_kernel_is_recovered(layer, size):
    rng = np.random.default_rng(5)
    known = unit_gain(layer, rng)
    low = rng.random(size)
    equations = fit.NormalEquations(layer)
    equations.add(low, kernels.apply(low, known, layer))
    np.testing.assert_allclose(equations.solve(), known, atol=1e-8)


def test_two_photographs_count_like_their_sum():
    rng = np.random.default_rng(6)
    known = unit_gain(FSRCNN, rng)
    parts = []
    for _ in range(2):
        low = rng.random((30, 30))
        parts.append(fit.NormalEquations(FSRCNN))
        noise = 0.1 * rng.standard_normal((60, 60))
        parts[-1].add(low, kernels.apply(low, known, FSRCNN) + noise)
    both = (parts[0] + parts[1]).solve()
    error = [np.abs(weights - known).mean() for weights in (parts[0].solve(), both)]
    assert error[1] < error[0]
    assert (parts[0] + parts[1]).count == parts[0].count + parts[1].count


def test_every_phase_sums_to_one_whatever_the_photograph():
    rng = np.random.default_rng(7)
    equations = fit.NormalEquations(FSRCNN)
    equations.add(rng.random((40, 40)), rng.random((80, 80)))
    weights = equations.solve()[0, 0]
    for r in range(2):
        for s in range(2):
            assert weights[r::2, s::2].sum() == pytest.approx(1.0)
    flat = fit.NormalEquations(FSRCNN)
    flat.add(np.full((40, 40), 0.5), np.full((80, 80), 0.5))
    assert np.isfinite(flat.solve()).all()


def test_the_border_does_not_count():
    rng = np.random.default_rng(8)
    known = unit_gain(FSRCNN, rng)
    low = rng.random((40, 40))
    original = kernels.apply(low, known, FSRCNN)
    original[:8], original[-8:], original[:, :8], original[:, -8:] = 9, 9, 9, 9
    equations = fit.NormalEquations(FSRCNN)
    equations.add(low, original)
    np.testing.assert_allclose(equations.solve(), known, atol=1e-8)
    original[8, 8] = 9
    equations = fit.NormalEquations(FSRCNN)
    equations.add(low, original)
    assert np.abs(equations.solve() - known).max() > 1e-3


def test_what_cannot_be_fitted():
    with pytest.raises(InputError, match="no photograph"):
        fit.fit([], FSRCNN)
    for layer in (Layer(9, 2, 3, 1), Layer(9, 2, 4, 1, 2, 1)):
        with pytest.raises(InputError, match="allowed: an exact upscaler"):
            fit.NormalEquations(layer)
    equations = fit.NormalEquations(FSRCNN)
    with pytest.raises(InputError, match=r"12x12 pixels is too small .* 13x13"):
        equations.add(np.zeros((12, 12)), np.zeros((24, 24)))
    equations.add(np.zeros((13, 13)), np.zeros((26, 26)))
    with pytest.raises(InputError, match=r"allowed: \(26, 26\)"):
        equations.add(np.zeros((13, 13)), np.zeros((26, 27)))


def test_fit_of_files(tmp_path):
    rng = np.random.default_rng(9)
    paths = []
    for index in range(3):
        smooth = image.resize(rng.random((20, 24)), 193, 161, "bicubic")
        sharp = np.where(smooth > 0.5, 0.8, 0.2)
        paths.append(tmp_path / f"{index}.png")
        image.write(paths[-1], image.from_unit(sharp))
    said: list[str] = []
    found = fit.fit(paths, FSRCNN, progress=said.append)
    assert len(said) == 6
    assert [row.photo for row in found.figures] == ["0.png", "1.png", "2.png"]
    for row in found.figures:
        assert (row.width, row.height) == (192, 160)
        assert row.held_out is not None
        # Least squares is best on what it saw; without the photograph it can only be worse.
        assert row.fitted > row.bicubic
        assert row.fitted >= row.held_out > row.bicubic
    alone = fit.fit(paths[:1], FSRCNN, halve=True).figures[0]
    assert (alone.width, alone.height, alone.held_out) == (96, 80, None)
    note = "someone's"
    text = fit.provenance(paths, found, tmp_path / "k.npz", halve=True, note=note)
    assert shlex.split(text["command"])[2:] == [
        *("--halve", "--note", note, "0.png", "1.png", "2.png", "-o", "k.npz")
    ]
    assert str(tmp_path) not in "".join(text.values())
    image.write(tmp_path / "s.png", np.zeros((31, 99), np.uint8))
    with pytest.raises(InputError, match="allowed: 32x32"):
        fit.pair(tmp_path / "s.png", 2, halve=True)


@pytest.fixture(scope="module")
def sample():
    with resources.as_file(PHOTO) as path:
        return fit.pair(path, 2)


def test_shipped_kernel_on_the_photograph_it_never_saw(sample):
    low, original = sample
    assert original.shape == (2160, 3840)
    fitted = fit.upscaled_psnr(low, original, kernels.fitted(), FSRCNN)
    bicubic = fit.resized_psnr(low, original, "bicubic")
    in_layer = fit.upscaled_psnr(low, original, kernels.interpolating(FSRCNN, "bicubic"), FSRCNN)
    assert in_layer == pytest.approx(bicubic, abs=1e-3)
    assert fitted > bicubic + 0.9
    assert fitted > fit.resized_psnr(low, original, "lanczos") + 0.4


def test_formats_point_costs_little(sample):
    low, original = sample
    target = Format.parse("ap_fixed<10,2,AP_RND,AP_SAT>")
    codes = kernels.to_codes(kernels.fitted(), FSRCNN, target).astype(float)
    sums = kernels.apply(np.rint(low * 255), codes, FSRCNN)
    output = np.clip(np.floor(sums / 256 + 0.5), 0, 255) / 255
    exact = fit.upscaled_psnr(low, original, kernels.fitted(), FSRCNN)
    assert exact - 0.1 < quality.psnr(original, output) < exact


def test_shipped_kernel_says_where_it_comes_from():
    with resources.as_file(resources.files("deconv4k") / "data" / kernels.FITTED_FILE) as path:
        content = np.load(path)
    assert "seeding" not in str(content["photographs"])
    assert str(content["command"]).startswith("deconv4k fit --halve")
    assert "CC-BY-4.0" in str(content["note"])
