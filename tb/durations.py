"""How long each test took, and the order that follows: the longest first, shared among workers.

tb/durations.json holds the seconds of the long tests and, for each file, the mean of its others; it
decides about the order alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

TABLE = Path(__file__).with_name("durations.json")
LONG = 1.0
"""Seconds from which on a test has a line of its own."""


def read() -> dict[str, dict[str, float]]:
    """Seconds by test and by file."""
    table: dict[str, dict[str, float]] = {"tests": {}, "files": {}}
    return json.loads(TABLE.read_text()) if TABLE.exists() else table


def order(names: Sequence[str], workers: int, table: Mapping[str, Any] | None = None) -> list[str]:
    """Tests in the order in which pytest-xdist's `worksteal` is to get them.

    It deals them out in as many runs of neighbours as there are workers, and an idle worker takes
    from the end of another's: so each run begins with long ones and ends with short ones.
    """
    table = read() if table is None else table
    tests, files = table["tests"], table["files"]
    mean = fmean(files.values()) if files else 0.0

    def seconds(name: str) -> float:
        return float(tests.get(name, files.get(name.partition("::")[0], mean)))

    longest = sorted(names, key=seconds, reverse=True)
    return [name for worker in range(workers) for name in longest[worker::workers]]


def keep(took: Mapping[str, float]) -> None:
    """Renew the table by a run; what did not run in it stays as it was.

    A file of which a test ran has run as a whole.
    """
    table = read()
    ran = {name.partition("::")[0] for name in took}
    tests = {n: s for n, s in table["tests"].items() if n.partition("::")[0] not in ran}
    tests |= {name: round(took[name], 1) for name in took if took[name] >= LONG}
    files = dict(table["files"])
    for file in ran:
        short = [s for n, s in took.items() if n.partition("::")[0] == file and s < LONG]
        files[file] = round(fmean(short), 2) if short else LONG
    table = {"tests": dict(sorted(tests.items())), "files": dict(sorted(files.items()))}
    TABLE.write_text(json.dumps(table, indent=1) + "\n")
