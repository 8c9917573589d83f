"""Each row of the policy for malformed video, with frames, flags and drops written out by hand.

Streams are written as text: pixels are numbers, `[` before a pixel is SOF, `/` after it is EOL, `x`
is an abort. All SOFs bring the size 3 x 2 unless the test says otherwise.
"""

import itertools
import re

import pytest

from deconv4k.rtl.framing import FLAGS, Abort, Beat, run

GOOD = "[1 2 3/ 4 5 6/"
FRAME = [[1, 2, 3], [4, 5, 6]]
NEXT = "[11 12 13/ 14 15 16/"
NEXT_FRAME = [[11, 12, 13], [14, 15, 16]]


def stream(text, *sizes, enable=()):
    """Beats of a text; `sizes` and `enable` are those of its SOFs in turn, then 3 x 2, enabled."""
    sizes = itertools.chain(sizes, itertools.repeat((3, 2)))
    enable = itertools.chain(enable, itertools.repeat(True))
    beats = []
    for word in re.findall(r"\[?\d+/?|x", text):
        if word == "x":
            beats.append(Abort())
            continue
        sof = word.startswith("[")
        width, height = next(sizes) if sof else (99, 0)
        enabled = next(enable) if sof else False
        pixel = int(word.strip("[/"))
        beats.append(Beat(pixel, sof, word.endswith("/"), width, height, enabled))
    return beats


def check(beats, frames, dropped=0, unfinished=(), aborted=0, **flags):
    framed = run(beats, max_width=8)
    assert framed.frames == frames
    assert framed.unfinished == list(unfinished)
    assert dict(framed.flags) == flags
    assert set(flags) <= set(FLAGS)
    assert framed.dropped == dropped
    assert framed.aborted == aborted


def test_good_video_passes():
    check(stream(GOOD + NEXT), [FRAME, NEXT_FRAME])
    check(stream("[1/ [2/ 3/ [4 5/", (1, 1), (1, 2), (2, 1)), [[[1]], [[2], [3]], [[4, 5]]])


def test_nothing():
    check([], [])


def test_beats_before_the_first_sof():
    check(stream("7 8/ 9 " + GOOD), [FRAME], dropped=3)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("[1 2/ 4 5 6/", [[1, 2, 0], [4, 5, 6]]),
        ("[1/ 4 5 6/", [[1, 0, 0], [4, 5, 6]]),
        ("[1 2 3/ 4/", [[1, 2, 3], [4, 0, 0]]),
    ],
)
def test_eol_before_the_last_column(text, frame):
    check(stream(text + NEXT), [frame, NEXT_FRAME], eol_early=1)


def test_eol_before_the_last_column_twice():
    check(stream("[1 2/ 4/" + NEXT), [[[1, 2, 0], [4, 0, 0]], NEXT_FRAME], eol_early=2)


@pytest.mark.parametrize(
    ("text", "dropped"),
    [("[1 2 3 7/ 4 5 6/", 1), ("[1 2 3 7 8 9/ 4 5 6/", 3), ("[1 2 3/ 4 5 6 7 8/", 2)],
)
def test_no_eol_at_the_last_column(text, dropped):
    check(stream(text + NEXT), [FRAME, NEXT_FRAME], dropped, eol_late=1)


def test_last_line_without_eol():
    check(stream("[1 2 3/ 4 5 6" + NEXT), [FRAME, NEXT_FRAME], eol_late=1)
    check(stream("[1 2 3/ 4 5 6 7 8" + NEXT), [FRAME, NEXT_FRAME], dropped=2, eol_late=1)


def test_surplus_of_the_last_line_then_surplus_lines():
    check(
        stream("[1 2 3/ 4 5 6 7/ 8 9/" + NEXT),
        [FRAME, NEXT_FRAME],
        dropped=3,
        eol_late=1,
        sof_late=2,
    )


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("[1", [[1, 0, 0], [0, 0, 0]]),
        ("[1 2", [[1, 2, 0], [0, 0, 0]]),
        ("[1 2 3/", [[1, 2, 3], [0, 0, 0]]),
        ("[1 2 3/ 4 5", [[1, 2, 3], [4, 5, 0]]),
    ],
)
def test_sof_while_pixels_are_missing(text, frame):
    check(stream(text + NEXT), [frame, NEXT_FRAME], sof_early=1)


def test_sof_after_a_line_that_was_completed():
    check(stream("[1/" + NEXT), [[[1, 0, 0], [0, 0, 0]], NEXT_FRAME], eol_early=1, sof_early=1)
    check(stream("[1 2 3/ 4/" + NEXT), [[[1, 2, 3], [4, 0, 0]], NEXT_FRAME], eol_early=1)


def test_sof_while_surplus_is_dropped():
    check(
        stream("[1 2 3 7" + NEXT),
        [[[1, 2, 3], [0, 0, 0]], NEXT_FRAME],
        dropped=1,
        eol_late=1,
        sof_early=1,
    )


def test_sof_twice():
    check(
        stream("[9 " + GOOD + NEXT),
        [[[9, 0, 0], [0, 0, 0]], FRAME, NEXT_FRAME],
        sof_early=1,
    )


def test_lines_after_the_last_one():
    check(stream(GOOD + " 7 8 9/" + NEXT), [FRAME, NEXT_FRAME], dropped=3, sof_late=3)
    check(stream(GOOD + " 7/ 8 9" + NEXT), [FRAME, NEXT_FRAME], dropped=3, sof_late=3)


def test_missing_sof():
    check(stream(GOOD + " 1 2 3/ 4 5 6/" + NEXT), [FRAME, NEXT_FRAME], dropped=6, sof_late=6)


@pytest.mark.parametrize("size", [(0, 2), (9, 2), (3, 0), (0, 0), (65535, 2)])
def test_bad_size(size):
    check(stream(GOOD + NEXT + GOOD, (3, 2), size), [FRAME, FRAME], dropped=6, bad_size=1)


def test_widest():
    check(stream("[1/ [2/", (8, 1), (1, 1)), [[[1] + [0] * 7], [[2]]], eol_early=1)


def test_no_flags_after_a_bad_size():
    check(stream("[1 2 3 4 5/ 6/ 7" + NEXT, (0, 1)), [NEXT_FRAME], dropped=7, bad_size=1)


def test_bad_size_completes_the_frame_before():
    check(
        stream("[1 2 3/ 4 [5 6/" + NEXT, (3, 2), (3, 0)),
        [[[1, 2, 3], [4, 0, 0]], NEXT_FRAME],
        dropped=2,
        sof_early=1,
        bad_size=1,
    )


def test_not_enabled():
    check(stream(GOOD + NEXT + GOOD, enable=[True, False]), [FRAME, FRAME], dropped=6)
    check(stream("[1 2 3 4 5/ 6" + NEXT, enable=[False]), [NEXT_FRAME], dropped=6)


def test_not_enabled_and_bad_size():
    check(stream("[1 2/" + NEXT, (0, 0), enable=[False]), [NEXT_FRAME], dropped=2)


def test_not_enabled_completes_the_frame_before():
    check(
        stream("[1 2 [5 6/" + NEXT, enable=[True, False]),
        [[[1, 2, 0], [0, 0, 0]], NEXT_FRAME],
        dropped=2,
        sof_early=1,
    )


def test_size_changes():
    check(
        stream("[1 2/ 3 4/ 5 6/ [1 2 3/ [1/", (2, 3), (3, 1), (1, 1)),
        [[[1, 2], [3, 4], [5, 6]], [[1, 2, 3]], [[1]]],
    )


def test_end_in_the_middle_of_a_frame():
    check(stream("[1 2 3/ 4"), [], unfinished=[1, 2, 3, 4])
    check(stream("[1/"), [], unfinished=[1, 0, 0], eol_early=1)
    check(stream("[1 2 3 7"), [], dropped=1, unfinished=[1, 2, 3], eol_late=1)
    check(stream(GOOD + " [1 2 3/ 4/"), [FRAME, [[1, 2, 3], [4, 0, 0]]], eol_early=1)


@pytest.mark.parametrize(
    ("text", "frame", "flags"),
    [
        ("[1 x", [[1, 0, 0], [0, 0, 0]], {}),
        ("[1 2 3/ x", [[1, 2, 3], [0, 0, 0]], {}),
        ("[1 2 3/ 4 5 x", [[1, 2, 3], [4, 5, 0]], {}),
        ("[1 2/ x", [[1, 2, 0], [0, 0, 0]], {"eol_early": 1}),
        ("[1 2 3 7 x", [[1, 2, 3], [0, 0, 0]], {"eol_late": 1, "dropped": 1}),
    ],
)
def test_abort_completes_a_frame(text, frame, flags):
    check(stream(text), [frame], aborted=1, **flags)
    check(stream(text + NEXT), [frame, NEXT_FRAME], aborted=1, **flags)


def test_abort_drops_what_still_comes_and_raises_no_flag_for_it():
    rest = " 5 6 7 8/ 9/ 10 "
    check(stream("[1 x" + rest + NEXT), [[[1, 0, 0], [0, 0, 0]], NEXT_FRAME], dropped=6, aborted=1)
    check(stream("[1 x 2 x 3/ x"), [[[1, 0, 0], [0, 0, 0]]], dropped=2, aborted=1)


def test_abort_without_a_frame():
    check(stream("x 7 x " + GOOD + "x" + NEXT + "x"), [FRAME, NEXT_FRAME], dropped=1)
    check(stream("[1 2 3/ 4/ x 5 6/" + NEXT), [[[1, 2, 3], [4, 0, 0]], NEXT_FRAME],
          dropped=2, eol_early=1, sof_late=2)  # fmt: skip
    check(stream("[1 2 3/ 4 5 6 x 7/" + NEXT), [FRAME, NEXT_FRAME], dropped=1, eol_late=1)
    check(stream("[1 x 2 3/" + NEXT, (0, 1)), [NEXT_FRAME], dropped=3, bad_size=1)
