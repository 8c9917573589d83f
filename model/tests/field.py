"""Captures as people's tools write them, made of the output of vectors/ila."""

import functools
from pathlib import Path

from deconv4k.diagnosis import compare
from deconv4k.diagnosis.names import Wanted

ILA = Path(__file__).parents[2] / "vectors" / "ila"

LINE = 15
"""Beats of a line: 60 pixels, 4 in a beat."""

HURT = 20
"""The beat that is wrong in hurt captures: line 1, x 20 to 23; x 21 has error 1."""


@functools.cache
def beats():
    """The expected beats, as the file has them."""
    lines = (ILA / "expected.mem").read_text().splitlines()
    return [int(line.split("//")[0], 16) for line in lines if line.split("//")[0].strip()]


def clocks(first=0, last=60, *, hurt=False):
    """Clocks at which beats pass: a dict of signals each."""
    return [
        {
            "tdata": beats()[i] ^ (0x100 if hurt and i == HURT else 0),
            "tvalid": 1, "tready": 1,
            "tlast": int(i % LINE == LINE - 1), "tuser": int(i == 0),
        }
        for i in range(first, last)
    ]  # fmt: skip


@functools.cache
def case():
    return compare.load_set(ILA)


def judge(path, port=None, clock=None, **signals):
    return compare.compare(case(), compare.load(path, case(), Wanted(port, clock, signals)))


def told(path, write, **options):
    """What is said of a good capture; the same with one wrong pixel must be found."""
    write(clocks(hurt=True))
    hurt = judge(path, **options)
    assert hurt.mismatches == 1
    assert hurt.first.place == (0, 1, 21)
    assert hurt.first.got == hurt.first.expected ^ 1
    assert not hurt.framing
    write(clocks())
    good = judge(path, **options)
    assert good.clean
    assert good.window.pixels == 240
    assert good.notes == hurt.notes
    return good.notes


FULL = ("tdata", "tvalid", "tready", "tlast", "tuser")


def spelled(template, data="[31:0]", flag=""):
    """Columns of a stream: name by signal; `{}` is for tdata, tvalid, ..."""
    return {name: template.format(name) + (data if name == "tdata" else flag) for name in FULL}


def ila(path, rows, columns, *, radix="HEX", delimiter=",", end="\n", encoding="utf-8", form=None):
    """Vivado's samples: the names, a row of radices (None: none), the samples."""
    form = form or (lambda name, value: f"{value:08x}" if name == "tdata" else str(value))
    head = ["Sample in Buffer", "Sample in Window", "TRIGGER", *columns.values()]
    lines = [head]
    if radix is not None:
        lines.append(["Radix - UNSIGNED", "UNSIGNED", "UNSIGNED", *[radix] * len(columns)])
    lines += [
        [str(i), str(i), "0", *(form(name, row[name]) for name in columns)]
        for i, row in enumerate(rows)
    ]
    path.write_bytes((end.join(map(delimiter.join, lines)) + end).encode(encoding))


def quartus(path, rows, columns, *, groups=(), form=None, time="time unit: ns"):
    """Signal Tap's samples; columns are (name, signal, bit or None)."""
    form = form or (lambda value: f"{value:08X}h")
    lines = ["Groups:", *groups, ""] if groups else []
    lines += ["Data:", ", ".join([time, *(name for name, _, _ in columns)]) + ", "]
    for i, row in enumerate(rows):
        cells = [str(i)]
        for _, signal, bit in columns:
            value = row[signal]
            if value is None:
                cells.append("XXXXXXXX" if signal == "tdata" and bit is None else "X")
            elif bit is not None:
                cells.append(str(value >> bit & 1))
            else:
                cells.append(form(value) if signal == "tdata" else str(value))
        lines.append(", ".join(cells) + ", ")
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode())
