"""NUTS that runs inside XLA, by BlackJAX or NumPyro: no return to Python between two gradients.

A chain is a state that a compiled function advances by some draws; threads take turns with the chains, so that a time
limit leaves all of them equally long.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.backend import LOOK, PLAIN, Stage, compile_mode, over_draws, without_compiler
from faultline.engine.density import LogpGradient, logp_and_gradient
from faultline.engine.layout import Layout
from faultline.engine.samplers.base import Prepared, Progress, cores_for, labels
from faultline.engine.samplers.broken import broken_at
from faultline.engine.samplers.chains import Chain, run_chains

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

JITTER_TRIES = 10
"""Starts tried per chain before the model's own start is judged, as in PyMC."""


NEARBY, NEARBY_POINTS, SMALLEST_VARIANCE = 1e-3, 10, 1e-10
"""Unconstrained distance of the points at which a chain's first scales are read, their number, and a floor."""


class CannotRun(Exception):
    """Why a model cannot be sampled inside XLA."""


def prepare(
    model: pm.Model, sampler: Mapping[str, Any], *, look: LogpGradient | None, on_stage: Stage
) -> Prepared:
    """Compile the kernel of ``sampler["nuts"]`` around the model's log-probability and gradient."""
    if model.discrete_value_vars or not model.continuous_value_vars:
        raise CannotRun("it samples continuous variables only")
    began = time.perf_counter()
    look = look or logp_and_gradient(model, LOOK, on_stage=on_stage)
    if look.traced is None:
        reasons = [row["reason"] for row in look.compiled.fallbacks] or ["an Op has no gradient"]
        raise CannotRun(f"JAX cannot run this model: {reasons[0]}")
    on_stage("compile")
    from faultline.engine.samplers import blackjax_kernel, numpyro_kernel

    module = blackjax_kernel if sampler["nuts"] == "blackjax" else numpyro_kernel
    kernel = module.Kernel(look, sampler)
    seconds = time.perf_counter() - began
    return Prepared(model, sampler["nuts"], LOOK, [], seconds, partial(_draw, model, look, kernel))


def _draw(
    model: pm.Model,
    look: LogpGradient,
    kernel: Any,
    asked: Mapping[str, Any],
    seed: int,
    seconds: float | None,
    progress: Progress | None,
) -> tuple[xr.DataTree | None, xr.Dataset | None]:
    ends = None if seconds is None else time.monotonic() + seconds
    kernel.plan(asked)
    chains = []
    for number in range(asked["chains"]):
        start = start_vector(model, look, asked["init"], [seed, number])
        rng = np.random.default_rng([seed, number])
        variances = local_variances(look, start, rng)
        state = kernel.begin(int(rng.integers(2**31)), start, *look(start), variances)
        chains.append(Chain(number, state, start))
    run_chains(kernel, chains, asked["tune"], asked["draws"], cores_for(asked), ends, progress)
    made = min(chain.kept for chain in chains)
    if not made:
        return None, None
    return _tree(model, look.layout, chains, made), _broken(look.layout, chains, made)


def start_vector(model: pm.Model, look: LogpGradient, init: str, seed: list[int]) -> np.ndarray:
    """Where a chain begins: the model's initial point, with PyMC's uniform(-1, 1) jitter if `init` asks for it.

    Raises PyMC's `SamplingError`, which names the variables, where the log-probability is not finite.
    """
    rng = np.random.default_rng(seed)
    point = model.initial_point(int(rng.integers(2**31)))
    start = look.layout.vector(point)
    jittered = init.startswith("jitter")
    for _ in range(JITTER_TRIES if jittered else 1):
        at = start + rng.uniform(-1, 1, start.size) if jittered else start
        if np.isfinite(look(at)[0]):
            return at
    with without_compiler(mode=compile_mode(PLAIN)):
        model.check_start_vals(look.layout.point(at), mode=compile_mode(PLAIN))
    return at


def local_variances(look: LogpGradient, start: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A first guess (n,) of each value's posterior variance, from how fast the gradient changes around `start`.

    The ratio of spreads that tuning uses later, at a few points close by instead of draws: without it the first draws
    cross a stiff posterior in steps that suit its narrowest direction. At most 1, what samplers otherwise begin with.
    """
    steps = NEARBY * rng.standard_normal((NEARBY_POINTS, start.size))
    gradients = np.stack([look(start + step)[1] for step in steps])
    with np.errstate(all="ignore"):
        ratio = steps.std(axis=0) / gradients.std(axis=0)
    return np.where(np.isfinite(ratio), np.clip(ratio, SMALLEST_VARIANCE, 1.0), 1.0)


def _tree(model: pm.Model, layout: Layout, chains: list[Chain], made: int) -> xr.DataTree:
    """The draws in the variables' own units, with the model's dims, and the statistics under PyMC's names."""
    import arviz_base as azb

    names = [rv.name for rv in model.free_RVs]
    outputs, vector = layout.join(model, model.replace_rvs_by_values(model.free_RVs))
    own_units = over_draws([vector], outputs, model)
    columns = [chain.columns(made) for chain in chains]
    posterior: dict[str, list[Any]] = {name: [] for name in names}
    for column in columns:
        for name, values in zip(names, own_units(column.pop("position")), strict=True):
            posterior[name].append(values)
    stats = {key: np.stack([column[key] for column in columns]) for key in columns[0]}
    dims = {name: list(model.named_vars_to_dims[name]) for name in names if name in model.named_vars_to_dims}
    coords = {name: labels(values) for name, values in model.coords.items() if values is not None}
    return azb.from_dict(
        {"posterior": {name: np.stack(values) for name, values in posterior.items()}, "sample_stats": stats},
        dims=dims,
        coords=coords,
    )


def _broken(layout: Layout, chains: list[Chain], made: int) -> xr.Dataset | None:
    """Where the trajectories that diverged began: neither library says where they broke."""
    return broken_at(
        layout,
        [
            (chain.number, draw, layout.point(before))
            for chain in chains
            for draw, before in chain.diverged
            if draw < made
        ],
    )
