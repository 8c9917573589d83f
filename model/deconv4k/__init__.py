"""A transposed convolution in Python and in gates, bit for bit.

    >>> import deconv4k as d4k
    >>> import numpy as np
    >>> config = d4k.Config.default()
    >>> weights = d4k.kernel_codes(config)
    >>> pixels = np.arange(12).reshape(3, 4) * 20
    >>> d4k.run(config, pixels, weights).shape
    (6, 8)

Names are imported when they are used. Codes are integers: ``value = code * 2**-fraction``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deconv4k._shared.checkout import PHOTOGRAPH
    from deconv4k.api import fit, info, kernel_codes, simulate, tune, upscale
    from deconv4k.api.exchange import diff, read_vectors, write_rtl, write_vectors
    from deconv4k.config import Config, Formats, Video
    from deconv4k.diagnosis.compare import Diff
    from deconv4k.diagnosis.selftest import LogDiff
    from deconv4k.errors import InputError
    from deconv4k.formats import Format, Overflow, Rounding
    from deconv4k.golden import phase_sums
    from deconv4k.layer import Layer
    from deconv4k.photo.fit import Fit
    from deconv4k.rtl.info import Info
    from deconv4k.sim.engines import run
    from deconv4k.sim.play import Played
    from deconv4k.tuner.tuning import Tuned
    from deconv4k.vectors.manifest import Manifest

__version__ = "0.1.0"

__all__ = [
    "PHOTOGRAPH",
    "Config",
    "Diff",
    "Fit",
    "Format",
    "Formats",
    "Info",
    "InputError",
    "Layer",
    "LogDiff",
    "Manifest",
    "Overflow",
    "Played",
    "Rounding",
    "Tuned",
    "Video",
    "diff",
    "fit",
    "info",
    "kernel_codes",
    "phase_sums",
    "read_vectors",
    "run",
    "simulate",
    "tune",
    "upscale",
    "write_rtl",
    "write_vectors",
]

_MODULES = {
    "PHOTOGRAPH": "_shared.checkout",
    "Config": "config",
    "Diff": "diagnosis.compare",
    "Fit": "photo.fit",
    "Format": "formats",
    "Formats": "config",
    "Info": "rtl.info",
    "InputError": "errors",
    "Layer": "layer",
    "LogDiff": "diagnosis.selftest",
    "Manifest": "vectors.manifest",
    "Overflow": "formats",
    "Played": "sim.play",
    "Rounding": "formats",
    "Tuned": "tuner.tuning",
    "Video": "config",
    "diff": "api.exchange",
    "phase_sums": "golden",
    "read_vectors": "api.exchange",
    "run": "sim.engines",
    "write_rtl": "api.exchange",
    "write_vectors": "api.exchange",
}
"""Where a name stands, if not in `deconv4k.api`."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_MODULES.get(name, 'api')}")
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
