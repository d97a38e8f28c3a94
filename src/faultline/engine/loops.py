"""JAX's scan and while loops, so that any part of one can run again as it ran: the same compiled code, from step to step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from faultline.engine.jaxpr_steps import Step

NAN, INFINITY, MINUS_INFINITY = 1, 2, 3


def kinds(value: Any) -> np.ndarray:
    """What each element is: 0 finite, 1 NaN, 2 infinity, 3 minus infinity; 0 for what has no such values."""
    import jax.numpy as jnp

    if not jnp.issubdtype(jnp.result_type(value), jnp.inexact):
        return np.zeros(np.shape(value), np.int8)
    array = np.asarray(value)
    found = np.where(np.isnan(array), NAN, np.where(np.isinf(array), INFINITY, 0)).astype(np.int8)
    if not np.iscomplexobj(array):
        found[(found == INFINITY) & (array < 0)] = MINUS_INFINITY
    return found


@dataclass(eq=False, frozen=True)
class Loop:
    """`jaxpr` of (constants, carry, x) -> (carry, y), for each x of `xs`; with `condition`, as long as that holds.

    `condition` is a jaxpr and its constants. A loop with a condition has neither `xs` nor a `length`.
    """

    jaxpr: Any
    constants: list[Any]
    carry: list[Any]
    xs: list[Any] = field(default_factory=list)
    length: int | None = None
    reverse: bool = False
    condition: tuple[Any, list[Any]] | None = None

    @classmethod
    def of(cls, step: Step, inputs: Sequence[Any]) -> Loop:
        """The loop that is a scan or a while loop among the steps of a jaxpr, with its `inputs`."""
        params = step.params
        if step.name == "scan":
            constants, carry, xs = (list(part) for part in params["ft_in"].update(inputs).unpack())
            return cls(params["jaxpr"], constants, carry, xs, params["length"], params["reverse"])
        n, m = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
        condition = params["cond_jaxpr"], list(inputs[:n])
        return cls(params["body_jaxpr"], list(inputs[n:m]), list(inputs[m:]), condition=condition)

    def place(self, i: int) -> int:
        """The index in `xs` of step `i`."""
        return self.length - 1 - i if self.reverse else i

    def whole(self) -> tuple[list[Any], list[Any]]:
        """The carry after all steps, and ys (length, ...), in one compiled call."""
        import jax.numpy as jnp

        ys = [jnp.zeros((self.length, *a.shape), a.dtype) for a in self.jaxpr.out_avals[len(self.carry) :]]
        if not self.length:
            return self.carry, ys
        _, carry, ys = self._compiled(0, self.length, self.carry, ys)
        return carry, ys

    @cached_property
    def _compiled(self) -> Any:
        """Steps from `start` up to `stop`, compiled once for all of them."""
        import jax
        from jax import lax

        n = len(self.carry)
        known = self.condition[1] if self.condition else []

        def advance(start: Any, stop: Any, carry: Any, ys: Any, constants: Any, xs: Any, known: Any) -> Any:
            def going_on(held: Any) -> Any:
                more = held[0] < stop
                if self.condition:
                    jaxpr = self.condition[0]
                    more &= jax.core.eval_jaxpr(jaxpr, jaxpr.consts, *known, *held[1])[0]
                return more

            def one(held: Any) -> Any:
                i, carry, ys = held
                at = self.length - 1 - i if self.reverse else i
                x = [lax.dynamic_index_in_dim(a, at, keepdims=False) for a in xs]
                out = jax.core.eval_jaxpr(self.jaxpr, self.jaxpr.consts, *constants, *carry, *x)
                ys = [lax.dynamic_update_index_in_dim(b, y, at, 0) for b, y in zip(ys, out[n:], strict=True)]
                return i + 1, out[:n], ys

            return lax.while_loop(going_on, one, (start, carry, ys))

        compiled = jax.jit(advance)
        return lambda start, stop, carry, ys: compiled(
            np.int32(start), np.int32(stop), carry, ys, self.constants, self.xs, known
        )
