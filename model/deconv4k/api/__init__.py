"""What joins the packages: the calls that `import deconv4k` offers beside the packages' own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k._shared import optional
from deconv4k.config import Config
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
