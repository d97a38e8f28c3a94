"""Draws that somebody else's run has left: what they say without the model, and what ArviZ says of them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from faultline.core.errors import InputError, one_line, shown
from faultline.criteria.thresholds import USUAL_DEPTH
from faultline.engine.samplers import NAMES
from faultline.probes.convergence import statistics_of, variables

ARVIZ_ESS = 100
"""Effective draws for each chain below which ``arviz.diagnose`` flags a variable, by its documentation. Its other limit, 1 in
1000 draws, asks for fewer in any run of at most 100,000 draws per chain."""

FORM = "give one written by idata.to_netcdf(...), with the dimensions chain and draw"


def read_draws(path: str | Path) -> xr.DataTree:
    """The draws in a netCDF file: the groups ``posterior`` and, if it is there, ``sample_stats``.

    Raises
    ------
    InputError
        It is no such file, or its draws have no chains.
    """
    try:
        with xr.open_datatree(path, engine="h5netcdf") as tree:
            groups = {
                name: tree[name].to_dataset().load()
                for name in ("posterior", "sample_stats")
                if name in tree.children
            }
    except Exception as error:  # the libraries raise what they like
        raise InputError(
            f"draws {path} cannot be read: {type(error).__name__}: {one_line(str(error), 150)}; {FORM}."
        ) from None
    if "posterior" not in groups:
        raise InputError(f"draws {path} have no group posterior; {FORM}.")
    posterior = groups["posterior"]
    numbers = [name for name, drawn in posterior.items() if drawn.dtype.kind in "fiub"]
    for name in numbers:
        if missing := [dim for dim in ("chain", "draw") if dim not in posterior[name].dims]:
            raise InputError(f"draws {path}: {shown(name)} has no dimension {missing[0]}; {FORM}.")
    if not numbers or not all(posterior.sizes[dim] for dim in ("chain", "draw")):
        raise InputError(f"draws {path} hold no draw of a number; {FORM}.")
    groups["posterior"] = posterior[numbers]
    return xr.DataTree.from_dict({name: _numbered(found) for name, found in groups.items()})


def _numbered(found: xr.Dataset) -> xr.Dataset:
    """With numbers for chains and draws, where they have none."""
    missing = [dim for dim in ("chain", "draw") if dim in found.sizes and dim not in found.coords]
    return found.assign_coords({dim: np.arange(found.sizes[dim]) for dim in missing})


def summarise_given(draws: xr.DataTree) -> dict[str, Any]:
    """The record's ``sampling`` of draws whose model is not known.

    All variables count, Deterministics too. Of the settings, only what the draws say is known.
    """
    posterior = draws["posterior"].to_dataset()
    rows, about = _without_constants(variables(posterior), posterior), _about(draws)
    figures = statistics_of(draws, posterior, rows, USUAL_DEPTH)
    empty = sum(int(np.isnan(drawn).all(("chain", "draw")).sum()) for drawn in posterior.values())
    padding = empty * figures["n_draws"] if any(row["rhat_max"] is not None for row in rows) else 0
    return {
        "nuts": str(about.get("inference_library", "unknown")),
        "init": None,
        "tune": _count(about.get("tuning_steps")),
        "draws": posterior.sizes["draw"],
        "target_accept": None,
        "seconds": _seconds(about.get("sampling_time")),
        "complete": True,
        **figures,
        "n_nonfinite": figures["n_nonfinite"] - padding,
    }


def settings_of(draws: xr.DataTree) -> dict[str, Any]:
    """The arguments of ``pm.sample`` that draws tell of: how many, and by which sampler."""
    posterior, about = draws["posterior"], _about(draws)
    found: dict[str, Any] = {"chains": posterior.sizes["chain"], "draws": posterior.sizes["draw"]}
    if (tune := _count(about.get("tuning_steps"))) is not None:
        found["tune"] = tune
    library, moved = str(about.get("inference_library")), "diverging" in draws.get("sample_stats", ())
    if library in NAMES and moved:  # else another step method made them, which they do not name
        found["nuts_sampler"] = library
    return found


def _about(draws: xr.DataTree) -> dict[str, Any]:
    stats = draws["sample_stats"].attrs if "sample_stats" in draws.children else {}
    return {**draws["posterior"].attrs, **stats}


def by_arviz(draws: xr.DataTree) -> dict[str, Any] | None:
    """What ``arviz.diagnose`` finds: numbers of divergent and of saturated draws, chains by E-BFMI, variables by ESS and R-hat.

    None where it cannot say: it raises an error for what it does not expect.
    """
    import arviz_stats as azs

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _, found = azs.diagnose(draws, show_diagnostics=False, return_diagnostics=True)
            # Of these it says the names only in its messages.
            needed = ARVIZ_ESS * draws["posterior"].sizes["chain"]
            low = azs.ess(draws, method="bulk").dataset < needed
    except Exception:
        return None
    return {
        "divergent": int(found.get("divergent", {}).get("n_divergent", 0)),
        "saturated": int(found.get("treedepth", {}).get("n_max", 0)),
        "low_bfmi": len(found.get("bfmi", {}).get("failed_chains", ())),
        "low_ess": [str(name) for name, below in low.items() if bool(below.any())],
        "high_rhat": list(map(str, found.get("rhat", {}).get("bad_params", ()))),
    }


def _without_constants(rows: list[dict[str, Any]], posterior: xr.Dataset) -> list[dict[str, Any]]:
    """Elements with one and the same value in all chains count as known, as long as something moves: the diagonal of a correlation
    matrix does not move, and chains that are stuck are stuck at values of their own.
    """
    still = {str(name): _constant(drawn) for name, drawn in posterior.items()}
    if all(np.all(constant) for constant in still.values()):
        return rows
    return [
        row | {"n_undefined": row["n_undefined"] - n, "n_constant": n}
        if (n := int(np.sum(still[row["name"]])))
        else row
        for row in rows
    ]


def _constant(drawn: xr.DataArray) -> np.ndarray:
    """Elements with one value in all draws, or none in any: a Deterministic that is padded with NaN."""
    values = drawn.transpose("chain", "draw", ...).values.astype(float, copy=False)
    return (values == values[:1, :1]).all(axis=(0, 1)) | np.isnan(values).all(axis=(0, 1))


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float | np.number) and np.isfinite(value) else None


def _seconds(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float | np.number) and np.isfinite(value) else None
