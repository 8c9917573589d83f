"""One call for every engine: the golden model or the RTL in a simulator."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k import golden
from deconv4k._shared import optional
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.formats import Format
from deconv4k.golden import arrays
from deconv4k.golden.bound import signed_bits
from deconv4k.rtl import design
from deconv4k.sim import tools

NAMES = ("golden", *tools.SIMULATORS)


def run(
    config: Config,
    pixels: NDArray[Any],
    weights: NDArray[Any],
    bias: NDArray[Any] | None = None,
    *,
    engine: str = "golden",
    seed: int = 1,
) -> NDArray[Any]:
    """The layer on one frame, by the engine that `engine` names: codes in, codes out.

    The RTL has one output channel; several are run one after the other.

    Parameters
    ----------
    config : Config
    pixels : ndarray of int, (H, W) or (C_in, H, W)
    weights : ndarray of int, (C_in, C_out, K, K); (K, K) where both channels are 1
        In the layout of PyTorch.
    bias : ndarray of int, (C_out,), optional
        At the accumulator's binary point.
    engine : {'golden', 'verilator', 'icarus'}
        Who computes: the golden model, or the RTL in a simulator.
    seed : int
        Of a simulator's unknown values at power-up.

    Returns
    -------
    ndarray, (C_out, OH, OW), or (OH, OW) for a two-dimensional input and one output channel
        Codes of the output format, in the narrowest integer type that holds them.

    Raises
    ------
    InputError
        Arrays of another shape or out of range, all of it at once; an engine that is unknown, not
        installed, or not for this configuration.

    Examples
    --------
    >>> import deconv4k as d4k
    >>> import numpy as np
    >>> config = d4k.Config.default()
    >>> impulse = np.zeros((3, 3), dtype=np.int64)
    >>> impulse[1, 1] = 1
    >>> weights = np.arange(81).reshape(9, 9) * 4
    >>> d4k.run(config, impulse, weights)[2:5, 2:5]
    array([[1, 1, 1],
           [1, 1, 1],
           [1, 1, 1]], dtype=uint8)
    """
    if engine not in NAMES:
        raise InputError(f"engine {engine!r}; allowed: {', '.join(NAMES)}")
    if engine == "golden":
        return golden.run(config, pixels, weights, bias)
    optional.need("cocotb", extra="sim")
    from deconv4k.sim import play

    full, kernel, start = arrays.check(config, pixels, weights, bias)
    design.check(config)
    single = replace(config, layer=replace(config.layer, out_channels=1))
    formats = config.formats
    if formats.bias is None and np.any(start):
        # A bias without a format is as wide as it needs, in whole bytes so that builds are shared.
        bits = -(-signed_bits(int(start.min()), int(start.max())) // 8) * 8
        single = replace(
            single,
            formats=replace(formats, bias=Format(bits, bits - formats.sum_fraction, True)),
        )
    outputs = []
    for channel in range(config.layer.out_channels):
        played = play.play(
            engine,
            single,
            [full],
            kernel[:, channel : channel + 1],
            int(start[channel]),
            seed=seed,
        )
        if played.hung or played.outputs is None or played.surplus or played.violations:
            wrong = {
                "it hung": played.hung,
                f"{played.surplus} beats too many": played.surplus,
                f"rules of the streams broken: {', '.join(played.violations)}": bool(
                    played.violations
                ),
            }
            said = ", ".join(text for text, is_so in wrong.items() if is_so) or "no output"
            raise InputError(f"{engine}: a defect of the engine in hw/: {said}")
        outputs.append(played.outputs[0])
    out = np.stack(outputs).astype(formats.output.code_dtype())
    return out[0] if np.ndim(pixels) == 2 and config.layer.out_channels == 1 else out
