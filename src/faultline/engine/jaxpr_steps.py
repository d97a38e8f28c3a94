"""A function as the list of its operations: JAX's jaxpr, with the functions that it calls put in their places."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

INLINED = {
    "jit": "jaxpr",
    "closed_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "remat2": "jaxpr",
}


@dataclass(eq=False, frozen=True)
class Value:
    """A value of the computation; a constant has what is `known` of it."""

    shape: tuple[int, ...]
    dtype: Any
    known: Any = None


@dataclass(eq=False, frozen=True)
class Step:
    """One operation. `sources` say where it was written: JAX's source information of the calls around it, and its own."""

    primitive: Any
    inputs: list[Value]
    outputs: list[Value]
    params: dict[str, Any]
    sources: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        return self.primitive.name

    @property
    def size(self) -> int:
        """Bytes of its results."""
        return bytes_of(self.outputs)

    def run(self, inputs: Iterable[Any], changed: Mapping[str, Any]) -> list[Any]:
        """Its results, with some of its parameters `changed`."""
        params = self.primitive.get_bind_params({**self.params, **changed})
        found = self.primitive.bind(*inputs, **params)
        return list(found) if self.primitive.multiple_results else [found]


def bytes_of(values: Iterable[Value]) -> int:
    return sum(math.prod(v.shape) * v.dtype.itemsize for v in values)


def steps_of(function: Callable[..., Any], *example: Any) -> tuple[list[Value], list[Step], list[Value], Any]:
    """Inputs, steps, outputs, and the tree of the outputs, for arguments of the shapes of `example`.

    Raises ValueError for a function with side effects.
    """
    import jax

    closed, shape = jax.make_jaxpr(function, return_shape=True)(*example)
    if closed.effects:
        raise ValueError("it has side effects")
    inputs, steps, outputs = flatten(closed)
    return inputs, needed(steps, outputs), outputs, jax.tree.structure(shape)


def flatten(closed: Any) -> tuple[list[Value], list[Step], list[Value]]:
    """Inputs, steps and outputs of a jaxpr, in the order in which it computes them: also what no output needs."""
    inputs = [Value(v.aval.shape, v.aval.dtype) for v in closed.jaxpr.invars]
    steps: list[Step] = []
    return inputs, steps, _flatten(closed, inputs, steps)


def _flatten(
    closed: Any, inputs: Sequence[Value], steps: list[Step], around: tuple[Any, ...] = ()
) -> list[Value]:
    """Append the steps of a closed jaxpr, those of the functions that it calls included. Returns its outputs."""
    from jax.extend.core import Literal

    jaxpr = closed.jaxpr
    known = [
        Value(v.aval.shape, v.aval.dtype, c) for v, c in zip(jaxpr.constvars, closed.consts, strict=True)
    ]
    values = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*known, *inputs], strict=True))

    def read(atom: Any) -> Value:
        if isinstance(atom, Literal):
            return Value(atom.aval.shape, atom.aval.dtype, atom.val)
        return values[atom]

    for equation in jaxpr.eqns:
        found = [read(atom) for atom in equation.invars]
        if inner := INLINED.get(equation.primitive.name):
            results = _flatten(equation.params[inner], found, steps, (*around, equation.source_info))
        else:
            results = [Value(v.aval.shape, v.aval.dtype) for v in equation.outvars]
            sources = (*around, equation.source_info)
            steps.append(Step(equation.primitive, found, results, equation.params, sources))
        values.update(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def needed(steps: Sequence[Step], values: Iterable[Value], ready: Iterable[Value] = ()) -> list[Step]:
    """The steps that compute `values` from what is `ready`."""
    ready = set(ready)
    missing, found = set(values) - ready, []
    for step in reversed(steps):
        if missing.intersection(step.outputs):
            found.append(step)
            missing.update(set(step.inputs) - ready)
    return found[::-1]


def read_by(steps: Iterable[Step]) -> set[Value]:
    """What `steps` read that none of them computes."""
    steps = list(steps)
    return {v for step in steps for v in step.inputs} - {v for step in steps for v in step.outputs}
