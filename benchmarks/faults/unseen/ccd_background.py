"""Photon counts of CCD frames with and without a faint star in the aperture, at several exposure times:
star flux, sky brightness and dark current in counts per second."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["sky", "dark"], "cause_class": "a"}

rng = np.random.default_rng(31415)
exposure = np.repeat([30.0, 60.0, 120.0, 240.0], 10)
on_star = np.tile([1, 0], 20)
counts = rng.poisson(exposure * (14.0 + 9.0 + 3.5 * on_star))


def background(written):
    if written == "faulty":
        sky = pm.HalfNormal("sky", 60.0)
        dark = pm.HalfNormal("dark", 60.0)
        return sky + dark
    return pm.HalfNormal("sky_plus_dark", 80.0)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as frames:
        flux = pm.HalfNormal("flux", 20.0)
        rate = flux * on_star + background(written)
        pm.Poisson("counts", rate * exposure, observed=counts)
    return frames
