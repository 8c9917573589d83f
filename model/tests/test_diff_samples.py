"""Samples of logic analysers in many spellings: read as they are, or refused with a reason."""

import subprocess
import sys

import numpy as np
import pytest
from field import ILA, clocks, ila, judge, quartus, spelled, told

from deconv4k.diagnosis import report
from deconv4k.errors import InputError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "samples.csv"


def refusal(path, **options):
    with pytest.raises(InputError) as caught:
        judge(path, **options)
    (text,) = caught.value.lines
    assert "\n" not in text
    assert text.startswith(f"{path}:")
    return text.removeprefix(str(path))


@pytest.mark.parametrize(
    ("template", "data", "flag"),
    [
        ("design_1_i/deconv_axi_0_m_axis_video_{}", "[31:0]", ""),
        ("design_1_i/g_chan[0].core/m_axis_video_{}", "[31:0]", ""),
        ("g_row[1].g_chan[0].core/m_axis_video_{}", "[31:0]", "[0:0]"),
        ("g_chan(0)/core/m_axis_video_{}", "(31 downto 0)", "(0)"),
        ("\\g_chan[0].core /m_axis_{}", "[31:0]", ""),
        ("m_axis[{}]", "[31:0]", ""),
        ("design_1_i/m_axis[{}]", "[31:0]", "[0:0]"),
        ("core/m_axis[0][{}]", "[31:0]", ""),
        ("m_axis.{}", "[31:0]", ""),
        ("top.g_chan[3].m_axis.{}", "[31:0]", ""),
        ("M_AXIS_{}_o", "[31:0]", ""),
        ("slot_0 : m_axis_video : {}", "[31:0]", ""),
        ("m_axis_{}", " [31:0]", " [0:0]"),
        ("m_axis_{}", "[0:31]", ""),
        ("m_axis_{}_1", "", ""),
        ("m_axis_{}[0]", "[31:0]", ""),
    ],
)
def test_names(path, template, data, flag):
    if template == "m_axis_{}[0]":
        flag = "[0:0]"
    assert told(path, lambda rows: ila(path, rows, spelled(template, data, flag))) == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_separators_and_encodings(path, delimiter, encoding):
    columns = spelled("m_axis_video_{}")

    def write(rows):
        ila(path, rows, columns, delimiter=delimiter, encoding=encoding, end="\r\n")

    assert told(path, write) == []


def signed(value):
    return value - (value >> 31 << 32)


@pytest.mark.parametrize(
    ("radix", "form"),
    [
        ("HEX", "{:08x}".format), ("HEX", "0x{:X}".format), ("HEX", "{:08X}h".format),
        ("UNSIGNED", str), ("SIGNED", lambda value: str(signed(value))),
        ("BINARY", "{:032b}".format), ("OCTAL", "{:o}".format),
        # Without a row of radices.
        (None, "{:08x}".format), (None, "{:x}".format), (None, "0x{:x}".format),
        (None, "32'h{:08X}".format), (None, "{:08X}h".format), (None, str),
        (None, lambda value: str(signed(value))), (None, "{:032b}".format),
        (None, "32'b{:b}".format), (None, "{:032b}b".format), (None, "{:011o}".format),
    ],
)  # fmt: skip
def test_radices(path, radix, form):
    columns = spelled("m_axis_video_{}")

    def write(rows):
        ila(
            path, rows, columns, radix=radix,
            form=lambda name, value: form(value) if name == "tdata" else str(value),
        )  # fmt: skip

    assert told(path, write) == []


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["12345678", "23456789"], "its digits may be hexadecimal and decimal; export it with"),
        (["00000012", "-5"], "cells such as '-5' are numbers of no one radix in 32 bits"),
        (["4294967296"], "cells such as '4294967296' are numbers of no one radix in 32 bits"),
        (["1.5e3"], "cells such as '1.5e3' are numbers of no one radix"),
    ],
)
def test_an_undecided_radix_is_refused(path, cells, said):
    rows = [f"{i},{cell},1" for i, cell in enumerate(cells)]
    path.write_text("\n".join(["Sample in Buffer,m_tdata[31:0],m_tvalid", *rows]) + "\n")
    assert said in refusal(path)


def test_a_number_too_large_for_its_range_is_refused(path):
    path.write_text("n,m_tdata[31:0]\nRadix - UNSIGNED,HEX\n0,12\n1,123456789\n")
    assert refusal(path) == (
        ":4: m_tdata[31:0] = '123456789'; allowed: numbers of radix 16 of 32 bits"
    )


BUS = "deconv_axi:dut|m_axis_video_tdata[31..0]"
FLAGS = [(f"deconv_axi:dut|m_axis_video_{name}", name, None) for name in
         ("tlast", "tready", "tuser", "tvalid")]  # fmt: skip
BITS = [(f"deconv_axi:dut|m_axis_video_tdata[{bit}]", "tdata", bit) for bit in range(31, -1, -1)]


def group(radix, name=BUS, members=True):
    return ", ".join([name + " =", *([bit for bit, _, _ in BITS] if members else []), " " + radix])


@pytest.mark.parametrize("members", [True, False])
@pytest.mark.parametrize(
    ("radix", "form"),
    [
        ("hexadecimal", "{:08X}h".format), ("hexadecimal", "{:08X}".format),
        ("binary", "{:032b}".format), ("octal", "{:011o}".format),
        ("unsigned decimal", str), ("signed decimal", lambda value: str(signed(value))),
    ],
)  # fmt: skip
def test_groups(path, members, radix, form):
    """The section of buses stands above Data:, with or without their bits below."""
    columns = [(BUS, "tdata", None), *(BITS if members else []), *FLAGS]

    def write(rows):
        groups = [group(radix, members=members), "some|other[1..0] = some|other[1],"]
        quartus(path, rows, columns, groups=groups, form=form)

    assert told(path, write) == []


def test_a_group_gives_radix_and_width(path):
    """Digits that say nothing are read by the radix of the section; so is a bus without range."""
    name = BUS.partition("[")[0]
    lines = ["Groups:", group("hexadecimal", name), "", "Data:", f"sample, {name}, t|x"]
    path.write_text("\n".join([*lines, "0, 12345678, 1", "1, 23456789, 1"]))
    assert judge(path).window.got[0].tolist() == [0x78, 0x56, 0x34, 0x12]
    path.write_text("\n".join([*lines[3:], "0, 12345678, 1", "1, 23456789, 1"]))
    assert "its digits may be hexadecimal and decimal" in refusal(path)


@pytest.mark.parametrize("order", ["down", "up", "mixed"])
def test_a_column_a_bit(path, order):
    columns = [*BITS, *FLAGS]
    if order == "up":
        columns = columns[::-1]
    elif order == "mixed":
        columns = [columns[i] for i in np.random.default_rng(3).permutation(len(columns))]
    assert told(path, lambda rows: quartus(path, rows, columns)) == []
    quartus(path, clocks(), [one for one in columns if one[2] not in (3, 4, 17)])
    assert refusal(path) == (
        ": TDATA of deconv_axi:dut|m_axis_video_*: bits 3 to 4, 17 were not captured; a beat of "
        "the set has 32"
    )


def test_bits_counted_from_the_left(path):
    """Beside a range that rises, bit 0 is the highest: the bus is read, not its bits."""
    bits = [(f"m_tdata[{31 - bit}]", "tdata", bit) for bit in range(32)]
    columns = [("m_tdata[0..31]", "tdata", None), *bits, ("m_tvalid", "tvalid", None)]
    assert told(path, lambda rows: quartus(path, rows, columns)) == [
        "TREADY was not captured and is taken as 1"
    ]


def test_halves_of_a_bus(path):
    def write(rows):
        names = ["m_tdata[15:0]", "m_tdata[31:16]", "m_tvalid"]
        lines = [
            f"{row['tdata'] & 0xFFFF:04x},{row['tdata'] >> 16:04x},{row['tvalid']}" for row in rows
        ]
        path.write_text("\n".join([",".join(names), "Radix - HEX,HEX,HEX", *lines]) + "\n")

    assert told(path, write) == ["TREADY was not captured and is taken as 1"]


def test_a_wider_bus_is_told(path):
    columns = spelled("m_{}", "[63:0]")
    assert told(path, lambda rows: ila(path, rows, columns)) == [
        "TDATA has 64 bits, a beat of the set 32: the lowest are compared"
    ]


UNKNOWN = dict.fromkeys(("tdata", "tvalid", "tready", "tlast", "tuser"))


def test_the_first_sample_is_unknown(path):
    for columns in ([(BUS, "tdata", None), *BITS, *FLAGS], [(BUS, "tdata", None), *FLAGS]):
        notes = told(path, lambda rows, c=columns: quartus(path, [UNKNOWN, *rows], c))
        assert notes == ["TVALID or TREADY unknown at 1 clock(s), first in line 3: no beat"]
    columns = [(BUS, "tdata", None)]
    assert told(path, lambda rows: quartus(path, [UNKNOWN, *rows], columns))[2:] == [
        "TDATA unknown at 1 clock(s), first in line 3: no beat"
    ]


def test_unknown_samples_break_the_stream(path):
    """What lies between is not known: beats lost there are no fault, those lost elsewhere are."""
    columns = [(BUS, "tdata", None), *FLAGS]

    def write(rows):
        quartus(path, [*rows[:25], UNKNOWN, UNKNOWN, *clocks(107, 142)], columns)

    write(clocks())
    diff = judge(path)
    assert diff.clean
    assert diff.window.index.tolist() == [*range(25), *range(107, 142)]
    assert diff.notes == [
        "TVALID or TREADY unknown at 2 clock(s), first in line 28: no beat; the stream is broken "
        "there"
    ]
    write(clocks(hurt=True))
    assert judge(path).first.place == (0, 1, 21)
    rows = clocks()
    quartus(path, [*rows[:25], UNKNOWN, *clocks(107, 120), *clocks(121, 142)], columns)
    diff = judge(path)
    assert report.verdict(diff).startswith("dropped beat (1 dropped before frame 0, line 8, x 4")


def test_unknown_data_of_a_beat_is_no_gap(path):
    """TVALID says that it is a beat: its unknown bits are told, and compared as 0."""
    rows = clocks()
    columns = [(BUS, "tdata", None), *FLAGS]
    quartus(path, [*rows[:7], {**rows[7], "tdata": None}, *rows[8:]], columns)
    diff = judge(path)
    assert diff.notes == ["1 beats have unknown bits, taken as 0"]
    assert diff.first.place[:2] == (0, 0)
    assert diff.first.beat == 7


def test_a_ready_of_no_matter_may_be_unknown(path):
    idle = {"tdata": 0, "tvalid": 0, "tready": None, "tlast": 0, "tuser": 0}
    columns = [(BUS, "tdata", None), *FLAGS]
    assert told(path, lambda rows: quartus(path, [*rows[:9], idle, *rows[9:]], columns)) == []


def gap(path, rows, lost=0, filled="X"):
    """Vivado's column GAP: a row in which every probe is unknown."""
    columns = spelled("m_axis_video_{}")
    lines = [["Sample in Buffer", "Sample in Window", "TRIGGER", "GAP", *columns.values()],
             ["Radix - UNSIGNED", *["UNSIGNED"] * 3, *["HEX"] * 5]]  # fmt: skip
    for i, row in enumerate(rows):
        if i == 30:
            lines.append([str(i), str(i), "0", "1", filled * 8, *filled * 4])
        if not 30 <= i < 30 + lost:
            cells = [f"{row[n]:08x}" if n == "tdata" else str(row[n]) for n in columns]
            lines.append([str(i), str(i), "0", "0", *cells])
    path.write_text("\n".join(map(",".join, lines)) + "\n")


@pytest.mark.parametrize("filled", ["X", "x", "?"])
def test_gaps(path, filled):
    notes = told(path, lambda rows: gap(path, rows, filled=filled))
    assert notes == [
        "1 gap(s) between samples, the stream is broken there",
        "TVALID or TREADY unknown at 1 clock(s), first in line 33: no beat; the stream is broken "
        "there",
    ]
    gap(path, clocks(), lost=7)
    diff = judge(path)
    assert diff.clean
    assert diff.window.index.tolist() == [*range(30), *range(37, 60)]


@pytest.mark.parametrize("lost", [0, 7])
def test_a_gap_before_a_known_sample(path, lost):
    """The column marks the first sample after the gap; there is no row of unknowns."""
    gap(path, clocks(), lost)
    lines = path.read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if "XXXX" in line)
    del lines[at]
    cells = lines[at].split(",")
    lines[at] = ",".join([*cells[:3], "1", *cells[4:]])
    path.write_text("\n".join(lines) + "\n")
    diff = judge(path)
    assert diff.clean
    assert diff.window.index.tolist() == [*range(30), *range(30 + lost, 60)]
    assert diff.notes == ["1 gap(s) between samples, the stream is broken there"]


@pytest.mark.parametrize("names_again", [True, False])
@pytest.mark.parametrize("flags", [True, False])
def test_windows(path, names_again, flags):
    """Each begins at 0 and lies elsewhere."""
    columns = spelled("m_axis_video_{}")
    if not flags:
        del columns["tuser"], columns["tlast"]

    def write(hurt):
        spans = [(0, 33), (300, 320), (100, 107)]
        lines = []
        for first, last in spans:
            ila(path, clocks(first, last, hurt=hurt), columns)
            more = path.read_text().splitlines()
            lines += more if names_again or not lines else more[2:]
        path.write_text("\n".join(lines) + "\n")
        return [i for span in spans for i in range(*span)]

    where = write(False)
    diff = judge(path)
    assert diff.clean
    assert diff.notes == ["3 capture windows"]
    assert diff.window.index.tolist() == where
    write(True)
    diff = judge(path)
    assert (diff.mismatches, diff.first.place) == (1, (0, 1, 21))
    assert diff.window.index.tolist() == where


def test_sections_of_signal_tap(path):
    """Data: and the names once more, and the time falls: the next piece."""
    columns = [(BUS, "tdata", None), *BITS, *FLAGS]
    parts = []
    for first, last in ((0, 33), (300, 320)):
        quartus(path, clocks(first, last, hurt=True), columns)
        parts.append(path.read_text())
    path.write_text("\n".join(parts))
    diff = judge(path)
    assert diff.notes == ["2 capture windows"]
    assert diff.window.index.tolist() == [*range(33), *range(300, 320)]
    assert (diff.mismatches, diff.first.place) == (1, (0, 1, 21))


def test_windows_of_one_sample(path):
    """A window each beat: what is right is called so, and what is wrong is not."""
    columns = spelled("m_axis_video_{}")

    def write(rows):
        ila(path, rows, columns)
        lines = [line.split(",") for line in path.read_text().splitlines()]
        for line in lines[2:]:
            line[1] = "0"
        path.write_text("\n".join(map(",".join, lines)) + "\n")

    assert told(path, write) == ["60 capture windows"]


def test_streams_of_other_names(path):
    names = {"tdata": "u/probe0[31:0]", "tvalid": "u/probe1", "tready": "u/probe2[0:0]",
             "tlast": "u/eol", "tuser": "v/u/eol"}  # fmt: skip
    options = {"tdata": "probe0", "tvalid": "u/probe1", "tready": "PROBE2[0:0]",
               "tlast": "u/eol", "tuser": "v/u/eol"}  # fmt: skip

    def write(rows):
        idle = {**rows[0], "tvalid": 0, "tdata": 0x5555}
        ila(path, [idle, *rows[:9], {**rows[9], "tready": 0}, *rows[9:]], names)

    assert told(path, write, **options) == []
    assert ": no signal whose name ends in tdata; name it by `tdata`; there are Sample in" in (
        refusal(path)
    )
    assert refusal(path, tdata="probe7").startswith(": `tdata` 'probe7' fits no signal; there are")
    assert refusal(path, tdata="robe0").startswith(": `tdata` 'robe0' fits no signal")
    # A row of names below a preamble is found by the name as well.
    path.write_text("made by hand,\n\n" + path.read_text())
    assert judge(path, **options).clean
    # The signals beside TDATA by their usual names, one by another.
    columns = {**spelled("m_axis_{}"), "tvalid": "go"}
    assert told(path, lambda rows: ila(path, rows, columns), tvalid="go") == []


def test_names_where_they_are_of_no_use(path):
    ila(path, clocks(), spelled("m_axis_{}"))
    assert refusal(path, clock="clk") == (
        ": `clock` 'clk': a row is a clock; allowed: in .vcd or .fst"
    )
    other = path.with_suffix(".bin")
    other.write_bytes(bytes(64))
    for option in ("port", "clock", "tdata", "tuser"):
        assert refusal(other, **{option: "m"}) == (
            f": --{option} 'm': no names in it; allowed: for .csv, .vcd or .fst"
        )


def test_a_name_that_fits_several(path):
    columns = {"tdata": "a/x[31:0]", "tvalid": "b/x"}
    ila(path, clocks(), columns)
    assert refusal(path, tdata="x") == ": `tdata` 'x' fits a/x, b/x; give more of the name"


def test_ports(path):
    """Of two streams the master's; --port chooses, or says what there is."""
    other = [f"s_axis_{name}" for name in ("tdata[31:0]", "tvalid", "tready")]

    def write(rows, names=None):
        columns = spelled("design_i/core_0_m_axis_{}")
        head = ["Sample in Buffer", *columns.values(), *(names or other)]
        lines = [head, ["Radix - UNSIGNED", *["HEX"] * 8]]
        for i, row in enumerate(rows):
            cells = [f"{row[n]:08x}" if n == "tdata" else str(row[n]) for n in columns]
            lines.append([str(i), *cells, "deadbeef", "1", "1"])
        path.write_text("\n".join(map(",".join, lines)) + "\n")

    assert told(path, write) == []
    # A master is preferred to what is neither, though that is less deep.
    assert told(path, lambda rows: write(rows, ["tap_tdata[31:0]", "tap_tvalid", "x"])) == []
    write(clocks())
    assert refusal(path, port="zzz") == (
        ": `port` 'zzz' fits no stream; there are design_i/core_0_m_axis_*, s_axis_*"
    )
    for port in ("core_0", "core_0_m_axis_tdata", "design_i/core_0_m_axis_tdata[31:0]", "M_AXIS"):
        assert judge(path, port=port).clean
    write(clocks(), [f"design_i/core_1_m_axis_{name}" for name in ("tdata[31:0]", "tvalid", "x")])
    assert "streams design_i/core_0_m_axis_*, design_i/core_1_m_axis_*; say which by `port`" in (
        refusal(path)
    )
    assert judge(path, port="core_0").clean


def test_structs_are_chosen_by_port(path):
    columns = spelled("g[0].m_axis[{}]") | {
        f"other {name}": text.replace("[0]", "[1]", 1)
        for name, text in spelled("g[0].m_axis[{}]").items()
    }

    def write(rows):
        full = [{**row, **{f"other {name}": row[name] ^ 1 for name in row}} for row in rows]
        form = lambda name, value: f"{value:08x}" if "tdata" in name else str(value)  # noqa: E731
        ila(path, full, columns, form=form)

    for port in ("g[0]", "g[0].m_axis[tdata]", "g[0].m_axis.tdata[31:0]"):
        assert told(path, write, port=port) == []


@pytest.fixture
def command(tmp_path):
    def run(*arguments):
        start = [sys.executable, "-c", "from deconv4k.cli import main; main()", "diff", str(ILA)]
        return subprocess.run(
            [*start, *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_options_of_the_command(path, command):
    names = {"tdata": "d[31:0]", "tvalid": "v", "tready": "r", "tlast": "l", "tuser": "u"}
    ila(path, clocks(), names)
    options = ["--tdata", "d", "--tvalid", "v", "--tready", "r", "--tlast", "l", "--tuser", "u"]
    good = command(path, *options)
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.splitlines()[-1] == "clean: 240 pixels as expected"
    for arguments in ([], ["--tdata", "q"], ["--port", "q"], ["--tdata", "d", "--tuser", "q"]):
        bad = command(path, *arguments)
        assert (bad.returncode, bad.stdout) == (2, "")
        assert len(bad.stderr.splitlines()) == 1
