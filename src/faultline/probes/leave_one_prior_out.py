"""What a prior costs the rest of a model: each top-level prior left out in turn, and how much better all the rest fits.

A prior that agrees with its data gives away little when it is left out; one that contradicts them holds all the rest in a
place that fits badly. A bound is part of a prior too: it is lifted where the posterior leans on it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.backend import PLAIN, compile_mode
from faultline.engine.conditional import Conditional, NotConditional
from faultline.engine.factors import Factors
from faultline.engine.freeze import without_initvals
from faultline.engine.layout import Block
from faultline.probes.fixed_variables import Conditions, Fit, figures
from faultline.probes.normalization import change_of_integral
from faultline.probes.prior_data_conflict import QUANTILES, top_level

if TYPE_CHECKING:
    import pymc as pm

FIT_SECONDS = 10.0
TOTALS_DRAWS = 50
"""Draws over which log-probabilities are taken."""

CHAIN_DRAWS = 12
"""Draws of each chain, where chains are told apart."""

ROUNDING_DRAWS, LAST_DIGITS = 11, 1e-13
"""Draws at which the arithmetic is tried, and by how much they move, relative to their values."""

QUANTILE_DRAWS = 200
"""Draws from which the quantiles are taken."""

SETTLED = 1.05
"""R-hat up to which the rest has found its place: without the prior of a scale, a hierarchy may collapse without end."""

RUNS_AWAY = 20.0
"""Times its spread that a variable's draws take up without its prior, from which nothing else kept it."""

LEANS = -1.0
"""Base-10 logarithm of the tail beyond which a posterior leans on a bound: a tenth of the range."""


SMALL_GAIN, SMALL_BY_VALUE = 0.05, 1.0
"""Log-probability that the rest is expected to gain, up to which a prior of a model that samples well is not left out. Where a
potential may hide what a density lacks: in all, since its own scatter over draws is more. Else for each value: it would have to be
eighteen times as much to speak against the prior."""

DOUBLINGS = 40
"""Doublings of a posterior standard deviation that the way uphill may take: a trillion of them."""

IN_A_TAIL = -2.0
"""Base-10 logarithm of the tail in which a posterior of such a model must lie to be doubted, where no bound is in its way."""


def relax(
    conditions: Conditions,
    base: Fit,
    conflicts: Sequence[dict[str, Any]],
    *,
    seed: int,
    seconds: float,
    expected: bool = False,
    leave: Collection[str] = (),
) -> list[dict[str, Any]]:
    """``[{name, size, bounded, gain, gain_in_data, settled, factor, potential, runs_away, change_of_integral?, index, without}]``: gain in median
    log-probability of all other factors without that prior, over the chain of `base` where they fit best, and the factor that
    gains most.

    `conflicts` say how far in its prior's tail each posterior lies. ``bounded``: the bounds were lifted too. ``without``
    holds `QUANTILES` of the element ``index`` in its own units when its prior is left out: where all the rest puts it.

    `expected`, of a model that samples well, leaves the priors out of the list that cannot contradict the rest: the posterior lies
    well inside of each, and the gain without it is small: to first order, var(g) / 2 for its log-density g, and on the way
    that the rest would have its variable go, which a narrow prior that the posterior follows hides from the draws. Those of
    `leave` are left as they are: variables whose prior is not all in one factor.
    """
    ends = time.monotonic() + seconds
    model, names = conditions.conditional.factors.model, conditions.conditional.factors.names
    tails = {row["name"]: row["log10_tail"] for row in conflicts}
    elements = {row["name"]: row["index"] for row in conflicts}
    potentials = {potential.name for potential in model.potentials}
    data = np.array([name in potentials or name in {rv.name for rv in model.observed_RVs} for name in names])
    sizes = {block.name: block.size for block in conditions.layout.blocks}
    small = _small_gains(conditions, base) if expected else set()
    before = _chain_totals(conditions, base)
    found = []
    for rv in top_level(model):
        ends_twice = _has_two_bounds(model, rv)
        harmless = rv.name in small and tails.get(rv.name, -np.inf) > (LEANS if ends_twice else IN_A_TAIL)
        if rv.name in leave or harmless:
            continue
        left = ends - time.monotonic()
        if left < 1 or rv.name not in sizes:
            continue
        used, start = conditions, base.positions[:, -1]
        bounded = ends_twice and tails.get(rv.name, 0.0) < LEANS
        if bounded:
            try:
                used, start = _without_bounds(conditions, rv, start)
            except NotConditional:
                bounded = False
        fit = used.fit(start, drop=(rv.name,), seed=seed, seconds=min(FIT_SECONDS, left))
        if fit is None or _rounding(used, fit) > 1:
            continue
        rest = np.array([name != rv.name for name in names])
        after = _typical_totals(used, fit)
        # Where a chain gets with the prior, the prior does not keep the rest from.
        best_chain = before[before[:, rest].sum(axis=1).argmax()]
        gains = np.where(rest, after - best_chain, 0.0)
        if np.isfinite(gains.sum()):
            best = names[int(gains.argmax())]
            values = _own_units(model, rv, used, fit, transformed=not bounded)
            index = elements.get(rv.name) or [0] * (values.ndim - 1)
            found.append(
                {
                    "name": rv.name,
                    "size": sizes[rv.name],
                    "bounded": bounded,
                    "gain": float(gains.sum()),
                    "gain_in_data": float(
                        after[data & rest].sum() - before[:, data & rest].sum(axis=1).max()
                    ),
                    "settled": (figures(used.layout, fit).get("max_rhat") or np.inf) < SETTLED,
                    "factor": best,
                    "potential": best in potentials,
                    **_unkept(
                        conditions, base, fit, rv.name, best if best in potentials and not bounded else None
                    ),
                    "index": index,
                    "without": np.quantile(values[(slice(None), *index)], QUANTILES).tolist(),
                }
            )
    return sorted(found, key=lambda row: -row["gain"])


def _small_gains(conditions: Conditions, base: Fit) -> set[str]:
    """Names of the priors by whose absence the rest can gain little."""
    totals = np.array([conditions.conditional.totals(at) for at in _second_half(base, TOTALS_DRAWS)])
    gains = dict(zip(conditions.conditional.factors.names, totals.var(axis=0) / 2, strict=True))
    whole = bool(conditions.conditional.factors.model.potentials)
    return {
        block.name
        for block in conditions.layout.blocks
        if gains[block.name] <= (SMALL_GAIN if whole else SMALL_BY_VALUE * block.size)
        and _gain_uphill(conditions, base, block) <= SMALL_BY_VALUE * block.size
    }


def _gain_uphill(conditions: Conditions, base: Fit, block: Block) -> float:
    """What the rest gains as one variable goes from its posterior median to where the rest alone wants it, all others still.

    Along the rest's gradient, in steps that double from one posterior standard deviation on, while the log-probability rises.
    """
    rest = conditions.conditional.look(drop=(block.name,))
    flat = base.positions.reshape(-1, base.positions.shape[-1])
    at, spread = np.median(flat, axis=0), flat.std(axis=0)
    value, gradient = rest(at)
    way = np.zeros_like(at)
    way[block.slice] = (spread * gradient)[block.slice]
    length = np.linalg.norm(way)
    if not np.isfinite(length):
        return np.inf  # not known: to be tried
    if length == 0:
        return 0.0
    way *= spread / length
    best = value
    for doubled in range(DOUBLINGS):
        there = rest(at + 2.0**doubled * way)[0]
        if not there > best:
            break
        best = there
    return float(best - value)


def _second_half(fit: Fit, count: int) -> np.ndarray:
    """That many draws (count, n), from the chains that come last."""
    flat = fit.positions.reshape(-1, fit.positions.shape[-1])
    return flat[np.linspace(len(flat) // 2, len(flat) - 1, count).astype(int)]


def _unkept(conditions: Conditions, base: Fit, fit: Fit, name: str, potential: str | None) -> dict[str, Any]:
    """Whether only its prior kept a variable; and if so, whether the potential that gains by it is a density of its data."""
    away = _runs_away(conditions, base, fit, name)
    if not (away and potential):
        return {"runs_away": away}
    flat = base.positions.reshape(-1, base.positions.shape[-1])
    at = np.median(flat, axis=0)
    block = next(block for block in conditions.layout.blocks if block.name == name)
    other = at.copy()
    other[block.slice] += 2 * flat.std(axis=0)[block.slice]
    return {
        "runs_away": away,
        "change_of_integral": change_of_integral(conditions.conditional.factors, potential, at, other),
    }


def _runs_away(conditions: Conditions, base: Fit, fit: Fit, name: str) -> bool:
    """Whether nothing but its prior kept a variable: its draws no longer come together."""
    block = next(block for block in conditions.layout.blocks if block.name == name)
    before, after = (
        run.positions[:, :, block.slice].reshape(-1, block.size).std(axis=0) for run in (base, fit)
    )
    return bool((after > RUNS_AWAY * np.maximum(before, 1e-12)).any())


def _rounding(conditions: Conditions, fit: Fit) -> float:
    """Typical change of the log-probability when the draws move by their last digits: far out, some functions are noise only."""
    chosen = _second_half(fit, ROUNDING_DRAWS)
    with np.errstate(all="ignore"):
        moved = [
            conditions.conditional.totals(at * (1 + LAST_DIGITS)).sum()
            - conditions.conditional.totals(at).sum()
            for at in chosen
        ]
    return float(np.median(np.abs(moved)))


def _chain_totals(conditions: Conditions, fit: Fit) -> np.ndarray:
    """Typical log-probability of each factor in each chain: (chains, factors)."""
    draws = fit.positions.shape[1]
    chosen = np.linspace(draws // 2, draws - 1, CHAIN_DRAWS).astype(int)
    return np.array(
        [
            np.median([conditions.conditional.totals(at) for at in chain[chosen]], axis=0)
            for chain in fit.positions
        ]
    )


def _typical_totals(conditions: Conditions, fit: Fit) -> np.ndarray:
    totals = [conditions.conditional.totals(at) for at in _second_half(fit, TOTALS_DRAWS)]
    # Not the mean: of a chain that is stuck far out it would say little else.
    return np.median(totals, axis=0)


def _own_units(model: pm.Model, rv: Any, used: Conditions, fit: Fit, *, transformed: bool) -> np.ndarray:
    """Draws (draws, ...) of a variable as its prior knows it."""
    import pytensor.tensor as pt

    block = next(block for block in used.layout.blocks if block.name == rv.name)
    values = _second_half(fit, QUANTILE_DRAWS)[:, block.slice].reshape(QUANTILE_DRAWS, *block.shape)
    transform = model.rvs_to_transforms[rv] if transformed else None
    if transform is None:
        return values
    return np.asarray(
        transform.backward(pt.as_tensor(values), *rv.owner.inputs).eval(mode=compile_mode(PLAIN))
    )


def _has_two_bounds(model: pm.Model, rv: Any) -> bool:
    from pymc.logprob.transforms import IntervalTransform

    transform = model.rvs_to_transforms[rv]
    if not isinstance(transform, IntervalTransform):
        return False
    return all(bound is not None for bound in transform.args_fn(*rv.owner.inputs))


def _without_bounds(conditions: Conditions, rv: Any, starts: np.ndarray) -> tuple[Conditions, np.ndarray]:
    """The model sampled in the variable's own units, where no bound ends it, and the starts there."""
    import pytensor.tensor as pt
    from pymc.model.transform.conditioning import remove_value_transforms

    model, layout = conditions.conditional.factors.model, conditions.layout
    with without_initvals(model):
        free = remove_value_transforms(model, [rv])
    order = [other.name for other in model.free_RVs]
    free.free_RVs.sort(key=lambda other: order.index(other.name))
    block = next(block for block in layout.blocks if block.name == rv.name)
    moved = starts.copy()
    transform = model.rvs_to_transforms[rv]
    for i, start in enumerate(starts):
        values = start[block.slice].reshape(block.shape)
        moved[i, block.slice] = np.ravel(transform.backward(pt.as_tensor(values), *rv.owner.inputs).eval())
    return Conditions(Conditional.of(Factors(free))), moved
