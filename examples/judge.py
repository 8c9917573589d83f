"""A capture of a board is judged: is it right, and if not, what happened to it?

    .venv/bin/python examples/judge.py [SET CAPTURE]

Without arguments it makes a set of vectors and a capture of its own, in which a sink forgot TREADY:
one beat is lost.
"""

import sys
import tempfile
from pathlib import Path

import deconv4k as d4k
from deconv4k.errors import InputError


def losing_a_beat(folder: Path, beat: int = 700) -> tuple[Path, Path]:
    """A set of vectors, and what a DMA would have stored of it without one beat."""
    config = d4k.Config.default()
    made = d4k.write_vectors(folder / "set", config, pattern="noise", size=(36, 64))
    beats = made.expected(0).reshape(-1, config.video.pixels_per_clock)
    capture = folder / "capture.bin"
    capture.write_bytes(beats[[n for n in range(len(beats)) if n != beat]].tobytes())
    return folder / "set", capture


def judge(vectors: Path, capture: Path) -> int:
    """Print the verdict; the exit status is that of `deconv4k diff`."""
    found = d4k.diff(vectors, capture)
    if found.clean:
        print("clean")
        return 0
    if isinstance(found, d4k.LogDiff):
        print("the self-test's signatures differ: `deconv4k diff` shows which")
        return 1
    print(f"{found.mismatches} wrong pixels, {found.missing} beats missing")
    if found.first is not None:
        place = found.first.place
        print(f"first: line {place.line}, x {place.x}, phase {found.first.phase}, "
              f"expected {found.first.expected}, got {found.first.got}")  # fmt: skip
    for finding in found.findings[: found.leading]:
        print(f"cause: {finding.name}, {finding.detail}")
    return 1


def main() -> int:
    """Judge what the command line names, or the capture made here."""
    with tempfile.TemporaryDirectory() as folder:
        named = [Path(word) for word in sys.argv[1:]]
        if len(named) not in (0, 2):
            print(f"{len(named)} arguments; allowed: SET CAPTURE, or none", file=sys.stderr)
            return 2
        try:
            return judge(*(named or losing_a_beat(Path(folder))))
        except InputError as error:
            print(error, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main())
