"""The first value that is not finite in a loop that JAX compiles: at which step, in which term, and what made it.

A loop returns its terms as arrays, so nothing is asked of it while it runs: looking costs nothing as long as all is
finite. Where a value is not, parts of the same compiled loop run again, which gives the state before a step to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from faultline.core.errors import InputError, shown
from faultline.engine.jaxpr_steps import Step, Value, flatten
from faultline.engine.loops import Loop, kinds


@dataclass(frozen=True)
class FirstBad:
    """Where a loop first has a value that is not finite.

    ``step``, ``term``: the first step, from 0, of which a term is not finite, and the first such term in the order in
    which the step computes them; both None where only the state is. ``terms``: all such terms of that step, in that order.
    ``state``: entries of the state that are not finite where they were finite at the start, after the last step, and only
    if every term is finite.
    """

    step: int | None
    term: str | None
    terms: tuple[str, ...] = ()
    state: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scanned:
    """What `scan` returns: the final ``state``; ``traces``, term -> array (step, ...), in the order in which the step
    returns its terms; ``bad``, None if all of it is finite."""

    state: Any
    traces: dict[str, np.ndarray]
    bad: FirstBad | None


def scan(
    step: Callable[[Any, Any], tuple[Any, Mapping[str, Any]]],
    state: Any,
    xs: Any = None,
    length: int | None = None,
) -> Scanned:
    """`jax.lax.scan` under one jit, with the first value that is not finite.

    `step(state, x)` returns the new state and its terms, a dict of scalars or small arrays. `state` and `xs` are pytrees,
    as for `lax.scan`. An entry of the state that is not finite before the first step, such as a best loss of infinity or
    a buffer of NaN, is not called bad as long as it stays what it is. Nor is one that becomes finite again and has
    reached no term. Raises InputError where `step` does not return a state and a dict, otherwise what JAX raises.
    """
    run = _Run.of(step, state, xs, length)
    return Scanned(run.state, run.traces, _first_bad(run))


@dataclass(frozen=True)
class _Run:
    """A loop that has run: the `step` of the outer jaxpr that is the `loop`, the `outputs` of that jaxpr, and all its `values`.

    The outputs are the leaves of the state, called `entries`, which started as `start`, and then the terms, called `names`.
    JAX takes out of the loop what does not change in it, so that not every output is one of the loop's.
    """

    step: Step
    loop: Loop
    outputs: list[Value]
    values: dict[Value, Any]
    start: list[Any]
    entries: list[str]
    names: list[str]
    state: Any

    @classmethod
    def of(cls, step: Callable[..., Any], state: Any, xs: Any, length: int | None) -> _Run:
        import jax

        names: list[str] = []

        def kept_in_order(state: Any, x: Any) -> tuple[Any, list[Any]]:
            new, terms = _checked(step(state, x))
            names[:] = [str(name) for name in terms]
            return new, list(terms.values())

        def whole(state: Any, xs: Any) -> Any:
            return jax.lax.scan(kept_in_order, state, xs, length)

        closed, shape = jax.make_jaxpr(whole, return_shape=True)(state, xs)
        inputs, steps, outputs = flatten(closed)
        main = next(one for one in reversed(steps) if one.name == "scan")
        values = dict(zip(inputs, jax.tree.leaves((state, xs)), strict=True))
        for one in steps:  # beside the loop: a state of Python's numbers becomes one of the step's dtypes
            given = [_read(values, v) for v in one.inputs]
            if one is main:
                loop = Loop.of(one, given)
                carry, ys = loop.whole()
            values.update(zip(one.outputs, [*carry, *ys] if one is main else one.run(given, {}), strict=True))
        found = [jax.numpy.asarray(_read(values, v)) for v in outputs]
        final, _ = jax.tree.unflatten(jax.tree.structure(shape), found)
        entries = [jax.tree_util.keystr(path) for path, _ in jax.tree.leaves_with_path(final)]
        return cls(main, loop, outputs, values, jax.tree.leaves(state), entries, names, final)

    @property
    def terms(self) -> dict[str, Value]:
        return dict(zip(self.names, self.outputs[len(self.entries) :], strict=True))

    @property
    def traces(self) -> dict[str, np.ndarray]:
        return {name: np.asarray(_read(self.values, value)) for name, value in self.terms.items()}


def _read(values: Mapping[Value, Any], value: Value) -> Any:
    return values.get(value, value.known)


def _checked(returned: Any) -> tuple[Any, Mapping[str, Any]]:
    if not isinstance(returned, tuple) or len(returned) != 2 or not isinstance(returned[1], Mapping):
        raise InputError(
            f"the step of a scan returned {shown(returned)}; return the new state and a dict of terms."
        )
    return returned


def _first_bad(run: _Run) -> FirstBad | None:
    first = {}
    for name, value in run.terms.items():
        bad = kinds(_read(run.values, value)) != 0
        if bad.any():
            first[name] = int(np.argmax(bad.reshape(len(bad), -1).any(axis=1)))
    if first:
        k = min(first.values())
        computed = _computed(run)
        terms = sorted((name for name in first if first[name] == k), key=computed.get)
        return FirstBad(k, terms[0], tuple(terms))
    final = [_read(run.values, value) for value in run.outputs[: len(run.entries)]]
    changed = [became_bad(a, b).any() for a, b in zip(run.start, final, strict=True)]
    entries = tuple(name for name, bad in zip(run.entries, changed, strict=True) if bad)
    return FirstBad(None, None, state=entries) if entries else None


def became_bad(before: Any, now: Any) -> np.ndarray:
    """Which elements are not finite, and are not what they were `before`."""
    kind = kinds(now)
    return (kind != 0) & (kind != kinds(before))


def _computed(run: _Run) -> dict[str, int]:
    """Each term's place in the order in which the step computes them; -1 for one that it only passes on."""
    _, steps, outputs = flatten(run.loop.jaxpr)
    place = {value: i for i, one in enumerate(steps) for value in one.outputs}
    inside = dict(zip(run.step.outputs, outputs, strict=True))
    return {name: place.get(inside.get(value), -1) for name, value in run.terms.items()}
