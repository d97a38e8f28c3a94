"""A model's density with free variables held and factors switched off, by arguments of the compiled code.

One compile serves every condition: which values are held (a mask), where, and what each factor counts. A held value's
own coordinate is left to a standard normal density, so that the sampler needs to know nothing of it. Holding keeps the
variable's own factor (PyMC's ``observe``); a weight of 0 drops it (``do``). Discrete variables are always held.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine import xla
from faultline.engine.backend import LOOK, Compiled, Stage, briskly, no_stage
from faultline.engine.density import LogpGradient
from faultline.engine.factors import Factors
from faultline.engine.gradients import UNDEFINED, gradient_of, joined_gradient
from faultline.engine.tiling import in_blocks

if TYPE_CHECKING:
    from faultline.engine.layout import Layout


class NotConditional(Exception):
    """Why a model's density cannot be evaluated under conditions: JAX cannot run it, or an Op has no gradient."""


@dataclass(frozen=True)
class Conditional:
    """``function(vector, *data, hold, held)`` compiled; `data` hold the factors' weights at `weights_at`."""

    factors: Factors
    traced: xla.Traced
    compiled: Any
    weights_at: int
    discrete_at: Mapping[str, int]
    """Where in `data` the discrete variables that the density reads are, by value name."""

    @property
    def layout(self) -> Layout:
        return self.factors.layout

    @classmethod
    def of(cls, factors: Factors, on_stage: Stage = no_stage) -> Conditional:
        """Build and compile it. Raises `NotConditional` where JAX or a gradient stands in the way."""
        import pytensor
        import pytensor.tensor as pt
        from pymc.pytensorf import rewrite_pregrad

        on_stage("graph")
        model, layout = factors.model, factors.layout
        if not model.continuous_value_vars:
            raise NotConditional("it has no continuous variables")
        weights = pytensor.shared(np.ones(len(factors.names)), name="weights")
        totals = [graph.sum().astype("float64") for graph in factors.graphs]
        with briskly():
            # A switch, not a product: a factor that is dropped may be infinite.
            kept = [pt.switch(weights[i] > 0, total, 0.0) for i, total in enumerate(totals)]
            cost = rewrite_pregrad(pt.add(*kept) if len(kept) > 1 else kept[0])
            gradients = gradient_of(cost, model.continuous_value_vars)
        if any(gradient is UNDEFINED for gradient in gradients):
            raise NotConditional("an Op on the way has no gradient")
        rows = [cost, joined_gradient(layout, gradients), pt.stack(totals)]
        discrete = {
            v.name: pytensor.shared(
                np.asarray(layout.start[v.name], dtype=v.dtype), name=v.name, shape=v.type.shape
            )
            for v in model.discrete_value_vars
        }
        outputs, vector = layout.join(model, rows, discrete)
        on_stage("compile")
        try:
            with briskly():
                plain = xla.trace(model, outputs, vector)
            start = layout.vector()
            plain = replace(plain, function=in_blocks(plain.function, start, *plain.data))
            hold = np.zeros(start.size, dtype=bool)
            compiled = xla.compiled(_held(plain.function), start, *plain.data, hold, start)
        except Exception as error:  # whatever JAX or PyTensor raises for what they cannot run
            line = next(iter(str(error).strip().splitlines()), "")
            if unknown := re.match(
                r"(?:No JAX conversion|Dispatch not implemented) for .*?Op`?:? (\w+)", line
            ):
                raise NotConditional(f"JAX does not know the operation {unknown[1]}") from error
            raise NotConditional(f"JAX cannot run it ({type(error).__name__}: {line[:200]})") from error
        at = {name: plain.shared.index(v) for name, v in discrete.items() if v in plain.shared}
        return cls(factors, plain, compiled, plain.shared.index(weights), at)

    def at(self, discrete: Mapping[str, np.ndarray]) -> Conditional:
        """The same compiled code with the discrete variables elsewhere: values by value name."""
        data = list(self.traced.data)
        for name, position in self.discrete_at.items():
            data[position] = np.asarray(discrete[name], dtype=data[position].dtype).reshape(
                data[position].shape
            )
        return replace(self, traced=replace(self.traced, data=tuple(data)))

    def look(
        self, hold: Sequence[str] = (), held: np.ndarray | None = None, drop: Sequence[str] = ()
    ) -> LogpGradient:
        """Log-probability and gradient with the variables `hold` at their part of `held` (n,), without the factors `drop`."""
        start = self.layout.vector() if held is None else held
        mask = np.zeros(start.size, dtype=bool)
        for block in self.layout.blocks:
            mask[block.slice] = block.name in hold
        weights = np.array([float(name not in drop) for name in self.factors.names])
        data = list(self.traced.data)
        data[self.weights_at] = weights
        data += [mask, np.asarray(start, dtype=float)]
        compiled = Compiled(lambda at: self.compiled(at, *data)[:2], LOOK, LOOK, {})
        return LogpGradient(self.layout, compiled, {}, xla.Traced(_two(self.traced.function), tuple(data)))

    def gradient(self, vector: np.ndarray, factor: str | None = None) -> np.ndarray:
        """Gradient (n,) of the log-probability, or of one factor alone."""
        drop = [name for name in self.factors.names if name != factor] if factor else []
        return self.look(drop=drop)(vector)[1]

    def totals(self, vector: np.ndarray) -> np.ndarray:
        """Each factor's log-probability (factors,), nothing held and nothing dropped."""
        nothing = np.zeros(vector.size, dtype=bool)
        return np.asarray(self.compiled(vector, *self.traced.data, nothing, vector)[2])


def _held(function: Any) -> Any:
    """``(vector, *data, hold, held) -> (logp, gradient, totals)`` from ``(vector, *data)``."""
    import jax.numpy as jnp

    def conditioned(vector: Any, *data: Any) -> tuple[Any, Any, Any]:
        *rest, hold, held = data
        value, gradient, totals = function(jnp.where(hold, held, vector), *rest)
        value = value - 0.5 * jnp.where(hold, vector**2, 0.0).sum()
        return value, jnp.where(hold, -vector, gradient), totals

    return conditioned


def _two(function: Any) -> Any:
    """What a sampler evaluates: the log-probability and its gradient."""
    return lambda *arguments: _held(function)(*arguments)[:2]
