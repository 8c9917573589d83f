"""The tuner: the narrowest formats that lose no more than allowed. docs/tune.md tells how.

From the ground up: `axes`, `limits` and `space` say which formats are tried; `photograph`, `ssim`,
`problem`, `sums`, `output_stage` and `overflows` compute what formats do to a photograph; `cost`
and `error_bound` need none; `evaluate` makes `records` of all that. `target`, `pareto`, `tasks`,
`workers` and `journal` serve `search` and `optimise`; `margin`, `sensitivity`, `plots` and `report`
say what was found. `tuning` does everything.
"""

from deconv4k.tuner.arguments import ArgumentError
from deconv4k.tuner.limits import merge_limits, parse_limits, read_limits
from deconv4k.tuner.options import Options
from deconv4k.tuner.records import CandidateRecord, PhotographRecord
from deconv4k.tuner.target import Target
from deconv4k.tuner.tuning import Progress, Tuned, tune

__all__ = [
    "ArgumentError",
    "CandidateRecord",
    "Options",
    "PhotographRecord",
    "Progress",
    "Target",
    "Tuned",
    "merge_limits",
    "parse_limits",
    "read_limits",
    "tune",
]
