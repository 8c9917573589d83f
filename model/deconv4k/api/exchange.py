"""What goes out and comes back: sets of vectors, captures of a board, a configuration's RTL."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from deconv4k.api import Kernel, kernel_codes
from deconv4k.config import Config
from deconv4k.deliver import folder as deliveries
from deconv4k.diagnosis import compare, selftest
from deconv4k.diagnosis.captures import Log
from deconv4k.diagnosis.compare import Diff
from deconv4k.diagnosis.names import Wanted
from deconv4k.diagnosis.selftest import LogDiff
from deconv4k.errors import InputError
from deconv4k.rtl import info as facts
from deconv4k.vectors import manifest, patterns, recipes, sets
from deconv4k.vectors.manifest import Manifest
from deconv4k.vectors.recipes import Recipe


def recipe(
    name: str,
    config: Config,
    *,
    photo: str | Path | None = None,
    pattern: str | None = None,
    pixels: str | Path | None = None,
    kernel: Kernel = None,
    weights: NDArray[Any] | None = None,
    bias: int | None = None,
    size: tuple[int, int] | None = None,
    frames: int | None = None,
    seed: int = 0,
    why: str | None = None,
) -> Recipe:
    """What a set of vectors is made of; parameters and errors as `write_vectors`."""
    named = [
        f"`{word}`"
        for word, value in (("photo", photo), ("pattern", pattern), ("pixels", pixels))
        if value is not None
    ]
    if len(named) != 1:
        raise InputError(
            f"{' and '.join(named) or 'no input'}; allowed: one of `photo`, `pattern`, `pixels`"
        )
    if kernel is not None and weights is not None:
        raise InputError("`kernel` and `weights`; allowed: one of them")
    if pattern == "ties" and (kernel is not None or weights is not None):
        raise InputError("`pattern` ties with a kernel; allowed: without, it brings its own")
    if size is not None and pattern is None:
        raise InputError("`size` without `pattern`; allowed: with a pattern")
    if pattern == "ties":
        codes = patterns.tie_kernel(config)
    elif weights is not None:
        codes = facts.check_weights(config, weights)
    else:
        codes = kernel_codes(config, kernel)
    if bias is None and config.formats.bias is not None:
        bias = 0
    if photo is not None:
        made = recipes.photograph(name, config, codes, bias, str(photo), frames)
    elif pixels is not None:
        made = recipes.given(name, config, codes, bias, str(pixels), frames)
    else:
        assert pattern is not None
        made = recipes.pattern(name, config, codes, bias, pattern, size, frames, seed)
    return made if why is None else replace(made, why=why)


def write_vectors(
    folder: str | Path,
    config: Config,
    *,
    photo: str | Path | None = None,
    pattern: str | None = None,
    pixels: str | Path | None = None,
    kernel: Kernel = None,
    weights: NDArray[Any] | None = None,
    bias: int | None = None,
    size: tuple[int, int] | None = None,
    frames: int | None = None,
    seed: int = 0,
    why: str | None = None,
    formats: Iterable[str] = ("mem", "bin"),
    taps: Iterable[str] = (),
) -> Manifest:
    """Write a set of vectors: input, kernel and expected output in files, and their manifest.

    Parameters
    ----------
    folder : str or Path
        Of the set; a set that is there already is replaced, whole.
    config : Config
        An exact upscaler with one output channel.
    photo, pattern, pixels
        The input, one of three: a photograph, whose luma is shrunk by the stride; a test picture
        by its name (docs/vectors.md); a .npy file of codes, (H, W), (C_in, H, W) or
        (frames, C_in, H, W).
    kernel, weights : optional
        As `kernel_codes` takes it, or codes (C_in, 1, K, K).
    bias : int, optional
        Code, where the configuration has a bias.
    size : (height, width), optional
        Of a pattern.
    frames : int, optional
    seed : int
        Of noise.
    why : str, optional
        What the set is there to find, for its manifest.
    formats : iterable of str
        Names of `deconv4k.vectors.export.FORMATS`.
    taps : iterable of str
        Intermediates to write as well: names of `deconv4k.vectors.intermediates.NAMES`.

    Returns
    -------
    deconv4k.vectors.manifest.Manifest

    Raises
    ------
    InputError
        Input that will not do, a format that cannot hold it, a folder that is no set.

    Examples
    --------
    >>> import deconv4k as d4k, tempfile
    >>> folder = tempfile.mkdtemp() + "/set"
    >>> made = d4k.write_vectors(folder, d4k.Config.default(), pattern="ramp", size=(4, 6))
    >>> made.name, made.expected(0).shape
    ('set', (8, 12))
    """
    made = recipe(
        Path(folder).resolve().name, config, photo=photo, pattern=pattern, pixels=pixels,
        kernel=kernel, weights=weights, bias=bias, size=size, frames=frames, seed=seed, why=why,
    )  # fmt: skip
    return manifest.read(sets.write(folder, made, list(formats), list(taps)))


def write_rtl(
    folder: str | Path,
    config: Config,
    kernel: Kernel = None,
    *,
    bias: int | None = None,
    megahertz: float = deliveries.MEGAHERTZ,
) -> dict[str, Any]:
    """Write what an integrator takes away: RTL, instance, constraints and a smoke test.

    Parameters
    ----------
    folder : str or Path
        New, or one that this call wrote, which is replaced, whole.
    config : Config
        An exact upscaler with one output channel.
    kernel : str, Path or ndarray, optional
        That runs from reset on, as `kernel_codes` takes it.
    bias : int, optional
        Its code, where the configuration has one; 0 without.
    megahertz : float
        The clock of the constraints.

    Returns
    -------
    dict
        What ``deconv4k.json`` in the folder says: ``command`` runs the smoke test there, ``files``
        are the files and their SHA-256.

    Raises
    ------
    InputError
        A configuration that the engine is not for, a kernel that does not fit, a folder that holds
        something else.

    Examples
    --------
    >>> import deconv4k as d4k, tempfile
    >>> made = d4k.write_rtl(tempfile.mkdtemp() + "/rtl", d4k.Config.default())
    >>> made["command"].split()[:3], made["multipliers"], made["ports"]["m_axis_video_tdata"]
    (['iverilog', '-g2012', '-s'], 81, 32)
    """
    codes = kernel_codes(config, kernel)
    return deliveries.write(folder, config, codes, bias, megahertz=megahertz)


def read_vectors(path: str | Path) -> Manifest:
    """Read a set of vectors.

    Parameters
    ----------
    path : str or Path
        Its folder, or manifest.json in it.

    Returns
    -------
    deconv4k.vectors.manifest.Manifest
        ``input(n)``, ``expected(n)`` and ``kernel()`` give codes; ``config`` what they are for.

    Raises
    ------
    InputError
        No such set, or one that is damaged: the file, and what is wrong with it.

    Examples
    --------
    >>> import deconv4k as d4k, tempfile
    >>> folder = tempfile.mkdtemp() + "/set"
    >>> made = d4k.write_vectors(folder, d4k.Config.default(), pattern="ramp", size=(2, 3))
    >>> d4k.read_vectors(folder).input(0).shape
    (1, 2, 3)
    """
    return manifest.read(path)


def diff(
    vectors: str | Path,
    capture: str | Path,
    *,
    previous_kernel: str | None = None,
    port: str | None = None,
    clock: str | None = None,
    beat_bytes: int | None = None,
    progress: Callable[[float], None] = lambda share: None,
    **signals: str,
) -> Diff | LogDiff:
    """Compare what a board gave with a set of vectors, and say why it differs.

    Parameters
    ----------
    vectors : str or Path
        The set that was sent.
    capture : str or Path
        What came out of m_axis_video; its ending says what it is: .bin .raw .npy .png .csv .vcd
        .fst .log .txt .hex .mem (docs/diff.md).
    previous_kernel : str, optional
        Kernel that was loaded before: .npy of codes, or .npz.
    port, clock, tdata, tvalid, tready, tlast, tuser : str, optional
        Names in the capture, where they are not the usual ones.
    beat_bytes : int, optional
        Bytes of a buffer for each beat, if more than it has.
    progress : callable
        Told how much of the search for causes is done, 0 to 1.

    Returns
    -------
    deconv4k.diagnosis.compare.Diff; of the self-test's lines deconv4k.diagnosis.selftest.LogDiff
        ``clean``, and for a Diff ``mismatches``, ``first``, ``findings`` (causes, best first).

    Raises
    ------
    InputError
        A set or capture that cannot be read.

    Examples
    --------
    A capture with its lines exchanged:

    >>> import deconv4k as d4k, tempfile
    >>> import numpy as np
    >>> folder = tempfile.mkdtemp()
    >>> config = d4k.Config.default()
    >>> made = d4k.write_vectors(folder + "/set", config, pattern="noise", size=(8, 9))
    >>> np.save(folder + "/capture.npy", made.expected(0)[::-1])
    >>> found = d4k.diff(folder + "/set", folder + "/capture.npy")
    >>> found.clean, found.findings[0].name
    (False, 'flipped')
    """
    case = compare.load_set(vectors, previous_kernel)
    given = compare.load(capture, case, Wanted(port, clock, dict(signals)), beat_bytes)
    if isinstance(given, Log):
        return selftest.compare_log(case, given)
    return compare.compare(case, given, progress)
