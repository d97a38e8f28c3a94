"""What the mechanistic model can tell from a prefix: the bounded least-squares fit, and the posterior on a grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from faultline.cases.urease import chemistry, dataset

LOWEST, HIGHEST = (5e-4, 0.0), (1.25, 5e-3)  # of E0 in g/L and k_d in 1/s: the authors' bounds
NODES = (81, 25)  # of the grid, in E0 and k_d
ROUNDS = 3  # each draws the grid in E0 more closely around what is left
PREFIXES, SOME = (10.0, 30.0, 60.0), 20  # s, and test rows that are looked at
KEPT = 12.0  # log densities below the highest that a round keeps


def model(curve: np.ndarray, enzyme, decay, times: np.ndarray, lag: float = 0.0, offset: float = 0.0):
    """pH (..., points) by one curve, for enzyme and decay of one shape (...)."""
    taus = chemistry.tau_of(np.asarray(enzyme)[..., None], np.asarray(decay)[..., None], times)
    clean = np.interp(taus, chemistry.TAU, curve)
    if lag:
        flat = clean.reshape(-1, clean.shape[-1])
        clean = dataset.lagged(flat, np.broadcast_to(times, flat.shape), lag).reshape(clean.shape)
    return clean + offset


def fitted(
    curves: np.ndarray, times: np.ndarray, ph: np.ndarray, lag: float = 0.0, offset: float = 0.0
) -> np.ndarray:
    """E0 and k_d (n, 2) of records ph (n, points) at times (n, points) or (points,), from the middle of the bounds."""
    scale = np.array(HIGHEST)
    low, high = np.array(LOWEST) / scale, np.array(HIGHEST) / scale
    found = []
    for curve, at, record in zip(curves, np.broadcast_to(times, ph.shape), ph, strict=True):

        def residual(point, curve=curve, at=at, record=record):
            return (model(curve, *(point * scale), at, lag, offset) - record) / dataset.NOISE

        found.append(least_squares(residual, (low + high) / 2, bounds=(low, high), diff_step=1e-4).x * scale)
    return np.stack(found)


def posterior(
    curve: np.ndarray,
    times: np.ndarray,
    ph: np.ndarray,
    ranges: dict[str, tuple[float, float]],
    lag: float = 0.0,
    offset: float = 0.0,
) -> dict[str, float]:
    """Means, standard deviations and correlation of E0 and k_d given one record, under uniform priors over their ranges."""
    (low, high), decays = ranges["E0_g_per_L"], np.linspace(*ranges["k_d"], NODES[1])
    for _ in range(ROUNDS):
        enzymes = np.linspace(low, high, NODES[0])
        expected = model(
            curve, enzymes[:, None] + 0 * decays, decays + 0 * enzymes[:, None], times, lag, offset
        )
        log_density = -0.5 * np.sum(((expected - ph) / dataset.NOISE) ** 2, axis=-1)
        log_density -= log_density.max()
        inside = np.flatnonzero((log_density > -KEPT).any(axis=1))
        low, high = enzymes[max(inside[0] - 1, 0)], enzymes[min(inside[-1] + 1, len(enzymes) - 1)]
    weights = np.exp(log_density)
    weights /= weights.sum()
    means = np.array([np.sum(weights * enzymes[:, None]), np.sum(weights * decays)])
    apart = np.stack(np.broadcast_arrays(enzymes[:, None] - means[0], decays - means[1]))
    covariance = np.einsum("iab,jab,ab->ij", apart, apart, weights)
    sd = np.sqrt(np.diag(covariance))
    return {
        "E0": float(means[0]),
        "k_d": float(means[1]),
        "E0_sd": float(sd[0]),
        "k_d_sd": float(sd[1]),
        "correlation": float(covariance[0, 1] / (sd[0] * sd[1])) if (sd > 0).all() else 0.0,
    }


def identifiability(
    curves: np.ndarray,
    times: np.ndarray,
    ph: np.ndarray,
    truth: np.ndarray,
    ranges: dict[str, tuple[float, float]],
    lag: float = 0.0,
    offset: float = 0.0,
) -> dict[str, float]:
    """Over rows: the posterior's standard deviation as a share of the prior's, its correlation, and the errors of its mean."""
    rows = [
        posterior(curve, times, record, ranges, lag, offset) for curve, record in zip(curves, ph, strict=True)
    ]
    column = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    found = {"points": len(times), "rows": len(rows)}
    for place, (name, (low, high)) in enumerate(zip(("E0", "k_d"), ranges.values(), strict=True)):
        prior = (high - low) / np.sqrt(12)
        found |= {
            f"{name}_sd_ratio": float(np.median(column[f"{name}_sd"]) / prior),
            f"{name}_sd": float(np.median(column[f"{name}_sd"])),
            f"{name}_mae": float(np.abs(column[name] - truth[:, place]).mean()),
        }
    return {**found, "correlation": float(np.median(column["correlation"]))}


def of_scenario(
    generate: Any, scenario: Mapping[str, Any], lag_model: str
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The fit of all test rows by the prefix that the network reads, and for some of them what prefixes of each length tell."""
    tested = slice(-dataset.TEST, None)
    curves, truth = generate.curves[tested], generate.target_params[tested]
    lag, offset = (scenario["lag"], scenario["offset"]) if lag_model == "in_model" else (0.0, 0.0)
    ph, times, ranges = generate.pH[tested], generate.t[tested], generate.facts["ranges"]
    found = fitted(curves, times, ph, lag, offset)
    apart = np.abs(found - truth)
    facts: dict[str, Any] = {"mae_E0": float(apart[:, 0].mean()), "mae_k_d": float(apart[:, 1].mean())}
    for prefix in PREFIXES:
        inside = generate.t_long < prefix
        facts[f"prefix_{prefix:g}s"] = identifiability(
            curves[:SOME],
            generate.t_long[inside],
            generate.pH_long[:SOME, inside],
            truth[:SOME],
            ranges,
            lag,
            offset,
        )
    return {"parameters": found, "prefix_read": ph}, facts
