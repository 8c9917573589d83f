"""Windows and weights of noise through the polyphase sums, phase by phase, latency included."""

from __future__ import annotations

from pathlib import Path

import cocotb

from handles import Dut
from harness import at_points, case, edge, reset, run_points, settle, signed

CASES = {
    "x2_at_once": {"K": 3, "S": 2, "P": 1, "LANES": 4, "C_IN": 2},
    "x2_in_turn": {"K": 4, "S": 2, "P": 1, "LANES": 1, "C_IN": 1},
    "x3_bias": {"K": 5, "S": 3, "P": 1, "LANES": 3, "C_IN": 1, "BIAS_W": 12},
    "x4_signed": {"K": 4, "S": 4, "P": 0, "LANES": 2, "C_IN": 3, "PIXEL_SIGNED": 1},
}


def test_phase_sums(sim: str, tmp_path: Path, seed: int) -> None:
    points = {}
    for name, given in CASES.items():
        p = {"PIXEL_W": 6, "PIXEL_SIGNED": 0, "WEIGHT_W": 5, "ACC_W": 16, "BIAS_W": 0, **given}
        p["AHEAD"] = (p["S"] - 1 + p["P"]) // p["S"]
        p["BEHIND"] = (p["K"] - 1 - p["P"]) // p["S"]
        points[name] = {**p, "TAG_W": 7}
    run_points(sim, "deconv_phase_sums", points, tmp_path, seed)


@cocotb.test()
@at_points
async def sums(dut: Dut) -> None:
    p, rng = case()
    size, stride, lanes, channels = p["K"], p["S"], p["LANES"], p["C_IN"]
    side = p["AHEAD"] + p["BEHIND"] + 1
    wide = p["PIXEL_W"], p["WEIGHT_W"]
    offsets = range(-p["BEHIND"], p["AHEAD"] + 1)

    def tap(r: int, dy: int) -> int | None:
        ky = r + p["P"] - stride * dy
        return ky if 0 <= ky < size else None

    def pixel(window: int, dy: int, dx: int, c: int) -> int:
        at = ((dx + p["BEHIND"]) * side + p["AHEAD"] - dy) * channels + c
        code = window >> (at * wide[0]) & ((1 << wide[0]) - 1)
        return signed(code, wide[0]) if p["PIXEL_SIGNED"] else code

    def weight(kernel: int, c: int, ky: int, kx: int) -> int:
        at = (c * size + ky) * size + kx
        return signed(kernel >> (at * wide[1]) & ((1 << wide[1]) - 1), wide[1])

    def expected(window: int, kernel: int, bias: int, t: int) -> int:
        together = 0
        for lane in range(lanes):
            r, s = divmod(t * lanes + lane, stride)
            total = signed(bias, p["BIAS_W"]) if p["BIAS_W"] else 0
            for dy in offsets:
                for dx in offsets:
                    ky, kx = tap(r, dy), tap(s, dx)
                    if ky is not None and kx is not None:
                        for c in range(channels):
                            total += pixel(window, dy, dx, c) * weight(kernel, c, ky, kx)
            together |= (total & ((1 << p["ACC_W"]) - 1)) << (lane * p["ACC_W"])
        return together

    # A lane has a multiplier for each pixel that one of its phases uses.
    leaves = 0
    for lane in range(lanes):
        used = set()
        for t in range(stride * stride // lanes):
            r, s = divmod(t * lanes + lane, stride)
            used |= {
                (dy, dx)
                for dy in offsets
                for dx in offsets
                if tap(r, dy) is not None and tap(s, dx) is not None
            }
        leaves = max(leaves, -(-len(used) * channels // 4) + (1 if p["BIAS_W"] else 0))
    levels = 0
    while 4**levels < leaves:
        levels += 1
    latency = 6 + 2 * levels

    def factors(window: int) -> int:
        """Unsigned pixels with a zero in front of each."""
        if p["PIXEL_SIGNED"]:
            return window
        codes = [
            window >> (n * wide[0]) & ((1 << wide[0]) - 1) for n in range(side * side * channels)
        ]
        return sum(code << (n * (wide[0] + 1)) for n, code in enumerate(codes))

    kernel = bias = 0
    await reset(dut, kernel=0, bias=0, t=0, window=0, tag=0)
    sent: list[tuple[int, int]] = []
    checked, window, new = 0, 0, False
    for clock in range(200):
        t = clock % (stride * stride // lanes)
        if t == 0:
            window = rng.getrandbits(side * side * channels * wide[0])
            new = rng.random() < 0.3 or clock == 0
            if new:
                kernel = rng.getrandbits(channels * size * size * wide[1])
                bias = rng.getrandbits(p["BIAS_W"]) if p["BIAS_W"] else 0
        tag = rng.getrandbits(p["TAG_W"])
        dut.t.value, dut.window.value, dut.tag.value = t, factors(window), tag
        sent.append((expected(window, kernel, bias, t), tag))
        await settle()
        if clock >= latency:
            assert (int(dut.sums.value), int(dut.out_tag.value)) == sent[clock - latency]
            checked += 1
        await edge(dut)
        if new:
            # A clock after the first window that they belong to.
            dut.kernel.value, dut.bias.value, new = kernel, bias, False
    assert checked == 200 - latency
