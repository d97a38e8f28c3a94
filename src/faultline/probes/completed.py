"""Variables whose declared prior is only a part of theirs, for a potential takes some of it away again.

A model translated from Stan may declare effects standard normal and add, as a potential, their true density less the standard
normal. The two are one density: what the declared prior says alone, and what the rest does without it, means nothing.
"""

from __future__ import annotations

import numpy as np

from faultline.criteria.thresholds import RISES
from faultline.engine.conditional import Conditional
from faultline.probes.build import reads
from faultline.probes.prior_data_conflict import top_level

DECADES = 4
"""Powers of ten of a variable's spread to which it is moved."""


def completed(density: Conditional, start: np.ndarray, spread: np.ndarray) -> list[str]:
    """Names of the variables that a potential rewards without end for running away, and that it and their prior together do not.

    All elements move at once, from `start` (n,) in units of `spread` (n,).
    """
    model, names = density.factors.model, density.factors.names
    read_by, potentials = reads(model), {potential.name for potential in model.potentials}
    first, found = density.totals(start), []
    for rv in top_level(model):
        block = next((block for block in density.layout.blocks if block.name == rv.name), None)
        theirs = np.array([name in potentials and rv.name in read_by[name] for name in names])
        if block is None or not theirs.any():
            continue
        own = np.array([name == rv.name for name in names])
        for sign in (1.0, -1.0):
            for decade in range(1, DECADES + 1):
                moved = start.copy()
                moved[block.slice] += sign * 10.0**decade * spread[block.slice]
                with np.errstate(all="ignore"):
                    change = density.totals(moved) - first
                if change[theirs].sum() > RISES and change[theirs | own].sum() < 0 and rv.name not in found:
                    found.append(rv.name)
    return found
