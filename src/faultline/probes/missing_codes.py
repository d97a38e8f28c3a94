"""Numbers that stand for no number: 999 for a question that nobody answered, in the data or in what predicts them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.criteria.thresholds import CODED_AMONG, CODED_GAP, CODED_SHARE

if TYPE_CHECKING:
    import pymc as pm

CODES = tuple(float(digit * n) for n in range(2, 8) for digit in "789")
"""77, 88, 99, 777, ...: what surveys and loggers write for a missing value, with either sign."""


def coded_data(model: pm.Model, observed: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """``[{name, value, n, gap, reach}]``: observed arrays in which a value stands for none.

    Not where the distribution is made of others (censored, mixed, of the user's own): it may know the code.
    """
    from pytensor.tensor.random.op import RandomVariable

    return [
        {"name": rv.name, **row}
        for rv in model.observed_RVs
        if rv.name in observed
        and isinstance(rv.owner.op, RandomVariable)
        and (row := code_in(observed[rv.name]))
    ]


def coded_predictors(
    model: pm.Model, arrays: Iterable[tuple[str, list[str], np.ndarray]]
) -> list[dict[str, Any]]:
    """``[{name, factors, column, value, n, gap, reach, known}]``: arrays, or columns of tables, in which a value stands for none.

    ``arrays``: name, factors that read it, values. ``known``: the number is one that is written for missing values.
    Parameters of a distribution that are data (numbers of trials, known errors) may be far apart by design.
    """
    parameters = [data for rv in model.basic_RVs for v in rv.owner.inputs if (data := _values(v)) is not None]
    rows = []
    for name, factors, values in arrays:
        if values.dtype.kind not in "fiu" or any(np.array_equal(values, known) for known in parameters):
            continue
        # A table of predictors has more rows than columns; a square one is a covariance or distances.
        tall = values.ndim == 2 and values.shape[0] > values.shape[1]
        columns = enumerate(values.T) if tall else [(None, values)] if values.ndim == 1 else ()
        for column, data in columns:
            if (row := code_in(data)) and not _by_ratios(data, row["value"]):
                known = abs(row["value"]) in CODES
                rows.append({"name": name, "factors": factors, "column": column, **row, "known": known})
    return rows


def _values(variable: Any) -> np.ndarray | None:
    """What a parameter holds, if it is data."""
    if hasattr(variable, "get_value"):
        return np.asarray(variable.get_value())
    return (
        np.asarray(variable.data) if getattr(variable.type, "ndim", 0) and hasattr(variable, "data") else None
    )


def code_in(data: np.ndarray) -> dict[str, Any] | None:
    """The value that stands for no value: the largest or the smallest, a few times, further from all others than these reach.

    0 is a value of its own in many data.
    """
    finite = data[np.isfinite(data)]
    for value in (finite.min(), finite.max()) if finite.size else ():
        rest, n = finite[finite != value], int((finite == value).sum())
        if value == 0 or n < 2 or n > CODED_SHARE * finite.size or np.unique(rest).size < CODED_AMONG:
            continue
        gap, reach = float(np.abs(rest - value).min()), float(np.ptp(rest))
        if gap > CODED_GAP * reach:
            return {"value": float(value), "n": n, "gap": gap, "reach": reach}
    return None


def _by_ratios(data: np.ndarray, value: float) -> bool:
    """Whether the largest value is but the next of a series of ratios, such as a dilution in steps of ten."""
    distinct = np.unique(data[np.isfinite(data)])
    distinct = distinct[distinct > 0]
    if value != distinct[-1:] or distinct.size < 3:
        return False
    *steps, last = np.diff(np.log(distinct))
    return bool(last <= CODED_GAP * max(steps))
