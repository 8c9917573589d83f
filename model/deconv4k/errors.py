"""The one exception that reaches users."""

from __future__ import annotations


class InputError(Exception):
    """Bad input: what was given, where, and what is allowed.

    The command line prints one line for each violation and exits with status 2.

    Parameters
    ----------
    *lines : str
        One sentence for each violation, without a trailing newline.
    """

    def __init__(self, *lines: str) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines
