"""The options of a search, besides configuration, weights and photographs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deconv4k.tuner.arguments import ArgumentError
from deconv4k.tuner.cost import DEVICES
from deconv4k.tuner.limits import Limits
from deconv4k.tuner.target import Target


@dataclass(frozen=True)
class Options:
    """The options of a search.

    Parameters
    ----------
    target : Target
    out : str or Path
        TOML file for the tuned configuration. Everything else is written into a folder of its
        name without the suffix.
    limits : dict
        Of the search space: `deconv4k.tuner.limits`.
    device : str
        A key of `deconv4k.tuner.cost.DEVICES`.
    packing : bool
        Estimate the cost with two multiplications in a multiplier block.
    jobs : int, optional
        Threads; None for as many as there are processors. A Dask cluster has its own workers.
    dask : str, optional
        Address of a Dask scheduler whose workers take the place of threads.
    prune : bool
        Leave out candidates that bounds prove to change nothing.
    exhaustive : int
        Combinations up to which every one is tried; the optimiser searches larger spaces.
    trials : int
        Candidates that the optimiser proposes.
    source_bits : int, optional
        Bits of the layer's input, for the float layer too: `Photograph.load`.
    held_out : sequence of str or Path
        Photographs that the search does not see and the chosen configuration is judged by.

    Raises
    ------
    ArgumentError
        If one of them is not allowed: the first that is not.
    """

    target: Target
    out: str | Path
    limits: Limits = field(default_factory=dict)
    device: str = "ecp5"
    packing: bool = False
    jobs: int | None = None
    dask: str | None = None
    prune: bool = True
    exhaustive: int = 5000
    trials: int = 400
    source_bits: int | None = None
    held_out: Sequence[str | Path] = ()

    def __post_init__(self) -> None:
        if self.device not in DEVICES:
            raise ArgumentError("device", f" {self.device}; allowed: {', '.join(DEVICES)}")
        suffix = Path(self.out).suffix
        if suffix != ".toml":
            raise ArgumentError("out", f" {self.out}: ends in {suffix!r}; allowed: '.toml'")
        if self.jobs is not None and self.dask is not None:
            raise ArgumentError("jobs", " and dask: one of them; a cluster has its own workers")
        for name, least in (("jobs", 1), ("exhaustive", 0), ("trials", 1), ("source_bits", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise ArgumentError(name, f" {value}; allowed: {least} and more")

    @property
    def folder(self) -> Path:
        """Where report and journal are written."""
        return Path(self.out).with_suffix("")
