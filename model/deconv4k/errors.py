"""The one exception that reaches users."""

from __future__ import annotations

import re


class InputError(Exception):
    """Bad input: what was given, where, and what is allowed.

    A message names an argument in backquotes: `beat_bytes`. The command line prints one line for
    each violation, with its options instead (`with_options`), and exits with status 2.

    Parameters
    ----------
    *lines : str
        One sentence for each violation, without a trailing newline.

    Examples
    --------
    >>> error = InputError("layer.kernel = 0; allowed: 1 or more", "layer.stride = 0; allowed: 1")
    >>> print(error)
    layer.kernel = 0; allowed: 1 or more; layer.stride = 0; allowed: 1
    >>> len(error.lines)
    2
    """

    def __init__(self, *lines: str) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


def with_options(text: str) -> str:
    """A message with the options of the command line instead of arguments.

    Examples
    --------
    >>> with_options("`beat_bytes` 2; allowed: 3 or more")
    '--beat-bytes 2; allowed: 3 or more'
    """
    return re.sub(r"`(\w+)`", lambda match: "--" + match[1].replace("_", "-"), text)
