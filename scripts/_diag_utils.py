"""The shared utilities of the divergence plan, under the names given there; the work is done in `faultline`.

PyMC builds the joint log-probability as a PyTensor graph; PyTensor compiles and differentiates it; NUTS follows that
gradient. The canonical pattern is ``model.compile_logp()`` and ``model.compile_dlogp()`` at ``model.initial_point()``:
`compile_logp_and_grad` is the shim around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.core import record
from faultline.core.record import collect_environment, save_text, write_json
from faultline.engine.backend import LOOK, PLAIN
from faultline.engine.layout import Layout

if TYPE_CHECKING:
    import pymc as pm

__all__ = [
    "collect_environment",
    "compile_logp_and_grad",
    "make_paths",
    "safe_point_logps",
    "save_text",
    "write_json",
]


SUITE = Path("tests/diagnostics/v0_2_1_divergence")


def make_paths(group_desc: str, run_id: str, suite_dir: str | Path = SUITE) -> dict[str, Path]:
    """Run-specific and latest paths of a group's results and report, and its plot and debug directories."""
    return record.make_paths(group_desc, run_id, suite_dir)


def safe_point_logps(model: pm.Model, point: Mapping[str, np.ndarray] | None = None) -> dict[str, Any]:
    """Log-probability of every term at `point` (default: the initial point), the worst first; never raises for -inf.

    Returns ``{point_logps: {name: value}, total, n_nan, n_inf, has_nan, has_inf}``, not rounded.
    """
    from faultline.engine.factors import Factors
    from faultline.probes.logp import terms

    rows = terms(Factors(model, backend=PLAIN, start=point))
    n_nan, n_inf = (sum(row[key] for row in rows) for key in ("n_nan", "n_inf"))
    return {
        "point_logps": {row["name"]: row["value"] for row in rows},
        "total": float(np.sum([row["value"] for row in rows])),
        "n_nan": n_nan,
        "n_inf": n_inf,
        "has_nan": n_nan > 0,
        "has_inf": n_inf > 0,
    }


def compile_logp_and_grad(
    model: pm.Model, backend: str = LOOK
) -> tuple[Callable[[Mapping[str, np.ndarray]], float], Callable[[Mapping[str, np.ndarray]], np.ndarray]]:
    """``(logp, dlogp)``, compiled as one function: each takes a point by value name, as ``initial_point`` gives it.

    ``dlogp`` returns the gradient by the continuous values, ravelled in the model's order, as ``compile_dlogp`` does.
    """
    from faultline.engine.density import logp_and_gradient

    layout = Layout.of(model)
    function = logp_and_gradient(model, backend, layout=layout)
    return (
        lambda point: function(layout.vector(point))[0],
        lambda point: function(layout.vector(point))[1],
    )
