"""R-hat and effective sample sizes of many values at once, as ArviZ computes them.

ArviZ has them twice: of one value at a time in Python, and in ``arviz_stats.numba`` of all values together, to the same
digits. The second is several times as quick where chains mix badly, and takes half a second to import.
"""

from __future__ import annotations

import importlib
import warnings
from contextlib import suppress

import numpy as np

MANY = 500
"""Values of a model from which the import pays."""

BLOCK = 500_000
"""Draws of all values together that are looked at in one go, so that they stay in the cache."""

FEWEST_DRAWS, FEWEST_CHAINS = 4, 2
"""Below these ArviZ says that nothing is known; R-hat alone needs the chains."""


def import_for(n: int) -> None:
    """Import now what the statistics of a model of `n` values take."""
    importlib.import_module("arviz_stats")
    if n >= MANY:
        with suppress(ImportError):
            importlib.import_module("arviz_stats.numba.diagnostics")


def rhat_and_ess(values: np.ndarray, *, together: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rank-normalised split R-hat, bulk and tail effective sample size (n,) of `values` (chains, draws, n).

    The values are finite, and each of them moved. NaN where there are too few chains or draws. `together`: by the way
    that pays for `MANY` values; where ArviZ lacks it, one by one.
    """
    if together and values.shape[1] >= FEWEST_DRAWS:
        try:
            return _together(values)
        except ImportError:  # an ArviZ without that module
            pass
    return _one_by_one(values)


def _one_by_one(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    import arviz_stats as azs
    import xarray as xr

    array = xr.DataArray(values, dims=("chain", "draw", "value"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = azs.rhat(array, method="rank"), *(azs.ess(array, method=m) for m in ("bulk", "tail"))
    return tuple(np.asarray(statistic.values, dtype=float) for statistic in found)


def _together(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    import xarray as xr
    from arviz_base import rcParams
    from arviz_stats.numba.diagnostics import ess, rhat

    def array(block: np.ndarray) -> xr.DataArray:
        # It splits even chains only; of others ArviZ leaves the draw in the middle out.
        half = block.shape[1] // 2
        halves = np.concatenate([block[:, :half], block[:, -half:]], axis=1)
        return xr.DataArray(halves, dims=("chain", "draw", "value"))

    def of_indicators(below: np.ndarray) -> np.ndarray:
        """Effective sample sizes of indicators, of which constant ones have all their draws."""
        moved = (np.ptp(array(below).values, axis=(0, 1)) > 0).nonzero()[0]
        sizes = np.full(below.shape[2], float(below.shape[0] * (below.shape[1] // 2 * 2)))
        if moved.size:
            sizes[moved] = ess(array(below[:, :, moved]), method="mean").values
        return sizes

    tails = {rcParams["stats.ci_prob"], 1 - rcParams["stats.ci_prob"]}
    parts: list[tuple[np.ndarray, ...]] = []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for block in np.array_split(values, max(values.size // BLOCK, 1), axis=2):
            limits = np.quantile(block, sorted(tails), axis=(0, 1))
            tail = np.min([of_indicators((block <= limit).astype(float)) for limit in limits], axis=0)
            parts.append((rhat(array(block)).values, ess(array(block), method="bulk").values, tail))
    found = tuple(np.concatenate(part) for part in zip(*parts, strict=True))
    return found if len(values) >= FEWEST_CHAINS else (np.full(values.shape[2], np.nan), *found[1:])
