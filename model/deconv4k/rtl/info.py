"""What a configuration is, needs and costs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from numpy.typing import NDArray

from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.golden.arrays import check
from deconv4k.golden.bound import Bound, bound
from deconv4k.golden.plan import plan
from deconv4k.rtl import design


@dataclass(frozen=True)
class Info:
    """What a configuration is, needs and costs; dictionaries by name.

    Parameters
    ----------
    config_hash : str
        What register CONFIG_HASH shows, in hexadecimal.
    formats : dict
        For each node: its HLS and Q notation, codes and step.
    phases : dict
        Taps of phase "(r,s)", of one input channel.
    taps : int
        Of all phases and input channels.
    accumulator : dict
        Range and bits of the sums with these weights, and the proof.
    golden : dict
        Which integers the golden model computes in, and why they are enough.
    engine : dict
        Multipliers, memory, clocks and parameters of the RTL; or why it cannot be built.

    Examples
    --------
    >>> import deconv4k as d4k
    >>> d4k.info(d4k.Config.default()).phases
    {'(0,0)': 25, '(0,1)': 20, '(1,0)': 20, '(1,1)': 16}
    """

    config_hash: str
    formats: dict[str, Any]
    phases: dict[str, int]
    taps: int
    accumulator: dict[str, Any]
    golden: dict[str, Any]
    engine: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self)


def info(config: Config, weights: NDArray[Any]) -> Info:
    """What a configuration is, needs and costs.

    Parameters
    ----------
    config : Config
    weights : ndarray of int, (C_in, C_out, K, K)
    """
    layer, formats = config.layer, config.formats
    one = check_weights(config, weights)
    reach = bound(config, one)
    chosen = plan(config, reach, formats.output, formats.output_shift)
    nodes = {}
    for name in ("pixel", "weight", "bias", "product", "accumulator", "output"):
        node = getattr(formats, name)
        if node is not None:
            nodes[name] = {
                "hls": str(node),
                "q": node.q_notation,
                "codes": [node.min_code, node.max_code],
                "step": 2.0**-node.fraction,
            }
    return Info(
        config_hash=f"{config.digest:08x}",
        formats=nodes,
        phases={
            f"({r},{s})": layer.phase_taps()[r][s]
            for r in range(layer.stride)
            for s in range(layer.stride)
        },
        taps=sum(map(sum, layer.phase_taps())) * layer.in_channels,
        accumulator={
            "low": reach.low,
            "high": reach.high,
            "bits": reach.bits,
            "fraction": formats.sum_fraction,
            "proof": _proof(config, reach),
            "bits_for_any_kernel": design.accumulator_bits(config),
        },
        golden={"path": chosen.name, "bits": chosen.bits, "proof": chosen.reason},
        engine=_engine(config),
    )


def _engine(config: Config) -> dict[str, Any]:
    """The RTL of a configuration, or why it cannot be built."""
    video = config.video
    try:
        design.check(config)
    except InputError as error:
        return {"refused": list(error.lines)}
    clocks = design.clocks(config, video.height, video.width)
    return {
        "multipliers": design.multipliers(config),
        "memory_bits": design.memory_bits(config),
        "clocks_a_frame": clocks.frame,
        "latency_clocks": clocks.first,
        "lone_frame_clocks": clocks.last,
        "parameters": design.parameters(config),
    }


def check_weights(config: Config, weights: NDArray[Any]) -> NDArray[Any]:
    """The weights in their full shape, refused as the golden model refuses them."""
    import numpy as np

    blank = np.zeros((config.layer.in_channels, 64, 64), dtype=np.int64)
    return check(config, blank, weights)[1]


def _proof(config: Config, reach: Bound) -> str:
    pixel = config.formats.pixel
    low, high = reach.low_phase, reach.high_phase
    return (
        f"pixels lie in {pixel.min_code}..{pixel.max_code}; over all of them the sum is smallest, "
        f"{reach.low}, in phase ({low[1]},{low[2]}) of output {low[0]} and largest, {reach.high}, "
        f"in phase ({high[1]},{high[2]}) of output {high[0]}; "
        f"-2^{reach.bits - 1} <= {reach.low} and {reach.high} < 2^{reach.bits - 1}, "
        f"so {reach.bits} bits hold every sum, and pixels that match the weights' signs reach both"
    )
