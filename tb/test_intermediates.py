"""Windows of a set through deconv_phase_sums: products and sums on its wires are the set's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cocotb

from handles import Dut
from harness import case, edge, reset, run, runs, settle

CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "product": {
        "channels": 3, "pixel": "ap_fixed<6,6>", "product": "ap_fixed<11,7,AP_RND,AP_SAT>",
        "bias": "ap_fixed<12,8>",
    },
}  # fmt: skip
SIZE = (4, 6)


@runs("name", list(CASES))
def test_intermediates(sim: str, name: str, tmp_path: Path, seed: int) -> None:
    import numpy as np

    from deconv4k.config import Config
    from deconv4k.rtl import design
    from deconv4k.vectors import intermediates, patterns, sets
    from deconv4k.vectors.recipes import Recipe

    config = Config.upscaler((5, 2, 2, 1), 4, width=16, height=16, **CASES[name])
    layer, formats = config.layer, config.formats
    random = np.random.default_rng(seed)
    shape = (layer.in_channels, 1, layer.kernel, layer.kernel)
    weights = random.integers(formats.weight.min_code, formats.weight.max_code + 1, shape)
    scene = patterns.Scene(config, *SIZE, random, weights)
    bias = None if formats.bias is None else formats.bias.min_code
    frame = patterns.PATTERNS["noise"].draw(scene, 0)
    recipe = Recipe(name, "test", "noise", config, weights, [SIZE], [frame], bias)
    sets.write(tmp_path / "set", recipe, ["bin"], intermediates.NAMES)

    p = {key: value for key, value in design.parameters(config).items() if key[:3] != "OUT"}
    for key in ("OP", "MAX_W", "ACC_SIGNED"):
        del p[key]
    p["LANES"] = p.pop("PPC")
    p |= {"AHEAD": layer.rows_ahead, "BEHIND": layer.rows_behind, "TAG_W": 1}
    kernel = sum(
        (int(code) % (1 << p["WEIGHT_W"])) << (p["WEIGHT_W"] * at)
        for at, code in enumerate(weights.reshape(-1))
    )
    run(
        sim, "deconv_phase_sums", p, tmp_path, seed, module="test_intermediates",
        weights=hex(kernel), start=(bias or 0) % (1 << max(1, p["BIAS_W"])),
        product_w=intermediates.product_format(config).width,
    )  # fmt: skip


def words(name: str, count: int) -> list[int]:
    """The words of a file, as many as it must hold."""
    data = Path("set", f"{name}.bin").read_bytes()
    size, left = divmod(len(data), count)
    assert not left
    return [int.from_bytes(data[at : at + size], "little") for at in range(0, len(data), size)]


@cocotb.test()
async def wires(dut: Dut) -> None:
    p, _ = case()
    height, width = SIZE
    lanes, stride, sum_w, product_w = p["LANES"], p["S"], p["ACC_W"], p["product_w"]
    line_beats = width * stride // lanes
    windows = words("window", height * width)
    products = words("products", height * width)
    sums = words("sums", height * stride * line_beats)
    kernel = int(p["weights"], 16)
    pixels = (p["AHEAD"] + p["BEHIND"] + 1) ** 2 * p["C_IN"]
    pixel_mask = (1 << p["PIXEL_W"]) - 1
    await reset(dut, kernel=kernel, bias=p["start"], t=0, window=0, tag=0)
    for number, (window, product) in enumerate(zip(windows, products, strict=True)):
        codes = [window >> (n * p["PIXEL_W"]) & pixel_mask for n in range(pixels)]
        # An unsigned pixel has a zero in front.
        factor_w = p["PIXEL_W"] + (not p["PIXEL_SIGNED"])
        dut.window.value = sum(code << (n * factor_w) for n, code in enumerate(codes))
        for _ in range(16):
            await settle()
            await edge(dut)
        await settle()
        found = int(dut.sums.value)
        y, x = divmod(number, width)
        at = 0
        for lane in range(lanes):
            r, s = divmod(lane, stride)
            beat, place = divmod(stride * x + s, lanes)
            wanted = sums[(stride * y + r) * line_beats + beat] >> (place * sum_w)
            mask = (1 << sum_w) - 1
            assert found >> (lane * sum_w) & mask == wanted & mask, (y, x, lane)
            leaves = dut.g_lane[lane].g_sum.g_level[0].g_node
            taps = (3 if r == 0 else 2) * (3 if s == 0 else 2) * p["C_IN"]
            for term in range(taps):
                leaf, place = leaves[term // 4], term % 4
                if p["PRODUCT_W"]:
                    wire = leaf.g_quantised.g_term[place].g_product.rounded
                else:
                    wire = getattr(leaf.g_exact.multiply_add, f"p{place}_q")
                mask = (1 << product_w) - 1
                value = int(wire.value) & mask
                assert value == product >> (at * product_w) & mask, (y, x, lane, term)
                at += 1
