"""A smoke test in plain Verilog: one frame of a set of vectors through deconv_axi, no Python."""

from __future__ import annotations

from collections.abc import Sequence

from deconv4k.deliver import instance
from deconv4k.deliver.interface import Value
from deconv4k.deliver.render import render
from deconv4k.rtl import design, signature
from deconv4k.vectors.manifest import Manifest

CHECKERS = ("channel_checker", "tally", "axis_checker", "axil_checker")
"""Modules of tb/ that watch its buses."""


def verilog(
    vectors: Manifest,
    given: dict[str, Value],
    about: Sequence[str],
    *,
    files: str,
    module: str | None = None,
) -> str:
    """The text of smoke.v.

    Parameters
    ----------
    vectors : Manifest
        Its first frame is played.
    given : dict
        Every parameter of deconv_axi, as `interface.settings` gives them.
    about : sequence of str
        What its head says, line by line.
    files : str
        What stands before ``input.mem``, ``expected.mem`` and ``kernel.mem``, from the folder on
        in which the simulation runs.
    module : str, optional
        Of the instance, which has a power-up kernel: the one of the vectors. Without it deconv_axi
        itself is instantiated, and the kernel comes over the registers alone.
    """
    config, frame = vectors.config, vectors.frames[0]
    words = signature.kernel_size(config)
    height, width = frame.input.height, frame.input.width
    clocks = design.clocks(config, height, width)
    return render(
        "smoke.v.j2",
        about=about,
        files=files,
        instance=module,
        given=given,
        differing=instance.differing(given),
        bits=instance.bits(given),
        hash=instance.literal("CONFIG_HASH", config.digest),
        width=width,
        height=height,
        words=words,
        signature_in=frame.input.crc32,
        signature_out=frame.output.crc32,
        signature_kernel=vectors.kernel_crc32,
        # Pauses and stalls take an eighth of the clocks, an access to the registers a few.
        patience=4 * (clocks.frame + clocks.last) + 16 * words + 4000,
    )
