"""Priors that disagree with what the data say: where in its own prior the posterior of each top-level variable lies.

Only variables whose prior depends on no other free variable: what adapts to the data cannot disagree with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.backend import PLAIN, compile_function, compile_mode
from faultline.engine.factors import has_flat_prior
from faultline.engine.names import axes, place

if TYPE_CHECKING:
    import pymc as pm

DRAWS = 200
"""Draws of a prior from which its densest place is read."""

QUANTILES = (0.05, 0.5, 0.95)
"""Of the draws of a prior that are kept: where it lies."""

ROUNDING = -30.0
"""Logarithm of an upper tail below which 1 - cdf is rounding."""

FLOOR = -300.0
"""Smallest logarithm (base 10) of a tail that is recorded."""


def conflict(model: pm.Model, posterior: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Per top-level free variable, the element that lies furthest in a tail of its prior.

    `posterior` maps names to draws (draws, ...) in the variables' own units. ``log10_tail`` is the logarithm of the prior
    probability of a value at least as extreme as the posterior median, on the nearer side; where the prior has no
    distribution function it is that of the density's drop from its largest value among the draws of the prior. ``prior``
    holds quantiles of its draws, at `QUANTILES`, and ``prior_sd`` their spread; None where the prior cannot be drawn from.
    """
    found = []
    for rv in top_level(model):
        draws = posterior.get(rv.name)
        if draws is None or not np.isfinite(draws).all():
            continue
        median = np.median(draws, axis=0)
        prior = _prior(model, rv)
        tails = _tails(model, rv, np.asarray(median), prior)
        if tails is None:
            continue
        position = int(np.argmin(tails))
        shape = np.shape(median)
        found.append(
            {
                "name": rv.name,
                **place(axes(model, rv.name, shape), np.unravel_index(position, shape)),
                "n": int(np.size(median)),
                "log10_tail": float(max(np.ravel(tails)[position], FLOOR)),
                "posterior_median": float(np.ravel(median)[position]),
                "posterior_mean": float(np.ravel(draws.mean(axis=0))[position]),
                "posterior_sd": float(np.ravel(draws.std(axis=0))[position]),
                "prior": None if prior is None else _where(prior, position),
                "prior_sd": None if prior is None else _spread(prior, position),
            }
        )
    return sorted(found, key=lambda row: row["log10_tail"])


def top_level(model: pm.Model) -> list[Any]:
    """Free variables with a proper prior that depends on no other variable."""
    from pytensor.graph.traversal import ancestors

    free = set(model.free_RVs)
    return [
        rv for rv in model.free_RVs if not ((set(ancestors([rv])) & free) - {rv}) and not has_flat_prior(rv)
    ]


def _prior(model: pm.Model, rv: Any) -> np.ndarray | None:
    """Draws (draws, ...) of a prior; None for a distribution that cannot be drawn from."""
    import pymc as pm

    try:
        return np.asarray(pm.draw(rv, draws=DRAWS, random_seed=0, mode=compile_mode(PLAIN)))
    except NotImplementedError:
        return None


def _where(prior: np.ndarray, position: int) -> list[float]:
    return [float(value) for value in np.quantile(prior.reshape(DRAWS, -1)[:, position], QUANTILES)]


def _spread(prior: np.ndarray, position: int) -> float | None:
    """Standard deviation of the prior, as its draws have it: of a heavy tail it is what these few happened to reach."""
    value = float(prior.reshape(DRAWS, -1)[:, position].std())
    return value if np.isfinite(value) else None


def _tails(model: pm.Model, rv: Any, value: np.ndarray, prior: np.ndarray | None) -> np.ndarray | None:
    """Base-10 logarithm of the smaller tail at each element of `value`; None where the prior is not known by element."""
    drop = None if prior is None else _drop(model, rv, value, prior)
    below = _once(model, lambda pm: pm.logcdf(rv, _of(rv, value)), rv)
    if below is None or below.shape != value.shape:
        return None if drop is None else -drop / np.log(10)
    with np.errstate(all="ignore"):
        above = np.log1p(-np.exp(below))
    tail = np.minimum(below, above)
    # Beyond rounding the upper tail is only known to be small; the density tells how small.
    if drop is not None:
        tail = np.where(above < ROUNDING, np.minimum(-drop, ROUNDING), tail)
    return tail / np.log(10)


def _drop(model: pm.Model, rv: Any, value: np.ndarray, prior: np.ndarray) -> np.ndarray | None:
    """How much smaller the log-density is at `value` than at its best among draws of the prior, by element."""
    points = np.concatenate([prior.reshape(DRAWS, *value.shape), value[None]])
    density = _once(model, lambda pm: pm.logp(rv, _of(rv, points, "draw")), rv, "draw")
    if density is None or density.shape != points.shape:
        return None
    return density[:-1].max(axis=0) - density[-1]


def _of(rv: Any, values: np.ndarray, *leading: str) -> Any:
    """Values of a variable, with axes before its own; of one of pymc.dims by their names."""
    if not hasattr(rv.type, "dims"):
        return values
    from pytensor.xtensor import as_xtensor

    return as_xtensor(values, dims=(*leading, *rv.type.dims))


def _once(model: pm.Model, graph: Any, rv: Any, *leading: str) -> np.ndarray | None:
    """The value of a graph that a distribution may not have; its axes are those of `_of`."""
    import pymc as pm

    try:
        output = graph(pm)
        if hasattr(output.type, "dims"):
            output = output.transpose(*leading, *rv.type.dims).values
        return np.asarray(compile_function([], [output], backend=PLAIN, model=model)()[0])
    except (NotImplementedError, ValueError, TypeError):
        return None
