"""A run's draws as one xarray DataTree that netCDF can hold."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from faultline.backend import PLAIN, compile_mode

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
