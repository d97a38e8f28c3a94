"""What made a value that is not finite: back from it through a jaxpr, operation by operation.

Every value of the jaxpr is computed once. Then the bad elements are followed from the value that is asked about to what
they came from, through loops step by step. What is not on that way is not accused: log(0) = -inf in a log-sum-exp that
is finite does no harm. Where an operation has several inputs that are not finite, those count which alone make its bad
elements what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from faultline.engine.jaxpr_steps import Step, Value
from faultline.engine.jaxpr_values import Level, Program
from faultline.engine.loops import NAN, Loop, NotFound, Walk, kinds
from faultline.engine.variable_names import Variables

_ELEMENTWISE = """
    abs acos acosh add add_any asin asinh atan atan2 atanh bessel_i0e bessel_i1e cbrt ceil clamp complex conj
    convert_element_type copy copy_p cos cosh digamma div erf erf_inv erfc exp exp2 expm1 floor igamma igammac imag
    integer_pow is_finite lgamma log log1p logistic max min mul name neg nextafter polygamma pow real reduce_precision
    regularized_incomplete_beta rem round rsqrt select_n sign sin sinh sqrt square stop_gradient sub tan tanh zeta"""
_STRUCTURAL = """
    broadcast_in_dim concatenate conv_general_dilated cumsum dot_general dynamic_slice dynamic_update_slice expand_dims
    gather pad reduce_sum reshape rev scatter scatter-add slice split squeeze transpose unstack"""
# Each element of the result depends on one element of each input, which is broadcast to its shape.
ELEMENTWISE = frozenset(_ELEMENTWISE.split())
# Each result depends on elements that the shapes or the indices choose, whatever their values are.
STRUCTURAL = frozenset(_STRUCTURAL.split())


@dataclass(frozen=True)
class Interest:
    """Elements of a value that made what is asked about not finite; the first step that `reads` it, as which `value` there."""

    mask: np.ndarray
    level: Level
    reads: int
    value: Value

    def order(self) -> tuple[int, ...]:
        return (*self.level.order, self.reads)

    def joined(self, other: Interest | None) -> Interest:
        if other is None:
            return self
        first = min(self, other, key=Interest.order)
        return Interest(self.mask | other.mask, first.level, first.reads, first.value)


@dataclass(frozen=True)
class Source:
    """Where the bad elements of `value` come from: the step that made it out of finite ones, or that reads it,
    where it is `given`: a constant, or what the program was called with."""

    level: Level
    index: int
    value: Value
    mask: np.ndarray
    given: bool = False

    def order(self) -> tuple[int, ...]:
        return (*self.level.order, self.index)

    @property
    def step(self) -> Step:
        return self.level.program.steps[self.index]


class Search:
    """What made values bad: `sources`; `nans`, the steps on the way that made NaN where there was none; all on the way."""

    def __init__(self, variables: Variables):
        self.variables = variables
        self.sources: list[Source] = []
        self.nans: list[Source] = []
        self.made_bad: list[Source] = []
        # Of a loop that has run: the same compiled code runs again.
        self.loops: dict[Step, Loop] = {}
        # The last step of the outermost loop that was looked at, and which of its carry.
        self.carried: tuple[int, list[int]] | None = None
        self.programs: dict[int, Program] = {}

    def program(self, jaxpr: Any) -> Program:
        if id(jaxpr) not in self.programs:
            self.programs[id(jaxpr)] = Program(jaxpr, self.variables)
        return self.programs[id(jaxpr)]

    def back(self, level: Level, wanted: Mapping[Value, np.ndarray]) -> dict[Value, Interest]:
        """Which inputs of a level made the `wanted` elements of its values bad; what made others is kept in this search.

        Raises NotFound where the values are not bad.
        """
        steps = level.program.steps
        wanted = {v: mask & (kinds(level.read(v)) != 0) for v, mask in wanted.items()}
        if not any(mask.any() for mask in wanted.values()):
            raise NotFound("the step computed it again and all was finite")
        interest = {v: Interest(mask, level, len(steps), v) for v, mask in wanted.items() if mask.any()}
        self._constants(level, interest)
        for i in reversed(range(len(steps))):
            masks = {v: interest[v].mask for v in steps[i].outputs if v in interest}
            if not masks:
                continue
            if steps[i].name in ("scan", "while"):
                found = self._loop(level, i, masks)
            elif steps[i].name == "cond":
                found = self._branch(level, i, masks)
            else:
                found = {v: Interest(mask, level, i, v) for v, mask in self._inputs(level, i, masks).items()}
            self._constants(level, found)
            for value, one in found.items():
                interest[value] = one.joined(interest.get(value))
        return {v: interest[v] for v in level.program.inputs if v in interest}

    def _constants(self, level: Level, found: Mapping[Value, Interest]) -> None:
        for value, one in found.items():
            if value.known is not None and value not in level.values:
                self.sources.append(Source(one.level, one.reads, one.value, one.mask, given=True))

    def _inputs(self, level: Level, i: int, masks: Mapping[Value, np.ndarray]) -> dict[Value, np.ndarray]:
        step = level.program.steps[i]
        given = [level.read(v) for v in step.inputs]
        kind = [kinds(a) for a in given]
        reached = [(k != 0) & m for k, m in zip(kind, _reached(step, given, kind, masks), strict=True)]
        result, mask = next(iter(masks.items()))
        if not any(r.any() for r in reached):
            own = mask
        elif step.name in ELEMENTWISE:
            own = mask & ~np.logical_or.reduce([np.broadcast_to(r, mask.shape) for r in reached])
        else:
            own = np.zeros(mask.shape, bool)
        if own.any():
            self.sources.append(Source(level, i, result, own))
        chosen = _sufficient(
            step, given, kind, reached, {v: (kinds(level.values[v]), m) for v, m in masks.items()}
        )
        for v, m in masks.items():
            self.made_bad.append(Source(level, i, v, m))
            if (nan := m & (kinds(level.values[v]) == NAN)).any() and not any(
                ((k == NAN) & c).any() for k, c in zip(kind, chosen, strict=True)
            ):
                self.nans.append(Source(level, i, v, nan))
        found: dict[Value, np.ndarray] = {}
        for value, mask in zip(step.inputs, chosen, strict=True):
            if mask.any():
                found[value] = found[value] | mask if value in found else mask
        return found

    def _branch(self, level: Level, i: int, masks: Mapping[Value, np.ndarray]) -> dict[Value, Interest]:
        step = level.program.steps[i]
        which, *given = step.inputs
        branches = step.params["branches"]
        program = self.program(branches[int(np.clip(int(level.read(which)), 0, len(branches) - 1))])
        outer = dict(zip(program.inputs, given, strict=True))
        results = dict(zip(step.outputs, program.outputs, strict=True))
        wanted = _by_value((results[v], mask) for v, mask in masks.items())
        inside = Level(
            program,
            program.values([level.read(v) for v in given], wanted),
            (*level.order, i),
            (*level.sources, *step.sources),
            level.loop_steps,
            {inner: (level, v) for inner, v in outer.items()},
        )
        found: dict[Value, Interest] = {}
        for inner, one in self.back(inside, wanted).items():
            found[outer[inner]] = one.joined(found.get(outer[inner]))
        return found

    def _loop(self, level: Level, i: int, masks: Mapping[Value, np.ndarray]) -> dict[Value, Interest]:
        step = level.program.steps[i]
        loop = self.loops.get(step) or Loop.of(step, [level.read(v) for v in step.inputs])
        program = self.program(step.params["jaxpr" if step.name == "scan" else "body_jaxpr"])
        length = loop.whole()[0] if loop.length is None else loop.length
        walk = Walk(loop, length, {j: masks[v] for j, v in enumerate(step.outputs) if v in masks})
        outer = _loop_inputs(step)
        n, m = len(loop.constants), len(loop.constants) + len(loop.carry)
        found: dict[Value, Interest] = {}

        def add(j: int, one: Interest) -> None:
            found[outer[j]] = one.joined(found.get(outer[j]))

        last: dict[int, Interest] = {}
        while walk.wanted:
            if not level.order:
                self.carried = walk.at, [j for j in walk.wanted if j < m - n]
            wanted = _by_value((program.outputs[j], mask) for j, mask in walk.wanted.items())
            inside = Level(
                program,
                program.values([*loop.constants, *walk.carry, *loop.xs_at(walk.at)], wanted),
                (*level.order, i, walk.at),
                (*level.sources, *step.sources),
                (*level.loop_steps, walk.at),
                {program.inputs[j]: (level, outer[j]) for j in range(n)},
                dict(zip(program.inputs[n:m], program.outputs, strict=False)) if walk.at else {},
            )
            met = self.back(inside, wanted)
            by_index = {j: met[v] for j, v in enumerate(program.inputs) if v in met}
            last = {j - n: one for j, one in by_index.items() if n <= j < m}
            for j, one in by_index.items():
                if j < n:
                    add(j, one)
                elif j >= m:
                    whole = np.zeros((loop.length, *one.mask.shape), bool)
                    whole[loop.place(walk.at)] = one.mask
                    add(j, replace(one, mask=whole))
            walk.back_to({j: one.mask for j, one in last.items()})
        for j, mask in walk.from_start.items():
            one = last.get(j) or Interest(mask, level, i, outer[n + j])
            add(n + j, replace(one, mask=mask))
        return found


def within(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Which elements of an array of that shape go into the masked ones, where it is broadcast to the shape of the mask."""
    mask = mask.any(axis=tuple(range(mask.ndim - len(shape))))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1)
    return mask.any(axis=stretched, keepdims=True) if stretched else mask


def _by_value(pairs: Iterable[tuple[Value, np.ndarray]]) -> dict[Value, np.ndarray]:
    found: dict[Value, np.ndarray] = {}
    for value, mask in pairs:
        found[value] = found[value] | mask if value in found else mask
    return found


def _loop_inputs(step: Step) -> list[Value]:
    """The inputs of a loop in the order of those of its body."""
    return step.inputs if step.name == "scan" else step.inputs[step.params["cond_nconsts"] :]


def _reached(
    step: Step, given: Sequence[Any], kind: Sequence[np.ndarray], masks: Mapping[Value, np.ndarray]
) -> list[np.ndarray]:
    """Which elements of each input the masked elements of the results depend on, as far as the operation says it."""
    everything = [np.ones(k.shape, bool) for k in kind]
    if not any(k.any() for k in kind):
        return everything
    if step.name in ELEMENTWISE and len(masks) == 1:
        mask = next(iter(masks.values()))
        return [within(mask, k.shape) for k in kind]
    if step.name not in STRUCTURAL:
        return everything
    import jax

    bad = [j for j, k in enumerate(kind) if k.any()]
    results = [j for j, v in enumerate(step.outputs) if v in masks]

    def of(*some: Any) -> list[Any]:
        full = [jax.numpy.ones_like(a) if jax.numpy.issubdtype(a.dtype, np.inexact) else a for a in given]
        for j, value in zip(bad, some, strict=True):
            full[j] = value
        found = step.run(full, {})
        return [found[j] for j in results]

    _, pull = jax.vjp(of, *(jax.numpy.ones_like(given[j]) for j in bad))
    shares = pull([jax.numpy.asarray(masks[step.outputs[j]], step.outputs[j].dtype) for j in results])
    for j, share in zip(bad, shares, strict=True):
        everything[j] = np.asarray(share) != 0
    return everything


def _sufficient(
    step: Step,
    given: Sequence[Any],
    kind: Sequence[np.ndarray],
    reached: Sequence[np.ndarray],
    results: Mapping[Value, tuple[np.ndarray, np.ndarray]],
) -> Sequence[np.ndarray]:
    """Of the bad elements of the inputs, those that alone, with all others 1, give a result of the same kind; else all."""
    parts = [(j, c) for j, k in enumerate(kind) for c in np.unique(k[reached[j]]) if c]
    if len(parts) < 2 or step.name.endswith("callback"):  # the user's Python gets no invented values
        return reached
    enough = []
    for j, c in parts:
        kept = [reached[i] & (k == c) if i == j else np.zeros(k.shape, bool) for i, k in enumerate(kind)]
        results_then = step.run([_ones(*one) for one in zip(given, kind, kept, strict=True)], {})
        found = dict(zip(step.outputs, results_then, strict=True))
        if any(((kinds(found[v]) == was) & mask).any() for v, (was, mask) in results.items()):
            enough.append(kept)
    if not enough:
        return reached
    return [np.logical_or.reduce(masks) for masks in zip(*enough, strict=True)]


def _ones(value: Any, kind: np.ndarray, kept: np.ndarray) -> Any:
    """A value with 1 for its elements that are not finite, without those that are `kept`."""
    import jax.numpy as jnp

    replaced = (kind != 0) & ~kept
    return jnp.where(replaced, jnp.ones_like(value), value) if replaced.any() else value


def decisive_inputs(source: Source) -> list[int]:
    """The inputs with 1 in whose place, at the bad elements, the result is finite; after NaN out of an infinity, no NaN."""
    import jax.numpy as jnp

    if source.given:
        return [j for j, v in enumerate(source.step.inputs) if v is source.value]
    step, given = source.step, [source.level.read(v) for v in source.step.inputs]
    floats = [j for j, a in enumerate(given) if jnp.issubdtype(jnp.result_type(a), jnp.inexact)]
    if len(floats) == 1 or step.name.endswith("callback"):
        return floats
    infinite = any(kinds(given[j]).any() for j in floats)
    found = []
    for j in floats:
        there = within(source.mask, np.shape(given[j])) if step.name in ELEMENTWISE else True
        changed = [jnp.where(there, jnp.ones_like(a), a) if i == j else a for i, a in enumerate(given)]
        kind = kinds(step.run(changed, {})[step.outputs.index(source.value)])[source.mask]
        if not (kind == NAN if infinite else kind != 0).any():
            found.append(j)
    return found
