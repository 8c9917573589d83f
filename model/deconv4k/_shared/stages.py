"""What long work is at: a bar on a terminal, a line a stage in a pipe or a log."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Stages:
    """Stages of one piece of work, one after the other.

    Made by `shown`.
    """

    def __init__(self, console: Console, progress: Progress) -> None:
        self._console = console
        self._progress = progress
        self._task: TaskID | None = None
        self._stage: str | None = None

    def begin(self, stage: str, steps: float | None = None) -> None:
        """Go on to a stage, of a known number of steps or an unknown one."""
        self._stage = stage
        if not self._console.is_terminal:
            self._console.print(stage, highlight=False, soft_wrap=True)
        if self._task is not None:
            self._progress.update(self._task, total=1, completed=1)
        self._task = self._progress.add_task(stage, total=steps)

    def advance(self, steps: float = 1) -> None:
        """Some steps of the stage are done."""
        if self._task is not None:
            self._progress.advance(self._task, steps)

    def counted(self, stage: str, steps: int | None = None) -> Callable[[], None]:
        """What to call after each step of a stage, which begins with the first one.

        So what is refused before that is told in one line. A single step is no stage.
        """
        started = False

        def step() -> None:
            nonlocal started
            if steps == 1:
                return
            if not started:
                self.begin(stage, steps)
                started = True
            self.advance()

        return step

    def reach(self, done: float, steps: float | None = None, *, stage: str | None = None) -> None:
        """So many steps of the stage are done, of a number that is known by now.

        A `stage` that is named begins with this, if it has not yet.
        """
        if stage is not None and stage != self._stage:
            self.begin(stage, steps)
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=steps)


@contextlib.contextmanager
def shown(*, quiet: bool = False, transient: bool = False) -> Iterator[Stages]:
    """Stages on the standard error.

    Parameters
    ----------
    quiet : bool
        Say nothing.
    transient : bool
        Take the bars away at the end.

    Yields
    ------
    Stages

    Examples
    --------
    >>> with shown(quiet=True) as stages:
    ...     stages.begin("frames", 2)
    ...     stages.advance()
    """
    console = Console(stderr=True, quiet=quiet)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=console,
        transient=transient,
        disable=quiet or not console.is_terminal,
    ) as progress:
        yield Stages(console, progress)
