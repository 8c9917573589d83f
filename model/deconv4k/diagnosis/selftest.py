"""The self-test's lines against a set: which signature is wrong, and what would give it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config
from deconv4k.diagnosis import causes
from deconv4k.diagnosis.captures import Log
from deconv4k.diagnosis.causes import Set
from deconv4k.diagnosis.expected import to_lanes
from deconv4k.diagnosis.log import Line
from deconv4k.errors import InputError
from deconv4k.rtl import bus, registers, signature


@dataclass(frozen=True)
class LogDiff:
    """What the lines of the self-test say.

    Parameters
    ----------
    lines, failed : int
        Lines read, and those that are not as they should be.
    wrong : list of str
        Each thing that is wrong, once, what comes first in the data's way first.
    notes : list of str

    Examples
    --------
    A board whose bitstream is of another configuration:

    >>> import deconv4k as d4k, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> made = d4k.write_vectors(folder + "/set", d4k.Config.default(), pattern="ramp", size=(2, 3))
    >>> names = "cfg krn in out exp frames errors stalled clocks".split()
    >>> words = " ".join(f"{name}=00000001" for name in names)
    >>> with open(folder + "/uart.log", "w") as file:
    ...     print("D4K v1 FAIL", words, file=file)
    >>> found = d4k.diff(folder + "/set", folder + "/uart.log")
    >>> found.lines, found.clean, found.wrong[0].partition(":")[0]
    (1, False, 'configuration')
    """

    lines: int
    failed: int
    wrong: list[str]
    notes: list[str]

    @property
    def clean(self) -> bool:
        """Whether every line is as it should be."""
        return not self.wrong


def compare_log(case: Set, given: Log) -> LogDiff:
    """The self-test's signatures against those of a set.

    Parameters
    ----------
    case : Set
    given : Log
    """
    count = len(case.expected.frames)
    right = Signatures(
        signature.kernel(case.config, case.weights, case.bias),
        [signature.input_frame(case.config, case.inputs(number)) for number in range(count)],
        [signature.output_frame(case.config, frame) for frame in case.expected.frames],
    )
    told = [_judge_line(case, right, line) for line in given.lines]
    wrong = list(dict.fromkeys(text for line in told for text in line))
    notes = list(given.notes)
    counts = [line.words["frames"] for line in given.lines]
    if len(counts) > 1 and len(set(counts)) == 1:
        notes.append(f"the count of frames stays {counts[0]}: no further frame came")
    return LogDiff(len(told), sum(map(bool, told)), wrong, notes)


class Signatures(NamedTuple):
    """What the signatures of a set are."""

    kernel: int
    inputs: list[int]
    """Of each frame."""
    outputs: list[int]


def _judge_line(case: Set, right: Signatures, line: Line) -> list[str]:
    """What is wrong in one line."""
    word, config = line.words, case.config
    wrong = []
    if word["cfg"] != config.digest:
        wrong.append(
            f"configuration: {word['cfg']:08x}, expected {config.digest:08x}: the bitstream is "
            "built from another configuration than the set"
        )
    if word["krn"] != right.kernel:
        said = _which_kernel(case, word["krn"])
        wrong.append(f"kernel: {word['krn']:08x}, expected {right.kernel:08x}: {said}")
    if word["in"] not in right.inputs:
        wrong.append(
            f"input: {word['in']:08x}, expected {_either(right.inputs)}: the source of the "
            "pixels, or the frame's size"
        )
    blamed = bool(wrong)
    frames = [n for n, one in enumerate(right.inputs) if one == word["in"]]
    outputs = [right.outputs[number] for number in frames] or right.outputs
    if word["out"] not in outputs:
        text = f"output: {word['out']:08x}, expected {_either(outputs)}"
        if not blamed:
            said = _by_signature(case, word["out"], tuple(frames))
            text += f", though kernel and input are right: the engine{said}"
        wrong.append(text)
    if word["exp"] not in right.outputs:
        wrong.append(
            f"expected signature: {word['exp']:08x} in the bitstream, {_either(right.outputs)} in "
            "the set: they are not of one set"
        )
    if word["errors"]:
        flags = registers.REGISTERS["ERRORS"].fields
        named = [name for name, one in flags.items() if one.get(word["errors"])]
        wrong.append(f"errors: {word['errors']:08x}, {', '.join(named) or 'no known flag'}")
    if line.passed != (word["out"] == word["exp"]):
        verdict = "PASS" if line.passed else "FAIL"
        wrong.append(f"verdict: {verdict}, though out and exp are {'un' * line.passed}equal")
    return wrong


def _either(words: Sequence[int]) -> str:
    return " or ".join(f"{word:08x}" for word in dict.fromkeys(words))


def _which_kernel(case: Set, word: int) -> str:
    """The known kernel with that signature."""
    forms = dict(case.previous)
    w = case.weights
    forms["the kernel turned by 180 degrees"] = w[..., ::-1, ::-1]
    forms["the kernel transposed"] = w.swapaxes(2, 3)
    forms["a kernel of zeros"] = np.zeros_like(w)
    for name, codes in forms.items():
        if signature.kernel(case.config, np.ascontiguousarray(codes), case.bias) == word:
            return f"it is {name}"
    return "another kernel, or a fault in loading it"


@lru_cache(maxsize=8)
def _by_signature(case: Set, word: int, frames: tuple[int, ...]) -> str:
    """Causes that would give an output frame of that signature."""
    found = []
    for cause in causes.frame_causes(case.model):
        for number in frames:
            try:
                frame = cause.frame(number)
            except InputError:
                break
            if _signature(case.config, frame) == word:
                found.append(f"{causes.NAMES[cause.name]} ({cause.detail})")
                break
    return "; it is what this would give: " + ", or ".join(found) if found else ""


def _signature(config: Config, frame: NDArray[Any]) -> int:
    """SIGNATURE_OUT of codes whose sign the output format may not have."""
    lanes = to_lanes(config, frame)
    return signature.crc32(bus.pack(lanes, config.formats.output.width))
