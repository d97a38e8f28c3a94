"""What a model was given for its observed variables, remembered while it is built: PyMC keeps only what it made of it.

Of 2.75 moths a Poisson variable sees 2, without a word; and a NaN becomes a parameter just as a value does that was
masked on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pymc as pm
from pymc.distributions import distribution
from pytensor.graph.basic import Variable

from faultline.backend import PLAIN, compile_function

_GIVEN: WeakKeyDictionary[pm.Model, dict[str, np.ndarray]] = WeakKeyDictionary()


@contextmanager
def remembering() -> Iterator[None]:
    """Models built here remember the observed arrays that they were given."""
    make, convert = pm.Model.make_obs_var, distribution.convert_observed_data

    def keep_meant(data: Any) -> Any:
        # PyMC masks NaN: a number under the mask, which nothing reads, tells what its author masked.
        return convert(np.ma.MaskedArray(data.filled(0), data.mask) if np.ma.is_masked(data) else data)

    def remember(self: pm.Model, rv_var: Any, data: Any, *arguments: Any, **named: Any) -> Any:
        if not isinstance(data, Variable):
            _GIVEN.setdefault(self.root, {})[rv_var.name] = np.ma.asarray(data)
        return make(self, rv_var, data, *arguments, **named)

    pm.Model.make_obs_var, distribution.convert_observed_data = remember, keep_meant
    try:
        yield
    finally:
        pm.Model.make_obs_var, distribution.convert_observed_data = make, convert


def masked(model: pm.Model, name: str) -> bool:
    """Whether what is missing in the observed array `name` was masked by the model's author, and is no NaN."""
    given = _GIVEN.get(model, {}).get(name)
    return given is not None and np.ma.is_masked(given) and not np.isnan(given.data).any()


def coerced(model: pm.Model) -> list[dict[str, Any]]:
    """``[{name, n, size, index, given, kept}]``: observed variables of integers of which `n` data were no integers.

    The first of them was ``given`` at ``index``; the model ``kept`` another number.
    """
    rows = []
    for rv in model.observed_RVs:
        if not str(rv.dtype).startswith(("int", "uint")):
            continue
        given = _given(model, rv)
        if given is None or given.dtype.kind != "f":
            continue
        values = np.ma.filled(given, np.nan)
        lost = np.isfinite(values) & (values != np.trunc(values))
        if lost.any():
            index = tuple(int(i) for i in np.argwhere(lost)[0])
            first = float(values[index])
            row = {"name": rv.name, "n": int(lost.sum()), "size": int(values.size), "index": list(index)}
            rows.append({**row, "given": first, "kept": int(np.trunc(first))})
    return rows


def _given(model: pm.Model, rv: Any) -> np.ndarray | None:
    """What the model was given for a variable: as it was remembered, or what a cast to integers makes of data."""
    from pytensor.graph.traversal import explicit_graph_inputs
    from pytensor.scalar import Cast

    value = model.rvs_to_values[rv]
    name = rv.name.removesuffix("_observed")
    if name in _GIVEN.get(model, {}):
        return _GIVEN[model][name]
    cast = value.owner is not None and isinstance(getattr(value.owner.op, "scalar_op", None), Cast)
    if not cast or list(explicit_graph_inputs([value])):
        return None
    [found] = compile_function([], [value.owner.inputs[0]], backend=PLAIN)()
    return np.asarray(found)
