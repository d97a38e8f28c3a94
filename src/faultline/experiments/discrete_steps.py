"""A model with discrete variables, which NUTS cannot move: sampled as PyMC samples it, then with them held.

PyMC moves them by steps of their own (Metropolis, Gibbs) between those of NUTS. Held at typical draws they are no part of the
sampling: what fails with them and samples well without is their steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.criteria.run_statistics import passes, sample_on
from faultline.engine.draws import unconstrained
from faultline.engine.layout import Layout
from faultline.engine.samplers import prepare
from faultline.experiments.budget import Budget
from faultline.probes.convergence import summarise_draws
from faultline.probes.fixed_variables import RUN, figures
from faultline.probes.prior_data_conflict import conflict
from faultline.probes.sampling import sample

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

    from faultline.experiments.earlier_run import Passed


def as_it_stands(
    apart: Budget,
    run: Mapping[str, Any],
    longer: Mapping[str, Any],
    seconds: float,
    passed: Passed | None = None,
) -> xr.DataTree | None:
    """Sample the model as PyMC does, by `run`, and by `longer` where that decides nothing, each for `seconds` at most.

    Not if the sampling group has done so and `passed`.
    The record's ``apart`` gets ``discrete`` (names), ``whole`` (like ``sampling``) and ``conflict``. Returns the draws.
    """
    model = apart.subject.model
    apart.keep(discrete=[model.values_to_rvs[value].name for value in model.discrete_value_vars])
    if passed:
        found, draws = {**passed[0], "sampled_before": True}, passed[1]
        apart.keep(whole=found)
    else:
        found, draws = _sampled(apart, run, longer, seconds)
    if draws is None:
        apart.skip("everything else", "no draw was made in time")
        return None
    flat = draws["posterior"].to_dataset().stack(sample=("chain", "draw")).transpose("sample", ...)
    apart.look("conflict", lambda: conflict(model, {str(name): v.values for name, v in flat.items()}))
    if passes(found):
        apart.skip("what only explains a failure", "the model samples well")
    return draws


def _sampled(
    apart: Budget, run: Mapping[str, Any], longer: Mapping[str, Any], seconds: float
) -> tuple[dict[str, Any], xr.DataTree | None]:
    """The record's ``sampling`` of the run that decides, and its draws."""
    model, recorder = apart.subject.model, apart.recorder
    with recorder.stage("compile_whole"):
        prepared = prepare(model, {"nuts": "pymc"}, on_stage=recorder.enter)
    found, draws = {}, None
    for i, (stage, asked) in enumerate((("whole", run), ("longer", longer))):
        if not found or (draws is not None and sample_on(found)):
            with recorder.stage(stage):
                made = sample(prepared, asked, seed=apart.seed + i, seconds=seconds)
                if not found or made.complete:
                    found, draws = summarise_draws(made, model), made.draws
                    apart.keep(whole=found)
    return found, draws


def rest_samples_well(
    apart: Budget, draws: xr.DataTree, longer: Mapping[str, Any], quantiles: Sequence[float]
) -> bool:
    """Whether NUTS samples the rest well wherever the discrete variables are held: at `draws` at `quantiles` of the energy.

    The record's ``apart`` gets ``discrete_held``, one row of figures for each place. Where the rest fails, `apart` is left
    with the discrete variables there.
    """
    density, conditions, rows = apart.density, apart.conditions, []
    with apart.recorder.stage("discrete_held"):
        for i, (discrete, starts) in enumerate(_places(apart.subject.model, draws, quantiles)):
            apart.density = density.at(discrete)
            apart.conditions = conditions.on(apart.density)
            look = apart.density.look()
            finite = np.array([np.isfinite(look(start)[0]) for start in starts])
            apart.start_at = np.where(finite[:, None], starts, starts[0])
            fit = apart.conditions.fit(
                apart.start_at, run=RUN, seed=apart.seed + 10 + i, seconds=apart.share(4)
            )
            rows.append(figures(apart.layout, fit))
            if fit is not None and sample_on(rows[-1]):
                at, seconds = fit.positions[:, -1], apart.share(3)
                fit = apart.conditions.fit(at, run=longer, seed=apart.seed + 20 + i, seconds=seconds)
                rows[-1] = figures(apart.layout, fit)
            apart.keep(discrete_held=rows)
            if not passes(rows[-1]):
                return False
    return True


def _places(
    model: pm.Model, draws: xr.DataTree, quantiles: Sequence[float]
) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
    """Values of the discrete variables, by value name, and where chains start (chains, n): there, and where chains ended."""
    posterior, layout = draws["posterior"].to_dataset(), Layout.of(model)
    energy = draws["sample_stats"]["energy"].transpose("chain", "draw").values
    order = np.argsort(energy.ravel())
    chosen = order[np.quantile(np.arange(len(order)), quantiles).astype(int)]
    chains, at = np.unravel_index(chosen, energy.shape)
    some = posterior.isel(draw=[-1, *at])
    values = unconstrained(some, model)
    shape = (some.sizes["chain"], some.sizes["draw"])
    vectors = np.concatenate([values[b.name].reshape(*shape, b.size) for b in layout.blocks], axis=2)
    names = {v.name: model.values_to_rvs[v].name for v in model.discrete_value_vars}
    for place, chain in enumerate(chains, start=1):
        one = some.isel(chain=chain, draw=place)
        discrete = {value: one[name].values for value, name in names.items()}
        yield discrete, np.concatenate([vectors[chain, place][None], vectors[1:, 0]])
