"""Broken streams: each piece is placed by itself, and one verdict is given on them all."""

import numpy as np
import pytest
from diff_scene import Scene, named

from deconv4k.diagnosis import compare, report
from deconv4k.diagnosis.captures import Capture


@pytest.fixture(params=["x2", "x2_odd", "x4_signed_10"])
def scene(request, tmp_path):
    return Scene(tmp_path, request.param, 12)


def broken(scene, spans, beats=None, *, flags=True):
    """A capture of the spans [first, last) of beats, one after the other."""
    given = scene.beats() if beats is None else beats
    take = np.concatenate([np.arange(*span) for span in spans])
    sof, eol = (flag[take] for flag in scene.flags())
    breaks = np.cumsum([last - first for first, last in spans])[:-1]
    return Capture(
        "window", given[take], sof if flags else None, eol if flags else None, breaks=breaks
    ), take


def spans_of(scene):
    count = len(scene.beats())
    return [(0, 20), (30, 51), (5, 25), (count - 9, count), (20, 23), (23, 24)]


@pytest.mark.parametrize("flags", [True, False])
def test_pieces_lie_anywhere(scene, flags):
    capture, take = broken(scene, spans_of(scene), flags=flags)
    diff = compare.compare(compare.load_set(scene.manifest), capture)
    assert report.verdict(diff) == f"clean: {diff.window.pixels:,} pixels as expected"
    assert diff.window.index.tolist() == take.tolist()
    assert diff.how.startswith("6 pieces, each by itself: ")


@pytest.mark.parametrize("flags", [True, False])
def test_a_wrong_pixel_in_a_piece_is_found(scene, flags):
    for at in (3, 30, 45, 71):
        capture, take = broken(scene, spans_of(scene), flags=flags)
        hurt = capture.beats.copy()
        hurt[at, 0] ^= 1
        diff = compare.compare(
            compare.load_set(scene.manifest),
            Capture("window", hurt, capture.sof, capture.eol, breaks=capture.breaks),
        )
        assert diff.window.index.tolist() == take.tolist(), at
        assert (diff.first.beat, diff.mismatches) == (at, 1)
        assert not diff.framing


def test_a_fault_is_named_over_all_pieces(scene):
    case = compare.load_set(scene.manifest)
    spans = [(2, 30), (40, 75), (10, 34)]
    stuck = scene.beats()
    stuck[:, 0] |= 1
    diff = compare.compare(case, broken(scene, spans, stuck)[0])
    assert "stuck_bit" in named(diff)
    assert diff.findings[0].explained == diff.window.pixels
    capture, take = broken(scene, spans)
    lost = [np.delete(one, 50, axis=0) for one in (capture.beats, capture.sof, capture.eol)]
    breaks = capture.breaks - np.array([0, 1])
    diff = compare.compare(case, Capture("window", *lost, breaks=breaks))
    assert named(diff) == {"dropped_beat"}
    place = case.expected.place(int(take[50]) + 1, 0)
    assert diff.findings[0].detail.startswith("1 dropped before frame ")
    assert f"line {place.line}, x {place.x}, beat 50" in diff.findings[0].detail
    assert not diff.alike or diff.findings[0].explained == diff.window.pixels


def test_marks_are_judged_within_pieces(scene):
    capture, _ = broken(scene, [(0, 20), (30, 51)])
    eol = capture.eol.copy()
    at = int(np.flatnonzero(eol)[0])
    eol[at] = False
    diff = compare.compare(
        compare.load_set(scene.manifest),
        Capture("window", capture.beats, capture.sof, eol, breaks=capture.breaks),
    )
    assert len(diff.framing) == 1
    assert diff.framing[0].startswith(f"EOL: 1 missing, 0 where none belongs; first at beat {at} ")


@pytest.mark.parametrize("flags", [True, False])
def test_pieces_of_another_kernel_are_placed_all_the_same(scene, flags):
    """Hardly a pixel is right in any of them."""
    turned = np.ascontiguousarray(scene.weights[..., ::-1, ::-1])
    beats = scene.beats([scene.golden(pixels, turned) for pixels in scene.pixels])
    count = len(beats)
    spans = [(count // 2, count // 2 + 30), (2, 34), (count // 3, count // 3 + 28)]
    capture, take = broken(scene, spans, beats, flags=flags)
    diff = compare.compare(compare.load_set(scene.manifest), capture)
    assert diff.window.index.tolist() == take.tolist()
    assert named(diff) == {"kernel_not_turned"}
    assert diff.findings[0].explained == diff.window.pixels
