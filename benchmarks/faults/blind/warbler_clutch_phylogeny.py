"""Comparative study of clutch volume in 26 warbler species: species deviations follow Brownian motion along a dated tree,
on top of a body-mass slope, from published species means with their standard errors."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["phylo_sd", "deviation"], "cause_class": "a"}

rng = np.random.default_rng(88)
N_SPECIES = 26


def _coalescent(n: int) -> np.ndarray:
    """Shared branch length of each pair of species on an ultrametric tree of unit height."""
    clades = [[i] for i in range(n)]
    heights = np.sort(rng.beta(1.2, 1.6, n - 2))
    heights = np.append(heights, 1.0)
    shared = np.eye(n)
    for h in heights:
        i, j = sorted(rng.choice(len(clades), 2, replace=False))
        for a in clades[i]:
            for b in clades[j]:
                shared[a, b] = shared[b, a] = 1.0 - h
        clades[i] = clades[i] + clades[j]
        del clades[j]
    return shared


SHARED = _coalescent(N_SPECIES)
CHOL = np.linalg.cholesky(SHARED)
STANDARD_ERROR = 0.6 / np.sqrt(rng.integers(2, 7, N_SPECIES))
LOG_MASS = rng.normal(0.0, 0.35, N_SPECIES)
_dev = 0.05 * CHOL @ rng.normal(size=N_SPECIES)
LOG_VOLUME = 1.9 + 0.7 * LOG_MASS + _dev + STANDARD_ERROR * rng.normal(size=N_SPECIES)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    coords = {"species": [f"sp{i:02d}" for i in range(N_SPECIES)]}
    with pm.Model(coords=coords) as model:
        root = pm.Normal("root", 2.0, 1.0)
        mass_slope = pm.Normal("mass_slope", 0.66, 0.5)
        phylo_sd = pm.Gamma("phylo_sd", 1.5, 12.0)
        if written == "faulty":
            deviation = pm.MvNormal(
                "deviation", mu=np.zeros(N_SPECIES), chol=phylo_sd * pt.as_tensor(CHOL), dims="species"
            )
        else:
            innovation = pm.Normal("innovation", 0.0, 1.0, dims="species")
            deviation = pm.Deterministic("deviation", phylo_sd * pt.dot(CHOL, innovation), dims="species")
        centre = root + mass_slope * LOG_MASS + deviation
        pm.Normal("log_volume", centre, STANDARD_ERROR, observed=LOG_VOLUME, dims="species")
    return model
