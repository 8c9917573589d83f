"""The command ``deconv4k tune``, whole: files, errors, resumption, a cluster, and the RTL."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from tune_scene import BASE, problem, space, write_photograph

from deconv4k import cli, golden
from deconv4k._shared import checkout, optional
from deconv4k.config import Config
from deconv4k.photo import image, kernels, upscale
from deconv4k.sim import play
from deconv4k.tuner import Options, PhotographRecord, Target, parse_limits, tune
from deconv4k.tuner.journal import open_journal
from deconv4k.tuner.optimise import optimise
from deconv4k.tuner.photograph import Photograph
from deconv4k.tuner.search import Search, choose
from deconv4k.tuner.workers import Cluster, Threads

SETS = [
    "weight.integer=1,2",
    "weight.fraction=3..8",
    "product.fraction=none,1",
    "output.fraction=0,1",
    "output.rounding=AP_RND,AP_TRN",
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to run in, with a configuration and a photograph."""
    base = replace(BASE, video=replace(BASE.video, width=64, height=64))
    (tmp_path / "base.toml").write_text(base.to_toml())
    write_photograph(tmp_path / "photo.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def arguments(*more, out="tuned.toml", target=("--min-psnr", "46dB"), sets=SETS):
    words = ["tune", "--config", "base.toml", "--photos", "photo.png", "--out", out, *target]
    return [*words, "--pin", "pixel", *(f"--set={each}" for each in sets), *more]


def command(monkeypatch, capsys, *words):
    """Exit status, stdout and stderr of the command, in this process."""
    monkeypatch.setattr(sys, "argv", ["deconv4k", *words])
    try:
        cli.main()
        status = 0
    except SystemExit as stop:
        status = stop.code
    output = capsys.readouterr()
    return status, output.out, output.err


def test_it_leaves_a_configuration_and_a_report(folder, monkeypatch, capsys):
    write_photograph(folder / "other.png", seed=2)
    words = arguments("--held-out", "other.png")
    status, output, error = command(monkeypatch, capsys, *words)
    assert (status, error) == (0, "a search among 192 candidates\n")
    tuned = Config.load("tuned.toml")
    assert tuned.layer == BASE.layer
    assert tomllib.loads((folder / "tuned.toml").read_text())["video"]["width"] == 64
    found = json.loads((folder / "tuned" / "result.json").read_text())
    chosen = found["chosen"]
    assert chosen["formats"]["weight"] == str(tuned.formats.weight)
    assert chosen["psnr_float"] >= 46
    assert chosen in found["front"]
    with open(folder / "tuned" / "candidates.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == found["measured"]
    cheapest = min(
        (row for row in rows if float(row["psnr_float"]) >= 46), key=lambda row: float(row["share"])
    )
    assert cheapest["weight"] == str(tuned.formats.weight)
    assert [photo["photo"] for photo in found["held_out"]] == ["other.png"]
    assert "other.png loses" in output
    assert f"{found['measured']} candidates measured, 0 of them from the journal" in output
    assert "load of the machine" in output


def test_the_page_needs_no_other_file(folder, monkeypatch, capsys):
    command(monkeypatch, capsys, *arguments())
    page = (folder / "tuned" / "report.html").read_text()
    assert not re.findall(r"""(?:src|href)=["']?(?!#|\s*#)[^#"'>]*\.(?:svg|png|css|js)""", page)
    assert "<script" not in page
    assert page.count("<svg") == 4
    for name in ("front", "errors", "sensitivity", "sums"):
        ElementTree.parse(folder / "tuned" / f"{name}.svg")
    found = json.loads((folder / "tuned" / "result.json").read_text())
    for sentence in found["one_bit_less"]:
        assert sentence.split(":")[0] in page.replace("&lt;", "<").replace("&gt;", ">")


def test_a_sentence_for_either_end_of_every_format(folder, monkeypatch, capsys):
    command(monkeypatch, capsys, *arguments("--pin=product=none"))
    found = json.loads((folder / "tuned" / "result.json").read_text())
    said = [
        re.match(r"With one (\w+ bit less the \w+) is", each)[1].split(" bit less the ")
        for each in found["one_bit_less"]
    ]
    nodes = ["pixel", "weight", "weight", "accumulator", "output", "output"]
    ends = ["fraction", "fraction", "integer", "integer", "fraction", "integer"]
    assert said == [list(each) for each in zip(ends, nodes, strict=True)]
    tuned = Config.load("tuned.toml").formats
    for sentence, node in zip(found["one_bit_less"], nodes, strict=True):
        width = int(re.search(r"is ap_u?fixed<(\d+),", sentence)[1])
        assert width == getattr(tuned, node).width - 1
    # The choice is the cheapest, so what is narrower in the space misses the target.
    assert all("still within" not in each for each in found["one_bit_less"][1:3])
    assert re.search(r"\d+ weights are clipped", found["one_bit_less"][2])
    assert "none but the range" in found["one_bit_less"][3]


def test_a_bit_that_the_space_did_not_offer_to_save(folder, monkeypatch, capsys):
    pins = [f"--pin={node}" for node in ("weight", "product=none", "output")]
    command(monkeypatch, capsys, *arguments(*pins, target=("--min-psnr", "30"), sets=[]))
    found = json.loads((folder / "tuned" / "result.json").read_text())
    by_end = {each.partition(" is ")[0]: each for each in found["one_bit_less"]}
    outside = "still within the target, but outside the space searched"
    assert outside in by_end["With one fraction bit less the weight"]
    coarse = by_end["With one fraction bit less the output"]
    assert outside in coarse
    # Bounds are in steps of the output as chosen, so half a step of twice the size is one more.
    before, after = map(float, re.search(r"from ([\d.]+) LSB to ([\d.]+) LSB", coarse).groups())
    assert after - before == pytest.approx(0.5, abs=0.011)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (arguments(target=()), "--target-loss and --min-psnr: one of them"),
        (arguments("--target-loss", "1"), "--target-loss and --min-psnr: one of them"),
        (arguments(target=("--min-psnr", "high")), "--min-psnr high; allowed: a number of dB"),
        (arguments(target=("--target-loss", "-1dB")), "--target-loss -1dB; allowed: a number"),
        (arguments(target=("--min-psnr", "99")), "against the float layer; the closest has"),
        (arguments("--set", "weight.fraction=20"), "and --set weight.fraction=20 leave nothing"),
        (arguments("--set", "weight.width=99"), "whole numbers up to 64"),
        (arguments(sets=["weight.integer=1", "weight.fraction=-3"]), "the search space is empty"),
        (arguments("--pin", "colour"), "--pin colour: unknown node"),
        (arguments("--space", "none.toml"), "none.toml: No such file"),
        (arguments("--space", "photo.png"), "photo.png: no TOML"),
        (arguments("--kernel", "none.npz"), "none.npz: No such file"),
        (arguments("--photos", "none.png"), "none.png: No such file"),
        (arguments("--photos", "tiny.png"), "tiny.png: 24x24 pixels; allowed: 27x27 and more"),
        (arguments("--device", "max10"), "--device max10; allowed: ecp5, 7series, ultrascale+"),
        (arguments("--jobs", "0"), "0 is not in the range x>=1"),
        (arguments("--jobs", "2", "--dask", "tcp://127.0.0.1:1"), "--jobs and --dask: one of them"),
        (arguments("--speed"), "No such option '--speed'"),
        (arguments(out="tuned.json"), "ends in '.json'; allowed: '.toml'"),
        (arguments(out="none/tuned.toml"), "none/tuned: No such file"),
        (arguments("--config", "channels.toml"), "layer.in_channels = 2"),
        (arguments("--config", "bias.toml"), "allowed: no bias to tune with"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_line(folder, monkeypatch, capsys, words, message):
    write_photograph(folder / "tiny.png", 24, 24)
    text = (folder / "base.toml").read_text()
    channels = text.replace("in_channels = 1", "in_channels = 2")
    (folder / "channels.toml").write_text(channels)
    (folder / "bias.toml").write_text(text.replace("[video]", 'bias = "ap_fixed<20,12>"\n[video]'))
    status, output, error = command(monkeypatch, capsys, *words)
    assert (status, output) == (2, "")
    # After a search, the line that says so stands above.
    *stage, line = error.splitlines()
    assert stage in ([], ["a search among 192 candidates"])
    assert line.startswith("deconv4k: ")
    assert message in line
    left = {path.name for path in folder.rglob("*") if path.is_file()}
    given = {"base.toml", "photo.png", "tiny.png", "channels.toml", "bias.toml"}
    assert left <= given | {"journal.jsonl"}


def test_a_missing_package_is_named(folder, monkeypatch, capsys):
    real = optional.importlib.util.find_spec
    gone = lambda name: None if name in ("jinja2", "optuna") else real(name)  # noqa: E731
    monkeypatch.setattr(optional.importlib.util, "find_spec", gone)
    status, _, error = command(monkeypatch, capsys, *arguments())
    assert status == 2
    assert error.startswith("deconv4k: missing: jinja2; `tools/setup.sh tune`")
    assert error.count("\n") == 1


def test_nobody_at_the_schedulers_address(folder, monkeypatch, capsys):
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    status, _, error = command(monkeypatch, capsys, *arguments("--dask", "127.0.0.1"))
    assert status == 2
    assert "--dask 127.0.0.1: " in error
    assert "allowed: a running scheduler's address" in error
    assert error.count("\n") == 1


def test_a_killed_search_goes_on_and_ends_the_same(folder, monkeypatch, capsys):
    command(monkeypatch, capsys, *arguments("--jobs", "1", "--pin=product=none", out="whole.toml"))
    more = arguments("--pin=product=none")
    words = [sys.executable, "-c", "from deconv4k.cli import main; main()", *more]
    journal = folder / "tuned" / "journal.jsonl"
    for lines in (5, 20):
        # A shell's background job, as these tests may be, ignores SIGINT, and so would the search.
        search = subprocess.Popen(
            words,
            stdout=subprocess.DEVNULL,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        for _ in range(3000):
            if journal.exists() and journal.read_bytes().count(b"\n") >= lines:
                break
            assert search.poll() is None
            time.sleep(0.01)
        search.send_signal(signal.SIGKILL if lines == 5 else signal.SIGINT)
        assert search.wait(60) in (-signal.SIGKILL, 130)
        assert not (folder / "tuned.toml").exists()
    status, output, _ = command(monkeypatch, capsys, *more)
    assert status == 0
    old = int(re.search(r"(\d+) of them from the journal", " ".join(output.split()))[1])
    assert old >= 15
    for name in ("result.json", "candidates.csv", "report.html", "front.svg"):
        whole, resumed = (folder / each / name for each in ("whole", "tuned"))
        assert whole.read_bytes() == resumed.read_bytes()
    assert (folder / "whole.toml").read_bytes() == (folder / "tuned.toml").read_bytes()


class Killing:
    """A cluster of which a worker process is killed after some tasks."""

    def __init__(self, cluster, processes, after):
        self.cluster, self.processes, self.after = cluster, processes, after

    def run(self, tasks):
        for each in self.cluster.run(tasks):
            self.after -= 1
            if self.after == 0:
                os.kill(self.processes[0], signal.SIGKILL)
            yield each


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    return problem(tmp_path_factory.mktemp("photos"))


def search_of(given, path, workers, sets=SETS, way=Search.exhaustive, target=46.0):
    tried = space(given.weights, ["pixel"], sets)
    with open_journal(path, given) as kept:
        search = Search(
            given, Target("psnr_float", target), kept, workers, lambda settled, total: None
        )
        way(search, tried)
    return search


def test_a_cluster_that_loses_a_worker_finds_the_same(given, tmp_path):
    import distributed

    expected = search_of(given, tmp_path / "threads.jsonl", Threads(given, 2))
    with distributed.LocalCluster(
        n_workers=3, threads_per_worker=1, dashboard_address=None
    ) as local:
        cluster = Cluster(given, local.scheduler_address)
        processes = list(cluster._client.run(os.getpid).values())
        killing = Killing(cluster, processes, 5)
        try:
            found = search_of(given, tmp_path / "cluster.jsonl", killing)
        finally:
            cluster.close()
    assert killing.after < 0
    with pytest.raises(ProcessLookupError):
        os.kill(processes[0], 0)
    assert found.found == expected.found
    assert list(found.found.records) == list(expected.found.records)


def test_the_optimiser_is_repeatable_and_comes_near(given, tmp_path):
    sets = ["weight.fraction=3..8", "output.fraction=-1..2", "product.fraction=none,0..2"]
    whole = search_of(given, tmp_path / "whole.jsonl", Threads(given, 2), sets)

    def way(search, tried):
        optimise(search, tried, 60)

    one, two = (
        search_of(given, tmp_path / f"{jobs}.jsonl", Threads(given, jobs), sets, way)
        for jobs in (1, 3)
    )
    assert one.found == two.found
    assert "by optimiser: " in one.found.method
    measured = len(one.found.records)
    assert 60 <= measured < 120
    cheapest, found = (choose(each)[1].cost.share for each in (whole, one))
    assert cheapest <= found <= cheapest * 1.002


def test_the_tuned_configuration_runs_through_the_rtl(folder, monkeypatch, capsys):
    assert command(monkeypatch, capsys, *arguments())[0] == 0
    tuned = Config.load("tuned.toml")
    low = image.original_and_input("photo.png", 64, 64)[1][8:20, 8:24]
    codes = kernels.to_codes(kernels.fitted(), tuned.layer, tuned.formats.weight)
    pixels = upscale.to_codes(low, tuned.formats)
    expected = golden.run(tuned, pixels, codes)
    played = play.play(
        "icarus", tuned, [pixels[np.newaxis]], codes, expected=[expected], stalls="none"
    )
    assert played.clean
    assert played.beats == expected.size / 4


@pytest.fixture(scope="module")
def halves(tmp_path_factory):
    """Left and right half of the shipped photograph, a quarter of its size."""
    plane = image.to_luma(image.read(checkout.PHOTOGRAPH))
    small = image.resize(plane, 960, 540, "lanczos")
    folder = tmp_path_factory.mktemp("halves")
    for name, part in (("left", small[:, :480]), ("right", small[:, 480:])):
        image.write(folder / f"{name}.png", image.from_unit(part))
    return folder


def photograph_of(path):
    return Photograph.load(path, BASE.layer, BASE.video, kernels.fitted(), source_bits=8)


@pytest.mark.parametrize("name", ["left", "right"])
def test_the_fitted_kernel_needs_two_integer_bits_and_seven_fraction_bits(halves, tmp_path, name):
    given = replace(problem(tmp_path), photographs=(photograph_of(halves / f"{name}.png"),))
    pins = ["pixel", "product=none", "accumulator", "output"]
    sets = ["weight.integer=1,2", "weight.fraction=3..8,14"]
    tried = space(given.weights, pins, sets)
    assert given.weights.max() > 1
    with open_journal(tmp_path / "j.jsonl", given) as kept:
        search = Search(given, Target("loss", 0.1), kept, Threads(given, 1), lambda *_: None)
        records = search.measure(tried.candidates())
    weights = {(each.weight.integer, each.weight.fraction): records[each] for each in records}
    for fraction in (5, 6, 7, 8):
        one, two = weights[1, fraction], weights[2, fraction]
        assert one.weights.count > 0 == two.weights.count
        assert 4 < one.loss - two.loss < 25
    least = weights[2, 14].loss
    assert weights[2, 3].loss - least > 0.05
    assert all(weights[2, fraction].loss - least < 0.05 for fraction in (7, 8))


@pytest.mark.parametrize("searched", ["left", "right"])
@pytest.mark.parametrize(
    "target",
    [Target("loss", 0.1), Target("loss", 0.2), Target("psnr_float", 50), Target("psnr_float", 58)],
    ids=str,
)
def test_what_was_kept_out_stays_within_the_target_and_the_stated_margin(
    halves, tmp_path, capsys, target, searched
):
    limits = parse_limits(BASE, ["pixel", "product=none"], ["weight.integer=2"])
    kept_out = {"left": "right", "right": "left"}[searched]
    photos, held_out = ([str(halves / f"{each}.png")] for each in (searched, kept_out))
    out = tmp_path / "tuned.toml"
    options = Options(target, out, limits=limits, jobs=2, source_bits=8, held_out=held_out)
    tuned = tune(BASE, kernels.fitted(), photos, options)
    found = json.loads((tmp_path / "tuned" / "result.json").read_text())
    assert tuned.result == found
    (other,) = found["held_out"]
    quality = target.quality(PhotographRecord.from_dict(other))
    margin = found["margin"]["decibels"]
    assert target.quality(tuned.record) >= target.least
    assert quality >= target.least - margin
    beyond = quality < target.least
    # The right half has less detail, so the same noise costs more there: the margin is needed,
    # and no more than twice what is.
    if target.figure == "loss" and searched == "left":
        assert beyond
        assert margin < 2 * (target.least - quality)
    assert margin < 4
    assert other["judged"] == "within the target" + " and its margin" * beyond
    assert found["margin"]["sentence"].startswith(
        f"Margin for photographs kept out: {margin:.3f} dB."
    )
    # The library is silent.
    assert capsys.readouterr() == ("", "")
