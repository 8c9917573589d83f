"""Every kind of fault must be named first, two at once both, and what is clean must be clean.

A fault is tried on two of the configurations, in turns; ``python model/tests/diff_faults.py`` tries
all of them and prints the score.
"""

import pytest
from diff_faults import CLEAN, CONFIGS, FAULTS, PAIRS, board, score, score_pair

from deconv4k.diff import report


def spread(given):
    """Each fault with two of the configurations that can have it."""
    for number, one in enumerate(given):
        fit = [name for name in CONFIGS if one.fits(board(name))]
        for name in dict.fromkeys((fit[number % len(fit)], fit[(number + 2) % len(fit)])):
            yield pytest.param(one, name, id=f"{one.title}, {name}")


@pytest.mark.parametrize(("one", "name"), spread(FAULTS))
def test_named_first(one, name):
    given = board(name)
    result, said = score(given.judge(one.do(given)), one)
    assert result == "named", said


@pytest.mark.parametrize(("one", "name"), spread(PAIRS))
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
