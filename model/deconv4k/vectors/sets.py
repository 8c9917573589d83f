"""Making a set of vectors: frames through the golden model into files, and their manifest.

Frames are made, computed and written one after the other, so that memory stays that of one frame.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deconv4k import __version__, golden
from deconv4k._shared import files
from deconv4k.errors import InputError
from deconv4k.formats import Format
from deconv4k.rtl import bus, design, signature
from deconv4k.vectors import export, pictures
from deconv4k.vectors.intermediates import NAMES as INTERMEDIATES
from deconv4k.vectors.intermediates import (
    Intermediate,
    intermediates,
    product_format,
    rounded_format,
)
from deconv4k.vectors.manifest import NAME, SCHEMA, frame_name
from deconv4k.vectors.recipes import Codes, Recipe
from deconv4k.vectors.writer import Block, Content, Writer

INPUT_ORDER = "a pixel a beat, channel 0 in the lowest bits; left to right, top to bottom"
OUTPUT_ORDER = "the leftmost pixel of a beat in its lowest bits; left to right, top to bottom"


@dataclass
class _Stream:
    """One of the things that a set holds, in all its formats."""

    what: str
    word: dict[str, Any]
    writers: dict[str, Callable[[int | None], Writer]]
    open: dict[str, Writer] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)

    def add(self, block: Block, frame: int | None) -> None:
        for form, make in self.writers.items():
            kind = export.FORMATS[form]
            if form not in self.open:
                number = frame if kind.per_frame else None
                self.open[form] = make(number)
                self.entries.append({
                    "path": Path(self.open[form].file.name).name, "what": self.what,
                    "format": form, "frame": number, "word": self.word if kind.of_words else None,
                })  # fmt: skip
            self.open[form].add(block)
            if kind.per_frame:
                self.open.pop(form).close()

    def close(self) -> None:
        while self.open:
            self.open.popitem()[1].close()


def write(
    folder: str | Path,
    recipe: Recipe,
    formats: Sequence[str],
    taps: Sequence[str] = (),
    progress: Callable[[], None] = lambda: None,
) -> Path:
    """Write a set, whole or not at all.

    Parameters
    ----------
    folder : str or Path
        New, empty, or a set that is replaced.
    recipe : Recipe
    formats : sequence of str
        Names of `deconv4k.vectors.export.FORMATS`; pictures leave out intermediates and kernel.
    taps : sequence of str
        Intermediates to write as well: names of `deconv4k.vectors.intermediates`.
    progress : callable
        Called after each frame.

    Returns
    -------
    Path
        The manifest.

    Raises
    ------
    InputError
        A configuration that the engine is not for, a frame that is not for the configuration, an
        unknown format or intermediate, a format that cannot hold the codes, a folder that is no
        set, a full disk.
    """
    folder = Path(folder)
    _check(recipe, formats, taps)
    with files.whole_folder(folder, NAME, "a set") as made:
        _fill(made, recipe, list(dict.fromkeys(formats)), list(dict.fromkeys(taps)), progress)
    return folder / NAME


def unfit(recipe: Recipe) -> dict[str, str]:
    """Formats that cannot hold a set, and why.

    Parameters
    ----------
    recipe : Recipe

    Returns
    -------
    dict of str to str
        By names of `deconv4k.vectors.export.FORMATS`.
    """
    config = recipe.config
    why = pictures.no_picture(config.layer.in_channels, config.formats.pixel)
    why = why or pictures.no_picture(1, config.formats.output)
    found = dict.fromkeys(export.PICTURES, why) if why else {}
    if len(set(recipe.sizes)) > 1:
        found.setdefault("y4m", f"frames of {_sizes(recipe.sizes)}; allowed: frames of one size")
    return {name: said for name, said in found.items() if said}


def _check(recipe: Recipe, formats: Sequence[str], taps: Sequence[str]) -> None:
    errors = []
    for kind, given, allowed in (
        ("format", formats, tuple(export.FORMATS)),
        ("intermediate", taps, INTERMEDIATES),
    ):
        errors += [
            f"{kind} {name!r}; allowed: {', '.join(allowed)}"
            for name in given
            if name not in allowed
        ]
    if not formats:
        errors.append(f"no format; allowed: {', '.join(export.FORMATS)}")
    if not recipe.sizes:
        errors.append("no frame; allowed: one and more")
    video = recipe.config.video
    for height, width in recipe.sizes:
        if not (1 <= height <= video.height and 1 <= width <= video.width):
            errors.append(
                f"a frame of {width}x{height} pixels; allowed: 1x1 to "
                f"{video.width}x{video.height}, the configuration's video"
            )
            break
    errors += [
        f"format {name}: {why}; leave it out, or say all, which does"
        for name, why in unfit(recipe).items()
        if name in formats
    ]
    if errors:
        raise InputError(*errors)
    design.check(recipe.config)


def _fill(
    folder: Path,
    recipe: Recipe,
    formats: list[str],
    taps: list[str],
    progress: Callable[[], None],
) -> None:
    """All files of a set."""
    config, weights = recipe.config, recipe.weights
    bias = None if recipe.bias is None else np.array([recipe.bias])
    words = signature.kernel_words(config, weights, bias)
    between = intermediates(config, weights, recipe.bias)
    streams = _streams(folder, recipe, formats, {name: between[name] for name in taps})
    frames: list[dict[str, Any]] = []
    with contextlib.ExitStack() as stack:
        for stream in streams.values():
            stack.callback(stream.close)
        for block in _kernel_blocks(recipe, words):
            streams["kernel"].add(block, None)
        for number, pixels in enumerate(recipe.frames):
            codes = pixels.astype(config.formats.pixel.code_dtype(), copy=False)
            frames.append(_frame(number, recipe, pixels, codes, bias, streams, between))
            progress()
    entries = [entry for stream in streams.values() for entry in stream.entries]
    for entry in entries:
        with (folder / entry["path"]).open("rb") as content:
            entry["sha256"] = hashlib.file_digest(content, "sha256").hexdigest()
        entry["bytes"] = (folder / entry["path"]).stat().st_size
    files.save_json(folder / NAME, _manifest(recipe, words, frames, entries))


def _frame(
    number: int,
    recipe: Recipe,
    pixels: Codes,
    codes: Codes,
    bias: Codes | None,
    streams: dict[str, _Stream],
    between: dict[str, Intermediate],
) -> dict[str, Any]:
    """One frame into all files; returns what the manifest says of it."""
    config, name = recipe.config, frame_name(number)
    height, width = recipe.sizes[number]
    expected = golden.run(config, pixels, recipe.weights, bias)
    # Not before the golden model, which refuses codes out of range.
    beats = bus.input_beats(config, codes)
    results = bus.output_beats(config, expected)
    output = expected[0]
    streams["input"].add(Block.whole(name, beats, codes), number)
    streams["expected"].add(Block.whole(name, results, output), number)
    for what, stream in streams.items():
        if what in between:
            for block in between[what].blocks(name, codes):
                stream.add(block, number)
    rows, columns = output.shape
    return {
        "input": {"width": width, "height": height, **_crcs(beats)},
        "output": {
            "width": columns, "height": rows, "beats_per_line": results.shape[1],
            **_crcs(results),
        },
    }  # fmt: skip


def _crcs(beats: bus.Words) -> dict[str, Any]:
    return {
        "crc32": f"{signature.crc32(beats):08x}",
        "line_crc32": [f"{signature.crc32(line):08x}" for line in beats],
    }


def _kernel_blocks(recipe: Recipe, words: list[int]) -> Iterator[Block]:
    """The words of KERNEL_DATA, the bias apart."""
    formats = recipe.config.formats
    data = bus.pack(np.array(words, dtype=np.int64)[:, np.newaxis], signature.WORD_BITS)
    count = len(words) - (formats.bias is not None)
    weights = recipe.weights.astype(formats.weight.code_dtype())
    yield Block.whole("weights", data[:count], weights)
    if formats.bias is not None:
        bias = np.array([recipe.bias or 0], dtype=formats.bias.code_dtype())
        yield Block.whole("bias", data[count:], bias)


def _streams(
    folder: Path, recipe: Recipe, formats: list[str], between: dict[str, Intermediate]
) -> dict[str, _Stream]:
    config = recipe.config
    layer, nodes, video = config.layer, config.formats, config.video
    inputs = sum(height * width for height, width in recipe.sizes)
    outputs = 0
    for height, width in recipe.sizes:
        rows, columns = layer.output_shape(height, width)
        outputs += rows * bus.line_beats(config, columns)
    weight_bits = 16 if nodes.weight.width <= 16 else 32
    plans: list[tuple[str, Format, int, int, int, str]] = [
        ("kernel", nodes.weight, weight_bits, signature.WORD_BITS // weight_bits,
         signature.kernel_size(config),
         "words of KERNEL_DATA: weights (C_in, 1, K, K) in C order"
         + (f", last the bias, {nodes.bias}" if nodes.bias is not None else "")),
        ("input", nodes.pixel, nodes.pixel.width, layer.in_channels, inputs,
         f"input frames {_sizes(recipe.sizes)}: beats of s_axis_video, {INPUT_ORDER}"),
        ("expected", nodes.output, nodes.output.width, video.pixels_per_clock, outputs,
         f"output frames, {layer.stride} times as wide and high as {_sizes(recipe.sizes)}: "
         f"beats of m_axis_video, {OUTPUT_ORDER}"),
    ]  # fmt: skip
    for name, one in between.items():
        belongs = "output beats" if one.raster else "input pixels"
        plans.append((
            name, one.code, one.code.width, one.per_word, outputs if one.raster else inputs,
            f"{name} of {belongs}, frames {_sizes(recipe.sizes)}",
        ))  # fmt: skip
    return {
        plan[0]: _stream(folder, recipe, formats, *plan, pictures=plan[0] in ("input", "expected"))
        for plan in plans
    }


def _sizes(sizes: Sequence[tuple[int, int]]) -> str:
    """Sizes as width x height, runs of one size together."""
    shown = [f"{width}x{height}" for height, width in sizes]
    if len(set(shown)) == 1 and len(shown) > 1:
        return f"{len(shown)} times {shown[0]}"
    return ", ".join(shown)


def _stream(
    folder: Path,
    recipe: Recipe,
    formats: list[str],
    what: str,
    code: Format,
    bits: int,
    per_word: int,
    words: int,
    about: str,
    *,
    pictures: bool,
) -> _Stream:
    word_bytes = bus.word_bytes(bits, per_word)
    content = Content(
        name="deconv4k_" + re.sub(r"\W", "_", f"{recipe.name}_{what}"),
        about=[
            f"deconv4k {recipe.name}, {what}, configuration {recipe.config.digest:08x}",
            about,
            f"{per_word} code(s) of {code} = {code.q_notation} a word, {bits} bits each, the first "
            "in the lowest bits",
            f"{words} words of {word_bytes} bytes",
        ],
        code=code,
        word_bytes=word_bytes,
        words=words,
    )

    def maker(form: str) -> Callable[[int | None], Writer]:
        def make(frame: int | None) -> Writer:
            number = "" if frame is None else str(frame)
            return export.FORMATS[form](folder / f"{what}{number}.{form}", content)

        return make

    word = {"bytes": word_bytes, "codes": per_word, "bits": bits, "code": str(code)}
    chosen = [form for form in formats if pictures or form not in export.PICTURES]
    return _Stream(what, word, {form: maker(form) for form in chosen})


def _manifest(
    recipe: Recipe,
    words: list[int],
    frames: list[dict[str, Any]],
    entries: list[dict[str, Any]],
) -> dict[str, Any]:
    config = recipe.config
    nodes: dict[str, Format | None] = {
        "pixel": config.formats.pixel,
        "weight": config.formats.weight,
        "bias": config.formats.bias,
        "product": product_format(config),
        "accumulator": design.accumulator(config),
        "rounded": rounded_format(config),
        "output": config.formats.output,
    }
    return {
        "schema": SCHEMA,
        "name": recipe.name,
        "why": recipe.why,
        "source": recipe.source,
        "seed": recipe.seed,
        "tool": {"name": "deconv4k", "version": __version__},
        "configuration": tomllib.loads(config.to_toml()),
        "configuration_hash": f"{config.digest:08x}",
        "formats": {
            name: {
                "ap": str(node), "q": node.q_notation, "width": node.width,
                "signed": node.signed, "fraction": node.fraction,
            }
            for name, node in nodes.items()
            if node is not None
        },
        "bus": {
            "input": {
                "bytes_per_beat": bus.input_bytes(config), "pixels_per_beat": 1,
                "channels": config.layer.in_channels,
                "order": f"{INPUT_ORDER}; lowest byte first",
            },
            "output": {
                "bytes_per_beat": bus.output_bytes(config),
                "pixels_per_beat": config.video.pixels_per_clock,
                "order": f"{OUTPUT_ORDER}; lowest byte first",
            },
        },
        "kernel": {
            "shape": list(recipe.weights.shape),
            "words": len(words),
            "crc32": f"{signature.kernel(config, recipe.weights, recipe.bias):08x}",
        },
        "frames": frames,
        "files": entries,
    }  # fmt: skip


def describe(manifest: Path) -> str:
    """Name and size of a set that was written, in one line."""
    data = json.loads(manifest.read_text(encoding="utf-8"))
    size = sum(entry["bytes"] for entry in data["files"])
    return f"{manifest}: {len(data['frames'])} frame(s), {len(data['files'])} files, {size:,} bytes"
