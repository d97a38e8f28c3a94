"""Data that lose something because PyMC makes integers of them: of 2.75 moths a Poisson variable sees 2.

PyMC drops what stands behind the point without a word, and keeps only the integers: so what a model was given is
remembered while it is built.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pymc as pm
from pytensor.graph.basic import Variable

from faultline.backend import PLAIN, compile_function

_GIVEN: WeakKeyDictionary[pm.Model, dict[str, np.ndarray]] = WeakKeyDictionary()


@contextmanager
def remembering() -> Iterator[None]:
    """Models built here remember the observed arrays that they were given."""
    make = pm.Model.make_obs_var

    def remember(self: pm.Model, rv_var: Any, data: Any, *arguments: Any, **named: Any) -> Any:
        if not isinstance(data, Variable):
            _GIVEN.setdefault(self.root, {})[rv_var.name] = np.ma.asarray(data)
        return make(self, rv_var, data, *arguments, **named)

    pm.Model.make_obs_var = remember
    try:
        yield
    finally:
        pm.Model.make_obs_var = make


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
