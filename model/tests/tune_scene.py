"""A small generated photograph and the problems the tuner's tests set on it."""

from dataclasses import replace

import numpy as np

from deconv4k._shared.checkout import DEFAULT_CONFIG
from deconv4k.config import Config
from deconv4k.formats import Format
from deconv4k.photo import image, kernels
from deconv4k.tune.evaluate import Problem
from deconv4k.tune.photograph import Scene

BASE = Config.load(DEFAULT_CONFIG)
SAT = "AP_RND,AP_SAT"


def photograph(path, width=120, height=88, seed=1):
    """Smooth shapes, hard edges, pure black and white: a PNG file."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    plane = 0.5 + 0.4 * np.sin(x / 7) * np.cos(y / 11) + random.normal(0, 0.05, x.shape)
    plane[height // 4 : height // 2, width // 4 : width // 2] = 1.0
    plane[height // 2 :, : width // 3] = 0.0
    image.write(path, image.from_unit(plane))
    return path


def scene(folder, base=BASE, seed=1, **size):
    path = photograph(folder / f"photo{seed}.png", seed=seed, **size)
    return Scene.load(path, base.layer, base.video, kernels.default(base.layer))


def problem(folder, base=BASE, device="ecp5", photos=1, **size):
    scenes = tuple(scene(folder, base, seed, **size) for seed in range(1, photos + 1))
    return Problem(base, kernels.default(base.layer), scenes, device)


def formats(**spelled):
    """The default formats but for some."""
    nodes = {node: None if text is None else Format.parse(text) for node, text in spelled.items()}
    return replace(BASE.formats, **nodes)
