"""Numba's own settings: the same codes from whatever registers and compiler they leave."""

import os
import subprocess
import sys
from pathlib import Path

import lanes_scene
import llvmlite.binding as llvm
import numpy as np
import pytest

from deconv4k import golden
from deconv4k._shared.checkout import DEFAULT_CONFIG
from deconv4k.config import Config

SCENE = Path(lanes_scene.__file__)
COUNTS = {
    "pairs": 1360,
    "products of pairs": 6120,
    "products of pairs by sign": 414,
    "int32": 5440,
    "products in int32": 1360,
    "int64": 7774,
}
WIDE, NARROW = "llvm.x86.avx512.pmaddw.d.512", "llvm.x86.avx2.pmadd.wd"


SOME = ["pairs", "products of pairs", "int64"]
"""Those that another compilation is worth."""


def environment(**settings):
    """This process's, with no settings of Numba but these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    return {**kept, **settings}


def run(cache, names, **settings):
    """Registers of a process with these settings, after it compared the cases."""
    env = environment(NUMBA_CACHE_DIR=str(cache), **settings)
    command = [sys.executable, SCENE, *names]
    ran = subprocess.run(command, env=env, timeout=600, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-2000:]
    registers, *lines = ran.stdout.splitlines()
    assert lines == [f"{name} {COUNTS[name]}" for name in names]
    return registers


def need(feature):
    """Skip where the processor cannot execute the path."""
    if not llvm.get_host_cpu_features().get(feature):
        pytest.skip(f"this processor has no {feature}, so its instruction cannot be executed here")


def test_512_bits(tmp_path):
    need("avx512bw")
    assert run(tmp_path, COUNTS) == f"512 {WIDE}"


def test_512_bits_without_the_instruction(tmp_path):
    assert run(tmp_path, SOME, NUMBA_CPU_NAME="generic", LANES="portable") == "512 None"


def test_256_bits(tmp_path):
    # What needs avx512f goes with it, avx512bw too.
    need("avx2")
    assert run(tmp_path, COUNTS, NUMBA_CPU_FEATURES="-avx512f") == f"256 {NARROW}"


def test_256_bits_without_the_instruction(tmp_path):
    assert run(tmp_path, SOME, NUMBA_CPU_NAME="generic") == "256 None"


@pytest.mark.parametrize(
    ("setting", "value", "needs", "registers"),
    [
        ("NUMBA_CPU_FEATURES", "-avx512bw", "avx2", f"256 {NARROW}"),
        ("NUMBA_CPU_FEATURES", "-avx512vl", "avx512bw", f"512 {WIDE}"),
        ("NUMBA_CPU_FEATURES", "-avx2", "sse2", "256 None"),
        ("NUMBA_CPU_FEATURES", "-avx", "sse2", "256 None"),
        ("NUMBA_CPU_FEATURES", "", "avx512bw", f"512 {WIDE}"),
    ],
)
def test_registers_follow_the_features(setting, value, needs, registers, tmp_path):
    need(needs)
    assert run(tmp_path, [], **{setting: value}) == registers


def test_what_avx_is_left_runs(tmp_path):
    # Numba switches off what is called avx, yet others that stay on need some of it.
    run(tmp_path, ["pairs"], NUMBA_ENABLE_AVX="0")


def test_targets_do_not_share_code_in_one_cache(tmp_path):
    def compiled():
        return len(list(tmp_path.rglob("tiles.work_tiles-*.nbc")))

    run(tmp_path, ["pairs"])
    assert compiled() == 1
    run(tmp_path, ["pairs"], NUMBA_CPU_NAME="generic")
    assert compiled() == 2
    run(tmp_path, ["pairs"])
    assert compiled() == 2


def test_checked_and_unoptimised_code_gives_the_same(tmp_path):
    run(
        tmp_path,
        ["pairs"],
        NUMBA_OPT="0",
        NUMBA_BOUNDSCHECK="1",
        NUMBA_NUM_THREADS="1",
        NUMBA_THREADING_LAYER="workqueue",
    )
    assert list(tmp_path.iterdir())


def test_without_the_compiler_the_codes_are_the_same(tmp_path):
    run(tmp_path, COUNTS, NUMBA_DISABLE_JIT="1", PYTHONWARNINGS="error::RuntimeWarning")
    assert not list(tmp_path.iterdir())


def test_the_command_runs_without_the_compiler(tmp_path):
    rng = np.random.default_rng(1)
    pixels, weights = rng.integers(0, 256, (6, 9)), rng.integers(-99, 100, (9, 9))
    np.save(tmp_path / "x.npy", pixels)
    np.save(tmp_path / "w.npy", weights)
    ran = subprocess.run(
        [
            *(sys.executable, "-c", "from deconv4k.cli import main; main()", "run"),
            *(
                "--config",
                DEFAULT_CONFIG,
                "--pixels",
                "x.npy",
                "--weights",
                "w.npy",
                "--out",
                "y.npy",
            ),
        ],
        cwd=tmp_path,
        env=environment(NUMBA_DISABLE_JIT="1"),
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    want = golden.run(Config.load(DEFAULT_CONFIG), pixels, weights)
    assert np.load(tmp_path / "y.npy").tolist() == want.tolist()
