"""What the benchmark compares is the same layer, and what it counts is right."""

from dataclasses import replace

import numpy as np
import pytest

from deconv4k import golden
from deconv4k._shared.checkout import DEFAULT_CONFIG
from deconv4k.config import Config
from deconv4k.golden import benchmark
from deconv4k.layer import Layer

BASE = Config.load(DEFAULT_CONFIG)


def test_counts_of_the_usual_case():
    case = benchmark.Case.of("usual", BASE)
    assert case.multiplies == 81 * 1920 * 1080
    assert case.bytes == 1920 * 1080 + 3840 * 2160
    assert case.plan == "int16 pairs"


def test_channels_and_odd_geometries_are_counted():
    layer = Layer(5, 3, 1, 0, 4)
    case = benchmark.Case.of("odd", replace(BASE, layer=layer), (7, 9))
    assert case.outputs == 21 * 27
    assert case.multiplies == pytest.approx(25 / 9 * 4 * 21 * 27)


@pytest.mark.parametrize("channels", [1, 3])
def test_contestants_compute_the_same_sums(channels):
    layer = replace(BASE.layer, in_channels=channels)
    case = benchmark.Case.of("small", replace(BASE, layer=layer), (20, 30))
    sums = golden.phase_sums(case.config, case.pixels, case.weights)
    assert np.abs(sums).max() < 2**24
    calls = benchmark.contestants(case)
    assert "golden" in calls
    # `make bench` brings all that these need, `make test TORCH=1` PyTorch, `make test` neither.
    absent = benchmark.missing()
    if "torch" not in absent:
        assert np.array_equal(calls["PyTorch, float32"]()[0].numpy(), sums)
    if not {"onnx", "onnxruntime"} & set(absent):
        assert np.array_equal(calls["ONNX Runtime, float32"]()[0][0], sums)


def test_apytypes_gives_the_same_codes():
    assert benchmark.apytypes_seconds(benchmark.Case.of("small", BASE, (6, 8))) > 0


def test_every_call_is_timed_in_every_round():
    made = []
    times = benchmark.measure({"a": lambda: made.append("a"), "b": lambda: made.append("b")}, 3)
    assert "".join(made) == "abababab"
    assert set(times) == {"a", "b"}
    assert all(0 <= each["min"] <= each["median"] for each in times.values())
