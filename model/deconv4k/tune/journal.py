"""Finished results on disk: a journal to which lines are only ever added.

A line is one JSON object: a candidate's record, or the errors that no candidate of a stem goes
below. Each carries the hash of what it depends on (photographs, kernel, layer, device, the
tuner's version) and of its formats, so a journal may hold several searches, and whatever is found
in it is right. Whole lines survive a killed process; a torn last one is cut off.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from deconv4k.config import Formats
from deconv4k.errors import InputError
from deconv4k.tune.evaluate import Mistakes, Problem, Record, spell


class Journal:
    """Results of one problem, in a file that may hold others too.

    Parameters
    ----------
    file : binary file, open for reading and appending
    digest : str
        Of the problem.
    """

    def __init__(self, file: IO[bytes], digest: str) -> None:
        self._file = file
        self._digest = digest
        self._found: dict[str, Any] = dict(_lines(file))
        self._before = frozenset(self._found)

    def record(self, formats: Formats) -> Record | None:
        """What is known of a candidate."""
        found: Record | None = self._found.get(self._key("candidate", formats))
        return found

    def is_old(self, formats: Formats) -> bool:
        """Whether a candidate's record was there when the journal was opened."""
        return self._key("candidate", formats) in self._before

    def limits(self, stem: Formats) -> list[Mistakes] | None:
        """The least errors of a stem, a photograph each; `stem` is any candidate of it."""
        found = self._found.get(self._key("stem", stem))
        return None if found is None else [Mistakes(*each) for each in found]

    def add(
        self, records: Iterable[tuple[Formats, Record]], stem: Formats, limits: Sequence[Mistakes]
    ) -> None:
        """Keep finished results: on disk when this returns."""
        added: dict[str, Any] = {
            self._key("candidate", formats): record for formats, record in records
        }
        if self.limits(stem) is None:
            added[self._key("stem", stem)] = [list(each) for each in limits]
        self._found.update(added)
        text = "".join(json.dumps([key, value]) + "\n" for key, value in added.items())
        self._file.write(text.encode())
        self._file.flush()
        os.fsync(self._file.fileno())

    def _key(self, kind: str, formats: Formats) -> str:
        spelled = spell(formats)
        if kind == "stem":
            spelled = {
                key: spelled[key] for key in ("pixel", "weight", "product") if key in spelled
            }
        said = json.dumps([self._digest, kind, spelled], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()


@contextlib.contextmanager
def journal(path: Path, problem: Problem) -> Iterator[Journal]:
    """Open a journal for this process alone.

    Raises
    ------
    InputError
        If it cannot be written, or another search is writing it.
    """
    try:
        file = open(path, "a+b")  # noqa: SIM115  # closed by the with statement below
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(
                f"{path}: another search is writing it; allowed: one at a time"
            ) from None
        yield Journal(file, problem.digest)


def _lines(file: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """The whole lines of a journal; what a killed process left of another one is cut off."""
    file.seek(0)
    whole = 0
    for line in file:
        try:
            key, value = json.loads(line)
        except ValueError:
            break
        if not line.endswith(b"\n"):
            break
        whole += len(line)
        yield key, value
    file.truncate(whole)
    file.seek(0, os.SEEK_END)
