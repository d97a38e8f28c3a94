"""Draws that a user gives to the call, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from faultline.core.errors import InputError, one_line

if TYPE_CHECKING:
    import xarray as xr

GROUPS = ("posterior", "sample_stats")


def write_given(idata: Any, path: Path) -> Path:
    """Write a user's draws as a netCDF file, with the two groups that are read; the same draws give the same file.

    Parameters
    ----------
    idata
        Anything that ``arviz.convert_to_datatree`` takes.

    Raises
    ------
    InputError
        That refuses them.
    """
    import arviz_base as az
    import xarray as xr

    from faultline.engine.draws import write_draws

    try:
        tree = az.convert_to_datatree(idata)
    except Exception as error:  # what it raises depends on what it is given
        raise InputError(
            f"these draws cannot be converted by arviz ({type(error).__name__}: {one_line(str(error), 150)}); give an InferenceData, "
            "a DataTree, or a dict of arrays with the dimensions chain and draw."
        ) from None
    groups = {name: _plain(tree[name].to_dataset()) for name in GROUPS if name in tree.children}
    write_draws(xr.DataTree.from_dict(groups), path)
    return path


def _plain(found: xr.Dataset) -> xr.Dataset:
    """What netCDF can hold: no index of several levels, and attributes that are text or numbers. Not when the draws were converted."""
    import numpy as np

    levels = [name for name, index in found.indexes.items() if getattr(index, "nlevels", 1) > 1]
    kept = {
        key: value
        for key, value in found.attrs.items()
        if key != "created_at"
        and isinstance(value, str | int | float | np.number)
        and not isinstance(value, bool)
    }
    return found.drop_vars(levels).drop_attrs().assign_attrs(kept)
