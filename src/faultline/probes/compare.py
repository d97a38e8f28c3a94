"""What a component costs: the same model without and with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from faultline.engine.backend import LOOK, Stage, no_stage
from faultline.engine.density import logp_and_gradient
from faultline.probes.gradient import steady_seconds

if TYPE_CHECKING:
    import pymc as pm

RATIOS = ("n_values", "compile", "first", "steady")


def component_comparison(
    component: str,
    off: pm.Model | Mapping[str, Any],
    on: pm.Model | Mapping[str, Any],
    *,
    backend: str = LOOK,
    on_stage: Stage = no_stage,
) -> dict[str, Any]:
    """One row of the record's ``component_comparison``: ``{component, off, on, ratio}``.

    Either side is a built model or a row that `cost` has measured before. A ratio is on over off, null where off is 0.
    """
    rows = {
        side: dict(given) if isinstance(given, Mapping) else cost(given, backend=backend, on_stage=on_stage)
        for side, given in (("off", off), ("on", on))
    }
    ratio = {key: rows["on"][key] / rows["off"][key] if rows["off"][key] else None for key in RATIOS}
    return {"component": component, **rows, "ratio": ratio}


def cost(
    model: pm.Model, *, build: float | None = None, backend: str = LOOK, on_stage: Stage = no_stage
) -> dict[str, Any]:
    """Values, and seconds to ``graph``, ``compile``, ``first`` and ``steady`` of the model's gradient.

    `build` is the caller's own measurement of building the model; PyMC's models do not know it.
    """
    function = logp_and_gradient(model, backend, on_stage=on_stage)
    on_stage("steady")
    return {
        "n_values": function.layout.size,
        "n_free_rvs": len(model.free_RVs),
        **({} if build is None else {"build": build}),
        **function.seconds,
        "steady": steady_seconds(function),
        "backend": function.compiled.used,
    }
