"""The processors of this machine, and work spread over them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def threads() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(work: Callable[[int, int], None], jobs: int) -> None:
    """Call ``work(first, last)``, in threads, on ranges that together are ``range(jobs)``."""
    workers = min(threads(), jobs)
    if workers == 1:
        work(0, jobs)
        return
    parts = 8 * workers
    ends = [jobs * part // parts for part in range(parts + 1)]
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, ends[:-1], ends[1:]))
