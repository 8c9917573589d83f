"""Records in JSON, and journals of before."""

import hashlib
import io
import json

import pytest
from tune_scene import BASE, problem

from deconv4k.errors import InputError
from deconv4k.tuner.journal import Journal, open_journal
from deconv4k.tuner.problem import VERSION
from deconv4k.tuner.records import CandidateRecord, ProductOverflows, formats_from_dict
from deconv4k.tuner.sums import MeanSquaredErrors

# A line's value as version 1 wrote it when records were dictionaries.
WRITTEN = json.loads("""
{"formats": {"pixel": "ap_ufixed<8,8>", "weight": "ap_fixed<4,1,AP_RND,AP_SAT>",
 "product": "ap_fixed<10,9,AP_TRN,AP_SAT>", "accumulator": "ap_fixed<8,7>",
 "output": "ap_ufixed<8,8,AP_TRN,AP_SAT>"},
 "psnr_original": 5.920735345976538, "psnr_float": Infinity, "loss": 20.777636998227646,
 "ssim_original": 0.17074661296083712, "ssim_float": 0.20449063005974805,
 "largest_error_lsb": 255.0, "mean_error_lsb": 106.28273700053873, "bound_lsb": 255.0,
 "bound_open": "the accumulator ap_fixed<8,7> may wrap: sums of 11 bits are possible",
 "accumulator": {"proved_bits": 11, "observed_bits": 10, "bits": 8, "headroom_proved": -3,
  "headroom_observed": -2},
 "wraps": 7071,
 "weights": {"count": 4, "worst": 1.1534747415862059, "at": [4, 4], "largest_code": 7},
 "cost": {"multipliers": 81, "blocks": {"ecp5": 81, "7series": 81, "ultrascale+": 81},
  "packed": {"ecp5": 41, "7series": 41, "ultrascale+": 41}, "luts": 2788, "memory_bits": 5632,
  "share": 7.653719902809036},
 "photos": [{"photo": "photo.png", "psnr_original": 5.920735345976538,
  "psnr_float": 5.9833656838601, "loss": 20.777636998227646,
  "ssim_original": 0.17074661296083712, "ssim_float": 0.20449063005974805,
  "largest_error_lsb": -255.0, "largest_error_at": [40, 58],
  "mean_error_lsb": 106.28273700053873, "sums": [-86, 456],
  "overflows": {
   "output": {"count": 4974, "kind": "saturated", "worst": -64, "at": [1, 114]},
   "accumulator": {"count": 7071, "kind": "wrapped", "worst": 456, "at": [42, 58]},
   "product": {"count": 0, "kind": "saturated", "worst": null, "at": null, "tap": null}}}]}
""")
FORMATS = formats_from_dict(WRITTEN["formats"])


def key(kind, formats):
    """The key of a line of version 1, for the problem "digest"."""
    return hashlib.sha256(
        json.dumps(["digest", kind, formats], sort_keys=True).encode()
    ).hexdigest()


def test_a_record_is_the_same_json_as_before():
    record = CandidateRecord.from_dict(WRITTEN)
    assert json.dumps(record.to_dict()) == json.dumps(WRITTEN)
    assert record.wraps == record.photos[0].wraps == 7071
    assert isinstance(record.photos[0].overflows["product"], ProductOverflows)


def test_a_journal_of_before_is_read():
    assert VERSION == 1
    stem = {node: WRITTEN["formats"][node] for node in ("pixel", "weight", "product")}
    lines = [
        [key("candidate", WRITTEN["formats"]), WRITTEN],
        [key("stem", stem), [[0.25, 0.125]]],
    ]
    file = io.BytesIO("".join(json.dumps(line) + "\n" for line in lines).encode())
    journal = Journal(file, "digest")
    assert journal.record(FORMATS) == CandidateRecord.from_dict(WRITTEN)
    assert journal.is_old(FORMATS)
    assert journal.least_errors(FORMATS) == [MeanSquaredErrors(original=0.25, floating=0.125)]
    assert journal.record(BASE.formats) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: record.pop("loss"),
        lambda record: record["cost"].pop("luts"),
        lambda record: record.update(photos=3),
        lambda record: record["formats"].update(weight="wide"),
        lambda record: record["weights"].update(at=[1]),
    ],
)
def test_a_record_that_cannot_be_read_is_named(tmp_path, damage):
    given = problem(tmp_path)
    path = tmp_path / "j.jsonl"
    record = json.loads(json.dumps(WRITTEN))
    with open_journal(path, given) as journal:
        journal.add([(FORMATS, CandidateRecord.from_dict(record))], FORMATS, [])
    first, second = map(json.loads, path.read_text().splitlines())
    damage(first[1])
    path.write_text(json.dumps(first) + "\n" + json.dumps(second) + "\n")
    with open_journal(path, given) as journal, pytest.raises(InputError) as caught:
        journal.record(FORMATS)
    (line,) = caught.value.lines
    assert line.startswith(f"{path}: the record of {{'pixel': 'ap_ufixed<8,8>', 'weight': ")
    assert "allowed: what this version wrote" in line
