"""The workers of a search: threads of this process, or the processes of a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from deconv4k._shared import optional
from deconv4k.errors import InputError
from deconv4k.tuner.arguments import ArgumentError
from deconv4k.tuner.problem import Problem
from deconv4k.tuner.tasks import Done, Task, work


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
        for photograph in problem.photographs:
            _ = photograph.references

    def __str__(self) -> str:
        return f"{self._jobs} thread(s)"

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Done]]:
        """The number of each task with its result, in the order in which they finish."""
        pool = ThreadPoolExecutor(self._jobs)
        try:
            numbers = {
                pool.submit(work, self._problem, task): number for number, task in enumerate(tasks)
            }
            for future in as_completed(numbers):
                yield numbers[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)


class Cluster:
    """Worker processes of a Dask cluster.

    The problem, photographs included, is sent to every worker, so that those that remain have it
    when one is lost. The scheduler gives a lost worker's tasks to others; should all copies of the
    problem be lost, it is sent again.

    Parameters
    ----------
    problem : Problem
    address : str
        Of the scheduler, such as "tcp://127.0.0.1:8786".

    Raises
    ------
    ArgumentError
        If nobody answers at the address, or there is no worker.
    InputError
        If Dask is missing.
    """

    def __init__(self, problem: Problem, address: str) -> None:
        self._dask = optional.module("distributed")
        self._problem = problem
        self._address = address
        try:
            self._client = self._dask.Client(address, timeout=10)
        except (OSError, ValueError) as error:
            reason = str(error) or "no answer"
            raise ArgumentError(
                "dask",
                f" {address}: {reason}; allowed: a running scheduler's address, such as "
                "tcp://127.0.0.1:8786",
            ) from None
        if not self._client.scheduler_info()["workers"]:
            self.close()
            raise ArgumentError("dask", f" {address}: no worker there; allowed: one and more")
        self._sent = self._send()

    def __str__(self) -> str:
        return f"{len(self._client.scheduler_info()['workers'])} workers of {self._address}"

    def close(self) -> None:
        """Leave the cluster."""
        self._client.close()

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Done]]:
        """The number of each task with its result, in the order in which they finish."""
        left = dict(enumerate(tasks))
        while left:
            futures = {
                self._client.submit(work, self._sent, task, pure=False): number
                for number, task in left.items()
            }
            for future in _finished(self._dask, futures):
                number = futures[future]
                yield number, future.result()
                del left[number]
            if left:
                self._sent = self._send()

    def _send(self) -> Any:
        return self._client.scatter(self._problem, broadcast=True, hash=False)


def _finished(dask: Any, futures: dict[Any, int]) -> Iterator[Any]:
    """Futures as they finish, but for those whose input was lost.

    Raises
    ------
    InputError
        If a task took several workers down.
    """
    for future in dask.as_completed(futures):
        if future.cancelled():
            continue
        if isinstance(future.exception(), dask.KilledWorker):
            raise InputError(f"the cluster gave up: {future.exception()}")
        yield future
