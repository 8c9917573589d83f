"""The error of an argument, which the command line tells in its own words."""

from __future__ import annotations

from deconv4k.errors import InputError


class ArgumentError(InputError):
    """An argument of the library that is wrong.

    The message is ``{argument}{reason}``. The command line, whose options have names of their
    own, puts another name before the reason.

    Parameters
    ----------
    argument : str
        Its name.
    reason : str
        What was given and what is allowed, such as `` max10; allowed: ecp5``.
    """

    def __init__(self, argument: str, reason: str) -> None:
        super().__init__(f"{argument}{reason}")
        self.argument = argument
        self.reason = reason
