"""The log-probability and its gradient at draws that the user has: where the posterior lies, which neither the start nor a point near it
may show.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from faultline.core.errors import one_line
from faultline.engine.draws import vectors
from faultline.engine.factors import Factors
from faultline.probes.finite_difference import STEPS

DRAWS = 50
"""Draws that are looked at, evenly spaced over all chains."""

COMPARED = 3
"""Draws at which the gradient is compared factor by factor: as many points as there are at the start."""

NAMED = 5
"""Draws, of those where something is not finite, at which the factors are told apart."""

LEAST_FINITE = 0.5
"""Share of the draws at which the log-probability has to be finite. A sampler keeps no draw where it is not, so draws most of which are
such ones were made with another model, or with other data, and nothing follows from what happens there."""


def at_draws(
    function: Callable[[np.ndarray], tuple[float, np.ndarray]],
    factors: Factors,
    draws: xr.DataTree,
    seed: int,
) -> tuple[dict[str, Any], list[np.ndarray]]:
    """The record's ``gradient.at_draws``, and up to `COMPARED` draws as unconstrained vectors at which to compare the gradient.

    Parameters
    ----------
    function
        The log-probability and its gradient (n,) at an unconstrained vector (n,).
    draws
        With a group ``posterior`` in the variables' own units.

    Returns
    -------
    Draws that do not fit the model: ``{"reason": why}``, and no points. Others: ``n`` draws looked at; ``n_outside`` of them lie
    outside the support, where the log-probability is -inf, and are left out; at ``n_not_finite`` the log-probability is NaN or
    infinite, or an element of its gradient is not finite, because of ``factors`` (rows name, value, gradient: numbers of the first
    `NAMED` such draws). The points are those at which the slope of the log-probability agrees least with a difference.
    """
    points, reason = points_of(draws, factors)
    if reason:
        return {"reason": reason}, []
    with np.errstate(all="ignore"):
        looked = [(point, *function(point)) for point in points if np.isfinite(point).all()]
    inside = [(point, value, gradient) for point, value, gradient in looked if value != -np.inf]
    n_finite = sum(bool(np.isfinite(value)) for _, value, _ in inside)
    if n_finite < LEAST_FINITE * len(points):
        where = f"the log-probability is not finite at {len(points) - n_finite} of {len(points)} of them"
        return {"reason": f"{where}, and a sampler of this model with these data keeps no such draw"}, []
    sound, broken = [], []
    for point, value, gradient in inside:
        if np.isfinite(value) and np.isfinite(gradient).all():
            sound.append((point, gradient))
        else:
            broken.append(point)
    found = {
        "n": len(points),
        "n_outside": len(points) - len(inside),
        "n_not_finite": len(broken),
        "factors": _factors(factors, broken[:NAMED]),
    }
    return found, _worth_comparing(function, sound, seed)


def points_of(draws: xr.DataTree, factors: Factors) -> tuple[np.ndarray, str | None]:
    """Up to `DRAWS` draws as unconstrained vectors (draws, n), and None; or why they do not fit the model.

    A draw that a transform has no place for is not finite there.
    """
    model, layout = factors.model, factors.layout
    posterior = draws["posterior"].to_dataset()
    none, names = np.empty((0, layout.size)), [rv.name for rv in model.free_RVs]
    if model.discrete_value_vars:
        return none, "the model has discrete variables, with which the gradient changes from draw to draw"
    if missing := [name for name in names if name not in posterior]:
        return none, f"they have no values of {', '.join(missing)}"
    try:
        shapes = model.eval_rv_shapes()
        for name in names:
            drawn = posterior[name].transpose("chain", "draw", ...).shape[2:]
            if drawn != (own := tuple(map(int, shapes[name]))):
                return none, f"their {name} has the shape {drawn}, and that of the model has {own}"
        points = vectors(_thinned(posterior[names], DRAWS), model, layout)[0]
    except Exception as error:  # of a transform, which may be the user's own
        return none, f"they cannot be transformed: {type(error).__name__}: {one_line(str(error), 150)}"
    outside = ~np.isfinite(points).all(axis=0)
    if not np.isfinite(points).all(axis=1).any():
        names = dict.fromkeys(layout.locate(int(i))[0] for i in np.flatnonzero(outside))
        return none, f"all of them lie outside the support of {', '.join(names)}"
    return points, None


def _thinned(posterior: xr.Dataset, count: int) -> xr.Dataset:
    """Some draws of all chains, evenly spaced, as those of one chain."""
    n = posterior.sizes["chain"] * posterior.sizes["draw"]
    chosen = np.unique(np.linspace(0, n - 1, min(n, count)).astype(int))
    found = {}
    for name, drawn in posterior.items():
        values = drawn.transpose("chain", "draw", ...).values
        flat = values.reshape(n, *values.shape[2:])[chosen]
        found[name] = (("chain", "draw", *(f"{name}_{i}" for i in range(flat.ndim - 1))), flat[None])
    return xr.Dataset(found)


def _factors(factors: Factors, points: list[np.ndarray]) -> list[dict[str, Any]]:
    """Which factors have a value, or else a gradient, that is not finite, and at how many of these points."""
    if not points:
        return []
    with np.errstate(all="ignore"):
        values = ~np.isfinite([factors.totals(point) for point in points])
        slopes = ~np.isfinite([factors.jacobian(point) for point in points]).all(axis=2) & ~values
    return [
        {"name": name, "value": int(values[:, f].sum()), "gradient": int(slopes[:, f].sum())}
        for f, name in enumerate(factors.names)
        if (values | slopes)[:, f].any()
    ]


def _worth_comparing(
    function: Callable[[np.ndarray], tuple[float, np.ndarray]],
    looked: list[tuple[np.ndarray, np.ndarray]],
    seed: int,
) -> list[np.ndarray]:
    """The points, of those with their gradients, where the slope along a random direction agrees least with a difference."""
    rng, apart = np.random.default_rng(seed), []
    for point, gradient in looked:
        way = STEPS[0] * np.maximum(1.0, np.abs(point)) * rng.choice((-1.0, 1.0), point.size)
        with np.errstate(all="ignore"):
            change = (function(point + way)[0] - function(point - way)[0]) / 2
            error = abs(change - gradient @ way) / max(abs(change), np.linalg.norm(gradient * way), 1e-300)
        apart.append(error if np.isfinite(error) else 0.0)
    return [looked[i][0] for i in np.argsort(apart, kind="stable")[::-1][:COMPARED]]
