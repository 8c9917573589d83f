"""Libraries that print on the standard error themselves: kept from it, and heard."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def heard() -> Iterator[list[str]]:
    """Nothing is printed on the standard error meanwhile.

    Yields
    ------
    list of str
        Empty; in the end what would have been printed, as one text.
    """
    said: list[str] = []
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:
        # Nobody listens: the standard error is closed.
        yield said
        said.append("")
        return
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield said
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            said.append(file.read().decode(errors="replace"))
