"""A set of vectors: a folder with ``manifest.json`` and the files that it names.

The manifest tells why the set exists, the configuration, the sizes, the layout of every file, and
the CRC-32 of kernel, frames and lines as the engine's signatures show them. Its schema is
data/manifest.schema.json; docs/vectors.md describes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import fastjsonschema
from numpy.typing import NDArray

from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.rtl import bus, signature
from deconv4k.vectors import export

NAME = "manifest.json"
SCHEMA = "deconv4k-vectors-1"


@dataclass(frozen=True)
class Plane:
    """One side of a frame.

    Parameters
    ----------
    width, height : int
        In pixels.
    beats_per_line : int
    crc32 : int
        As the register SIGNATURE_IN or SIGNATURE_OUT shows it.
    line_crc32 : tuple of int
        Over each line's beats alone, from the top.
    """

    width: int
    height: int
    beats_per_line: int
    crc32: int
    line_crc32: tuple[int, ...]

    @property
    def beats(self) -> int:
        """Beats of the frame."""
        return self.beats_per_line * self.height


@dataclass(frozen=True)
class Frame:
    """A frame before and after the engine."""

    input: Plane
    output: Plane


@dataclass(frozen=True)
class File:
    """A file of a set.

    Parameters
    ----------
    path : Path
    what : str
        input, expected, kernel, window, products, sums or rounded.
    form : str
        A name of `deconv4k.vectors.export.FORMATS`.
    frame : int or None
        The frame that it holds; None: all of them, or the kernel.
    size : int
        In bytes.
    sha256 : str
        Hexadecimal.
    """

    path: Path
    what: str
    form: str
    frame: int | None
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """A set of vectors, as `read` makes it.

    Parameters
    ----------
    folder : Path
    data : dict
        The manifest as it stands in the file.
    config : Config

    Examples
    --------
    >>> import deconv4k as d4k, tempfile
    >>> folder = tempfile.mkdtemp() + "/set"
    >>> made = d4k.write_vectors(folder, d4k.Config.default(), pattern="impulse", size=(4, 6))
    >>> made.kernel()[0].shape, len(made.frames), made.verify()
    ((1, 1, 9, 9), 6, None)
    """

    folder: Path
    data: Mapping[str, Any]
    config: Config

    @property
    def name(self) -> str:
        """Name of the set."""
        return str(self.data["name"])

    @property
    def why(self) -> str:
        """What the set is there to find."""
        return str(self.data["why"])

    @property
    def seed(self) -> int | None:
        """Of what is random in it."""
        seed: int | None = self.data["seed"]
        return seed

    @property
    def kernel_crc32(self) -> int:
        """As the register SIGNATURE_KERNEL shows it."""
        return int(self.data["kernel"]["crc32"], 16)

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """Sizes and CRCs of all frames."""
        return tuple(
            Frame(
                _plane(frame["input"], frame["input"]["width"]),
                _plane(frame["output"], frame["output"]["beats_per_line"]),
            )
            for frame in self.data["frames"]
        )

    @cached_property
    def files(self) -> tuple[File, ...]:
        """All files but the manifest."""
        return tuple(
            File(
                self.folder / file["path"], file["what"], file["format"], file["frame"],
                file["bytes"], file["sha256"],
            )
            for file in self.data["files"]
        )  # fmt: skip

    def input(self, number: int) -> NDArray[Any]:
        """Pixel codes of an input frame.

        Returns
        -------
        ndarray of int, (C_in, H, W)

        Raises
        ------
        InputError
            No such frame, or no file in one of `deconv4k.vectors.export.READABLE` holds it as the
            manifest describes it: missing, damaged, or with another CRC.
        """
        plane = self._frame(number).input
        before = sum(frame.input.beats for frame in self.frames[:number])
        file = self._holding("input")
        if file.form == "npz":
            (codes,) = export.read_arrays(file.path, [frame_name(number)])
            shape = (self.config.layer.in_channels, plane.height, plane.width)
            _check_shape(file, codes, shape)
        else:
            size = bus.input_bytes(self.config)
            words = export.read_words(file.path, file.form, size, before, plane.beats)
            codes = bus.input_codes(self.config, words.reshape(plane.height, plane.width, size))
        _check_crc(file, number, signature.input_frame(self.config, codes), plane.crc32)
        return codes

    def inputs(self) -> Iterator[NDArray[Any]]:
        """All input frames, one after the other; errors as `input`."""
        return (self.input(number) for number in range(len(self.frames)))

    def expected(self, number: int) -> NDArray[Any]:
        """Output codes of a frame; errors as `input`.

        Returns
        -------
        ndarray of int, (OH, OW)
        """
        plane = self._frame(number).output
        before = sum(frame.output.beats for frame in self.frames[:number])
        file = self._holding("expected")
        if file.form == "npz":
            (codes,) = export.read_arrays(file.path, [frame_name(number)])
            _check_shape(file, codes, (plane.height, plane.width))
        else:
            size = bus.output_bytes(self.config)
            words = export.read_words(file.path, file.form, size, before, plane.beats)
            beats = words.reshape(plane.height, plane.beats_per_line, size)
            codes = bus.output_codes(self.config, beats, plane.width)
        _check_crc(file, number, signature.output_frame(self.config, codes), plane.crc32)
        return codes

    def kernel(self) -> tuple[NDArray[Any], int | None]:
        """Weight codes, and the bias where the configuration has one; errors as `input`.

        Returns
        -------
        weights : ndarray of int, (C_in, 1, K, K)
        bias : int or None
            At the accumulator's binary point.
        """
        layer, formats = self.config.layer, self.config.formats
        shape = (layer.in_channels, 1, layer.kernel, layer.kernel)
        file = self._holding("kernel")
        bias: int | None = None
        if file.form == "npz":
            names = ["weights"] if formats.bias is None else ["weights", "bias"]
            weights, *rest = export.read_arrays(file.path, names)
            _check_shape(file, weights, shape)
            bias = int(rest[0].reshape(-1)[0]) if rest else None
        else:
            size = signature.WORD_BITS // 8
            words = export.read_words(file.path, file.form, size, 0, self.data["kernel"]["words"])
            weights, bias = signature.kernel_codes(self.config, words)
        crc = signature.kernel(self.config, weights, bias)
        if crc != self.kernel_crc32:
            raise InputError(
                f"{file.path}: CRC-32 {crc:08x} of the kernel; the manifest says "
                f"{self.kernel_crc32:08x}"
            )
        return weights, bias

    def verify(self) -> None:
        """Compare the SHA-256 of every file.

        Raises
        ------
        InputError
            One line for each file that is missing or is not what the manifest says.
        """
        errors = []
        for file in self.files:
            try:
                with file.path.open("rb") as content:
                    found = hashlib.file_digest(content, "sha256").hexdigest()
            except OSError as error:
                errors.append(f"{file.path}: {error.strerror or error}")
                continue
            if found != file.sha256:
                errors.append(f"{file.path}: SHA-256 {found}; the manifest says {file.sha256}")
        if errors:
            raise InputError(*errors)

    def _frame(self, number: int) -> Frame:
        if not 0 <= number < len(self.frames):
            raise InputError(f"{self.folder}: frame {number}; allowed: 0 to {len(self.frames) - 1}")
        return self.frames[number]

    def _holding(self, what: str) -> File:
        """The file that is read back quickest."""
        held = {file.form: file for file in self.files if file.what == what}
        for form in export.READABLE:
            if form in held:
                return held[form]
        raise InputError(
            f"{self.folder / NAME}: {what} in no format that is read back; allowed: a set with "
            f"one of {', '.join(export.READABLE)}"
        )


def frame_name(number: int) -> str:
    """Name of a frame's array in an .npz file."""
    return f"frame{number}"


def _plane(side: Mapping[str, Any], beats_per_line: int) -> Plane:
    lines = tuple(int(crc, 16) for crc in side["line_crc32"])
    return Plane(side["width"], side["height"], beats_per_line, int(side["crc32"], 16), lines)


def _check_shape(file: File, codes: NDArray[Any], shape: tuple[int, ...]) -> None:
    if codes.shape != shape:
        raise InputError(f"{file.path}: an array of shape {codes.shape}; allowed: {shape}")


def _check_crc(file: File, number: int, found: int, said: int) -> None:
    if found != said:
        raise InputError(
            f"{file.path}: CRC-32 {found:08x} of frame {number}; the manifest says {said:08x}"
        )


def schema() -> dict[str, Any]:
    """The JSON schema of a manifest."""
    text = (resources.files("deconv4k") / "data" / "manifest.schema.json").read_text("utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


@lru_cache(maxsize=1)
def _validator() -> Any:
    return fastjsonschema.compile(schema())


def read(path: str | Path) -> Manifest:
    """Read the manifest of a set.

    Parameters
    ----------
    path : str or Path
        The folder, or the manifest in it.

    Returns
    -------
    Manifest
        Its other files are looked at when they are asked for.

    Raises
    ------
    InputError
        If it is missing, no JSON, not as the schema says, or contradicts itself.
    """
    path = Path(path)
    if path.is_dir():
        path = path / NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:
        raise InputError(f"{path}: no JSON: {error}") from None
    try:
        _validator()(data)
    except fastjsonschema.JsonSchemaValueException as error:
        # The message begins with "data", which is the whole file.
        said = error.message.removeprefix("data").removeprefix(".")
        raise InputError(f"{path}: {said}") from None
    try:
        config = Config.from_dict(data["configuration"])
    except InputError as error:
        raise InputError(*(f"{path}: configuration: {line}" for line in error.lines)) from None
    _check_sense(path, data, config)
    return Manifest(path.parent, data, config)


def _check_sense(path: Path, data: Mapping[str, Any], config: Config) -> None:
    """Refuse what the schema allows and the configuration does not."""
    layer = config.layer
    told: list[tuple[str, Any, Any]] = [
        ("configuration_hash", data["configuration_hash"], f"{config.digest:08x}"),
        ("bus.input.bytes_per_beat", data["bus"]["input"]["bytes_per_beat"],
         bus.input_bytes(config)),
        ("bus.output.bytes_per_beat", data["bus"]["output"]["bytes_per_beat"],
         bus.output_bytes(config)),
        ("kernel.shape", data["kernel"]["shape"],
         [layer.in_channels, 1, layer.kernel, layer.kernel]),
        ("kernel.words", data["kernel"]["words"], signature.kernel_size(config)),
    ]  # fmt: skip
    for number, frame in enumerate(data["frames"]):
        source, result = frame["input"], frame["output"]
        rows, columns = layer.output_shape(source["height"], source["width"])
        place = f"frames[{number}]"
        told += [
            (f"{place}.output.width", result["width"], columns),
            (f"{place}.output.height", result["height"], rows),
            (f"{place}.output.beats_per_line", result["beats_per_line"],
             bus.line_beats(config, columns)),
            (f"{place}.input.line_crc32", len(source["line_crc32"]), source["height"]),
            (f"{place}.output.line_crc32", len(result["line_crc32"]), rows),
        ]  # fmt: skip
    errors = [
        f"{path}: {place} = {said!r}; the configuration gives {given!r}"
        for place, said, given in told
        if said != given
    ]
    if errors:
        raise InputError(*errors)
