"""A run's draws as one xarray DataTree that netCDF can hold, and in the space that the sampler moves in."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.backend import PLAIN, compile_mode, over_draws
from faultline.engine.layout import Layout
from faultline.engine.samplers.base import labels

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


def completed(draws: xr.DataTree, model: pm.Model, layout: Layout | None = None) -> xr.DataTree:
    """Draws as people read them: with ``observed_data``, and with a ``posterior`` in the variables' own units.

    ``layout`` is that of draws which have only an unconstrained one (``unconstrained/posterior``).
    """
    import xarray as xr

    groups = {node.path: node.to_dataset(inherit=False) for node in draws.subtree if node.path != "/"}
    if "posterior" not in draws.children and layout is not None:
        groups["/posterior"] = _own_units(draws["unconstrained/posterior"].to_dataset(), model, layout)
        groups["/sample_stats"] = draws["unconstrained/sample_stats"].to_dataset()
    if observed := _observed(model):
        groups["/observed_data"] = observed
    return xr.DataTree.from_dict(groups)


def _own_units(drawn: xr.Dataset, model: pm.Model, layout: Layout) -> xr.Dataset:
    """Draws of the continuous free variables, from unconstrained ones."""
    values = [rv for rv in model.free_RVs if rv.name in drawn]
    outputs, vector = layout.join(model, model.replace_rvs_by_values(values))
    function = over_draws([vector], outputs, model)
    chains, draws = drawn.sizes["chain"], drawn.sizes["draw"]
    flat = np.concatenate(
        [drawn[block.name].values.reshape(chains * draws, block.size) for block in layout.blocks], axis=1
    )
    with np.errstate(all="ignore"):
        found = function(flat)
    shaped = {
        rv.name: rows.reshape(chains, draws, *rows.shape[1:]) for rv, rows in zip(values, found, strict=True)
    }
    return _labelled(shaped, model, ("chain", "draw")).assign_coords(
        chain=np.arange(chains), draw=np.arange(draws)
    )


def _observed(model: pm.Model) -> xr.Dataset | None:
    """What the model was given to observe, where it is an array that netCDF can hold."""
    from pymc.backends.arviz import find_observations

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # data that stands in no array: left out
        found = {name: np.asarray(values) for name, values in find_observations(model).items()}
    kept = {name: values for name, values in found.items() if values.dtype.kind in "biuf"}
    return _labelled(kept, model) if kept else None


def _labelled(values: Mapping[str, np.ndarray], model: pm.Model, leading: Sequence[str] = ()) -> xr.Dataset:
    """Arrays under the model's own dimensions and coordinates, where they fit."""
    import xarray as xr

    labelled, coords = {}, {}
    for name, array in values.items():
        shape = array.shape[len(leading) :]
        own = model.named_vars_to_dims.get(name) or ()
        named = [dim if dim else f"{name}_dim_{i}" for i, dim in enumerate(own)]
        labels = {dim: model.coords[dim] for dim in named if model.coords.get(dim) is not None}
        fits = len(named) == len(shape) == len(set(named)) and all(
            len(labels[dim]) == n for dim, n in zip(named, shape, strict=True) if dim in labels
        )
        dims = named if fits else [f"{name}_dim_{i}" for i in range(len(shape))]
        labelled[name] = ((*leading, *dims), array)
        coords |= {dim: np.asarray(labels[dim]) for dim in dims if dim in labels}
    return xr.Dataset(labelled, coords={dim: at for dim, at in coords.items() if at.dtype.kind in "biufU"})


def _storable(draws: xr.Dataset) -> xr.Dataset:
    return draws.assign_coords(
        {name: (at.dims, labels(at.values)) for name, at in draws.coords.items() if at.dtype.kind == "O"}
    )


def write_draws(draws: xr.DataTree | None, path: str | Path) -> None:
    """Write draws as netCDF (h5netcdf), atomically; without draws a file that opens and holds no group."""
    import xarray as xr

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    tree = draws if draws is not None else xr.DataTree()
    tree.map_over_datasets(_storable).to_netcdf(part, engine="h5netcdf")
    os.replace(part, path)


def vectors(posterior: xr.Dataset, model: pm.Model, layout: Layout) -> np.ndarray:
    """Draws of all continuous free variables as unconstrained vectors: (chain, draw, n), as `layout` has them."""
    values = unconstrained(posterior, model)
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    return np.concatenate([values[block.name].reshape(*shape, block.size) for block in layout.blocks], axis=2)


def unconstrained(
    posterior: xr.Dataset, model: pm.Model, chosen: Sequence[Any] | None = None
) -> dict[str, np.ndarray]:
    """Draws of each continuous free variable, or of those `chosen`, in the space the sampler moves in: (chain, draw, ...) arrays."""
    variables = list(chosen or model.free_RVs)
    drawn = {rv.name: posterior[rv.name].transpose("chain", "draw", ...).values for rv in variables}
    shape = next(iter(drawn.values())).shape[:2]
    flat = {name: value.reshape(shape[0] * shape[1], *value.shape[2:]) for name, value in drawn.items()}
    return {name: v.reshape(*shape, *v.shape[1:]) for name, v in moving(model, variables)(flat).items()}


def moving(
    model: pm.Model, variables: Sequence[Any]
) -> Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]:
    """What takes values (n, ...) of these free variables, by name, to the space the sampler moves in; compiled once.

    It leaves discrete variables out.
    """
    continuous = {model.values_to_rvs[value] for value in model.continuous_value_vars}
    own = [rv for rv in variables if rv in continuous]
    moved = [rv for rv in own if model.rvs_to_transforms[rv] is not None]
    if not moved:
        return lambda drawn: {rv.name: drawn[rv.name] for rv in own}
    graphs = [model.rvs_to_transforms[rv].forward(rv, *rv.owner.inputs) for rv in moved]
    # The start point, the bounds of an interval, may depend on other free variables: all of them are inputs.
    function = over_draws(list(variables), graphs, model)

    def move(drawn: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        with np.errstate(all="ignore"):
            values = function(*(drawn[rv.name].astype(rv.dtype) for rv in variables))
        found = dict(zip((rv.name for rv in moved), values, strict=True))
        return {rv.name: found.get(rv.name, drawn[rv.name]) for rv in own}

    return move
