"""The mechanistic model of ``urease`` in PyMC: one record, two parameters, Phi as an interpolated curve; it goes through the ladder for models.

It says what a prefix can tell at all: how much smaller the posterior is than the prior, and how correlated E0 and k_d are.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from scipy.interpolate import CubicSpline

from faultline.cases.urease import chemistry, dataset

# One condition in the middle of the ranges: substrate in mol/L, temperature in Celsius, initial pH; E0 in g/L, k_d in 1/s.
CONDITION, TRUTH = (0.055, 30.0, 7.0), (0.65, 2.5e-3)
PRIORS = {"E0": (0.05, 1.25), "k_d": (1e-5, 5e-3)}
BEGIN = 0.01  # g s/L, added to tau under the logarithm, so that tau = 0 has a place
NODES = np.linspace(np.log(BEGIN), np.log(3e3 + BEGIN), 400)  # of log(tau + BEGIN)
SEED = 42


def build(*, prefix: Literal["30", "10", "60", "300"] = "30") -> pm.Model:
    """The model: ``E0`` and ``k_d``, uniform over their ranges, and the record's ``pH`` of so many seconds, with noise of 0.01."""
    times, record = data(float(prefix))
    with pm.Model() as model:
        enzyme = pm.Uniform("E0", *PRIORS["E0"])
        decay = pm.Uniform("k_d", *PRIORS["k_d"])
        taus = enzyme * -pt.expm1(-decay * times) / decay
        pm.Normal("pH", interpolated(taus), dataset.NOISE, observed=record)
    return model


def data(prefix: float) -> tuple[np.ndarray, np.ndarray]:
    """Times in s and pH of the record; a longer prefix has the points of a shorter one."""
    times = np.arange(0.0, 2000.0, dataset.GRID)
    clean = chemistry.records(curve()[None], *(np.array([each]) for each in TRUTH), times)[0]
    noisy = clean + dataset.NOISE * np.random.default_rng(SEED).standard_normal(len(times))
    inside = times < prefix
    return times[inside], noisy[inside]


def curve() -> np.ndarray:
    """Phi at `chemistry.TAU`."""
    return chemistry.phi(*(np.array([each]) for each in CONDITION))[0]


def interpolated(taus):
    """Phi at taus (points,), by cubics whose values and slopes agree at `NODES`; a PyTensor variable."""
    spline = CubicSpline(np.log(chemistry.TAU + BEGIN), curve())
    values, slopes = spline(NODES), spline(NODES, 1) * (NODES[1] - NODES[0])
    place = (pt.log(taus + BEGIN) - NODES[0]) / (NODES[1] - NODES[0])
    at = pt.clip(pt.floor(place), 0, len(NODES) - 2).astype("int64")
    u = place - at
    low, high = pt.constant(values)[at], pt.constant(values)[at + 1]
    rise, fall = pt.constant(slopes)[at], pt.constant(slopes)[at + 1]
    return (
        low * (1 + 2 * u) * (1 - u) ** 2
        + rise * u * (1 - u) ** 2
        + high * u**2 * (3 - 2 * u)
        + fall * u**2 * (u - 1)
    )


def identifiability(
    prefix: Literal["10", "30", "60", "300"], draws: int = 1000, seed: int = SEED
) -> dict[str, Any]:
    """By NUTS: each parameter's posterior standard deviation, its share of the prior's, and their correlation."""
    with build(prefix=prefix):
        trace = pm.sample(draws, tune=1000, chains=2, cores=1, random_seed=seed, progressbar=False)
    column = {name: trace.posterior[name].to_numpy().ravel() for name in PRIORS}
    prior = {name: (high - low) / np.sqrt(12) for name, (low, high) in PRIORS.items()}
    return {
        **{f"{name}_sd": float(values.std()) for name, values in column.items()},
        **{f"{name}_sd_ratio": float(values.std() / prior[name]) for name, values in column.items()},
        "correlation": float(np.corrcoef(*column.values())[0, 1]),
        "divergences": int(trace.sample_stats["diverging"].sum()),
    }
