"""Types of what cocotb hands to a test, and of what it takes for one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

Dut: TypeAlias = Any
"""The design: which signals it has, only the simulator knows, so no checker can."""

Body: TypeAlias = Callable[..., Coroutine[Any, Any, None]]
"""The coroutine of a test."""
