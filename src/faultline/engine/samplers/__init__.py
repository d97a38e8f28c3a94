"""The samplers: one file each, one form for every run.

`prepare` compiles a model for the sampler that is asked for, or for PyMC's own NUTS where that one cannot run it (an Op
that JAX does not know, a discrete variable), and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from faultline.engine.backend import SAMPLE, Stage, no_stage
from faultline.engine.samplers.base import Prepared, Progress

if TYPE_CHECKING:
    import pymc as pm

    from faultline.engine.density import LogpGradient

__all__ = ["IN_XLA", "NAMES", "Prepared", "Progress", "prepare"]

NAMES = ("blackjax", "numpyro", "nutpie", "pymc")
IN_XLA = ("blackjax", "numpyro")


def prepare(
    model: pm.Model,
    sampler: Mapping[str, Any],
    *,
    backend: str = SAMPLE,
    look: LogpGradient | None = None,
    on_stage: Stage = no_stage,
) -> Prepared:
    """Compile what ``sampler["nuts"]`` evaluates; `backend` is for samplers that evaluate outside XLA.

    `look` is the model's log-probability and gradient where they have been compiled already.
    """
    fallbacks: list[dict[str, str]] = []
    nuts = sampler.get("nuts", "pymc")
    if nuts in IN_XLA:
        from faultline.engine.samplers import in_xla

        try:
            return in_xla.prepare(model, sampler, look=look, on_stage=on_stage)
        except in_xla.CannotRun as reason:
            fallbacks, nuts = [{"backend": nuts, "reason": str(reason)}], "pymc"
    from faultline.engine.samplers import with_nutpie, with_pymc

    if nuts == "nutpie":
        return with_nutpie.prepare(model, sampler.get("init", "jitter+adapt_diag"), on_stage)
    prepared = with_pymc.prepare(model, backend, on_stage)
    prepared.fallbacks[:0] = fallbacks
    return prepared
