"""The likelihood of ``ptycho`` as a PyMC model of a coarse object, which goes through the ladder for models.

The discrete Fourier transform is a product with real matrices, whose exact zeros are zero, so that no complex number is needed.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from faultline.cases.ptycho import dataset, optics, scene
from faultline.cases.ptycho.scene import SIZE, N

COARSE = 10  # pixels of the object, on each side
# Frames of the data set that is called gs1_ideal.
SCENARIO = {
    "images": 12,
    "gridsize": 1,
    "probe": "ideal",
    "probe_scale": 10.0,
    "probe_center": "half_pixel",
    "blank_region": "no",
    "nphotons": 1e5,
}
EPSILON = 1e-12  # under the root and in the expected counts
ROUNDING = 1e-12  # below it an element of the transform is 0
SEED = 42
PRESETS = {
    "as_it_stood": {},
    "repaired": {"amplitude_head": "softplus", "positivity": "1e-12"},
}


def build(
    *,
    amplitude_head: Literal["sigmoid", "softplus"] = "sigmoid",
    positivity: Literal["none", "1e-12"] = "none",
    probe_center: Literal["half_pixel", "pixel"] = "half_pixel",
) -> pm.Model:
    """The model: ``theta`` (10, 10) before the head, normal around 0, and the ``counts`` (frames, N, N), of the normalized frames."""
    places, probe, counts, scale = data(probe_center)
    epsilon = 0.0 if positivity == "none" else EPSILON
    with pm.Model() as model:
        theta = pm.Normal("theta", 0, 1, shape=(COARSE, COARSE))
        amplitude = pt.sigmoid(theta) if amplitude_head == "sigmoid" else pt.softplus(theta)
        roots = scale * pt.sqrt(power(amplitude, places, probe) + epsilon)
        pm.Poisson("counts", roots**2 + epsilon, observed=counts)
    return model


def data(probe_center: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Places (frames, 2), the probe (N, N), counts (frames, N, N) with frequency 0 first, and s, as the fit has them."""
    about = dataset.resolved(SCENARIO, probe_center=probe_center)
    arrays, _ = dataset.simulated(lambda name: np.random.default_rng([SEED, *name.encode()]), about)
    places = np.stack([arrays["ycoords"], arrays["xcoords"]], axis=-1)
    frames = arrays["diff3d"].astype(float)
    scale = optics.fallback_scale(about["nphotons"])
    counts = np.round((scale * optics.gain_of(frames) * frames) ** 2).astype(int)
    return places, arrays["probeGuess"].real.astype(float), np.fft.ifftshift(counts, axes=(-2, -1)), scale


def power(amplitude, places: np.ndarray, probe: np.ndarray):
    """|F|^2 / N^2 (frames, N, N) of a coarse amplitude (10, 10), frequency 0 first; as PyTensor, or of NumPy arrays as NumPy."""
    cosine, sine = transform()
    fine = pt.repeat(pt.repeat(amplitude, SIZE // COARSE, axis=0), SIZE // COARSE, axis=1)
    within = np.arange(N)
    rows, columns = np.moveaxis(scene.corners(places), -1, 0)
    waves = fine[rows[:, None, None] + within[:, None], columns[:, None, None] + within] * probe
    real = cosine @ waves @ cosine - sine @ waves @ sine
    imaginary = sine @ waves @ cosine + cosine @ waves @ sine
    return (real**2 + imaginary**2) / N**2


def transform() -> tuple[np.ndarray, np.ndarray]:
    """The cosines and sines (N, N) of the transform, with exact zeros."""
    angles = 2 * np.pi * np.outer(np.arange(N), np.arange(N)) / N
    return tuple(np.where(np.abs(each) < ROUNDING, 0.0, each) for each in (np.cos(angles), np.sin(angles)))
