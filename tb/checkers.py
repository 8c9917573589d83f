"""Names of the rules that the protocol checkers count, in the order of their headers."""

from __future__ import annotations

CHANNEL = ("DROPPED", "CHANGED", "UNKNOWN", "PAYLOAD", "IN_RESET")
"""channel_checker.v"""

AXIS = (*CHANNEL, "OUTSIDE", "SOF_INSIDE", "EOL_EARLY", "EOL_MISSING")
"""axis_checker.v"""

AXIL = (
    *(f"{channel}_{rule}" for channel in ("AW", "W", "B", "AR", "R") for rule in CHANNEL),
    *(f"{channel}_{rule}" for rule in ("UNASKED", "MISSING", "EXOKAY") for channel in ("B", "R")),
)
"""axil_checker.v"""


def broken(rules: tuple[str, ...], errors: int, prefix: str = "") -> dict[str, int]:
    """How often each rule was broken, of those that were; `errors` is a checker's output."""
    counts = {prefix + rule: errors >> 16 * n & 0xFFFF for n, rule in enumerate(rules)}
    return {rule: count for rule, count in counts.items() if count}
