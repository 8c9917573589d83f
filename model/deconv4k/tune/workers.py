"""Who does the work of a search: threads of this process, or a Dask cluster's processes.

A task depends on the problem and on itself alone, so who does it, when, and how often changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from deconv4k.tune.evaluate import Problem
from deconv4k.tune.search import Done, Task, work


class Threads:
    """Threads of this process: compiled code runs without the interpreter lock.

    Parameters
    ----------
    problem : Problem
    jobs : int
        Tasks at a time.
    """

    def __init__(self, problem: Problem, jobs: int) -> None:
        self._problem = problem
        self._jobs = jobs
        # Before the threads start, or each would make them.
        for scene in problem.scenes:
            _ = scene.references

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Done]]:
        """Each task's number and what became of it, in the order in which they finish."""
        pool = ThreadPoolExecutor(self._jobs)
        try:
            numbers = {
                pool.submit(work, self._problem, task): number for number, task in enumerate(tasks)
            }
            for future in as_completed(numbers):
                yield numbers[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)
