"""Logs of the self-test as terminals and shells write them."""

import pytest
from field import ILA, case

from deconv4k.diagnosis import compare, selftest
from deconv4k.errors import InputError
from deconv4k.rtl import signature
from deconv4k.vectors import manifest


def lines(count=4, **changes):
    """Lines of a good board, from the signatures' own functions; `changes` to all of them."""
    given = manifest.read(ILA)
    weights, _ = given.kernel()
    out = signature.output_frame(given.config, given.expected(0))
    words = {
        "cfg": given.config.digest, "krn": signature.kernel(given.config, weights),
        "in": signature.input_frame(given.config, given.input(0)), "out": out, "exp": out,
    }  # fmt: skip
    found = []
    for number in range(1, count + 1):
        every = {**words, "frames": number, "errors": 0, "stalled": 0, "clocks": 3872, **changes}
        verdict = "PASS" if every["out"] == out else "FAIL"
        found.append(f"D4K v1 {verdict} " + " ".join(f"{k}={v:08x}" for k, v in every.items()))
    return found


def judge(path, data):
    path.write_bytes(data)
    return selftest.compare_log(case(), compare.load(path, case()))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "uart.log"


def check(path, write, count=4):
    """All lines are read; a wrong one among them is found. `write` gives the file's bytes."""
    good = judge(path, write(lines()))
    assert (good.clean, good.lines, good.wrong, good.notes) == (True, count, [], [])
    bad = judge(path, write([*lines(3), lines(4, out=0x12345678)[3]]))
    assert (bad.clean, bad.lines, bad.failed) == (False, count, 1)
    assert bad.wrong[0].startswith("output: 12345678, expected ")


@pytest.mark.parametrize(
    "encoding",
    ["ascii", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n", "\r"])
def test_encodings_and_line_ends(path, encoding, end):
    # Above the log stands what no UTF-8 is.
    first = "boot \xb5C \xff" if encoding == "latin-1" else "boot"
    check(path, lambda rows: (end.join([first, *rows]) + end).encode(encoding))


def test_big_endian_with_a_mark(path):
    check(path, lambda rows: b"\xfe\xff" + "\r\n".join(rows).encode("utf-16-be"))


def green(row):
    return f"\x1b[32m{row}\x1b[0m"


def in_parts(row):
    """The verdict alone is coloured, the numbers are bold."""
    row = row.replace("PASS", "\x1b[1;32mPASS\x1b[m").replace("FAIL", "\x1b[31mFAIL\x1b[m")
    return row.replace("=", "=\x1b[1m").replace(" ", "\x1b[22m ")


@pytest.mark.parametrize(
    "dress",
    [
        green,
        in_parts,
        lambda row: f"\x1b]0;board\x07\x1b[2K{row}\x1b[K",
        lambda row: f"\x1b(B{row}",
        lambda row: f"\x9b32m{row}\x9b0m",
        lambda row: f"[2026-11-20 12:00:00.123] {row}",
        lambda row: f"12:00:00.123 -> {row}",
        lambda row: f"{row} [12:00:00]",
        lambda row: f"{row}\t2026-11-20T12:00:00Z",
        lambda row: f"{row}  ",
        lambda row: f"INFO uart0: {row} <CR>",
    ],
)
def test_what_terminals_add(path, dress):
    check(path, lambda rows: "\r\n".join(dress(row) for row in rows).encode("latin-1"))


@pytest.mark.parametrize("columns", [20, 79, 80, 100, 120, 132])
@pytest.mark.parametrize("before", ["", "[12:00:00] "])
def test_wrapped_lines(path, columns, before):
    """Broken after so many characters, wherever that is; then between words, as editors do."""

    def hard(rows):
        every = [before + row for row in rows]
        parts = [row[i : i + columns] for row in every for i in range(0, len(row), columns)]
        return "\r\n".join(parts).encode()

    def soft(rows):
        found = []
        for row in rows:
            line = before.strip()
            for word in row.split(" "):
                if len(line) + len(word) >= columns:
                    found.append(line)
                    line = "  " + word
                else:
                    line = f"{line} {word}".strip()
            found.append(line)
        return "\n".join(found).encode()

    check(path, hard)
    check(path, soft)


def test_a_time_before_every_part(path):
    def write(rows):
        parts = [row[i : i + 70] for row in rows for i in range(0, len(row), 70)]
        return "".join(f"[12:00:00.1] {part}\r\n" for part in parts).encode()

    check(path, write)


@pytest.mark.parametrize(
    "damage",
    [
        lambda row: row.replace("krn", "kr\xff"),
        lambda row: row.replace("D4K v1", "D4\x01 v1"),
        lambda row: row.replace("D4K v1", "D4K v7"),
        lambda row: row[:60] + row[61:],
        lambda row: row[:60] + "\x07" + row[60:],
        lambda row: row.replace("PASS", "PAS"),
        lambda row: row[:50],
        lambda row: row[30:],
        lambda row: row[:50] + "\x85" + row[51:],
    ],
)
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_damaged_line_is_noted_and_the_others_judged(path, damage, at):
    rows = lines()
    rows[at] = damage(rows[at])
    found = judge(path, "\r\n".join([*rows, ""]).encode("latin-1"))
    assert (found.clean, found.lines) == (True, 3)
    assert found.notes == [f"line {at + 1} is damaged and left out"]
    rows[3] = lines(4, errors=1)[3]
    found = judge(path, "\r\n".join([*rows, ""]).encode("latin-1"))
    assert (found.failed, found.wrong) == (1, ["errors: 00000001, EOL_EARLY"])


def test_a_digit_changed_is_no_damage_but_wrong(path):
    rows = lines()
    rows[1] = rows[1].replace(f"out={rows[1].split('out=')[1][:8]}", "out=00000000")
    found = judge(path, "\n".join(rows).encode())
    assert (found.lines, found.failed) == (4, 1)


def test_the_last_line_cut(path):
    found = judge(path, ("\r\n".join(lines())[:-5]).encode())
    assert (found.clean, found.lines) == (True, 3)
    assert found.notes == ["line 4 is cut off and left out"]


def test_two_cut_lines_are_not_one(path):
    """The end of one line and the beginning of another do not make a third."""
    rows = lines()
    with pytest.raises(InputError, match="no whole line of the self-test"):
        judge(path, (rows[0][:60] + "\r\n" + rows[1][40:]).encode())
