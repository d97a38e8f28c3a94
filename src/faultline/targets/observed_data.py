"""What a model was given for its observed variables, remembered while it is built: PyMC keeps only what it made of it.

Of 2.75 moths a Poisson variable sees 2, without a word; and a NaN becomes a parameter just as a value does that was
masked on purpose.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pymc as pm
from pymc.distributions import distribution
from pytensor.graph.basic import Variable

from faultline.engine.backend import PLAIN, compile_function
from faultline.engine.names import axes, place

_GIVEN: WeakKeyDictionary[pm.Model, dict[str, np.ndarray]] = WeakKeyDictionary()

TOOL = 4
"""A number of `sys.monitoring` that debuggers, coverage and profilers leave free."""

_SCOPES: WeakKeyDictionary[pm.Model, list[tuple[str, Mapping[str, Any]]]] = WeakKeyDictionary()


@contextmanager
def local_names(build: Any) -> Iterator[dict[str, Any]]:
    """What the function `build` calls its own when it returns: filled by then."""
    found: dict[str, Any] = {}
    code, watch = getattr(inspect.unwrap(build), "__code__", None), sys.monitoring
    if code is None or watch.get_tool(TOOL) is not None:
        yield found
        return
    watch.use_tool_id(TOOL, "faultline")
    try:
        watch.register_callback(
            TOOL, watch.events.PY_RETURN, lambda *_: found.update(sys._getframe(1).f_locals)
        )
        watch.set_local_events(TOOL, code, watch.events.PY_RETURN)
        yield found
    finally:
        watch.set_local_events(TOOL, code, watch.events.NO_EVENTS)
        watch.free_tool_id(TOOL)


def remember_scopes(model: pm.Model, build: Any, dataset: Any, inside: Mapping[str, Any]) -> None:
    """Remember where arrays have names that `model` was made from: what `build` calls its own (`inside`) and closes over, its
    module, its dataset. Without a `build`, what its module calls its own.
    """
    if build is None:
        _SCOPES[model] = [("{}", inside)]
        return
    function = inspect.unwrap(build)
    code = getattr(function, "__code__", None)
    cells = zip(code.co_freevars, function.__closure__ or (), strict=True) if code else ()
    closed = {name: cell.cell_contents for name, cell in cells}
    own = {name: value for name, value in inside.items() if value is not dataset}
    scopes: list[tuple[str, Mapping[str, Any]]] = [("{}", closed)]
    if isinstance(dataset, Mapping) or hasattr(dataset, "columns"):
        scopes.append(("dataset[{!r}]", {str(key): dataset[key] for key in dataset}))
    elif dataset is not None:
        scopes.append(("dataset.{}", getattr(dataset, "__dict__", {})))
    _SCOPES[model] = [*scopes, ("{}", own), ("{}", getattr(function, "__globals__", {}))]


def called(model: pm.Model, data: np.ndarray) -> tuple[str, tuple[int, ...]] | None:
    """What the array with these numbers is called where `model` was made, and its shape there; None if nothing is."""
    for form, scope in _SCOPES.get(model, ()):
        for name, value in [*scope.items()]:
            for path, array in _arrays(form.format(name), value):
                if array.size == data.size and _same_numbers(array.ravel(), data.ravel()):
                    return path, array.shape
    return None


def _arrays(name: str, value: Any) -> Iterator[tuple[str, np.ndarray]]:
    """The arrays that a value is or holds."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        yield name, value
    elif isinstance(value, list | tuple) and value and all(isinstance(v, int | float) for v in value):
        yield name, np.asarray(value)
    elif hasattr(value, "columns") and hasattr(value, "to_numpy"):  # a table: as a whole, or a column
        for column in value.columns:
            yield from _arrays(f"{name}[{column!r}]", value[column].to_numpy())
        yield from _arrays(name, value.to_numpy())
    elif hasattr(value, "to_numpy"):
        yield from _arrays(name, value.to_numpy())


def _same_numbers(first: np.ndarray, second: np.ndarray) -> bool:
    floats = first.dtype.kind == second.dtype.kind == "f"
    return np.array_equal(first, second, equal_nan=floats)


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
            row = {"name": rv.name, "n": int(lost.sum()), "size": int(values.size)}
            row |= place(axes(model, rv.name, values.shape), index)
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
