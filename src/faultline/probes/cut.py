"""Transforms given by the user that keep only a part of a distribution's support, of a probability that is not constant.

``Normal(mu, sigma, transform=log)`` is what ``<lower=0>`` looks like in a port from Stan: a normal cut off at 0. The part that is left has a
probability, which depends on `mu` and `sigma`; as long as these are known it is a constant, and where they are not it belongs to the density.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from faultline.engine.backend import PLAIN, compile_function
from faultline.engine.factors import Factors, drawn_by
from faultline.probes.normalization import integrated

POINTS = 3
"""Values of the parameters at which the probability is compared, beside the start."""

WIDE, GRID = 40.0, 2001
"""Half width of the integral on the transformed scale, and its points."""


def cut(factors: Factors, *, seed: int = 0) -> list[dict[str, Any]]:
    """``[{name, distribution, transform, change}]`` for each variable with one number an element and a transform that is not its own.

    ``change`` is by how much the logarithm of an element's integral over the transformed scale differs at most between values of all
    other variables near the start; 0 where the transform keeps all of the support, or a part of constant probability.
    """
    from pymc.distributions.transforms import _default_transform

    model, found = factors.model, []
    for rv in model.free_RVs:
        transform = model.rvs_to_transforms[rv]
        op = drawn_by(rv)
        # By name: the transforms of pymc.dims are classes of their own.
        default = type(_default_transform(op, rv)).__name__
        if transform is None or type(transform).__name__ == default or op.ndim_supp:
            continue
        if getattr(transform, "ndim_supp", 1):
            continue
        change = _change(factors, rv.name, seed)
        if change is not None:
            about = {"name": rv.name, "transform": str(transform.name or type(transform).__name__)}
            found.append({**about, "change": change, "distribution": type(op).__name__.removesuffix("RV")})
    return found


def _change(factors: Factors, name: str, seed: int) -> float | None:
    """The largest difference of the logarithm of an element's integral; None where no two integrals are known."""
    block = next((block for block in factors.layout.blocks if block.name == name), None)
    if block is None:
        return None
    graph = factors.graphs[factors.names.index(name)]
    outputs, vector = factors.layout.join(factors.model, [graph])
    function = compile_function([vector], outputs, backend=PLAIN, model=factors.model)
    start, rng = factors.layout.vector(), np.random.default_rng(seed)
    steps, logs = np.linspace(-WIDE, WIDE, GRID), []
    for point in [start, *(start + rng.uniform(-1, 1, start.size) for _ in range(POINTS))]:
        rows = []
        for step in steps:
            point[block.slice] = step
            with np.errstate(all="ignore"):
                rows.append(np.ravel(function(point)[0]))
        with np.errstate(all="ignore"):
            logs.append(integrated(np.nan_to_num(np.array(rows), nan=-np.inf, posinf=np.nan), steps))
    spans = [
        np.ptp(values[np.isfinite(values)]) for values in np.array(logs).T if np.isfinite(values).sum() > 1
    ]
    return float(max(spans)) if spans else None
