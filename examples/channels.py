"""A layer with three input channels, in the golden model and in the RTL: the same codes?

    .venv/bin/python examples/channels.py

The layer sums over its channels, as FSRCNN's does over 56 of them. It has a bias, signed pixels
and a rate of two output pixels a clock.
"""

import numpy as np

import deconv4k as d4k


def main() -> None:
    """Compare random codes, and say how many are equal."""
    config = d4k.Config.upscaler(
        (5, 2, 2, 1), 2, channels=3, width=64, height=64,
        pixel="ap_fixed<8,1>", weight="ap_fixed<8,1,AP_RND,AP_SAT>",
        output="ap_fixed<10,3,AP_RND_CONV,AP_SAT>", bias="ap_fixed<16,2>",
    )  # fmt: skip
    random = np.random.default_rng(1)
    pixel, weight = config.formats.pixel, config.formats.weight
    pixels = random.integers(pixel.min_code, pixel.max_code, (3, 24, 40), endpoint=True)
    weights = random.integers(weight.min_code, weight.max_code, (3, 1, 5, 5), endpoint=True)
    bias = np.array([1234])

    golden = d4k.run(config, pixels, weights, bias)
    gates = d4k.run(config, pixels, weights, bias, engine="verilator")

    found = d4k.info(config, weights)
    print(f"{pixels.shape} -> {golden.shape}, codes {golden.min()} to {golden.max()}")
    print(f"{found.taps} taps, {found.engine['multipliers']} multipliers")
    print(f"{np.count_nonzero(golden == gates)} of {golden.size} codes equal")


if __name__ == "__main__":
    main()
