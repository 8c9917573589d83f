"""Finished results on disk: a journal to which lines are only ever added.

A line is a JSON array of a key and a value: a candidate's record, or the mean squared errors that
no candidate with the same sums goes below, a pair for each photograph. The key is a hash of what
the value depends on (photographs, kernel, layer, device, the tuner's version) and of the formats.
So a journal may hold several searches, and whatever is found in it is right. Whole lines survive a
killed process; a torn last one is cut off.
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
from deconv4k.tuner.problem import Problem
from deconv4k.tuner.records import CandidateRecord, formats_to_dict
from deconv4k.tuner.sums import SUM_NODES, MeanSquaredErrors


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
        self._values: dict[str, Any] = dict(_lines(file))
        self._before = frozenset(self._values)
        self._records: dict[Formats, CandidateRecord] = {}

    def record(self, formats: Formats) -> CandidateRecord | None:
        """The record of a candidate; None where it is not known.

        Raises
        ------
        InputError
            If the journal has something else under its key.
        """
        if formats not in self._records:
            value = self._values.get(self._key("candidate", formats))
            if value is None:
                return None
            try:
                self._records[formats] = CandidateRecord.from_dict(value)
            except (KeyError, TypeError, ValueError, AttributeError, InputError) as error:
                raise InputError(
                    f"{self._file.name}: the record of {formats_to_dict(formats)} cannot be read "
                    f"({type(error).__name__}: {error}); allowed: what this version wrote, or no "
                    "file"
                ) from None
        return self._records[formats]

    def is_old(self, formats: Formats) -> bool:
        """Whether a candidate's record was there when the journal was opened."""
        return self._key("candidate", formats) in self._before

    def least_errors(self, formats: Formats) -> list[MeanSquaredErrors] | None:
        """The errors that no candidate with the same sums goes below, of each photograph.

        None where they are not known.
        """
        found = self._values.get(self._key("stem", formats))
        return None if found is None else [MeanSquaredErrors(*each) for each in found]

    def add(
        self,
        records: Iterable[tuple[Formats, CandidateRecord]],
        formats: Formats,
        least_errors: Sequence[MeanSquaredErrors],
    ) -> None:
        """Keep finished results: they are on disk when this returns.

        Parameters
        ----------
        records : iterable of (Formats, CandidateRecord)
        formats : Formats
            Of any candidate with the same sums.
        least_errors : sequence of MeanSquaredErrors
            As `least_errors` returns them.
        """
        records = list(records)
        added: dict[str, Any] = {
            self._key("candidate", each): record.to_dict() for each, record in records
        }
        if self.least_errors(formats) is None:
            added[self._key("stem", formats)] = [list(each) for each in least_errors]
        self._values.update(added)
        self._records.update(records)
        text = "".join(json.dumps([key, value]) + "\n" for key, value in added.items())
        self._file.write(text.encode())
        self._file.flush()
        os.fsync(self._file.fileno())

    def _key(self, kind: str, formats: Formats) -> str:
        """The key of a candidate's record, or ("stem") of what all with the same sums share."""
        spelled = formats_to_dict(formats)
        if kind == "stem":
            spelled = {node: spelled[node] for node in SUM_NODES if node in spelled}
        content = json.dumps([self._digest, kind, spelled], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


@contextlib.contextmanager
def open_journal(path: Path, problem: Problem) -> Iterator[Journal]:
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
