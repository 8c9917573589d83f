"""Captures of every kind, whole and damaged, and where they are found to lie."""

import csv
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from diff_scene import Scene, named

from deconv4k.diagnosis import compare, report, selftest
from deconv4k.diagnosis.captures import Log
from deconv4k.errors import InputError
from deconv4k.photo import image
from deconv4k.rtl import signature
from deconv4k.vectors import pictures


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path, "x2", 3)


@pytest.fixture(params=["x2", "x2_odd", "x2_signed_16", "x4_signed_10"])
def each(request, tmp_path):
    return Scene(tmp_path, request.param, 5)


def deconv4k(*arguments, cwd):
    command = [sys.executable, "-c", "from deconv4k.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_arrays_and_pictures(each, tmp_path):
    frames = each.frames
    np.save(tmp_path / "all.npy", np.stack(frames))
    np.save(tmp_path / "one.npy", frames[-1])
    np.save(tmp_path / "buffer.npy", each.beats().reshape(-1))
    samples = pictures.samples(frames[0], each.config.formats.output)
    image.write(tmp_path / "one.png", samples)
    for name in ("all.npy", "one.npy", "buffer.npy", "one.png"):
        assert each.compare(tmp_path / name).clean, name
    wrong = np.stack(frames)
    wrong[-1, 3, 5] ^= 1
    np.save(tmp_path / "wrong.npy", wrong)
    diff = each.compare(tmp_path / "wrong.npy")
    first, stride = diff.first, each.config.layer.stride
    assert first.place == (len(frames) - 1, 3, 5)
    assert first.phase == (3 % stride, 5 % stride)
    assert (first.expected, first.got) == (frames[-1][3, 5], wrong[-1, 3, 5])
    assert first.error == int(wrong[-1, 3, 5]) - int(frames[-1][3, 5])
    assert (diff.mismatches, diff.window.pixels) == (1, wrong.size)


def test_hexadecimal_words(each, tmp_path):
    words = [bytes(beat[::-1]).hex() for beat in each.beats()]
    (tmp_path / "beats.hex").write_text("// beats\n@0\n" + "\n".join(words) + "\n")
    assert each.compare(tmp_path / "beats.hex").clean
    (tmp_path / "beats.hex").write_text("\n".join(words[:9]) + "\nzz\n")
    with pytest.raises(InputError, match=r"beats.hex:10: 'zz'; allowed"):
        each.compare(tmp_path / "beats.hex")


@pytest.mark.parametrize("flags", ["both", "eol", "none"])
def test_a_window_from_the_middle(each, flags):
    beats, (sof, eol) = each.beats(), each.flags()
    part = slice(len(beats) // 3, len(beats) // 3 + 60)
    given = {"both": (sof[part], eol[part]), "eol": (None, eol[part]), "none": (None, None)}[flags]
    diff = each.compare(each.ila(beats[part], *given))
    assert diff.clean
    assert diff.window.index[0] == part.start
    hurt = beats[part].copy()
    hurt[20, 0] ^= 4
    diff = each.compare(each.ila(hurt, *given))
    assert (diff.mismatches, diff.first.beat) == (1, 20)


@pytest.mark.parametrize("flags", [True, False])
def test_a_window_of_another_kernel(each, flags):
    """Hardly a pixel is right, and the place is found all the same."""
    turned = np.ascontiguousarray(each.weights[..., ::-1, ::-1])
    beats = each.beats([each.golden(pixels, turned) for pixels in each.pixels])
    part = slice(len(beats) // 3, len(beats) // 3 + 80)
    eol = each.flags()[1][part] if flags else None
    diff = each.compare(each.ila(beats[part], None, eol))
    assert diff.window.index[0] == part.start
    assert diff.findings[0].name == "kernel_not_turned"


def test_several_rounds_of_the_frames(each):
    beats, (sof, eol) = each.beats(), each.flags()
    at = len(beats) // 2
    three = np.concatenate([beats] * 3)[at:-7]
    flags = [np.concatenate([flag] * 3)[at:-7] for flag in (sof, eol)]
    diff = each.compare(each.ila(three, *flags))
    assert diff.clean
    assert len(diff.window.begins) == 3 * len(each.frames) - (len(each.frames) // 2)
    assert each.compare(each.dump(np.concatenate([beats] * 3))).clean


def test_wrong_flags_are_told(scene):
    beats, (sof, eol) = scene.beats(), scene.flags()
    eol = eol.copy()
    eol[6] = False
    eol[9] = True
    diff = scene.compare(scene.ila(beats, sof, eol))
    assert not diff.clean
    assert not diff.mismatches
    assert diff.framing == [
        "EOL: 1 missing, 1 where none belongs; first at beat 6 of the capture, frame 0, line 0, "
        "x 24"
    ]


def test_the_last_beat_of_a_frame_dropped(scene):
    beats, flags = scene.beats(), scene.flags()
    at = len(beats) // 2 - 1
    beats, sof, eol = (np.delete(one, at, axis=0) for one in (beats, *flags))
    diff = scene.compare(scene.ila(beats, sof, eol))
    assert not diff.clean
    assert named(diff) == {"dropped_beat"}


def signal_tap(scene, beats, sof, eol, path):
    """Samples as Quartus writes them: a preamble, Data:, names with two dots in their ranges."""
    bits = 8 * beats.shape[1]
    with path.open("w", newline="") as file:
        write = csv.writer(file)
        write.writerow(["acq_data_auto_signaltap_0"])
        write.writerow([])
        write.writerow(["Data:"])
        write.writerow([
            "sample", "top|dut|m_axis_video_tlast", f"top|dut|m_axis_video_tdata[{bits - 1}..0]",
            "top|dut|m_axis_video_tready", "top|dut|m_axis_video_tvalid",
            "top|dut|m_axis_video_tuser",
        ])  # fmt: skip
        for i, beat in enumerate(beats):
            word = bytes(beat[::-1]).hex().upper() + "h"
            write.writerow([i, int(eol[i]), word, 1, 1, int(sof[i])])


def test_signal_tap(each, tmp_path):
    beats, (sof, eol) = each.beats(), each.flags()
    signal_tap(each, beats, sof, eol, tmp_path / "stp.csv")
    diff = each.compare(tmp_path / "stp.csv")
    assert (diff.clean, diff.kind, diff.how) == (True, "Signal Tap samples", "start of frame")


def test_radices_and_several_streams(scene, tmp_path):
    beats = scene.beats()
    rows = [["Sample in Buffer", "a/s_axis_tdata[7:0]", "a/s_axis_tvalid", "a/m_axis_tdata[31:0]",
             "b/m_axis_tdata[31:0]"],
            ["Radix - UNSIGNED", "HEX", "HEX", "UNSIGNED", "BINARY"]]  # fmt: skip
    for i, beat in enumerate(beats):
        word = int.from_bytes(bytes(beat), "little")
        rows.append([i, "7f", 1, word, f"{word:032b}"])
    with (tmp_path / "two.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    with pytest.raises(InputError, match="say which by `port`"):
        scene.compare(tmp_path / "two.csv")
    for port in ("a/m", "b/"):
        diff = scene.compare(tmp_path / "two.csv", port=port)
        assert diff.clean
        assert diff.notes == [
            "TVALID was not captured and is taken as 1", "TREADY was not captured and is taken as 1"
        ]  # fmt: skip


SOURCE = """
`timescale 1ns / 1ps
module top;
    reg aclk = 0;
    reg m_axis_tvalid = 0;
    reg m_axis_tready = 1;
    reg m_axis_tlast = 0;
    reg m_axis_tuser = 0;
    reg [31:0] m_axis_tdata;
    reg [33:0] beats [0:BEATS-1];
    integer i = 0;
    always #5 aclk = !aclk;
    always @(posedge aclk) begin
        m_axis_tready <= i % 3 != 1;
        if (m_axis_tready || !m_axis_tvalid) begin
            m_axis_tvalid <= i < BEATS;
            {m_axis_tuser, m_axis_tlast, m_axis_tdata} <= beats[i];
        end
        if (!m_axis_tvalid || m_axis_tready) i <= i + 1;
        else m_axis_tready <= 1;
        if (i == BEATS + 4) $finish;
    end
    initial begin
        $readmemh("beats.hex", beats);
        $dumpfile("waves.vcd");
        $dumpvars(0, top);
    end
endmodule
"""


def test_vcd_of_icarus(scene, tmp_path):
    if shutil.which("iverilog") is None:
        pytest.fail("iverilog is not installed")
    beats, (sof, eol) = scene.beats(), scene.flags()
    words = [int.from_bytes(bytes(beat), "little") for beat in beats]
    lines = [
        f"{int(s) << 33 | int(e) << 32 | w:x}" for s, e, w in zip(sof, eol, words, strict=True)
    ]
    (tmp_path / "beats.hex").write_text("\n".join(lines) + "\n")
    (tmp_path / "top.v").write_text(SOURCE.replace("BEATS", str(len(beats))))
    subprocess.run(["iverilog", "-o", "top", "top.v"], cwd=tmp_path, check=True)
    subprocess.run(["vvp", "top"], cwd=tmp_path, check=True, capture_output=True)
    diff = scene.compare(tmp_path / "waves.vcd")
    assert (diff.clean, len(diff.window.got)) == (True, len(beats))
    text = (tmp_path / "waves.vcd").read_text()
    (tmp_path / "waves.vcd").write_text(text[: text.index("$enddefinitions") - 40])
    result = deconv4k("diff", "set", "waves.vcd", cwd=tmp_path)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


def test_truncated(scene, tmp_path):
    beats = scene.beats()
    diff = scene.compare(scene.dump(beats[:100]))
    assert not diff.clean
    assert not diff.mismatches
    assert report.verdict(diff) == "truncated: 100 of 154 beats"
    (tmp_path / "odd.bin").write_bytes(beats.tobytes()[:-2])
    diff = scene.compare(tmp_path / "odd.bin")
    assert diff.notes == ["2 bytes after the last whole beat of 4 are left out"]
    assert diff.missing == 1
    # Lost at the start, or a window of a free-running DMA: told, and in this case no fault.
    assert scene.compare(scene.dump(beats[40:])).framing[0].startswith("the capture begins in")
    diff = scene.compare(scene.dump(beats[40:140]))
    assert diff.clean
    assert diff.notes[0].startswith("the capture begins in")
    path = scene.ila(beats)
    text = path.read_text()
    path.write_text(text[: len(text) // 2].rsplit(",", 1)[0])
    with pytest.raises(InputError, match="the file is cut off"):
        scene.compare(path)


def test_garbage(scene, tmp_path):
    rng = np.random.default_rng(9)
    beats = scene.beats()
    noise = rng.integers(0, 256, beats.shape, dtype=np.uint8)
    # All causes are tried on noise: whole frames once, otherwise as few beats as a capture has.
    for path in (scene.dump(noise), scene.ila(noise[:60])):
        diff = scene.compare(path)
        assert not diff.alike
        assert "resembles none" in report.verdict(diff)
    result = deconv4k("diff", "set", scene.dump(noise[:60]), cwd=tmp_path)
    assert result.returncode == 1
    assert "resembles none" in result.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.bin", None, "No such file"),
        ("empty.bin", b"", "empty"),
        ("short.bin", b"abc", "3 bytes; allowed: at least a beat of 4"),
        ("what.xyz", b"1", "ends in '.xyz'; allowed: .bin"),
        ("junk.csv", b"a,b\n1,2\n", "no row of names with a tdata"),
        ("junk.vcd", b"junk", "no readable waves"),
        ("junk.fst", b"\0junk" * 50, "no readable waves"),
        ("junk.npy", b"junk", "no .npy file"),
        ("junk.png", b"junk", "no readable picture"),
        ("x.csv", b"n,m_tdata[31:0],m_tvalid\nRadix - UNSIGNED,HEX,HEX\n0,gg,1\n", "x.csv:3: m_td"),
        ("idle.csv", b"n,m_tdata[31:0],m_tvalid\n0,12,0\n", "TVALID and TREADY never meet"),
        ("radix.csv", b"n,m_tdata\nRadix - UNSIGNED,FLOAT\n0,1\n", "radix 'FLOAT'; allowed: HEX"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_gets_one_line(scene, tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    result = deconv4k("diff", "set", name, "--picture", "p.png", cwd=tmp_path)
    assert result.returncode == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""
    assert not (tmp_path / "p.png").exists()


def test_pictures_of_other_sizes_are_refused(scene, tmp_path):
    np.save(tmp_path / "size.npy", scene.frames[0][:-1])
    with pytest.raises(InputError, match=r"28x21 pixels; allowed: 28x22"):
        scene.compare(tmp_path / "size.npy")
    np.save(tmp_path / "range.npy", scene.frames[0].astype(np.int64) + 256)
    with pytest.raises(InputError, match="allows 0 to 255"):
        scene.compare(tmp_path / "range.npy")


def test_the_command(scene, tmp_path):
    beats = scene.beats()
    result = deconv4k("diff", "set", scene.dump(beats), cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1].startswith("clean: 1,232 pixels")
    hurt = beats.copy()
    hurt[:, 2] |= 8
    command = ["diff", "set/manifest.json", scene.dump(hurt), "--picture", "p.png"]
    result = deconv4k(*command, cwd=tmp_path)
    assert result.returncode == 1
    assert "stuck bit (bit 3 of pixel 2 of a beat (TDATA[19]) at 1): explains 100 %" in (
        result.stdout
    )
    picture = image.read(tmp_path / "p.png")
    assert (picture == (255, 170, 0)).all(axis=2).any()
    result = deconv4k(*command[:3], "--json", cwd=tmp_path)
    data = json.loads(result.stdout)
    assert data["causes"][0]["cause"] == "stuck_bit"
    wrong = np.argwhere(hurt != beats)[0]
    assert data["first_mismatch"]["line"] == wrong[0] // 7
    assert data["first_mismatch"]["x"] == wrong[0] % 7 * 4 + 2
    assert data["mismatches"] == np.count_nonzero(hurt != beats)


def test_help_teaches(tmp_path):
    lines = deconv4k("diff", "--help", cwd=tmp_path).stdout.splitlines()
    for ending in (".bin .raw", ".npy", ".png", ".csv", ".vcd .fst", ".log .txt"):
        assert any(line.startswith(f"  {ending} ") for line in lines), ending
    assert any("Exit status: 0 clean; 1 wrong" in line for line in lines)


def test_picture_of_a_part(scene):
    from deconv4k.diagnosis import error_picture as picture

    beats = scene.beats()[:21].copy()
    beats[8] ^= 0x55
    drawn = picture.draw(scene.compare(scene.dump(beats)))
    scale = len(drawn) // 22
    small = drawn[::scale, ::scale]
    assert small.shape == (22, 28, 3)
    assert (small[3:] == picture.UNSEEN).all()
    bad = (small == picture.UNEXPLAINED).all(axis=2) | (small == picture.EXPLAINED).all(axis=2)
    assert np.argwhere(bad).tolist() == [[1, 4], [1, 5], [1, 6], [1, 7]]


def line(scene, frame=0, verdict=None, **changes):
    """A line of the self-test, from the signatures' own functions."""
    config = scene.config
    words = {
        "cfg": config.digest,
        "krn": signature.kernel(config, scene.weights),
        "in": signature.input_frame(config, scene.pixels[frame]),
        "out": signature.output_frame(config, scene.frames[frame]),
        "exp": signature.output_frame(config, scene.frames[frame]),
        "frames": 7, "errors": 0, "stalled": 0, "clocks": 4711,
        **changes,
    }  # fmt: skip
    verdict = verdict or ("PASS" if words["out"] == words["exp"] else "FAIL")
    return f"D4K v1 {verdict} " + " ".join(f"{k}={v:08x}" for k, v in words.items()) + "\r\n"


def judge(scene, text):
    path = scene.folder / "uart.log"
    path.write_text("boot...\r\n" + text, newline="")
    case = compare.load_set(scene.manifest)
    given = compare.load(path, case)
    assert isinstance(given, Log)
    return selftest.compare_log(case, given)


def test_log_of_a_good_board(each):
    text = "".join(line(each, n % len(each.frames), frames=n) for n in range(5))
    found = judge(each, text + "D4K v1 PA")
    assert (found.clean, found.lines, found.failed) == (True, 5, 0)
    assert found.notes == ["line 7 is cut off and left out"]


def test_log_names_the_part_that_is_wrong(each):
    turned = np.ascontiguousarray(each.weights[..., ::-1, ::-1])
    old = signature.kernel(each.config, turned)
    other = signature.output_frame(each.config, each.golden(each.pixels[0], turned))
    found = judge(each, line(each, krn=old, out=other))
    assert found.wrong[0].startswith(f"kernel: {old:08x}")
    assert found.wrong[0].endswith("it is the kernel turned by 180 degrees")
    found = judge(each, line(each, out=other))
    assert "the engine; it is what this would give: kernel not turned" in found.wrong[0]
    assert judge(each, line(each, cfg=1)).wrong[0].startswith("configuration: 00000001")
    assert judge(each, line(each, **{"in": 2}, out=3)).wrong[0].startswith("input: 00000002")
    assert judge(each, line(each, exp=5)).wrong[0].startswith("expected signature: 00000005")
    assert judge(each, line(each, errors=5)).wrong == ["errors: 00000005, EOL_EARLY, SOF_EARLY"]
    assert judge(each, line(each, verdict="FAIL")).wrong[0].startswith("verdict: FAIL")
    found = judge(each, line(each) + line(each, out=1) + line(each))
    assert (found.clean, found.failed) == (False, 1)
    assert found.notes == ["the count of frames stays 7: no further frame came"]


def test_damaged_logs(scene, tmp_path):
    found = judge(scene, "D4K v1 PASS cfg=12\n" + line(scene))
    assert (found.clean, found.lines) == (True, 1)
    assert found.notes == ["line 2 is damaged and left out"]
    (tmp_path / "uart.log").write_text("boot\nD4K v1 PA")
    result = deconv4k("diff", "set", "uart.log", cwd=tmp_path)
    assert result.returncode == 2
    assert "no whole line of the self-test" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_command_reads_logs(scene, tmp_path):
    (tmp_path / "uart.log").write_text(line(scene))
    assert deconv4k("diff", "set", "uart.log", cwd=tmp_path).returncode == 0
    (tmp_path / "uart.log").write_text(line(scene, out=1))
    result = deconv4k("diff", "set", "uart.log", "--json", cwd=tmp_path)
    assert result.returncode == 1
    assert json.loads(result.stdout)["failed"] == 1
