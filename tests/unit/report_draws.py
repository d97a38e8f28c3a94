"""Draws to report on: eight schools, centered and non-centered, really sampled."""

from __future__ import annotations

import copy
import functools
import logging
from pathlib import Path

import arviz_stats as azs
import numpy as np
import xarray as xr

EFFECTS = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
ERRORS = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])


def save_draws(path: Path, *, asked: xr.DataTree, extended: xr.DataTree | None = None) -> Path:
    """Draws as the sampling stage leaves them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first = "" if extended is None else "/first_run"
    groups = {f"{first}/{name}": asked[name].dataset for name in asked.children}
    if extended is not None:
        groups |= {f"/{name}": extended[name].dataset for name in extended.children}
    xr.DataTree.from_dict(groups).to_netcdf(path, engine="h5netcdf")
    return path


@functools.cache
def eight_schools(centered: bool) -> xr.DataTree:
    """Draws of eight schools: centered, 2 x 100, with divergences; or non-centered, 4 x 500, sound."""
    import pymc as pm

    logging.getLogger("pymc").setLevel(logging.ERROR)
    with pm.Model():
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfCauchy("tau", 5)
        if centered:
            theta = pm.Normal("theta", mu, tau, shape=8)
        else:
            theta = pm.Deterministic("theta", mu + tau * pm.Normal("z", shape=8))
        pm.Normal("y", theta, ERRORS, observed=EFFECTS)
        chains, tune, draws, accept = (2, 300, 100, 0.6) if centered else (4, 500, 500, 0.95)
        found = pm.sample(
            nuts_sampler="pymc",
            chains=chains,
            tune=tune,
            draws=draws,
            cores=1,
            random_seed=2,
            target_accept=accept,
            progressbar=False,
            compute_convergence_checks=False,
            backend="numba",
        )
    stats = found["sample_stats"].dataset
    plain = stats.drop_vars([name for name in stats if stats[name].dtype == object])
    return xr.DataTree.from_dict(
        {"posterior": found["posterior"].dataset.drop_attrs(), "sample_stats": plain.drop_attrs()}
    )


def summarised(centered: bool) -> dict:
    """A record's sampling section for the draws of eight schools."""
    return copy.deepcopy(_summary(centered))


@functools.cache
def _summary(centered: bool) -> dict:
    tree, free = eight_schools(centered), ["mu", "tau", "theta" if centered else "z"]
    posterior, stats = tree["posterior"].dataset, tree["sample_stats"].dataset
    rhat, bulk, tail = azs.rhat(posterior), azs.ess(posterior), azs.ess(posterior, method="tail")
    variables = [
        {
            "name": name,
            "size": int(rhat[name].size),
            "rhat_max": float(rhat[name].max()),
            "rhat_worst_index": [int(np.argmax(rhat[name].values))] if rhat[name].ndim else [],
            "ess_bulk_min": float(bulk[name].min()),
            "ess_tail_min": float(tail[name].min()),
            "n_undefined": 0,
        }
        for name in free
    ]
    n_divergent, total = int(stats["diverging"].sum()), int(stats["diverging"].size)
    ebfmi = azs.bfmi(tree)
    ebfmi = np.asarray(getattr(ebfmi, "dataset", ebfmi)["energy"]).tolist()
    positions = [
        {"name": "tau", "shift": -1.2, "ks": 0.81, "p": 0.005},
        {"name": "mu", "shift": 0.3, "ks": 0.3, "p": 0.0075},
        {"name": free[-1], "index": [0], "shift": 0.2, "ks": 0.21, "p": 0.0075},
    ]
    return {
        "chains": posterior.sizes["chain"],
        "tune": 500,
        "draws": posterior.sizes["draw"],
        "n_draws": total,
        "seconds": 4.4,
        "divergences": n_divergent,
        "divergent_share": n_divergent / total,
        "mean_step_size": float(stats["step_size"].mean()),
        "max_treedepth_fraction": float(stats["reached_max_treedepth"].mean()),
        "treedepth_statistic": "reached_max_treedepth",
        "min_ess": min(min(v["ess_bulk_min"], v["ess_tail_min"]) for v in variables),
        "max_rhat": max(v["rhat_max"] for v in variables),
        "min_ebfmi": min(ebfmi),
        "ebfmi": ebfmi,
        "variables": variables,
        "selected": {"names": ["mu", "tau", free[-1]], "max_rhat": 1.1, "min_ess": 20.0},
        "divergence_positions": {"n": 48, "variables": positions},
        "chains_logp": [-48.1] * posterior.sizes["chain"],
        "complete": True,
        "n_nonfinite": 0,
    }
