"""What NUTS evaluates: a model's log-probability and gradient as one function of the unconstrained vector."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.backend import LOOK, Compiled, Stage, briskly, compile_function, no_stage, with_fallback
from faultline.engine.gradients import UNDEFINED, gradient_of, joined_gradient
from faultline.engine.layout import Layout

if TYPE_CHECKING:
    import pymc as pm

    from faultline.engine.xla import Traced

AT_ONCE_SECONDS = 2.0
"""How long the first look, Op by Op, may take: beyond it XLA has compiled sooner."""

OnFirst = Callable[[float, np.ndarray], None]
"""Called with the log-probability and the gradient at the start."""


@dataclass
class LogpGradient:
    """A model's log-probability and gradient as a function of the unconstrained vector.

    `traced` is the same as a pure JAX function, where JAX can run the model and every Op has a gradient: samplers that
    run inside XLA start from it, so that a model is differentiated and translated once.
    """

    layout: Layout
    compiled: Compiled
    seconds: dict[str, float]
    traced: Traced | None = None

    def __call__(self, vector: np.ndarray) -> tuple[float, np.ndarray]:
        logp, gradient = self.compiled(vector)
        return float(logp), gradient


def logp_and_gradient(
    model: pm.Model,
    backend: str = LOOK,
    *,
    layout: Layout | None = None,
    on_stage: Stage = no_stage,
    on_first: OnFirst | None = None,
) -> LogpGradient:
    """Compile the joint log-probability (with Jacobians) and its gradient.

    `on_first` hears both at the start before anything is compiled, where that takes no more than `AT_ONCE_SECONDS` and
    every Op can be evaluated by itself.

    The same graph as ``model.logp_dlogp_function(ravel_inputs=True)``, built here so that the seconds of each
    stage are known: ``graph``, ``compile``, ``first``. Where an Op has no gradient the components are NaN.
    """
    from pymc.pytensorf import rewrite_pregrad

    layout = layout or Layout.of(model)
    on_stage("graph")
    started = time.perf_counter()
    logp = model.logp()  # runs code of the user's: an error should say where
    with briskly():
        logp = rewrite_pregrad(logp)
        gradients = gradient_of(logp, model.continuous_value_vars)
        outputs, vector = layout.join(model, [logp, joined_gradient(layout, gradients)])
    graph = time.perf_counter() - started

    def attempt(used: str) -> tuple[Compiled, Traced | None]:
        if used == LOOK:
            return _in_xla(model, outputs, vector, layout.vector(), on_stage, on_first)
        example = [layout.vector()]
        return compile_function(
            [vector], outputs, backend=used, example=example, model=model, on_stage=on_stage
        ), None

    if backend == LOOK:
        (compiled, traced), _, fallbacks = with_fallback(backend, attempt)
        compiled.asked, compiled.fallbacks = backend, fallbacks
    else:
        compiled, traced = attempt(backend)
    if any(gradient is UNDEFINED for gradient in gradients):
        traced = None
    return LogpGradient(layout, compiled, {"graph": graph, **compiled.seconds}, traced)


def _in_xla(
    model: pm.Model,
    outputs: list[Any],
    vector: Any,
    example: np.ndarray,
    on_stage: Stage,
    on_first: OnFirst | None,
) -> tuple[Compiled, Traced]:
    """`outputs` of `vector`, translated to JAX and compiled ahead of time."""
    import jax  # noqa: F401 (the rewrites import it: seconds that are no compiling)

    from faultline.engine import interpret, tiling, xla

    on_stage("compile")
    started = time.perf_counter()
    with briskly():
        rewritten = xla.rewrite(model, outputs, vector)
    seconds = {"compile": time.perf_counter() - started}
    if on_first is not None:
        on_stage("first")
        found = interpret.evaluate(rewritten.graph, [example, *rewritten.data], AT_ONCE_SECONDS)
        if found is not None:
            on_first(float(found[0]), found[1])
        on_stage("compile")
    started = time.perf_counter()
    with briskly():
        traced = xla.translate(rewritten)
        traced = replace(traced, function=tiling.in_blocks(traced.function, example, *traced.data))
        function = xla.compiled(traced.function, example, *traced.data)
    seconds["compile"] += time.perf_counter() - started
    on_stage("first")
    started = time.perf_counter()
    compiled = Compiled(lambda at: function(at, *traced.data), LOOK, LOOK, seconds)
    compiled(example)
    seconds["first"] = time.perf_counter() - started
    return compiled, traced
