"""What a run's draws say: convergence, geometry, where chains are and how they move.

A statistic that cannot be computed is null and counted; it never counts as good. R-hat and effective sample sizes are
ArviZ's, of every element of every free variable.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from faultline.engine.names import axes, place
from faultline.probes.chains import levels, movement
from faultline.probes.divergences import divergence_positions
from faultline.probes.forced_discrete import determined
from faultline.probes.mixing import MANY, rhat_and_ess

if TYPE_CHECKING:
    import pymc as pm

SATURATED = ("reached_max_treedepth", "maxdepth_reached")
"""The samplers' own names: nutpie writes the second, all others the first."""


@dataclass(frozen=True)
class Run:
    """One run of a sampler: `draws` is None where no draw after tuning was made."""

    draws: xr.DataTree | None
    seconds: float
    complete: bool
    asked: dict[str, Any]


def summarise_draws(run: Run, model: pm.Model, *, selected: Sequence[str] = ()) -> dict[str, Any]:
    """The record's ``sampling`` (or ``sampling_extended``) of one run.

    ``min_ess`` is the smallest of bulk and tail over every element; ``max_rhat`` the largest rank-normalised R-hat.
    Both are over the elements for which they are defined, null where there is none; ``n_undefined`` counts the rest.
    """
    asked = run.asked
    found: dict[str, Any] = {
        "nuts": asked["nuts"],
        "init": asked["init"],
        "chains": asked["chains"],
        "tune": asked["tune"],
        "draws": asked["draws"],
        "target_accept": asked["target_accept"],
        "n_draws": 0,
        "seconds": run.seconds,
        "complete": run.complete,
    }
    if run.draws is None:
        return found
    posterior = run.draws["posterior"].to_dataset()
    free = posterior[[rv.name for rv in model.free_RVs]]
    rows = _without_determined(variables(free, model), model, posterior)
    chosen = [name for name in selected if name in posterior]
    return found | {
        **statistics_of(run.draws, free, rows, asked["max_treedepth"]),
        "selected": _selected(variables(posterior[chosen], model), chosen) if chosen else None,
        "divergence_positions": divergence_positions(run.draws, model),
    }


def statistics_of(
    draws: xr.DataTree, free: xr.Dataset, rows: list[dict[str, Any]], max_treedepth: int
) -> dict[str, Any]:
    """What the draws of one run say: of the variables ``free``, whose convergence is in ``rows`` (`variables`), and of the sampler."""
    stats = draws["sample_stats"].to_dataset() if "sample_stats" in draws.children else xr.Dataset()
    diverging = stats["diverging"].values.astype(bool) if "diverging" in stats else None
    energy, sizes = _ebfmi(draws), draws["posterior"].sizes
    saturated, statistic = _saturated(stats, max_treedepth)
    return {
        "chains": sizes["chain"],
        "n_draws": sizes["chain"] * sizes["draw"],
        "divergences": None if diverging is None else int(diverging.sum()),
        "divergent_share": None if diverging is None else float(diverging.mean()),
        "mean_step_size": _mean(stats, "step_size"),
        "max_treedepth_fraction": saturated,
        "treedepth_statistic": statistic,
        "n_steps_mean": _mean(stats, "n_steps"),
        "min_ess": _extreme(min, rows, "ess_bulk_min", "ess_tail_min"),
        "max_rhat": _extreme(max, rows, "rhat_max"),
        "min_ebfmi": min((value for value in energy if value is not None), default=None),
        "ebfmi": energy,
        "variables": rows,
        "chains_logp": levels(stats),
        "chains_logp_end": levels(stats, last=True),
        "chains_movement": movement(free),
        "n_undefined": sum(row["n_undefined"] for row in rows),
        "n_nonfinite": sum(int((~np.isfinite(drawn.values)).sum()) for drawn in free.values()),
    }


def _without_determined(
    rows: list[dict[str, Any]], model: pm.Model, posterior: xr.Dataset
) -> list[dict[str, Any]]:
    """Values of discrete variables that cannot be other than they are count as known: ``n_determined`` of them."""
    discrete = {model.values_to_rvs[value].name for value in model.discrete_value_vars}
    if not any(row["n_undefined"] for row in rows if row["name"] in discrete):
        return rows
    found = determined(model, posterior)
    return [
        row | {"n_undefined": row["n_undefined"] - n, "n_determined": n}
        if (n := found.get(row["name"]))
        else row
        for row in rows
    ]


def variables(posterior: xr.Dataset, model: pm.Model | None = None) -> list[dict[str, Any]]:
    """R-hat and effective sample sizes, the worst element of each variable; with the labels of a `model` in the variables' own units.

    Undefined are elements with a draw that is not finite, and elements that never moved: ArviZ gives a constant as many
    effective draws as there are draws.
    """
    rows = []
    n_draws = posterior.sizes["chain"] * posterior.sizes["draw"]
    many = sum(drawn.size for drawn in posterior.values()) >= MANY * n_draws
    for name, drawn in posterior.items():
        values = drawn.transpose("chain", "draw", ...).values
        shape = values.shape[2:]
        flat = values.reshape(*values.shape[:2], -1).astype(float, copy=False)
        if flat.shape[2] == 0:
            continue
        usable = np.isfinite(flat).all(axis=(0, 1)) & (np.ptp(flat, axis=(0, 1)) > 0)
        statistics = np.full((3, flat.shape[2]), np.nan)
        if usable.any():
            known = flat if usable.all() else flat[:, :, usable]
            statistics[:, usable] = rhat_and_ess(known, together=many)
        rhat, bulk, tail = statistics
        undefined = ~np.isfinite(statistics).all(axis=0)
        worst = int(np.nanargmax(rhat)) if np.isfinite(rhat).any() else None
        dims = axes(model, str(name), shape) if model else ()
        rows.append(
            {
                "name": str(name),
                "size": int(flat.shape[2]),
                "rhat_max": None if worst is None else float(rhat[worst]),
                **(
                    {"rhat_worst_index": None}
                    if worst is None
                    else place(dims, np.unravel_index(worst, shape), "rhat_worst_")
                ),
                "ess_bulk_min": _least(bulk),
                "ess_tail_min": _least(tail),
                "n_undefined": int(undefined.sum()),
                **_where(flat, worst),
            }
        )
    return rows


def _where(flat: np.ndarray, position: int | None) -> dict[str, float]:
    """Mean and standard deviation of one value; those of a variable's only value where its R-hat is not known."""
    if position is None and flat.shape[2] > 1:
        return {}
    values = flat[:, :, position or 0]
    if not np.isfinite(values).all():
        return {}
    return {"mean": float(values.mean()), "sd": float(values.std())}


def _least(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.min()) if known.size else None


def _extreme(pick: Any, rows: list[dict[str, Any]], *keys: str) -> float | None:
    return pick((row[key] for row in rows for key in keys if row[key] is not None), default=None)


def _selected(rows: list[dict[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    return {
        "max_rhat": _extreme(max, rows, "rhat_max"),
        "min_ess": _extreme(min, rows, "ess_bulk_min", "ess_tail_min"),
        "names": list(names),
    }


def _mean(stats: xr.Dataset, name: str) -> float | None:
    if name not in stats:
        return None
    value = float(stats[name].mean())
    return value if np.isfinite(value) else None


def _saturated(stats: xr.Dataset, deepest: int) -> tuple[float | None, str | None]:
    """Share of draws at the largest tree depth, and the name of the statistic that says so."""
    for name in SATURATED:
        if name in stats:
            return float(stats[name].mean()), name
    if any(name in stats and float(stats[name].max()) > deepest for name in ("tree_depth", "depth")):
        return None, None  # the run was allowed more, and how much more is not known
    for name, limit in (("tree_depth", deepest), ("depth", deepest), ("n_steps", 2**deepest - 1)):
        if name in stats:
            return float((stats[name] >= limit).mean()), f"{name} >= {limit}"
    return None, None


def _ebfmi(draws: xr.DataTree) -> list[float | None]:
    """Energy's Bayesian fraction of missing information of each chain; null where the energy never moved."""
    import arviz_stats as azs

    if "sample_stats" not in draws.children or "energy" not in draws["sample_stats"]:
        return [None] * draws["posterior"].sizes["chain"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = np.ravel(azs.bfmi(draws).dataset["energy"].values)
    return [float(value) if np.isfinite(value) else None for value in values]
