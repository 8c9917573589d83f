"""The tuner called from Python: what it returns, that it is silent, and what its errors name."""

import re
from dataclasses import replace

import pytest
from tune_scene import BASE, write_photograph

from deconv4k._shared import checkout
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.photo import kernels
from deconv4k.tuner import ArgumentError, Options, Target, parse_limits, tune

SETS = ["weight.integer=2", "weight.fraction=5..7", "product.fraction=none"]
TARGET = Target("psnr_float", 46)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to run in, with a configuration and a photograph."""
    base = replace(BASE, video=replace(BASE.video, width=64, height=64))
    (tmp_path / "base.toml").write_text(base.to_toml())
    write_photograph(tmp_path / "photo.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_returns_what_it_found(folder, capsys):
    base = Config.load("base.toml")
    limits = parse_limits(base, ["pixel"], SETS)
    options = Options(TARGET, folder / "tuned.toml", limits=limits, jobs=1)
    reached = []
    tuned = tune(base, kernels.fitted(), [folder / "photo.png"], options, reached.append)
    assert capsys.readouterr() == ("", "")
    assert tuned.config == Config.load("tuned.toml")
    assert tuned.record.formats == tuned.config.formats
    assert tuned.record in tuned.front
    assert tuned.record.psnr_float >= 46
    assert [each.to_dict() for each in tuned.front] == tuned.result["front"]
    assert (tuned.measured, tuned.from_journal) == (tuned.result["measured"], 0)
    assert tuned.workers == "1 thread(s)"
    settled = [now.settled for now in reached]
    assert settled == sorted(settled)
    assert (reached[-1].settled, reached[0].combinations) == (reached[-1].total, 36)
    again = tune(base, kernels.fitted(), ["photo.png"], options)
    assert again.from_journal == again.measured == tuned.measured
    assert again.record == tuned.record
    assert again.result == tuned.result


def test_the_pages_example_runs(folder, capsys):
    page = (checkout.ROOT / "docs" / "tune.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(block, "docs/tune.md", "exec"), {})
    weight, *front = capsys.readouterr().out.splitlines()
    assert weight.startswith(str(Config.load("tuned.toml").formats.weight))
    assert all(re.fullmatch(r"[\d.]+ % of a part, [\d.]+ dB", line) for line in front)


@pytest.mark.parametrize(
    ("changes", "argument", "message"),
    [
        ({"device": "max10"}, "device", "device max10; allowed: ecp5, 7series, ultrascale+"),
        ({"out": "a.json"}, "out", "out a.json: ends in '.json'; allowed: '.toml'"),
        ({"jobs": 1, "dask": "a"}, "jobs", "jobs and dask: one of them"),
        ({"jobs": 0}, "jobs", "jobs 0; allowed: 1 and more"),
        ({"trials": 0}, "trials", "trials 0; allowed: 1 and more"),
        ({"exhaustive": -1}, "exhaustive", "exhaustive -1; allowed: 0 and more"),
        ({"source_bits": 0}, "source_bits", "source_bits 0; allowed: 1 and more"),
    ],
)
def test_errors_name_the_argument(changes, argument, message):
    with pytest.raises(ArgumentError) as caught:
        Options(**{"target": TARGET, "out": "a.toml", **changes})
    assert caught.value.argument == argument
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("given", [("psnr", 46.0), ("loss", -1.0), ("psnr_float", float("nan"))])
def test_a_target_that_is_none(given):
    with pytest.raises(ArgumentError, match=r"^target .*; allowed: "):
        Target(*given)


def test_limits_name_the_argument():
    with pytest.raises(InputError) as caught:
        parse_limits(BASE, pins=["bias"], sets=["weight.bits=3"])
    first, second = caught.value.lines
    assert first.startswith("sets weight.bits=3: unknown; allowed: NODE.KEY=VALUES")
    assert second.startswith("pins bias: unknown node")
