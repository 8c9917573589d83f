"""The oracles themselves: who is asked, who must be there, and whether they agree."""

import io
import os
import subprocess
import sys
import zipfile

import numpy as np
import oracle
import pytest

# pytest as it is where a package is not installed.
WITHOUT = """
import sys
for name in sys.argv.pop(1).split():
    sys.modules[name] = None
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""
HERE = oracle.ANSWERS.parents[1]
ROOT = oracle.TOOL.parents[1]


def run(without, *arguments, **settings):
    """A run of pytest in a process of its own."""
    inherited = {k: v for k, v in os.environ.items() if k not in ("CI", "DECONV4K_TORCH")}
    command = [sys.executable, "-c", WITHOUT, without, "-n", "0", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, *map(str, arguments)],
        cwd=ROOT,
        env={**inherited, **settings},
        timeout=300,
        capture_output=True,
        text=True,
    )


@pytest.mark.oracle
def test_the_committed_answers_are_pytorchs_byte_for_byte():
    if "PyTorch" not in oracle.live():
        pytest.skip("PyTorch is not asked live")
    made, kept = (
        zipfile.ZipFile(io.BytesIO(data))
        for data in (oracle.tool().generate(), oracle.ANSWERS.read_bytes())
    )
    # The zip around the arrays depends on Python's version; nothing else may differ.
    assert made.namelist() == kept.namelist()
    for name in kept.namelist():
        assert made.read(name) == kept.read(name), name


@pytest.mark.oracle
def test_the_live_oracles_give_the_committed_answers():
    for name, ask in oracle.live().items():
        for answer in oracle.answers():
            geometry = answer.stride, answer.padding, answer.output_padding
            got = ask(answer.pixels, answer.weights, answer.bias, *geometry)
            assert np.array_equal(got, answer.out), name


def test_the_committed_answers_cover_the_layers_people_use():
    layers = oracle.load()["layers"]
    stride, padding, output_padding, inputs, outputs, kernel = layers.T[:6].tolist()
    assert len(layers) > 300
    assert set(stride) == set(range(1, 6))
    assert set(kernel) == set(range(1, 11))
    assert set(inputs) == set(outputs) == {1, 2, 3}
    assert {p - k for p, k in zip(padding, kernel, strict=True)} >= set(range(-10, 1))
    assert {s - op for s, op in zip(stride, output_padding, strict=True)} == set(range(1, 6))
    assert oracle.ANSWERS.stat().st_size < 2 << 20


def test_without_pytorch_one_line_says_who_was_asked():
    ran = run("torch", HERE / "test_layer.py", "-k", "refusals")
    data = oracle.load()
    line = (
        f"PyTorch is not installed: its committed answers ({data['pytorch']}, "
        f"{len(data['layers'])} layers) and ONNX Runtime were asked instead; "
        "make test TORCH=1 asks it live"
    )
    assert ran.returncode == 0
    assert "1 passed" in ran.stdout
    assert ran.stdout.count(line) == 1
    assert "asked" not in run("torch", HERE / "test_layer.py", "-k", "81_taps").stdout


@pytest.mark.parametrize(
    ("without", "settings", "reason"),
    [
        ("torch", {"DECONV4K_TORCH": "1"}, "torch is not installed, and DECONV4K_TORCH=1 asks"),
        ("onnxruntime", {"CI": "1"}, "onnxruntime is not installed, and CI is set"),
    ],
)
def test_an_oracle_that_must_be_there_and_is_missing_fails(without, settings, reason):
    ran = run(without, HERE / "test_layer.py", "-k", "refusals", **settings)
    assert ran.returncode == 1
    assert reason in ran.stdout


def test_without_any_live_oracle_a_live_test_is_skipped_and_says_so():
    ran = run("torch onnxruntime", HERE / "test_golden_paths.py", "-k", "without_a_seam")
    assert "1 skipped" in ran.stdout
    assert "neither onnxruntime nor torch is installed" in ran.stdout


def test_every_test_is_collected_without_the_optional_oracles():
    # Also in a process of its own, so nothing that is loaded already helps.
    ran = run("torch onnx onnxruntime", "--collect-only", "-q", "model/tests", "tb")
    assert ran.returncode == 0, ran.stdout[-2000:]
