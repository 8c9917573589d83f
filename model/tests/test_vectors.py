import shutil

import numpy as np
import pytest

from deconv4k import simulator, vectors
from deconv4k.errors import InputError

FOLDER = simulator.ROOT / "vectors"


def test_what_is_committed_is_what_the_code_makes(tmp_path):
    names = vectors.write_all(tmp_path)
    assert sorted(names) == sorted(path.name for path in FOLDER.iterdir())
    for name in names:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


@pytest.mark.parametrize("name", vectors.CASES)
def test_a_case_reads_back(name):
    made, read = vectors.make(name), vectors.read(FOLDER / f"{name}.toml")
    assert read.config == made.config
    assert (read.why, read.seed, read.bias) == (made.why, made.seed, made.bias)
    np.testing.assert_array_equal(read.weights, made.weights)
    for ours, theirs in zip(
        [*read.frames, *read.expected], [*made.frames, *made.expected], strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_study_gives_the_known_answer():
    top = vectors.read(FOLDER / "study.toml").expected[0]
    assert top[0, :3].tolist() == [9, 12, 16]
    assert top[0, -3:].tolist() == [18, 21, 14]
    assert not top[1::2].any()


def test_a_truncated_case_is_refused(tmp_path):
    for path in FOLDER.glob("study.*"):
        shutil.copy(path, tmp_path)
    pixels = tmp_path / "study.input.mem"
    pixels.write_text("\n".join(pixels.read_text().splitlines()[:-1]) + "\n")
    with pytest.raises(InputError, match="end within frame 0"):
        vectors.read(tmp_path / "study.toml")
    pixels.write_text("zz\n")
    with pytest.raises(InputError, match=r"study\.input\.mem:1: 'zz'"):
        vectors.read(tmp_path / "study.toml")
