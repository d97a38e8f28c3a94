"""A run's draws as one xarray DataTree that netCDF can hold, and in the space that the sampler moves in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.backend import PLAIN, compile_function, compile_mode
from faultline.layout import Layout

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr


def tidy(
    model: pm.Model, tree: xr.DataTree, divergences: xr.Dataset | None, deterministics: Sequence[str]
) -> xr.DataTree:
    """Only what the record and the plots need, free variables in the model's order, and nothing netCDF cannot hold."""
    import pymc as pm
    import xarray as xr

    names = [rv.name for rv in model.free_RVs]
    posterior = tree["posterior"].to_dataset()[names]
    wanted = [name for name in deterministics if name in {d.name for d in model.deterministics}]
    if wanted:
        posterior = pm.compute_deterministics(
            posterior,
            var_names=wanted,
            model=model,
            extend_dataset=True,
            progressbar=False,
            compile_kwargs={"mode": compile_mode(PLAIN)},
        )
    stats = tree["sample_stats"].to_dataset()
    kept = [name for name, v in stats.items() if v.dtype != object and set(v.dims) == {"chain", "draw"}]
    groups = {"posterior": posterior, "sample_stats": stats[kept]}
    if divergences is not None:
        groups["divergences"] = divergences
    return xr.DataTree.from_dict(groups)


def write_draws(draws: xr.DataTree | None, path: str | Path) -> None:
    """Write draws as netCDF (h5netcdf), atomically; without draws a file that opens and holds no group."""
    import xarray as xr

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    (draws if draws is not None else xr.DataTree()).to_netcdf(part, engine="h5netcdf")
    os.replace(part, path)


def unconstrained(
    posterior: xr.Dataset, model: pm.Model, chosen: Sequence[Any] | None = None
) -> dict[str, np.ndarray]:
    """Draws of each continuous free variable, or of those `chosen`, in the space the sampler moves in: (chain, draw, ...) arrays."""
    drawn = {rv: posterior[rv.name].transpose("chain", "draw", ...).values for rv in chosen or model.free_RVs}
    names = {block.name for block in Layout.of(model).blocks}
    plain = {
        rv.name: v for rv, v in drawn.items() if rv.name in names and model.rvs_to_transforms[rv] is None
    }
    moved = [rv for rv in drawn if rv.name in names and model.rvs_to_transforms[rv] is not None]
    if not moved:
        return plain
    graphs = [model.rvs_to_transforms[rv].forward(rv, *rv.owner.inputs) for rv in moved]
    # The start point, the bounds of an interval, may depend on other free variables: all of them are inputs.
    function = compile_function(list(drawn), graphs, backend=PLAIN, model=model)
    chains, draws = next(iter(drawn.values())).shape[:2]
    with np.errstate(all="ignore"):
        points = [function(*(v[c, d] for v in drawn.values())) for c in range(chains) for d in range(draws)]
    stacked = [np.array(values) for values in zip(*points, strict=True)]
    moved_values = {
        rv.name: values.reshape(chains, draws, *values.shape[1:])
        for rv, values in zip(moved, stacked, strict=True)
    }
    return plain | moved_values
