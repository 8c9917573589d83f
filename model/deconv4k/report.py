"""What a configuration is, as a table for people or JSON for machines."""

from __future__ import annotations

import json
from typing import Any

import click
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from deconv4k import engine
from deconv4k.bound import Bound, bound, path
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.golden import check


def facts(config: Config, weights: NDArray[Any]) -> dict[str, Any]:
    """Everything `info` prints, by name.

    Parameters
    ----------
    config : Config
    weights : ndarray of int, (C_in, C_out, K, K)
    """
    layer, formats, video = config.layer, config.formats, config.video
    one = check_weights(config, weights)
    reach = bound(config, one)
    chosen = path(config, reach, formats.output, formats.output_shift)
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
    result: dict[str, Any] = {
        "config_hash": f"{config.digest:08x}",
        "formats": nodes,
        "phases": {
            f"({r},{s})": layer.phase_taps()[r][s]
            for r in range(layer.stride)
            for s in range(layer.stride)
        },
        "taps": sum(map(sum, layer.phase_taps())) * layer.in_channels,
        "accumulator": {
            "low": reach.low,
            "high": reach.high,
            "bits": reach.bits,
            "fraction": formats.sum_fraction,
            "proof": _proof(config, reach),
            "bits_for_any_kernel": engine.accumulator_bits(config),
        },
        "golden": {"path": chosen.name, "bits": chosen.bits, "proof": chosen.reason},
    }
    try:
        engine.check(config)
    except InputError as error:
        result["engine"] = {"refused": list(error.lines)}
        return result
    clocks = engine.clocks(config, video.height, video.width)
    result["engine"] = {
        "multipliers": engine.multipliers(config),
        "memory_bits": engine.memory_bits(config),
        "clocks_a_frame": clocks.frame,
        "latency_clocks": clocks.first,
        "lone_frame_clocks": clocks.last,
        "parameters": engine.parameters(config),
    }
    return result


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


def info(config: Config, weights: NDArray[Any], *, as_json: bool = False) -> None:
    """Print `facts`."""
    data = facts(config, weights)
    if as_json:
        click.echo(json.dumps(data, indent=2))
        return
    console = Console()
    console.print(f"Configuration hash: {data['config_hash']} (register CONFIG_HASH)")
    table = Table("node", "HLS", "Q", "codes", "step", title="Formats")
    for name, node in data["formats"].items():
        low, high = node["codes"]
        table.add_row(name, node["hls"], node["q"], f"{low} .. {high}", f"{node['step']:g}")
    console.print(table)
    layer = config.layer
    table = Table("r", *(f"s = {s}" for s in range(layer.stride)), title="Taps of phase (r, s)")
    for r, row in enumerate(layer.phase_taps()):
        table.add_row(str(r), *map(str, row))
    console.print(table)
    accumulator = data["accumulator"]
    console.print(
        f"Accumulator: {accumulator['bits']} bits for these weights, "
        f"{accumulator['bits_for_any_kernel']} in the engine (any kernel of the format)."
    )
    console.print(f"Proof: {accumulator['proof']}.")
    console.print(f"Golden model: {data['golden']['path']}. {data['golden']['proof']}.")
    built = data["engine"]
    if "refused" in built:
        console.print("The RTL engine cannot be built: " + "; ".join(built["refused"]))
        return
    video = config.video
    table = Table("engine", "", title=f"{video.width}x{video.height} in")
    table.add_row("multipliers", str(built["multipliers"]))
    for name, bits in built["memory_bits"].items():
        table.add_row(f"{name}, bits", f"{bits:,}")
    table.add_row("clocks a frame, back to back", f"{built['clocks_a_frame']:,}")
    table.add_row("clocks to the first output beat", f"{built['latency_clocks']:,}")
    table.add_row("clocks to the last one of a lone frame", f"{built['lone_frame_clocks']:,}")
    console.print(table)
    console.print(
        "Parameters of hw/engine/deconv_engine.v: "
        + ", ".join(f"{name}={value}" for name, value in built["parameters"].items())
    )
