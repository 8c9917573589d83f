"""Waves in many spellings: clocks and streams of other names, cuts, and no clock at all."""

import pytest
from field import FULL, clocks, judge, told

from deconv4k.errors import InputError

SIGNS = dict(zip(FULL, "#$%&'", strict=True))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "waves.vcd"


def vcd(path, rows, *, clock="aclk", names=None, scopes=("tb", "dut"), unknown="x", end="\n",
        extra=(), late=0, blind=None):  # fmt: skip
    """Waves as a simulator writes them: the stream changes just after the rising edges.

    `extra`: further clocks, (scope level, name, when they rise in each period). `late`: the
    stream's delay. `blind`: a clock before which the dump is paused, and what it goes on with.
    """
    names = names or {signal: f"m_axis_video_{signal}" for signal in FULL}
    lines = ["$timescale", "  1ps", "$end"]
    for level, scope in enumerate(scopes):
        lines.append(f"$scope module {scope} $end")
        lines += [f"$var wire 1 {mark} {name} $end" for mark, (at, name, _) in marked(extra)
                  if at == level]  # fmt: skip
    if clock is not None:
        lines.append(f"$var wire 1 ! {clock} $end")
    for signal in FULL:
        width = 32 if signal == "tdata" else 1
        lines.append(f"$var wire {width} {SIGNS[signal]} {names[signal]} $end")
    lines += ["$upscope $end"] * len(scopes) + ["$enddefinitions $end", "#0", "$dumpvars"]
    dark = [f"b{unknown * 32} #", *(f"{unknown}{SIGNS[signal]}" for signal in FULL[1:])]
    lines += [*dark, *(["0!"] if clock is not None else [])]
    lines += [*(f"0{mark}" for mark, _ in marked(extra)), "$end"]
    for i, row in enumerate([*rows, rows[-1]]):
        time = 1000 + 1000 * i
        changes = levels(row)
        if blind is not None and blind[0] == i:
            lines += [f"#{time - 300}", "$dumpoff", "x!", *dark, "$end"]
            lines += [f"#{time - 200}", "$dumpon", "0!", *levels(blind[1]), "$end"]
        lines.append(f"#{time}")
        lines += ["1!"] if clock is not None else []
        lines += [f"1{mark}" for mark, (_, _, rises) in marked(extra) if 0 in rises]
        lines += [f"#{time + late}"] * bool(late) + changes
        lines.append(f"#{time + 500}")
        lines += ["0!"] if clock is not None else []
        lines += [f"0{mark}" for mark, _ in marked(extra)]
        for mark, (_, _, rises) in marked(extra):
            if 600 in rises:
                lines += [f"#{time + 600}", f"1{mark}", f"#{time + 700}", f"0{mark}"]
    path.write_text(end.join(lines) + end, newline="")


def levels(row):
    return [f"b{row[s]:b} #" if s == "tdata" else f"{row[s]}{SIGNS[s]}" for s in FULL]


def marked(extra):
    return [(chr(ord("A") + number), one) for number, one in enumerate(extra)]


def refusal(path, **options):
    with pytest.raises(InputError) as caught:
        judge(path, **options)
    (text,) = caught.value.lines
    assert "\n" not in text
    return text.removeprefix(str(path))


DARK = "TVALID or TREADY unknown at 1 clock(s), first at time 1000: no beat"
"""The first edge of these waves, at which the signals are not yet known."""


@pytest.mark.parametrize(
    "clock",
    ["aclk", "clk", "clk_i", "i_clk", "clk_150", "aclk_0", "pixel_clock", "CLK", "clk150", "vclk",
     "clk_out1", "axis_aclk_i", "sys_clk_p", "clock_in"],
)  # fmt: skip
def test_clocks_of_other_names(path, clock):
    assert told(path, lambda rows: vcd(path, rows, clock=clock)) == [DARK]


@pytest.mark.parametrize("clock", ["ck", "c", "strobe"])
def test_a_clock_that_is_named(path, clock):
    def write(rows):
        vcd(path, rows, clock=clock)

    for option in (clock, f"dut.{clock}", f"tb.dut.{clock.upper()}"):
        assert told(path, write, clock=option) == [DARK]
    assert refusal(path).startswith(": no clock beside tb.dut.m_axis_video_*: name one by `clock`")
    assert refusal(path, clock="zzz").startswith(
        f": `clock` 'zzz' fits no signal; there are tb.dut.{clock}, tb.dut.m_axis_video_tdata"
    )
    assert refusal(path, clock="m_axis_video_tready") == (
        ": `clock` 'm_axis_video_tready' never rises"
    )


def test_of_several_clocks_the_one_at_which_the_stream_moves(path):
    other = [(1, "clk_148", (600,)), (1, "clk_en", (0, 600)), (1, "clk_copy", (0,))]
    assert told(path, lambda rows: vcd(path, rows, clock="clk_150", extra=other)) == [DARK]
    # The usual names come first.
    other = [(1, "clk_300", (0, 600)), (0, "aclk", (600,))]
    assert told(path, lambda rows: vcd(path, rows, clock="aclk", extra=other)) == [DARK]
    # It may move at every second edge of a faster one: nothing tells them apart.
    fast = [(1, "clk_300", (0, 600))]
    vcd(path, clocks(), clock="clk_150", extra=fast)
    assert refusal(path) == (
        ": clocks tb.dut.clk_300, tb.dut.clk_150 beside tb.dut.m_axis_video_*; say which by `clock`"
    )

    def write(rows):
        vcd(path, rows, clock="clk_150", extra=fast, late=100)

    assert told(path, write, clock="clk_150") == [DARK]


def test_a_clock_above_the_stream(path):
    def write(rows):
        vcd(path, rows, clock=None, scopes=("tb", "g_chan[0]", "core"), extra=[(0, "clk_i", (0,))])

    assert told(path, write) == [DARK]


def test_without_a_clock_it_says_what_to_export(path):
    vcd(path, clocks(), clock=None, scopes=("top",))
    assert refusal(path) == (
        ": no clock beside top.m_axis_video_*: name one by `clock`; of a logic analyser without "
        "one export CSV, where a row is a clock"
    )


@pytest.mark.parametrize(
    ("template", "scopes"),
    [
        ("m_axis_{}", ("tb", "g_chan[0]", "core")),
        ("m_axis[{}]", ("tb",)),
        ("m_axis.{}", ("tb", "g_chan(0)")),
        ("M_AXIS_{}_o", ("tb",)),
    ],
)
@pytest.mark.parametrize(("unknown", "end"), [("x", "\n"), ("U", "\n"), ("x", "\r\n")])
def test_names_and_unknown_levels(path, template, scopes, unknown, end):
    names = {signal: template.format(signal) for signal in FULL}
    names["tdata"] += " [31:0]"
    assert told(
        path, lambda rows: vcd(path, rows, names=names, scopes=scopes, unknown=unknown, end=end)
    ) == [DARK]


def test_streams_of_other_names(path):
    names = {"tdata": "out_data [31:0]", "tvalid": "go", "tready": "take", "tlast": "eol",
             "tuser": "sof"}  # fmt: skip

    def write(rows):
        idle = {**rows[0], "tvalid": 0, "tdata": 0x77}
        vcd(path, [idle, *rows], names=names)

    options = {"tdata": "out_data", "tvalid": "dut.go", "tready": "take", "tlast": "eol",
               "tuser": "tb.dut.sof"}  # fmt: skip
    assert told(path, write, **options) == [DARK]
    assert "no signal whose name ends in tdata; name it by `tdata`; there are tb.dut" in (
        refusal(path)
    )


def test_a_port_that_fits_nothing(path):
    vcd(path, clocks())
    assert refusal(path, port="zz") == (
        ": `port` 'zz' fits no stream; there are tb.dut.m_axis_video_*"
    )


CUT = "the file is cut off within its last line, which is left out"


@pytest.mark.parametrize("last", [" ", "#", "1", "b1"])
def test_cut_within_a_line(path, last):
    """What is whole is judged, and the cut is told; of a cut time or number nothing is taken."""

    def write(rows):
        vcd(path, rows)
        text = path.read_text()
        at = text.index(f"#{1000 + 1000 * 40}\n")
        part = {"#": "#41", "1": "1", "b1": "b1101", " ": f"b{rows[40]['tdata']:b} "}[last]
        path.write_text(text[:at] + ("" if last == "#" else "#41000\n1!\n") + part)

    write(clocks())
    diff = judge(path)
    assert diff.clean
    assert diff.notes == [CUT, DARK]
    assert diff.window.pixels == 160 - 4 * (last == "#")
    write(clocks(hurt=True))
    diff = judge(path)
    assert (diff.mismatches, diff.first.place) == (1, (0, 1, 21))


def test_a_cut_in_the_names_is_refused(path):
    vcd(path, clocks())
    path.write_text(path.read_text().partition("$enddefinitions")[0][:-5])
    assert refusal(path) == ": no readable waves; allowed: VCD or FST, undamaged"


def test_a_pause_of_the_dump_breaks_the_stream(path):
    def write(rows):
        vcd(path, [*rows[:25], *clocks(200, 230)], blind=(25, clocks(199, 200)[0]))

    write(clocks())
    diff = judge(path)
    assert diff.clean
    assert diff.window.index.tolist() == [*range(24), *range(199, 230)]
    assert diff.window.breaks.tolist() == [24]
    write(clocks(hurt=True))
    assert judge(path).first.place == (0, 1, 21)


def test_an_unknown_valid_breaks_the_stream(path):
    def write(rows):
        vcd(path, [*rows[:25], {**rows[0], "tvalid": "x"}, *clocks(200, 230)])

    write(clocks())
    diff = judge(path)
    assert diff.clean
    assert diff.window.index.tolist() == [*range(25), *range(200, 230)]
    assert diff.notes == [
        "TVALID or TREADY unknown at 2 clock(s), first at time 1000: no beat; the stream is broken "
        "there"
    ]


def test_unknown_data_of_a_beat_is_told(path):
    rows = clocks()
    vcd(path, rows)
    text = path.read_text()
    path.write_text(text.replace(f"b{rows[7]['tdata']:b} #\n", "bx #\n", 1))
    diff = judge(path)
    assert diff.notes == [DARK, "1 beats have unknown bits, taken as 0"]
    assert diff.first.beat == 7
