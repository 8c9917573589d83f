"""Every kind of fault must be named first, two at once both, and what is clean must be clean.

A fault is tried on one of the configurations, in turns, and on another one by ``make test-full``;
``python model/tests/diff_faults.py`` tries all of them and prints the score.
"""

from pathlib import Path

import numpy as np
import pytest
from diff_faults import CLEAN, CONFIGS, FAULTS, PAIRS, board, score, score_pair

from deconv4k.diagnosis import compare, report
from deconv4k.diagnosis.causes import NAMES
from deconv4k.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


def spread(given):
    """Each fault with two of the configurations that can have it."""
    for number, one in enumerate(given):
        fit = [name for name in CONFIGS if one.fits(name)]
        first, second = fit[number % len(fit)], fit[(number + 2) % len(fit)]
        for name in dict.fromkeys((first, second)):
            marks = [] if name == first else [pytest.mark.full]
            yield pytest.param(one, name, id=f"{one.title}, {name}", marks=marks)


@pytest.mark.parametrize(("one", "name"), [*spread(FAULTS)])
def test_named_first(one, name):
    given = board(name)
    result, said = score(given.judge(one.do(given)), one)
    assert result == "named", said


@pytest.mark.parametrize(("one", "name"), [*spread(PAIRS)])
def test_both_named(one, name):
    given = board(name)
    result, said = score_pair(given.judge(one.do(given)), one)
    assert result == "named", said


@pytest.mark.parametrize("title", CLEAN)
@pytest.mark.parametrize("name", CONFIGS)
def test_clean(name, title):
    given = board(name)
    diff = given.judge(CLEAN[title](given.pack(given.frames)))
    assert diff.clean, report.verdict(diff)
    assert not diff.findings


def test_wider_words_by_name():
    """With --beat-bytes a beat in a wider word is no fault; one narrower than a beat is refused."""
    given = board("x2 2 ppc 10 bits")
    beats = given.pack(given.frames)
    path = given.folder / "wide.bin"
    path.write_bytes(np.pad(beats, ((0, 0), (0, 5)), constant_values=7).tobytes())
    case = compare.load_set(given.manifest)
    diff = compare.compare(case, compare.load(path, case, beat_bytes=8))
    assert diff.clean
    assert not compare.compare(case, compare.load(path, case)).clean
    with pytest.raises(InputError, match="`beat_bytes` 2; allowed: the 3 bytes of a beat, or more"):
        compare.load(path, case, beat_bytes=2)
    (given.manifest.parent / "frame.png").write_bytes(b"a picture")
    with pytest.raises(InputError, match="is no buffer; allowed"):
        compare.load(given.manifest.parent / "frame.png", case, beat_bytes=8)


def test_the_table_in_the_docs_has_every_cause():
    text = (ROOT / "docs" / "diff.md").read_text()
    for name in NAMES.values():
        assert name in text, name
