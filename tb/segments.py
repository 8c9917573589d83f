"""Frames through the whole engine in one simulation, with one pattern of stalls after the other.

The engine runs empty between two segments (bench.v); each is judged by itself.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config
from deconv4k.rtl import framing
from deconv4k.sim import play as player

Codes = NDArray[np.int64]

COUNTED = ("beats", "mismatches", "surplus", "accepted")
"""What the bench counts through all segments."""


@dataclass(frozen=True)
class Segment:
    """Frames and what comes of them; or beats, and the frames that they become."""

    stalls: str
    frames: Sequence[Codes]
    expected: Sequence[Codes]
    beats: Sequence[framing.Beat] | None = None


def play(
    sim: str,
    config: Config,
    segments: Sequence[Segment],
    weights: Codes,
    bias: int,
    work: Path,
    **settings: Any,
) -> list[player.Played]:
    """Play all segments, all of frames or all of beats; what came of each."""
    ppc = config.video.pixels_per_clock
    plan: list[dict[str, int]] = []
    limit = outputs = 0
    for segment in segments:
        if segment.beats is None:
            limit += sum(frame.shape[1] * frame.shape[2] for frame in segment.frames)
        else:
            limit += len(segment.beats)
        outputs += sum(out.shape[0] * -(-out.shape[1] // ppc) for out in segment.expected)
        plan.append({**player.STALLS[segment.stalls], "limit": limit, "outputs": outputs})
    # The last one ends with the files.
    del plan[-1]["limit"], plan[-1]["outputs"]
    work.mkdir(parents=True, exist_ok=True)
    (work / "segments.json").write_text(json.dumps(plan))
    beats = [segment.beats for segment in segments if segment.beats is not None]
    assert len(beats) in (0, len(segments))
    player.play(
        sim, config, [frame for segment in segments for frame in segment.frames], weights, bias,
        beats=[beat for some in beats for beat in some] if beats else None,
        expected=[out for segment in segments for out in segment.expected],
        work=work, **settings,
    )  # fmt: skip
    results = json.loads((work / "results.json").read_text())
    played = []
    before: dict[str, Any] = {**dict.fromkeys(COUNTED, 0), "violations": {}}
    for segment, result in zip(segments, results, strict=False):
        start = result["sof_in_first"]
        own = {name: result[name] - before[name] for name in COUNTED}
        violations = {
            rule: times - before["violations"].get(rule, 0)
            for rule, times in result["violations"].items()
        }
        first = None
        if own["mismatches"] and not before["mismatches"]:
            first = {key: result[f"first_{key}"] for key in ("beat", "expected", "got")}
        played.append(
            player.Played(
                outputs=None,
                **own,
                violations={rule: times for rule, times in violations.items() if times},
                hung=bool(result["hung"]),
                frames=len(segment.frames),
                ends=result["ends"],
                flags={name for i, name in enumerate(framing.FLAGS) if result["flags"] >> i & 1},
                dropped=result["dropped"],
                first=first,
                first_out=result["sof_out_first"] - start,
                last_out=result["last_out"] - start,
                last_interval=result["sof_in_last"] - result["sof_in_before"],
            )
        )
        before = result
    names = [segment.stalls for segment in segments]
    assert len(played) == len(segments), f"hangs in segment {len(played)} of {names}: {played[-1]}"
    return played
