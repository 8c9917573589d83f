"""What joins the packages: the calls that `import deconv4k` offers beside the packages' own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k._shared import optional
from deconv4k.config import Config
from deconv4k.deliver import folder as deliveries
from deconv4k.diagnosis import compare, selftest
from deconv4k.diagnosis.captures import Log
from deconv4k.diagnosis.compare import Diff
from deconv4k.diagnosis.names import Wanted
from deconv4k.diagnosis.selftest import LogDiff
from deconv4k.errors import InputError
from deconv4k.photo import fit as least_squares
from deconv4k.photo import image, kernels
from deconv4k.photo import upscale as enlarge
from deconv4k.photo.fit import Fit
from deconv4k.rtl import info as facts
from deconv4k.rtl.info import Info
from deconv4k.sim import engines
from deconv4k.tuner import Options, Progress, Target, Tuned, parse_limits
from deconv4k.tuner import tune as search
from deconv4k.vectors import manifest, patterns, recipes, sets
from deconv4k.vectors.manifest import Manifest
from deconv4k.vectors.recipes import Recipe

Kernel = str | Path | NDArray[Any] | None
"""A kernel's name (``fitted``, ``bicubic``, ...), a file, real weights, or None: the usual one."""


def kernel_codes(config: Config, kernel: Kernel = None) -> NDArray[np.int64]:
    """A kernel in the configuration's weight format.

    Parameters
    ----------
    config : Config
    kernel : str, Path or ndarray, optional
        A name of `deconv4k.photo.kernels.NAMES`, an .npz or .npy file of real weights, or real
        weights (C_in, C_out, K, K), (K, K) for one channel. Without it the layer's usual one.

    Returns
    -------
    ndarray of int64, (C_in, C_out, K, K)
        In the layout of PyTorch.

    Raises
    ------
    InputError
        No such kernel, another shape, or a weight that does not fit the format.

    Examples
    --------
    >>> import deconv4k as d4k
    >>> codes = d4k.kernel_codes(d4k.Config.default(), "bicubic")
    >>> codes.shape
    (1, 1, 9, 9)
    >>> int(codes.sum()) / 2**8  # each of four phases adds up to one
    4.0
    """
    return kernels.to_codes(real_kernel(config, kernel), config.layer, config.formats.weight)


def real_kernel(config: Config, kernel: Kernel = None) -> NDArray[np.float64]:
    """A kernel's real weights, (C_in, C_out, K, K); parameters and errors as `kernel_codes`."""
    layer = config.layer
    if kernel is None:
        return kernels.default(layer)
    if isinstance(kernel, np.ndarray):
        return kernel[np.newaxis, np.newaxis] if kernel.ndim == 2 else kernel
    if str(kernel) in kernels.NAMES:
        return kernels.named(str(kernel), layer)
    return kernels.load(str(kernel), layer)


def upscale(
    photo: str | Path | NDArray[Any],
    config: Config | None = None,
    *,
    kernel: Kernel = None,
    engine: str = "golden",
    rgb: bool = False,
) -> NDArray[Any]:
    """Enlarge a photograph: luma through an engine, chroma by bicubic.

    Parameters
    ----------
    photo : str, Path or ndarray of uint8 or uint16
        A file, or (H, W) grey, or (H, W, 3) R, G, B.
    config : Config, optional
        An exact upscaler with one channel in and out; `Config.default` without.
    kernel : str, Path or ndarray, optional
        As `kernel_codes` takes it.
    engine : {'golden', 'verilator', 'icarus'}
        Who computes: the golden model, or the RTL in a simulator.
    rgb : bool
        Each of R, G and B through the engine, not luma alone.

    Returns
    -------
    ndarray of the photograph's dtype
        (S * H, S * W) or (S * H, S * W, 3).

    Raises
    ------
    InputError
        A photograph, kernel or configuration that will not do; a simulator that is missing.

    Examples
    --------
    >>> import deconv4k as d4k
    >>> import numpy as np
    >>> d4k.upscale(np.full((60, 80), 200, dtype=np.uint8)).shape
    (120, 160)
    """
    config = Config.default() if config is None else config
    pixels = photo if isinstance(photo, np.ndarray) else image.read(photo)
    codes = kernel_codes(config, kernel)
    return enlarge.upscale(
        pixels, config, lambda plane: engines.run(config, plane, codes, engine=engine), rgb=rgb
    )


def info(config: Config, weights: NDArray[Any] | None = None) -> Info:
    """What a configuration is, needs and costs: formats, accumulator and its proof, clocks.

    Parameters
    ----------
    config : Config
    weights : ndarray of int, (C_in, C_out, K, K), optional
        Codes to prove the accumulator for; without them the usual kernel's.

    Raises
    ------
    InputError
        Weights of another shape, or out of the format's range.

    Examples
    --------
    >>> import deconv4k as d4k
    >>> found = d4k.info(d4k.Config.default())
    >>> found.accumulator["bits"], found.engine["multipliers"], found.engine["clocks_a_frame"]
    (18, 81, 2073600)
    >>> sorted(found.to_dict())[:3]
    ['accumulator', 'config_hash', 'engine']
    """
    return facts.info(config, kernel_codes(config) if weights is None else weights)


def simulate(
    config: Config,
    frames: Sequence[NDArray[Any]],
    weights: NDArray[Any],
    bias: int = 0,
    *,
    engine: str = "verilator",
    expected: Sequence[NDArray[Any]] | None = None,
    stalls: str = "none",
    seed: int = 1,
    waves: bool = False,
    work: str | Path | None = None,
) -> Any:
    """Play frames through the RTL, and say what came: outputs, clocks, and what was wrong.

    Parameters
    ----------
    config : Config
        An exact upscaler with one output channel.
    frames : sequence of ndarray of int, (C_in, H, W)
        Pixel codes; each frame of a size of its own.
    weights : ndarray of int, (C_in, 1, K, K)
        Codes.
    bias : int
        Code at the accumulator's binary point.
    engine : {'verilator', 'icarus'}
    expected : sequence of ndarray of int, (OH, OW), optional
        Compared in Verilog; without it the output is captured.
    stalls : {'none', 'input', 'output', 'both', 'long'}
        Pauses of the source, of the sink, of both.
    seed : int
        Of the pauses.
    waves : bool
        Leave an FST file in `work`.
    work : str or Path, optional
        Folder to run in, kept; otherwise a temporary one.

    Returns
    -------
    deconv4k.sim.play.Played

    Raises
    ------
    InputError
        A simulator or cocotb that is missing, a configuration that the engine is not for.

    Examples
    --------
    >>> import deconv4k as d4k
    >>> import numpy as np
    >>> config = d4k.Config.default()
    >>> weights, frame = d4k.kernel_codes(config), np.zeros((1, 4, 6), dtype=np.int64)
    >>> played = d4k.simulate(config, [frame], weights, expected=[np.zeros((8, 12), dtype=int)])
    >>> played.clean, played.beats
    (True, 24)
    """
    optional.need("cocotb", extra="sim")
    from deconv4k.sim import play

    return play.play(
        engine, config, frames, weights, bias, expected=expected, stalls=stalls, seed=seed,
        waves=waves, work=None if work is None else Path(work),
    )  # fmt: skip


def fit(
    photographs: Sequence[str | Path], config: Config | None = None, *, halve: bool = False
) -> Fit:
    """Fit a kernel to photographs by least squares, phase by phase.

    Parameters
    ----------
    photographs : sequence of str or Path
        Files, each at least twice as large as the kernel.
    config : Config, optional
        Its layer is fitted: an exact upscaler with one channel in and out.
    halve : bool
        Halve each photograph first, which makes a soft original of a sharp one.

    Returns
    -------
    deconv4k.photo.fit.Fit
        ``weights``, (1, 1, K, K), and for each photograph ``figures`` in dB.

    Raises
    ------
    InputError
        No photograph, one that cannot be read, or a layer that cannot be fitted.

    Examples
    --------
    >>> import deconv4k as d4k
    >>> found = d4k.fit([d4k.PHOTOGRAPH])
    >>> found.weights.shape
    (1, 1, 9, 9)
    >>> found.figures[0].fitted > found.figures[0].bicubic
    True
    """
    layer = (Config.default() if config is None else config).layer
    return least_squares.fit(list(photographs), layer, halve=halve)


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


def tune(
    config: Config,
    photographs: Sequence[str | Path],
    *,
    target_loss: float | None = None,
    min_psnr: float | None = None,
    out: str | Path = "tuned.toml",
    kernel: Kernel = None,
    pins: Iterable[str] = (),
    sets: Iterable[str] = (),
    held_out: Sequence[str | Path] = (),
    progress: Callable[[Progress], None] = lambda _: None,
    **options: Any,
) -> Tuned:
    """Find the narrowest formats that lose no more than allowed.

    Parameters
    ----------
    config : Config
        The layer, the video, and the formats around which is searched.
    photographs : sequence of str or Path
    target_loss, min_psnr : float, optional
        One of two: the most dB lost against the original, or the least dB to the float layer.
    out : str or Path
        TOML file to write; report and journal go into a folder of its name without the suffix.
    kernel : optional
        Real weights, as `kernel_codes` takes them.
    pins, sets : iterable of str
        Nodes as configured (``output``), and values to try (``weight.width=6..12``): docs/tune.md.
    held_out : sequence of str or Path
        Photographs that the search does not see and the choice is judged by.
    progress : callable
        Called with a `Progress` whenever some candidates are settled.
    **options
        As `deconv4k.tuner.Options` takes them: ``device``, ``jobs``, ``trials``, ...

    Returns
    -------
    deconv4k.tuner.Tuned
        ``config``, the configuration that was chosen, and what it costs and loses.

    Raises
    ------
    InputError
        For bad input, an empty space, or a target that no candidate reaches; nothing but the
        journal of finished results is left then.

    Examples
    --------
    >>> import deconv4k as d4k, tempfile
    >>> from dataclasses import replace
    >>> config = d4k.Config.default()
    >>> small = replace(config, video=d4k.Video(width=96, height=54, pixels_per_clock=4))
    >>> tuned = d4k.tune(
    ...     small, [d4k.PHOTOGRAPH], target_loss=0.05, out=tempfile.mkdtemp() + "/tuned.toml",
    ...     pins=["pixel", "output", "product", "accumulator"], sets=["weight.width=6..10"],
    ... )
    >>> tuned.config.formats.weight.width <= 10
    True
    """
    if (target_loss is None) == (min_psnr is None):
        raise InputError("`target_loss` and `min_psnr`; allowed: one of them")
    target = (
        Target("loss", target_loss)
        if target_loss is not None
        else Target("psnr_float", min_psnr or 0.0)
    )
    limits = parse_limits(config, list(pins), list(sets), pin_name="`pins`", set_name="`sets`")
    wanted = Options(target, out, limits=limits, held_out=held_out, **options)
    return search(config, real_kernel(config, kernel), list(photographs), wanted, progress)
