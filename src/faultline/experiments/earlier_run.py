"""What the group that samples a model has left for taking it apart: a run that passed is not made again.

It is taken over only if it passes in the space that the sampler moves in as well, where its log-density is what the model
has there now, and if short chains from other starts end in the same place: they see modes that its few chains missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.core.record import read_json
from faultline.criteria.run_statistics import judged_section, passes
from faultline.engine.density import LogpGradient
from faultline.engine.draws import vectors
from faultline.probes.fixed_variables import COLUMNS, Fit
from faultline.probes.modes import places

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

SAME_LOGP = 1e-6
"""Relative difference up to which two log-densities are one: rounding on the way to a variable's own units and back."""

Passed = tuple[Mapping[str, Any], "xr.DataTree"]


def passed_run(spec: Mapping[str, Any]) -> Passed | None:
    """Figures and draws of the run that decided in the sampling group, if it passed."""
    import xarray as xr

    if not (left := spec.get("reads", {}).get("sampled")):
        return None
    record = read_json(left["measured.json"])
    figures = record.get(judged_section(record))
    if record.get("error") or not passes(figures):
        return None
    with xr.open_datatree(left["draws.nc"], engine="h5netcdf") as tree:
        groups = ("posterior", "sample_stats")
        return figures, xr.DataTree.from_dict({name: tree[name].to_dataset().load() for name in groups})


def as_fit(run: Passed, model: pm.Model, look: LogpGradient) -> Fit | None:
    """That run in the space that the sampler moves in; None if it cannot be told what it was there."""
    figures, draws = run
    stats = draws["sample_stats"].to_dataset()
    if not set(COLUMNS[1:]) <= set(stats):
        return None
    positions = vectors(draws["posterior"].to_dataset(), model, look.layout)
    columns = [stats[name].transpose("chain", "draw").values for name in COLUMNS[1:]]
    fit = Fit(positions, *columns, complete=True, seconds=figures["seconds"])
    ends = [look(at)[0] for at in positions[:, -1]]
    same = np.allclose(ends, fit.lp[:, -1], rtol=SAME_LOGP, atol=SAME_LOGP)
    return fit if same and np.isfinite(positions).all() else None


def in_one_place(fit: Fit, others: Fit) -> bool:
    """Whether the chains of a fit and those of shorter ones are all in one place."""
    made = others.positions.shape[1]
    thin = np.linspace(0, fit.positions.shape[1] - 1, made).astype(int)
    return places(np.concatenate([fit.positions[:, thin], others.positions])) == 1
