"""The log-probability at the start, term by term in full precision."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.backend import PLAIN, compile_function
from faultline.engine.definite import without_root
from faultline.engine.factors import Factors
from faultline.engine.names import axes, place
from faultline.probes.broken_data import broken_data
from faultline.probes.equal_terms import equal_terms

if TYPE_CHECKING:
    import pymc as pm

SEEDS = (0, 1, 2, 3, 4)
"""Seeds of the jittered starts."""

SHOWN = 5
"""Non-finite elements listed by index for one factor."""


def log_probability(
    model: pm.Model, *, factors: Factors | None = None, seed: int = 0, pairs: bool = True
) -> dict[str, Any]:
    """The record's ``logp``, at PyMC's initial point.

    ``total`` is what the compiled ``model.logp()`` gives on the plain Python linker, ``terms_total`` the sum of the terms
    as the factors' backend computes them: they must agree. `pairs` = False skips the search for equal terms, which compiles the factors' gradients.
    """
    factors = factors or Factors(model)
    rows = terms(factors)
    outputs, vector = factors.layout.join(model, [model.logp()])
    at = factors.layout.vector()
    compiled = compile_function([vector], outputs, backend=PLAIN, example=[at], model=model)
    return {
        "total": float(compiled(at)[0]),
        "terms_total": float(sum(row["value"] for row in rows)),
        "terms": rows,
        "n_nan": sum(row["n_nan"] for row in rows),
        "n_inf": sum(row["n_inf"] for row in rows),
        **({"equal_terms": equal_terms(factors, seed=seed)} if pairs else {}),
        "start": starts(model, factors),
    }


def terms(factors: Factors) -> list[dict[str, Any]]:
    """Each factor's log-probability at the start, the worst first: non-finite, then the most negative.

    ``bad`` lists the first elements that are not finite: their index, and for an observed variable the datum. ``data`` are the
    arrays that make it so (`broken_data`), else ``matrix`` is the one in it that has no Cholesky root, if there is one.
    """
    kinds = {v.name: "prior" for v in factors.model.free_RVs}
    kinds |= {v.name: "observed" for v in factors.model.observed_RVs}
    rows = []
    for name, values in zip(factors.names, factors.elements(factors.layout.vector()), strict=True):
        finite = np.isfinite(values)
        with np.errstate(invalid="ignore"):  # -inf beside +inf
            total = float(values.sum())
        row = {
            "name": name,
            "kind": kinds.get(name, "potential"),
            "value": total,
            "n_elements": int(values.size),
            "n_nan": int(np.isnan(values).sum()),
            "n_inf": int(np.isinf(values).sum()),
        }
        if not finite.all():
            row["bad"] = _bad(factors.model, name, ~finite)
            if data := broken_data(factors, name, factors.layout.vector()):
                row["data"] = data
            elif matrix := without_root(factors, name, factors.layout.vector()):
                row["matrix"] = matrix
        rows.append(row)
    return sorted(rows, key=lambda row: (True, row["value"]) if np.isfinite(row["value"]) else (False, 0.0))


def _bad(model: pm.Model, name: str, wrong: np.ndarray) -> list[dict[str, Any]]:
    data, dims = _data(model, name), axes(model, name, wrong.shape)
    found = []
    for index in itertools.islice(zip(*np.nonzero(wrong), strict=True), SHOWN) if wrong.ndim else [()]:
        row = place(dims, index)
        if data is not None and data.shape == wrong.shape:
            row["datum"] = float(data[index])
        found.append(row)
    return found


def _data(model: pm.Model, name: str) -> np.ndarray | None:
    """The data of the observed variable `name`, if they are plain numbers."""
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.basic import Constant

    for rv in model.observed_RVs:
        value = model.rvs_to_values[rv]
        if rv.name == name and isinstance(value, Constant):
            return np.asarray(value.data)
        if rv.name == name and isinstance(value, SharedVariable):
            return np.asarray(value.get_value())
    return None


def _start(factors: Factors, seed: int, totals: np.ndarray) -> dict[str, Any]:
    """A jittered start: its log-probability, and the factors that are not finite there."""
    broken = [name for name, total in zip(factors.names, totals, strict=True) if not np.isfinite(total)]
    return {"seed": seed, "logp": float(totals.sum()), **({"broken": broken} if broken else {})}


def starts(model: pm.Model, factors: Factors) -> dict[str, Any]:
    """Log-probability at PyMC's initial point and at starts with PyMC's own jitter, one per seed.

    The jitter is that of ``init="jitter+adapt_diag"``: uniform(-1, 1) on each unconstrained value. A sampler draws
    again where the result is not finite; these are first draws.
    """
    from pymc.initial_point import make_initial_point_fn

    layout = factors.layout
    continuous = {model.values_to_rvs[value] for value in model.continuous_value_vars}
    jittered = make_initial_point_fn(model=model, jitter_rvs=continuous, return_transformed=True)
    return {
        "without_jitter": {"logp": float(factors.totals(layout.vector()).sum())},
        "with_jitter": [
            _start(factors, seed, factors.totals(layout.vector(jittered(seed)))) for seed in SEEDS
        ],
    }
