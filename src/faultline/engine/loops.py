"""JAX's scan and while loops, so that any part of one can run again as it ran: the same compiled code, from step to step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from faultline.engine.jaxpr_steps import Step

# Evenly spaced steps at which the carry of a loop is looked at, before the first bad one is searched for between two of them.
LOOKS = 64
# A value that stays where it is in the carry is one hop. More hops are a value that moves from entry to entry.
HOPS = 50
MOST = np.iinfo(np.int32).max
"""A step that no loop reaches."""
NAN, INFINITY, MINUS_INFINITY = 1, 2, 3


class NotFound(Exception):
    """Why it is not known what made a value: the end of a sentence."""


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

    def whole(self) -> tuple[int, list[Any], list[Any]]:
        """How many steps it makes, the carry after them, and ys (length, ...), in one compiled call."""
        if self.length == 0:
            return 0, self.carry, self._empty
        n, carry, ys = self._compiled(
            0, MOST if self.length is None else self.length, self.carry, self._empty
        )
        return int(n), carry, ys

    def xs_at(self, i: int) -> list[Any]:
        """What the body gets of `xs` at step `i`."""
        return [a[self.place(i)] for a in self.xs]

    def advance(self, carry: list[Any], start: int, stop: int) -> list[Any]:
        """The carry before step `stop`, from the one before step `start`."""
        return self._compiled(start, stop, carry, self._empty)[1] if stop > start else carry

    @property
    def _empty(self) -> list[Any]:
        import jax.numpy as jnp

        shapes = [self.jaxpr.out_avals[i] for i in self._kept]
        return [jnp.zeros((self.length, *a.shape), a.dtype) for a in shapes]

    @cached_property
    def _kept(self) -> list[int]:
        """Which of the body's results are ys that are numbers: not random keys."""
        import jax

        n, shapes = len(self.carry), self.jaxpr.out_avals
        return [
            i
            for i in range(n, len(shapes))
            if not jax.dtypes.issubdtype(shapes[i].dtype, jax.dtypes.extended)
        ]

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
                ys = [
                    lax.dynamic_update_index_in_dim(b, out[j], at, 0)
                    for b, j in zip(ys, self._kept, strict=True)
                ]
                return i + 1, out[:n], ys

            return lax.while_loop(going_on, one, (start, carry, ys))

        compiled = jax.jit(advance)
        return lambda start, stop, carry, ys: compiled(
            np.int32(start), np.int32(stop), carry, ys, self.constants, self.xs, known
        )


class Walk:
    """From a step of a loop to the one before that made its carry bad, and so on, until the first step.

    ``at`` is the step, ``carry`` what it starts from, ``wanted`` which elements of which of the body's results are asked
    about there. In ``from_start``: elements of the carry that were bad before the first step. The end: nothing is wanted.
    """

    def __init__(self, loop: Loop, length: int, masks: Mapping[int, np.ndarray]):
        self.loop, self.hops = loop, 0
        self.at, self.carry = length, loop.carry
        self.wanted: dict[int, np.ndarray] = {}
        self.from_start: dict[int, np.ndarray] = {}
        n = len(loop.carry)
        if carry := {j: mask for j, mask in masks.items() if j < n}:
            self._turn(carry, loop.advance(loop.carry, 0, length))
        rows = {j: mask.reshape(len(mask), -1).any(axis=1) for j, mask in masks.items() if j >= n}
        if rows:
            at = min(loop.place(int(k)) for row in rows.values() for k in np.flatnonzero(row))
            if not self.wanted or at <= self.at:
                k = loop.place(at)
                self.wanted = {j: masks[j][k] for j, row in rows.items() if row[k]}
                self.at, self.carry = at, loop.advance(loop.carry, 0, at)

    def back_to(self, masks: Mapping[int, np.ndarray]) -> None:
        """To the step that made these elements of the present carry bad."""
        self.wanted = {}
        if masks:
            self.hops += 1
            if self.hops > HOPS:
                raise NotFound(f"it moved through the state for more than {HOPS} steps")
            self._turn(masks, self.carry)

    def _turn(self, masks: Mapping[int, np.ndarray], now: list[Any]) -> None:
        want = {j: np.where(mask, kinds(now[j]), 0) for j, mask in masks.items()}
        want = {j: kind for j, kind in want.items() if kind.any()}
        if not want:
            raise NotFound("the loop ran again and all was finite")

        def bad(carry: list[Any]) -> bool:
            return any(((kinds(carry[j]) == kind) & (kind != 0)).any() for j, kind in want.items())

        carry, fine, after, began = self.loop.carry, None, self.at, 0
        for stop in np.unique(np.linspace(0, self.at, LOOKS + 1).astype(int)).tolist():
            carry = self.loop.advance(carry, began, stop)
            if not bad(carry):
                fine = stop, carry
            elif fine and fine[0] == began:
                after = stop
            began = stop
        wanted = {j: kind != 0 for j, kind in want.items()}
        if fine is None:
            for j, mask in wanted.items():
                self.from_start[j] = self.from_start.get(j, False) | mask
            return
        at, carry = fine
        while after - at > 1:
            middle = (at + after) // 2
            there = self.loop.advance(carry, at, middle)
            if bad(there):
                after = middle
            else:
                at, carry = middle, there
        self.at, self.carry, self.wanted = at, carry, wanted
