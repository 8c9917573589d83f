"""The main job, as ``make sim`` runs it: a photograph and the vectors, in Python and in gates."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from deconv4k import golden
from deconv4k._shared import checkout, files, optional, stages
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.photo import image, kernels, quality, upscale
from deconv4k.rtl import design
from deconv4k.sim import build, play, report, tools
from deconv4k.vectors import committed

REPORT = checkout.BUILD / "report"
PAGE = "index.html"
PICTURES = ("fixed", "float", "bicubic", "lanczos")
"""Enlargements whose PSNR and SSIM are told."""

GAIN = 8
"""Amplification of the difference picture."""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    case: str
    simulator: str
    stalls: str
    pixels: int
    mismatches: int
    clocks: int | None
    predicted: int | None
    seconds: float
    problem: str | None
    wave: str | None

    @property
    def passed(self) -> bool:
        """Whether every pixel, SOF, EOL and predicted clock was right."""
        return self.problem is None and self.pixels > 0


@dataclass(frozen=True)
class Regression:
    """What a run of the regression came to.

    Parameters
    ----------
    config : Config
        Of the photograph; each vector has its own.
    seed : int
        Of the stalls.
    rows : list of Row
        A run each.
    psnr_db, ssim : dict of str to float
        PSNR, in dB, and SSIM of the photograph's luma against the original, by name of the
        enlargement; empty where no photograph ran, the latter also where it is too small.
    """

    config: Config
    seed: int
    rows: list[Row]
    psnr_db: dict[str, float]
    ssim: dict[str, float]

    @property
    def passed(self) -> bool:
        """Whether everything was equal."""
        return all(row.passed for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "seed": self.seed,
            "psnr_db": {name: self.psnr_db[name] for name in PICTURES if name in self.psnr_db},
            "ssim": {name: self.ssim[name] for name in PICTURES if name in self.ssim},
            "runs": [{**row.__dict__, "passed": row.passed} for row in self.rows],
        }


def regress(
    config: Config,
    *,
    simulators: list[str],
    named: bool,
    case: str | None,
    seed: int,
    waves: bool,
    photo: str | None,
    full: bool,
    quiet: bool,
) -> Regression:
    """Run the regression, and write page, pictures and figures under build/report.

    Parameters
    ----------
    config : Config
        Of the photograph; each vector has its own.
    simulators : list of str
    named : bool
        The user asked for this simulator: a missing one is an error, not a remark.
    case : str, optional
        'photo', or the name of one vector.
    seed : int
        Of the stalls.
    waves, full, quiet : bool
    photo : str, optional
        Instead of the shipped one; then only the photograph runs.

    Returns
    -------
    Regression

    Raises
    ------
    InputError
        Bad input, a missing package, or no simulator at all.
    """
    # Refused now, and not after minutes of work.
    optional.need("cocotb", "jinja2", extra="sim")
    console = Console(stderr=True, quiet=quiet)
    present = []
    for name in simulators:
        missing = tools.available(name)
        if missing is None:
            present.append(name)
        elif named:
            raise InputError(missing)
        else:
            console.print(f"without {name}: {missing}")
    if not present:
        raise InputError("no simulator; make setup installs Verilator")
    folder = checkout.ROOT / "vectors"
    names = committed.names(folder)
    if case is not None and case != "photo" and case not in names:
        raise InputError(f"case {case!r}; allowed: photo, {', '.join(names)}")
    only_photo = photo is not None or full or case == "photo"
    run_photo = only_photo or (case is None and "verilator" in present)
    chosen = [] if only_photo else [n for n in names if case is None or n == case]

    console.print(f"seed {seed}")
    video = config.video
    rows: list[Row] = []
    seen: _Seen | None = None
    with stages.shown(quiet=quiet) as stage:
        jobs = [
            (simulator_name, name, stalls)
            for name in chosen
            for simulator_name in present
            for stalls in ("none", "both")
        ]
        if run_photo:
            on = "verilator" if "verilator" in present else "icarus"
            stage.begin(f"a whole frame of {video.width}x{video.height} pixels on {on}")
            row, seen = _photograph(
                config, Path(photo) if photo else checkout.PHOTOGRAPH, on, seed, waves
            )
            rows.append(row)

        def build(each: Build) -> None:
            _build(each)
            stage.advance()

        def run_job(job: tuple[str, str, str]) -> Row:
            row = _vector(folder / job[1], job[0], job[2], seed, waves)
            stage.advance()
            return row

        builds = _distinct(folder, chosen, present, waves)
        # Runs of one build share the name of their waveform file: one at a time.
        with ThreadPoolExecutor(max_workers=1 if waves else 2) as pool:
            # What is built once for several cases is built before them, two at a time.
            if builds:
                stage.begin(f"engines of the vectors to compile: {len(builds)}", len(builds))
            list(pool.map(build, builds))
            if jobs:
                stage.begin(f"runs of the vectors: {len(jobs)}", len(jobs))
            rows += pool.map(run_job, jobs)
    found = Regression(config, seed, rows, seen.psnr_db if seen else {}, seen.ssim if seen else {})
    REPORT.mkdir(parents=True, exist_ok=True)
    files.save_json(REPORT / "report.json", found.to_dict())
    text = report.page(found, seen.pictures if seen else None)
    files.write_bytes(REPORT / PAGE, text.encode())
    return found


Build = tuple[str, tuple[tuple[str, int], ...], bool]


def _distinct(folder: Path, cases: list[str], present: list[str], waves: bool) -> list[Build]:
    """The builds that the cases need, each once."""
    needed: dict[Build, None] = {}
    for case in cases:
        parameters = design.parameters(committed.read(folder / case).config)
        for name in present:
            needed[name, tuple(parameters.items()), waves] = None
    return list(needed)


def _build(one: Build) -> None:
    """Build the bench for one set of parameters."""
    name, parameters, waves = one
    build.build(name, "bench", dict(parameters), waves=waves)


def _photograph(config: Config, path: Path, on: str, seed: int, waves: bool) -> tuple[Row, _Seen]:
    """The whole frame: golden model, engine, pictures, PSNR and SSIM."""
    layer, formats, video = config.layer, config.formats, config.video
    design.check(config)
    if (layer.in_channels, layer.out_channels) != (1, 1):
        raise InputError(
            f"layer.in_channels = {layer.in_channels}, layer.out_channels = "
            f"{layer.out_channels}; a photograph's luma needs 1 and 1"
        )
    original, low = image.original_and_input(path, video.width, video.height, layer.stride)
    codes = upscale.to_codes(low, formats)
    weights = kernels.default(layer)
    kernel = kernels.to_codes(weights, layer, formats.weight)
    expected = golden.run(config, codes, kernel)

    with ThreadPoolExecutor(max_workers=1) as pool:
        # The simulator keeps one core busy; the pictures take the other.
        seen = pool.submit(_pictures, config, path.name, original, codes, weights, expected)
        row = _play(f"photo {codes.shape[1]}x{codes.shape[0]}", config, [codes[np.newaxis]], kernel,
                    0, [expected], on, "none", seed, waves)  # fmt: skip
        return row, seen.result()


@dataclass(frozen=True)
class _Seen:
    """What became of the photograph: figures as in `Regression`, pictures for the page."""

    psnr_db: dict[str, float]
    ssim: dict[str, float]
    pictures: report.Pictures


def _pictures(
    config: Config,
    name: str,
    original: NDArray[Any],
    codes: NDArray[Any],
    weights: NDArray[Any],
    expected: NDArray[Any],
) -> _Seen:
    """Write the photograph's pictures; PSNR and SSIM of each enlargement, pictures for the page."""
    layer, formats = config.layer, config.formats
    seen = codes / formats.pixel.max_code
    height, width = original.shape
    enlarged = {
        "fixed": np.clip(upscale.from_codes(expected, formats), 0, 1),
        "float": np.clip(kernels.apply(seen, weights, layer), 0, 1),
        **{
            method: np.clip(image.resize(seen, width, height, method), 0, 1)
            for method in ("bicubic", "lanczos")
        },
    }
    difference = quality.difference_picture(original, enlarged["fixed"], GAIN)
    REPORT.mkdir(parents=True, exist_ok=True)
    image.write(REPORT / "original.png", image.from_unit(original))
    image.write(REPORT / "input.png", image.from_unit(seen))
    image.write(REPORT / "output.png", image.from_unit(enlarged["fixed"]))
    image.write(REPORT / "difference.png", difference)
    # A picture may be too small for a window of SSIM.
    similar = min(original.shape) >= quality.LEAST_SIDE
    return _Seen(
        psnr_db={each: quality.psnr(original, plane) for each, plane in enlarged.items()},
        ssim={each: quality.ssim(original, plane) for each, plane in enlarged.items() if similar},
        pictures=report.pictures(
            name, (codes.shape[1], codes.shape[0]), original, enlarged["bicubic"],
            enlarged["fixed"], difference, GAIN,
        ),
    )  # fmt: skip


def _vector(path: Path, on: str, stalls: str, seed: int, waves: bool) -> Row:
    """One committed vector on one simulator."""
    case = committed.read(path)
    return _play(case.name, case.config, case.frames, case.weights, case.bias, case.expected, on,
                 stalls, seed, waves)  # fmt: skip


def _play(
    name: str,
    config: Config,
    frames: list[Any],
    weights: Any,
    bias: int,
    expected: list[Any],
    on: str,
    stalls: str,
    seed: int,
    waves: bool,
) -> Row:
    """Play frames on one simulator and judge the result."""
    work = checkout.BUILD / "waves" / f"{name.split()[0]}-{on}-{stalls}"
    start = time.perf_counter()
    played = play.play(
        on, config, frames, weights, bias, expected=expected, stalls=stalls, seed=seed,
        waves=waves, work=work if waves else None,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    pixels = sum(frame.size for frame in expected)
    clocks = predicted = None
    if stalls == "none" and len(frames) == 1:
        predicted = design.clocks(config, *frames[0].shape[1:]).last
        clocks = played.last_out
    problem = describe(config, played, expected)
    if problem is None and clocks != predicted:
        problem = f"{clocks} clocks to the last beat, predicted {predicted}"
    return Row(
        case=name, simulator=on, stalls=stalls, pixels=pixels, mismatches=played.mismatches,
        clocks=clocks, predicted=predicted, seconds=seconds, problem=problem,
        wave=str(played.wave) if played.wave else None,
    )  # fmt: skip


def describe(config: Config, played: play.Played, expected: list[Any]) -> str | None:
    """What went wrong, in one line with the place of the first mismatch; None if nothing did."""
    if played.clean:
        return None
    parts = []
    if played.hung:
        parts.append(f"hung after {played.beats} beats")
    if played.beats == 0:
        parts.append("no beat came out")
    if played.surplus:
        parts.append(f"{played.surplus} beats too many")
    if played.violations:
        broken = ", ".join(f"{rule} ({count})" for rule, count in played.violations.items())
        parts.append(f"rules of the streams broken: {broken}")
    if played.first is not None:
        per_beat, width = config.video.pixels_per_clock, config.formats.output.width
        at, number = int(played.first["beat"]), 0
        beats = -(-expected[0].shape[1] // per_beat)
        while at >= expected[number].shape[0] * beats:
            at -= expected[number].shape[0] * beats
            number += 1
            beats = -(-expected[number].shape[1] // per_beat)
        line, beat = divmod(at, beats)
        want, got = played.first["expected"], played.first["got"]
        place = f"frame {number}, line {line}, beat {beat}"
        if isinstance(want, int) and isinstance(got, int):
            signed = config.formats.output.signed
            mask = (1 << width) - 1
            for i in range(per_beat):
                a, b = want >> (width * i) & mask, got >> (width * i) & mask
                if a != b:
                    x, stride = beat * per_beat + i, config.layer.stride
                    codes = [c - (1 << width) if signed and c >> (width - 1) else c for c in (a, b)]
                    place = (
                        f"frame {number}, line {line}, x {x}, phase ({line % stride},{x % stride})"
                    )
                    want, got = codes
                    break
            else:
                place += " (SOF or EOL)"
        parts.append(f"{played.mismatches} beats differ, first {place}: expected {want}, got {got}")
    return "; ".join(parts)
