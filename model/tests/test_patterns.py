"""What each test picture is there for."""

import numpy as np
import pytest

from deconv4k import golden
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.golden import bound
from deconv4k.vectors import patterns
from deconv4k.vectors.patterns import PATTERNS, Scene

CONFIG = Config.upscaler((9, 2, 4, 1), 4)
SIGNED = Config.upscaler(
    (4, 2, 1, 0), 4, channels=3, pixel="ap_fixed<6,2>", output="ap_fixed<8,4,AP_RND>"
)


def scene(config, height=11, width=14):
    layer, weight = config.layer, config.formats.weight
    random = np.random.default_rng(4)
    shape = (layer.in_channels, 1, layer.kernel, layer.kernel)
    weights = random.integers(weight.min_code, weight.max_code + 1, shape)
    return Scene(config, height, width, random, weights)


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("config", [CONFIG, SIGNED], ids=["unsigned", "signed"])
@pytest.mark.parametrize("size", [(11, 14), (1, 1), (1, 5), (2, 1)])
def test_frames_are_codes_of_the_format(name, config, size):
    drawn, drawing = PATTERNS[name], scene(config, *size)
    count = drawn.frames(config)
    frames = [drawn.draw(drawing, n) for n in range(count + 1)]
    for frame in frames:
        assert frame.shape == (config.layer.in_channels, *size)
        config.formats.pixel.check_codes(frame, name)
    if name != "noise" and size == (11, 14):
        repeats = [n for n in range(1, count + 1) if (frames[n] == frames[0]).all()]
        assert repeats == ([] if name in ("ramp", "ties") else [count])


@pytest.mark.parametrize("config", [CONFIG, SIGNED], ids=["unsigned", "signed"])
def test_extremes_reach_the_proven_bound(config):
    drawing = scene(config)
    count = PATTERNS["extremes"].frames(config)
    sums = [
        golden.phase_sums(config, PATTERNS["extremes"].draw(drawing, n), drawing.weights)
        for n in range(count)
    ]
    reach = bound.bound(config, drawing.weights, np.zeros(1, dtype=np.int64))
    assert (min(s.min() for s in sums), max(s.max() for s in sums)) == (reach.low, reach.high)


def test_an_impulse_prints_the_kernel():
    config = Config.upscaler((9, 2, 4, 1), 4, weight="ap_fixed<10,10>")
    weights = np.arange(1, 82).reshape(1, 1, 9, 9)
    drawing = Scene(config, 15, 17, np.random.default_rng(0), weights)
    middle = golden.run(config, patterns.impulse(drawing, 4, 1), weights)[0]
    # Input pixel (7, 8) stamps the kernel on output rows 14 - 4 .. 14 + 4.
    np.testing.assert_array_equal(middle[10:19, 12:21], weights[0, 0])


@pytest.mark.parametrize("config", [CONFIG, SIGNED], ids=["unsigned", "signed"])
def test_ties_are_ties(config):
    weights = patterns.tie_kernel(config)
    frame = PATTERNS["ties"].draw(scene(config, 16, 64), 0)
    sums = golden.phase_sums(config, frame, weights)
    half = 1 << config.formats.output_shift - 1
    ties = np.abs(sums) % (2 * half) == half
    assert ties.mean() > 0.4
    assert (ties & (sums > 0)).any()
    assert (ties & (sums < 0)).any()


def test_ties_need_a_fraction():
    with pytest.raises(InputError, match=r"pattern 'ties': .* holds no half of a step"):
        patterns.tie_kernel(Config.upscaler((9, 2, 4, 1), 4, weight="ap_fixed<10,10>"))


def test_bars_are_eight():
    config = Config.upscaler((2, 2, 0, 0), 4, channels=3)
    frame = PATTERNS["bars"].draw(scene(config, 2, 80), 0)
    colours = [tuple(frame[:, 0, x] // 255) for x in range(5, 80, 10)]
    assert colours[0] == (1, 1, 1)
    assert colours[5] == (1, 0, 0)
    assert len(set(colours)) == 8
    luma = PATTERNS["bars"].draw(scene(CONFIG, 2, 80), 0)[0, 0]
    assert (np.diff(luma) <= 0).all()


def test_unknown_pattern():
    with pytest.raises(InputError, match="pattern 'stripes'; allowed: impulse, ones"):
        patterns.pattern("stripes")
