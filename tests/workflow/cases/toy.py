"""A regression small enough to sample in a second: two components, no dataset, one latent to freeze."""

from typing import Literal

import numpy as np
import pymc as pm

LATENTS = {"x": ("level",)}
SELECTED = ("level",)
LABELS = {"use_slope": "slope", "use_curve": "curve"}
PRESETS = {"repaired": {"scale": "fixed"}}


def build(
    *, use_slope: bool = True, use_curve: bool = True, scale: Literal["free", "fixed"] = "free"
) -> pm.Model:
    t = np.linspace(-1, 1, 20)
    y = 1.0 + t + t**2 + 0.1 * np.random.default_rng(0).normal(size=t.size)
    with pm.Model() as model:
        mean = pm.Normal("level", 0, 1) * np.ones_like(t)
        if use_slope:
            mean = mean + pm.Normal("slope", 0, 1) * t
        if use_curve:
            mean = mean + pm.Normal("curve", 0, 1) * t**2
        pm.Normal("y", mean, pm.HalfNormal("scale", 1) if scale == "free" else 0.1, observed=y)
    return model


def initial(dataset) -> dict:
    return {"level": 1.0}
