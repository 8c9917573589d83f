"""A small generated photograph and the problems the tuner's tests set on it."""

from dataclasses import replace

import numpy as np

from deconv4k._shared.checkout import DEFAULT_CONFIG
from deconv4k.config import Config
from deconv4k.formats import Format
from deconv4k.photo import image, kernels
from deconv4k.tuner.limits import parse_limits
from deconv4k.tuner.photograph import Photograph
from deconv4k.tuner.problem import Problem
from deconv4k.tuner.space import search_space

BASE = Config.load(DEFAULT_CONFIG)
SAT = "AP_RND,AP_SAT"


def write_photograph(path, width=120, height=88, seed=1):
    """Smooth shapes, hard edges, pure black and white: a PNG file."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    plane = 0.5 + 0.4 * np.sin(x / 7) * np.cos(y / 11) + random.normal(0, 0.05, x.shape)
    plane[height // 4 : height // 2, width // 4 : width // 2] = 1.0
    plane[height // 2 :, : width // 3] = 0.0
    image.write(path, image.from_unit(plane))
    return path


def photograph(folder, base=BASE, seed=1, **size):
    path = write_photograph(folder / f"photo{seed}.png", seed=seed, **size)
    return Photograph.load(path, base.layer, base.video, kernels.default(base.layer))


def problem(folder, base=BASE, device="ecp5", photos=1, **size):
    photographs = tuple(photograph(folder, base, seed, **size) for seed in range(1, photos + 1))
    return Problem(base, kernels.default(base.layer), photographs, device)


def space(weights, pins, sets, base=BASE):
    """The search space around a configuration, limited as by the command's options."""
    limits = parse_limits(base, pins, sets, pin_name="--pin", set_name="--set")
    return search_space(base, weights, limits)


def formats(**spelled):
    """The default formats but for some."""
    nodes = {node: None if text is None else Format.parse(text) for node, text in spelled.items()}
    return replace(BASE.formats, **nodes)
