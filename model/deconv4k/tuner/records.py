"""The figures of a candidate: typed records, and the same as dictionaries for JSON.

The fields of a record stand in the order of the keys in JSON. ``X.from_dict(x.to_dict()) == x``
holds for every record, also after the dictionary has been through a JSON file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

from deconv4k.config import Formats
from deconv4k.formats import Format
from deconv4k.tuner.axes import NODES
from deconv4k.tuner.cost import Cost

Place = tuple[int, int]
"""Row and column of a pixel or a weight."""


class _Record:
    """A frozen dataclass that can be written as JSON."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON: dictionaries, lists, numbers and text alone."""
        # What derives from this is a dataclass, which a base class cannot say.
        return {each.name: _plain(getattr(self, each.name)) for each in fields(self)}  # type: ignore[arg-type]


@dataclass(frozen=True)
class Overflows(_Record):
    """Codes of one node of the data flow that its format does not hold.

    Parameters
    ----------
    count : int
        In the whole frame, border included.
    kind : {'saturated', 'wrapped'}
    worst : int, optional
        The code farthest outside, as it is before it overflows. None where nothing overflows.
    at : (int, int), optional
        Row and column of its pixel: of the output, for products of the input.
    """

    count: int
    kind: str
    worst: int | None
    at: Place | None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        return cls(data["count"], data["kind"], data["worst"], _place(data["at"]))


@dataclass(frozen=True)
class ProductOverflows(Overflows):
    """Products that their format does not hold.

    Parameters
    ----------
    tap : (int, int), optional
        Row and column (ky, kx) in the kernel of the weight that makes the worst product.
    """

    tap: Place | None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        place, tap = _place(data["at"]), _place(data["tap"])
        return cls(data["count"], data["kind"], data["worst"], place, tap)


@dataclass(frozen=True)
class WeightOverflows(_Record):
    """Weights that their format clips.

    Parameters
    ----------
    count : int
    worst : float, optional
        The weight farthest outside. None where nothing is clipped.
    at : (int, int), optional
        Its row and column (ky, kx) in the kernel.
    largest_code : int
        Largest magnitude of a weight's code.
    """

    count: int
    worst: float | None
    at: Place | None
    largest_code: int

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        return cls(data["count"], data["worst"], _place(data["at"]), data["largest_code"])


@dataclass(frozen=True)
class AccumulatorBits(_Record):
    """Widths of the sums, in bits.

    Parameters
    ----------
    proved_bits : int
        Enough for every picture, with these weights.
    observed_bits : int
        Enough for the photographs.
    bits : int, optional
        Of the accumulator's format. None without one: there is room for every kernel.
    """

    proved_bits: int
    observed_bits: int
    bits: int | None

    @property
    def headroom_proved(self) -> int | None:
        """Bits that no picture uses; negative where the accumulator may wrap."""
        return None if self.bits is None else self.bits - self.proved_bits

    @property
    def headroom_observed(self) -> int | None:
        """Bits that the photographs do not use."""
        return None if self.bits is None else self.bits - self.observed_bits

    def to_dict(self) -> dict[str, Any]:
        """For JSON, headroom included."""
        return {
            **super().to_dict(),
            "headroom_proved": self.headroom_proved,
            "headroom_observed": self.headroom_observed,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        return cls(data["proved_bits"], data["observed_bits"], data["bits"])


@dataclass(frozen=True)
class PhotographRecord(_Record):
    """The figures of one candidate on one photograph, inside the border where not said otherwise.

    Parameters
    ----------
    photo : str
        The photograph's file name.
    psnr_original, psnr_float : float
        In dB, against the original and against the float layer's picture.
    loss : float
        PSNR of the float layer less that of the candidate, both against the original, in dB.
    ssim_original, ssim_float : float
    largest_error_lsb : float
        ``fixed point - float layer`` where it is largest in magnitude, in steps of the output.
    largest_error_at : (int, int)
        Row and column of that pixel.
    mean_error_lsb : float
        Mean of ``abs(fixed point - float layer)``, in steps of the output.
    sums : (int, int)
        Smallest and largest sum of the whole frame, as codes.
    overflows : dict of Overflows
        By node: output, and accumulator and product where there are such formats.
    """

    photo: str
    psnr_original: float
    psnr_float: float
    loss: float
    ssim_original: float
    ssim_float: float
    largest_error_lsb: float
    largest_error_at: Place
    mean_error_lsb: float
    sums: tuple[int, int]
    overflows: Mapping[str, Overflows]

    @property
    def wraps(self) -> int:
        """Codes that wrap, at any node and anywhere in the frame, border included."""
        return sum(each.count for each in self.overflows.values() if each.kind == "wrapped")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        given = {each.name: data[each.name] for each in fields(cls)}
        given["largest_error_at"] = tuple(data["largest_error_at"])
        given["sums"] = tuple(data["sums"])
        given["overflows"] = {
            node: (ProductOverflows if node == "product" else Overflows).from_dict(each)
            for node, each in data["overflows"].items()
        }
        return cls(**given)


@dataclass(frozen=True)
class CandidateRecord(_Record):
    """The figures of one candidate; of several photographs the worst one's.

    Parameters
    ----------
    formats : Formats
    psnr_original, psnr_float, loss, ssim_original, ssim_float, mean_error_lsb : float
        As `PhotographRecord` has them.
    largest_error_lsb : float
        The largest magnitude.
    bound_lsb : float
        What no picture's largest error exceeds, in steps of the output.
    bound_open : str
        Why nothing but the whole range is proved; empty where more is.
    accumulator : AccumulatorBits
    wraps : int
        Codes that wrap, on all photographs.
    weights : WeightOverflows
    cost : Cost
    photos : tuple of PhotographRecord
    """

    formats: Formats
    psnr_original: float
    psnr_float: float
    loss: float
    ssim_original: float
    ssim_float: float
    largest_error_lsb: float
    mean_error_lsb: float
    bound_lsb: float
    bound_open: str
    accumulator: AccumulatorBits
    wraps: int
    weights: WeightOverflows
    cost: Cost
    photos: tuple[PhotographRecord, ...]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises
        ------
        KeyError, TypeError, AttributeError, InputError
            If the dictionary is none that `to_dict` makes.
        """
        given = {each.name: data[each.name] for each in fields(cls)}
        given["formats"] = formats_from_dict(data["formats"])
        given["accumulator"] = AccumulatorBits.from_dict(data["accumulator"])
        given["weights"] = WeightOverflows.from_dict(data["weights"])
        given["cost"] = Cost.from_dict(data["cost"])
        given["photos"] = tuple(map(PhotographRecord.from_dict, data["photos"]))
        return cls(**given)


def formats_to_dict(formats: Formats) -> dict[str, str]:
    """Formats in HLS notation, by node; without those that are absent."""
    return {node: str(getattr(formats, node)) for node in NODES if getattr(formats, node)}


def formats_from_dict(data: Mapping[str, str]) -> Formats:
    """The inverse of `formats_to_dict`."""
    return Formats(**{node: Format.parse(text) for node, text in data.items()})


def _plain(value: Any) -> Any:
    """A field's value as JSON has it."""
    if isinstance(value, _Record | Cost):
        return value.to_dict()
    if isinstance(value, Formats):
        return formats_to_dict(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return value


def _place(data: Sequence[int] | None) -> Place | None:
    if data is None:
        return None
    row, column = data
    return row, column
