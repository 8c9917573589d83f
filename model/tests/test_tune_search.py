"""The search: what is left out changes nothing, and neither do workers and interruptions."""

import itertools
import json

import pytest
from tune_scene import problem, space

from deconv4k.errors import InputError
from deconv4k.tuner import search as searching
from deconv4k.tuner.journal import open_journal
from deconv4k.tuner.pareto import Point, pareto
from deconv4k.tuner.problem import Problem
from deconv4k.tuner.search import Search, choose, front_records
from deconv4k.tuner.target import Target
from deconv4k.tuner.workers import Threads

SETS = [
    "weight.integer=1,2",
    "weight.fraction=2..8",
    "product.fraction=none,1",
    "product.rounding=AP_RND",
    "output.fraction=-1..1",
    "output.rounding=AP_RND,AP_TRN",
]
LOSS = Target("loss", 0.3)
PSNR = Target("psnr_float", 46.0)


class Interrupted(Exception):
    pass


class Stopping:
    """Workers that stop after some tasks, as Ctrl-C would."""

    def __init__(self, workers, after):
        self.workers, self.left = workers, after

    def run(self, tasks):
        for each in self.workers.run(tasks):
            if self.left == 0:
                raise Interrupted
            self.left -= 1
            yield each


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    return problem(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module")
def tried(given):
    return space(given.weights, ["pixel"], SETS)


def found(given, tried, path, target, *, jobs=2, prune=True, after=None):
    workers = Threads(given, jobs)
    if after is not None:
        workers = Stopping(workers, after)
    with open_journal(path, given) as kept:
        search = Search(given, target, kept, workers, lambda settled, total: None, prune=prune)
        search.exhaustive(tried)
    return search


@pytest.fixture(scope="module")
def everything(given, tried, tmp_path_factory):
    """Every candidate measured."""
    path = tmp_path_factory.mktemp("journal") / "j.jsonl"
    search = found(given, tried, path, PSNR, prune=False)
    assert len(search.found.records) == len(tried.candidates())
    return search


@pytest.mark.parametrize("target", [LOSS, PSNR])
def test_pruning_keeps_the_front_and_the_choice(
    given, tried, everything, target, tmp_path, monkeypatch
):
    monkeypatch.setattr(searching, "WAVE", 4)
    pruned = found(given, tried, tmp_path / "j.jsonl", target)
    everything.target = target
    assert 0 < len(pruned.found.records) < len(everything.found.records)
    left = sum(pruned.found.left_out.values())
    assert left + len(pruned.found.records) == len(everything.found.records)
    points = [pruned.point(record) for record in front_records(pruned)]
    assert points == [everything.point(record) for record in front_records(everything)]
    assert pruned.point(choose(pruned)[1]) == everything.point(choose(everything)[1])


def test_results_do_not_depend_on_workers_or_interruptions(given, tried, tmp_path, monkeypatch):
    monkeypatch.setattr(searching, "WAVE", 4)
    alone = found(given, tried, tmp_path / "1.jsonl", PSNR, jobs=1)
    path = tmp_path / "2.jsonl"
    for after in (3, 2, 5):
        with pytest.raises(Interrupted):
            found(given, tried, path, PSNR, after=after)
    whole = len(path.read_text().splitlines())
    # A killed process leaves a torn line.
    with open(path, "a") as file:
        file.write('["torn", {"psnr')
    resumed = found(given, tried, path, PSNR, jobs=3)
    assert len(path.read_text().splitlines()) > whole >= 3 + 2 + 5
    again = found(given, tried, path, PSNR, after=0)
    assert again.found == resumed.found == alone.found
    assert list(resumed.found.records) == list(alone.found.records)


def test_what_is_finished_is_not_done_again(given, tried, tmp_path):
    path = tmp_path / "j.jsonl"
    first = found(given, tried, path, PSNR)
    size = path.stat().st_size
    again = found(given, tried, path, PSNR, after=0)
    assert again.found == first.found
    assert path.stat().st_size == size


def test_another_kernels_results_are_not_used(given, tried, tmp_path):
    path = tmp_path / "j.jsonl"
    found(given, tried, path, PSNR)
    other = Problem(given.base, given.weights * 0.9, given.photographs, given.device)
    assert other.digest != given.digest
    with pytest.raises(Interrupted):
        found(other, tried, path, PSNR, after=0)


def test_one_search_at_a_time(given, tmp_path):
    path = tmp_path / "j.jsonl"
    with (
        open_journal(path, given),
        pytest.raises(InputError, match="another search is writing it"),
        open_journal(path, given),
    ):
        pass


def test_lines_are_json(given, tried, tmp_path):
    path = tmp_path / "j.jsonl"
    search = found(given, tried, path, PSNR)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    records = [value for _, value in lines if isinstance(value, dict)]
    kept = [json.dumps(each, sort_keys=True) for each in records]
    found_records = search.found.records.values()
    assert all(json.dumps(each.to_dict(), sort_keys=True) in kept for each in found_records)


def test_an_unreachable_target_says_how_close_it_came(given, everything):
    everything.target = Target("psnr_float", 90.0)
    best = max(each.psnr_float for each in everything.found.records.values())
    with pytest.raises(InputError) as caught:
        choose(everything)
    assert f"the closest has {best:.4f} dB (pixel ap_ufixed<8,8>, weight " in str(caught.value)


def test_the_choice_is_the_cheapest_that_reaches(everything):
    everything.target = PSNR
    chosen, record = choose(everything)
    assert everything.found.records[chosen] is record
    assert record.psnr_float >= PSNR.value
    reaching = [r for r in everything.found.records.values() if r.psnr_float >= PSNR.value]
    assert len(reaching) > 1
    assert record.cost.share == min(each.cost.share for each in reaching)
    everything.found.records = dict(reversed(everything.found.records.items()))
    assert everything.point(choose(everything)[1]) == everything.point(record)


def test_what_wraps_is_not_chosen_whatever_its_figures(given, tmp_path):
    pins = ["pixel", "weight", "product=none", "output"]
    sets = ["accumulator.integer=proved-3,proved-2,proved-1,proved"]
    narrow = space(given.weights, pins, sets)
    search = found(given, narrow, tmp_path / "j.jsonl", Target("psnr_float", 3.0))
    wrapping = [each for each in search.found.records.values() if each.wraps]
    assert any(each.psnr_float > 3 for each in wrapping)
    _, record = choose(search)
    assert record.wraps == 0
    assert record.cost.share > min(each.cost.share for each in wrapping)
    assert not any(each.wraps for each in front_records(search))


def test_pareto():
    points = [Point(3, 5), Point(1, 1), Point(2, 1), Point(3, 4), Point(2, 3), Point(4, 5)]
    for order in itertools.permutations(points):
        assert pareto(order) == [Point(1, 1), Point(2, 3), Point(3, 5)]


def test_more_photographs_are_judged_by_the_worst(tmp_path):
    two = problem(tmp_path, photos=2)
    pins = ["pixel", "weight", "product=none", "accumulator", "output"]
    only = space(two.weights, pins, [])
    (record,) = found(two, only, tmp_path / "j.jsonl", PSNR).found.records.values()
    each = [photo.psnr_float for photo in record.photos]
    assert len(set(each)) == 2
    assert record.psnr_float == min(each)
