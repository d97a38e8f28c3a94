"""Reading a dataset for a model that has no ``load_dataset`` of its own: the form follows the name of the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from faultline.core.errors import InputError, shown
from faultline.core.reading import check_readable, read_json_file
from faultline.store.arrays import read_arrays


def read_dataset(path: str | Path) -> Any:
    """The dataset in a file, as ``build`` gets it.

    Returns
    -------
    pandas.DataFrame for ``.csv`` and ``.parquet``, xarray.Dataset for ``.nc``, a dict for ``.json``, and a dict of arrays
    for ``.npz``.

    Raises
    ------
    InputError
        The file is of another kind, missing, or not what its name says.
    """
    reader = _READERS.get(Path(path).suffix.lower())
    if reader is None:
        raise InputError(unknown_kind(str(path)))
    if reader in (read_arrays, _json):
        return reader(path)
    check_readable(path, "dataset", "correct the path, or create it first")
    try:
        return reader(path)
    except Exception as error:  # the libraries raise what they like
        line = next(iter(str(error).strip().splitlines()), "")
        raise InputError(
            f"dataset {path} cannot be read as {Path(path).suffix}: {type(error).__name__}: {line[:200]}; correct the file, or "
            "give the case a load_dataset(path) that reads it."
        ) from None


def is_known(path: str) -> bool:
    """Whether a file's name says how it is read."""
    return Path(path).suffix.lower() in _READERS


def unknown_kind(path: str) -> str:
    """The sentence for a file whose name does not say how it is read."""
    return (
        f"dataset {shown(path)} is of a kind that Faultline does not read; give one that ends in {', '.join(_READERS)}, or give "
        "the case a load_dataset(path) that reads it."
    )


def _csv(path: str | Path) -> Any:
    import pandas as pd

    return pd.read_csv(path)


def _parquet(path: str | Path) -> Any:
    import pandas as pd

    return pd.read_parquet(path)


def _netcdf(path: str | Path) -> Any:
    import xarray as xr

    found = xr.load_dataset(path)
    if not found.data_vars:
        raise ValueError("it has no variable at its top level")
    return found


def _json(path: str | Path) -> Any:
    return read_json_file(path, what="dataset", kind=None, remedy="correct the file")


_READERS: dict[str, Callable[[str | Path], Any]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".nc": _netcdf,
    ".npz": read_arrays,
    ".json": _json,
}
