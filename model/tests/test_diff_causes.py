"""Each known cause, done where it happens: it must be named first."""

from dataclasses import replace

import numpy as np
import pytest
from diff_scene import CONFIGS, Scene, named

from deconv4k import golden
from deconv4k.formats import Format, Overflow, Rounding

POINTS = [
    *(pytest.param((name, 1), id=f"{name}-1") for name in CONFIGS),
    # the same with other noise
    pytest.param(("x2", 2), id="x2-2", marks=pytest.mark.full),
    pytest.param(("x2_signed_16", 3), id="x2_signed_16-3", marks=pytest.mark.full),
]


@pytest.fixture(params=POINTS)
def scene(request, tmp_path):
    return Scene(tmp_path, *request.param)


def leads(diff, cause, alone=True):
    assert not diff.clean
    assert diff.alike
    assert diff.findings, "no cause found"
    assert cause in named(diff), [(f.name, f.detail, f.explained) for f in diff.findings[:4]]
    if alone:
        assert diff.findings[0].name == cause, [(f.name, f.detail) for f in diff.findings[:4]]
    return diff.findings[0]


def test_undamaged_is_clean(scene):
    beats = scene.beats()
    for path in (scene.dump(beats), scene.ila(beats, *scene.flags()), scene.ila(beats)):
        diff = scene.compare(path)
        assert diff.clean
        assert not diff.findings
        assert diff.window.pixels == diff.window.matches == sum(f.size for f in scene.frames)


@pytest.mark.parametrize("by", [1, -1, 2])
def test_shifted_by_lines(scene, by):
    moved = [np.roll(frame, by, axis=0) for frame in scene.frames]
    for frame in moved:
        frame[slice(None, by) if by > 0 else slice(by, None)] = 0
    diff = scene.compare(scene.dump(scene.beats(moved)))
    first = leads(diff, "shifted_line")
    assert first.detail == f"{abs(by)} line{'s' * (abs(by) > 1)} {'down' if by > 0 else 'up'}"


@pytest.mark.parametrize("by", [1, -1, 3])
@pytest.mark.parametrize("fill", ["zero", "edge"])
def test_shifted_by_pixels(scene, by, fill):
    moved = []
    for frame in scene.frames:
        width = frame.shape[1]
        source = np.arange(width) - by
        out = frame[:, np.clip(source, 0, width - 1)]
        if fill == "zero":
            out[:, (source < 0) | (source >= width)] = 0
        moved.append(out)
    first = leads(scene.compare(scene.dump(scene.beats(moved))), "shifted_pixel")
    assert first.detail == f"{abs(by)} pixel{'s' * (abs(by) > 1)} {'right' if by > 0 else 'left'}"


def test_the_raster_late_by_a_pixel(scene):
    if scene.config.video.pixels_per_clock == 1:
        pytest.skip("that is a beat")
    late = [np.roll(frame.reshape(-1), 1).reshape(frame.shape) for frame in scene.frames]
    leads(scene.compare(scene.dump(scene.beats(late))), "shifted_pixel")


def test_dropped_beat(scene):
    beats = scene.beats()
    at = int(scene.rng.integers(len(beats) // 8, len(beats) // 2))
    first = leads(scene.compare(scene.dump(np.delete(beats, at, axis=0))), "dropped_beat")
    assert first.explained >= sum(f.size for f in scene.frames) - 4
    sof, eol = (np.delete(flag, at) for flag in scene.flags())
    diff = scene.compare(scene.ila(np.delete(beats, at, axis=0), sof, eol))
    leads(diff, "dropped_beat")
    assert diff.framing


def test_two_dropped_beats(scene):
    beats = scene.beats()
    size = len(beats)
    two = np.delete(beats, [size // 4, size // 2], axis=0)
    assert "2 more" not in leads(scene.compare(scene.dump(two)), "dropped_beat").detail


def test_doubled_beat(scene):
    beats = scene.beats()
    at = int(scene.rng.integers(len(beats) // 8, len(beats) // 2))
    twice = np.insert(beats, at, beats[at], axis=0)
    leads(scene.compare(scene.dump(twice)), "doubled_beat")
    leads(scene.compare(scene.dump(twice[: len(beats)])), "doubled_beat")


@pytest.mark.parametrize("turn", ["reverse", "pairs", "rotate"])
def test_swapped_pixels(scene, turn):
    per_beat = scene.config.video.pixels_per_clock
    order = {
        "reverse": list(range(per_beat))[::-1],
        "pairs": [i ^ 1 if i ^ 1 < per_beat else i for i in range(per_beat)],
        "rotate": [(i + 1) % per_beat for i in range(per_beat)],
    }[turn]
    frames = []
    for frame in scene.frames:
        missing = -frame.shape[1] % per_beat
        full = np.pad(frame, ((0, 0), (0, missing)))
        rows = full.reshape(len(full), -1, per_beat)[:, :, order]
        frames.append(rows.reshape(len(full), -1))
    diff = scene.compare(scene.dump(scene.beats(frames)))
    # The reverse of pixels of 8 bits is a byte order too, pairs may be phases: all of it is said.
    leads(diff, "swapped_pixels", alone=False)
    assert named(diff) <= {"swapped_pixels", "byte_order", "phase_order"}


def test_byte_order(scene):
    beats = scene.beats()
    diff = scene.compare(scene.dump(beats[:, ::-1]))
    leads(diff, "byte_order")
    if scene.config.formats.output.width == 16:
        diff = scene.compare(scene.dump(beats.reshape(-1, 2)[:, ::-1].reshape(beats.shape)))
        assert leads(diff, "byte_order").detail == "the bytes of every pixel reversed"
        assert diff.leading == 1


@pytest.mark.parametrize("value", [0, 1])
def test_stuck_bit_of_the_bus(scene, value):
    beats = scene.beats()
    width, per_beat = scene.config.formats.output.width, scene.config.video.pixels_per_clock
    bit = int(scene.rng.integers(width * per_beat))
    stuck = beats.copy()
    if value:
        stuck[:, bit // 8] |= 1 << bit % 8
    else:
        stuck[:, bit // 8] &= 255 - (1 << bit % 8)
    first = leads(scene.compare(scene.dump(stuck)), "stuck_bit")
    assert f"TDATA[{bit}]" in first.detail
    assert first.detail.endswith(f"at {value}")


@pytest.mark.parametrize("value", [0, 1])
def test_stuck_bit_of_every_pixel(scene, value):
    output = scene.config.formats.output
    bit = int(scene.rng.integers(output.width))
    frames = [f | 1 << bit if value else f & ~(1 << bit) for f in map(np.int64, scene.frames)]
    first = leads(scene.compare(scene.dump(scene.beats(frames))), "stuck_bit")
    assert first.detail == f"bit {bit} of every output pixel at {value}"


def test_stuck_bit_of_the_input(scene):
    pixel = scene.config.formats.pixel
    bit = 5
    frames = []
    for pixels in scene.pixels:
        raw = (pixels | 1 << bit) & 255
        frames.append(scene.golden(np.where(raw > pixel.max_code, raw - 256, raw)))
    first = leads(scene.compare(scene.dump(scene.beats(frames))), "stuck_bit")
    assert first.detail == "bit 5 of the input pixels at 1"


@pytest.mark.parametrize(
    ("cause", "change"),
    [
        ("kernel_not_turned", lambda w: w[..., ::-1, ::-1]),
        ("kernel_not_turned", lambda w: w[..., ::-1]),
        ("kernel_transposed", lambda w: w.swapaxes(2, 3)),
        ("sign", lambda w: -w),
    ],
)
def test_kernel(scene, cause, change):
    wrong = np.ascontiguousarray(change(scene.weights))
    low = scene.config.formats.weight.min_code
    frames = [scene.golden(pixels, np.maximum(wrong, low)) for pixels in scene.pixels]
    leads(scene.compare(scene.dump(scene.beats(frames))), cause)


def test_a_kernel_equal_to_its_transpose_is_not_guessed(tmp_path):
    scene = Scene(tmp_path, "x2", 4)
    weights = np.arange(-40, 41).reshape(1, 1, 9, 9) * 2
    weights = weights + weights.swapaxes(2, 3) + 30
    symmetric = Scene.__new__(Scene)
    symmetric.__dict__.update(scene.__dict__)
    from deconv4k.vectors import recipes, sets

    symmetric.weights = weights
    recipe = recipes.Recipe(
        "s", "s", "s", scene.config, weights, [p.shape[1:] for p in scene.pixels], scene.pixels,
        None, 1,
    )  # fmt: skip
    symmetric.manifest = sets.write(tmp_path / "set", recipe, ("npz",))
    turned = [symmetric.golden(p, weights[..., ::-1, ::-1]) for p in scene.pixels]
    diff = symmetric.compare(scene.dump(scene.beats(turned)))
    leads(diff, "kernel_not_turned")
    assert named(diff) == {"kernel_not_turned", "kernel_transposed"}


def test_old_kernel(scene, tmp_path):
    old = scene.rng.permutation(scene.weights.reshape(-1)).reshape(scene.weights.shape)
    np.save(tmp_path / "old.npy", old)
    # The new kernel comes in time for the last frame, if there are several.
    late = scene.pixels[:-1] or scene.pixels
    frames = [scene.golden(p, old) for p in late]
    frames += [scene.golden(p) for p in scene.pixels[len(late) :]]
    diff = scene.compare(scene.dump(scene.beats(frames)), previous=str(tmp_path / "old.npy"))
    first = leads(diff, "old_kernel")
    assert first.detail == "the previous kernel"
    assert first.frames == ([0] if len(scene.pixels) > 1 else None)


def test_the_power_up_kernel(scene):
    from deconv4k.photo import kernels

    layer, weight = scene.config.layer, scene.config.formats.weight
    default = kernels.to_codes(kernels.default(layer), layer, weight)
    frames = [scene.golden(pixels, default) for pixels in scene.pixels]
    leads(scene.compare(scene.dump(scene.beats(frames))), "old_kernel")


def other_output(config, **changes):
    formats = config.formats
    return replace(config, formats=replace(formats, output=replace(formats.output, **changes)))


def test_phase_order(scene):
    stride = scene.config.layer.stride
    for axis in (0, 1):
        frames = []
        for frame in scene.frames:
            out = frame.copy()
            view, right = (out, frame) if axis == 0 else (out.T, frame.T)
            for phase in range(stride):
                view[phase::stride] = right[(phase + 1) % stride :: stride]
            frames.append(out)
        diff = scene.compare(scene.dump(scene.beats(frames)))
        leads(diff, "phase_order", alone=axis == 0)
        assert named(diff) <= {"phase_order", "swapped_pixels", "fields"}


@pytest.mark.parametrize("mode", list(Rounding))
def test_rounding(scene, mode):
    if mode is scene.config.formats.output.rounding:
        pytest.skip("the right one")
    wrong = other_output(scene.config, rounding=mode)
    frames = [scene.golden(pixels, config=wrong) for pixels in scene.pixels]
    if all(np.array_equal(a, b) for a, b in zip(frames, scene.frames, strict=True)):
        assert scene.compare(scene.dump(scene.beats(frames))).clean
        return
    diff = scene.compare(scene.dump(scene.beats(frames)))
    leads(diff, "rounding")
    assert any(mode.name in one.detail.split() for one in diff.findings[: diff.leading])


def test_wrap_for_saturate(scene):
    wrong = other_output(scene.config, overflow=Overflow.AP_WRAP)
    frames = [scene.golden(pixels, config=wrong) for pixels in scene.pixels]
    assert leads(scene.compare(scene.dump(scene.beats(frames))), "overflow").detail.startswith(
        "AP_WRAP"
    )


@pytest.mark.parametrize("node", ["pixel", "weight"])
def test_sign(scene, node):
    target = getattr(scene.config.formats, node)
    signed = Format(target.width, target.integer, not target.signed)
    config = replace(scene.config, formats=replace(scene.config.formats, **{node: signed}))

    def reread(codes):
        raw = codes % (1 << target.width)
        return np.where(raw > signed.max_code, raw - (1 << target.width), raw)

    frames = []
    for pixels in scene.pixels:
        if node == "pixel":
            frames.append(golden.run(config, reread(pixels), scene.weights)[0])
        else:
            frames.append(golden.run(config, pixels, reread(scene.weights))[0])
    leads(scene.compare(scene.dump(scene.beats(frames))), "sign")


def bordered(scene, pixels, mode, sides):
    """Sums over a picture with something around it, by the golden model on the larger picture."""
    stride, m = scene.config.layer.stride, 5
    out = np.pad(pixels, ((0, 0), (m, m), (m, m)), mode=mode)
    _, rows, columns = out.shape
    keep = np.zeros(out.shape, dtype=bool)
    keep[:, m : rows - m, m : columns - m] = True
    for side, part in (
        ("t", np.s_[:, :m, :]), ("b", np.s_[:, rows - m :, :]),
        ("l", np.s_[:, :, :m]), ("r", np.s_[:, :, columns - m :]),
    ):  # fmt: skip
        if side in sides:
            keep[part] = True
    big = scene.golden(np.where(keep, out, 0))
    _, height, width = pixels.shape
    return big[m * stride : (m + height) * stride, m * stride : (m + width) * stride]


@pytest.mark.parametrize(("mode", "sides"), [("edge", "tblr"), ("edge", "l"), ("wrap", "tblr")])
def test_border(scene, mode, sides):
    frames = [bordered(scene, pixels, mode, sides) for pixels in scene.pixels]
    leads(scene.compare(scene.dump(scene.beats(frames))), "border")


def test_the_end_of_the_line_before(scene):
    stride, m = scene.config.layer.stride, 4
    frames = []
    for pixels in scene.pixels:
        height, width = pixels.shape[1:]
        wide = np.zeros((1, height, width + 2 * m), dtype=np.int64)
        wide[:, :, m : m + width] = pixels
        for y in range(1, height):
            wide[0, y, :m] = pixels[0, y - 1, width - m :]
        frames.append(scene.golden(wide)[:, m * stride : (m + width) * stride])
    first = leads(scene.compare(scene.dump(scene.beats(frames))), "border")
    assert "line before" in first.detail


def test_previous_frame_left_over(scene):
    stride = scene.config.layer.stride
    frames = []
    for number, pixels in enumerate(scene.pixels):
        before = scene.pixels[number - 1]
        both = np.concatenate([before, pixels], axis=1)
        frames.append(scene.golden(both)[before.shape[1] * stride :])
    first = leads(scene.compare(scene.dump(scene.beats(frames))), "previous_frame")
    assert first.detail.startswith("the last rows")
    assert first.explained == sum(frame.size for frame in scene.frames)


def test_nothing_written(scene):
    leads(scene.compare(scene.dump(np.zeros_like(scene.beats()))), "nothing_written")
