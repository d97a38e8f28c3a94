"""What a search for bad values has found, as plain data: the operation, its line, its inputs by the user's own names."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from faultline.engine.bad_operation import ELEMENTWISE, Search, Source, decisive_inputs
from faultline.engine.jaxpr_steps import Step, Value
from faultline.engine.jaxpr_values import Level
from faultline.engine.loops import INFINITY, MINUS_INFINITY, NAN, NotFound, kinds
from faultline.engine.variable_names import Name, Place, place_of

# Operations whose result is their first input in another form: it has the same name.
SAME = frozenset(
    (
        "broadcast_in_dim",
        "convert_element_type",
        "copy",
        "expand_dims",
        "name",
        "reshape",
        "squeeze",
        "stop_gradient",
    )
)
# Enough to see where an input comes from.
LINKS = 8
"""Lines of a chain."""


@dataclass(frozen=True)
class Numbers:
    """Elements of an array: how many, the lowest and highest finite one (null without any), how many are 0, NaN, infinite."""

    n: int
    low: float | None
    high: float | None
    n_zero: int
    n_nan: int
    n_inf: int

    @classmethod
    def of(cls, value: Any) -> Numbers:
        array, kind = np.asarray(value), kinds(value)
        finite = np.abs(array[kind == 0]) if np.iscomplexobj(array) else array[kind == 0]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (None, None)
        n_zero, n_nan = int((finite == 0).sum()), int((kind == NAN).sum())
        return cls(array.size, low, high, n_zero, n_nan, int(np.isin(kind, (INFINITY, MINUS_INFINITY)).sum()))


@dataclass(frozen=True)
class Variable:
    """A value of the step.

    ``name``: the variable that holds it, as the function of the line that reads it calls it; None for a value without one.
    ``names``: what all functions call it. ``values``: its elements. ``made``: where it was computed, None for what is not
    computed within the step. ``constant``: it is the same in every step.
    """

    name: str | None
    names: tuple[Name, ...]
    values: Numbers
    made: Place | None
    constant: bool


@dataclass(frozen=True)
class Input(Variable):
    """One input of an operation.

    ``there``: its values at the bad elements of the result, None where they cannot be told apart. ``decisive``: with 1 in
    its place the result would not be bad.
    """

    there: Numbers | None
    decisive: bool


@dataclass(frozen=True)
class Operation:
    """An operation by JAX's `name` for it, where it stands (None: not in the user's files), its inputs and its result.

    ``loop_steps``: steps of the loops inside the step that was replayed, from the outermost to the one around it.
    """

    name: str
    place: Place | None
    inputs: tuple[Input, ...]
    result: Numbers
    loop_steps: tuple[int, ...]


@dataclass(frozen=True)
class Link:
    """A line that an input came through: its result's `name` and `values`, and the `inputs` that it was computed of.

    The last link of a chain is where more than one value meets, or what the step was given. An entry of the state that
    the step `before` computed has its place there, otherwise what the step was given has no `place`.
    """

    name: str | None
    place: Place | None
    values: Numbers
    inputs: tuple[Variable, ...]
    before: bool = False


@dataclass(frozen=True)
class Cause:
    """What a value that is not finite comes from.

    ``kind``: "operation": `operation` made it of finite inputs, at step `step`. "constant": `operation` reads a constant
    that is not finite, `name` if a variable holds it. "x": the entry `name` of x at step `step` is not finite. "state": the
    entry `name` of the state was not finite before the first step; for these two, `operation` is the first that reads it.
    ``nan``: the operation that made NaN out of it, where it was an infinity at first; else None. ``hidden_by``: the line
    that does not choose the bad values, a `where`, a clip: their gradient is 0 times what is not finite. ``chain``: where
    the first decisive input came from, from the operation backwards.
    """

    kind: str
    step: int
    name: str | None
    operation: Operation | None
    nan: Operation | None
    hidden_by: Place | None
    chain: tuple[Link, ...]


def cause_of(
    search: Search, folders: Sequence[Path], given: Sequence[tuple[str, int, str, Source]] = ()
) -> Cause:
    """The first in the order of computation of what a search has found.

    `given`: the same for what the program was called with: kind, step, name, and what reads it. Raises NotFound where
    the search has found nothing.
    """
    told = _Told(search, folders)
    nan = min(search.nans, key=Source.order, default=None)
    operation = told.operation(nan) if nan else None
    hidden_by = told.hidden_by([one for one in search.made_bad if one.step.name in ("mul", "div")])
    if given:  # before any operation of that step
        kind, step, name, source = min(given, key=lambda one: one[1])
        first = min((s.level.loop_steps[:1] for s in search.sources), default=(step,))
        if first >= (step,):
            return Cause(kind, step, name, told.operation(source), operation, hidden_by, ())
    if not search.sources:
        raise NotFound("nothing on the way to it is bad")
    source = min(search.sources, key=Source.order)
    if nan and nan.order() == source.order() and not source.given:
        operation = None
    name = search.variables.constant(source.level.read(source.value)) if source.given else None
    return Cause(
        "constant" if source.given else "operation",
        source.level.loop_steps[0] if source.level.loop_steps else 0,
        name.path if name else None,
        told.operation(source),
        operation,
        hidden_by,
        told.chain(source),
    )


class _Told:
    """What is found, told with places and names."""

    def __init__(self, search: Search, folders: Sequence[Path]):
        self.variables, self.folders = search.variables, folders

    def place(self, level: Level, step: Step) -> Place | None:
        place = place_of((*level.sources, *step.sources), self.folders)
        return place and replace(place, gradient=level.program.gradient(step, level.sources))

    def variable(self, level: Level, value: Value, read_at: Place | None) -> Variable:
        names = tuple(dict.fromkeys(self.names(level, value)))
        there, result, step = _made(level, value)
        return Variable(
            _shortest(names, read_at),
            names,
            Numbers.of(level.read(value)),
            step and self.place(there, step),
            result.known is not None,
        )

    def names(self, level: Level, value: Value) -> Iterator[Name]:
        """What functions call a value, the same in another form included."""
        while True:
            yield from level.program.names.get(value, ())
            if value.known is not None:
                if name := self.variables.constant(value.known):
                    yield name
                return
            index = level.program.makers.get(value)
            if value in level.around:
                level, value = level.around[value]
            elif index is not None and level.program.steps[index].name in SAME:
                value = level.program.steps[index].inputs[0]
            else:
                return

    def operation(self, source: Source) -> Operation | None:
        level = source.level
        if source.index == len(level.program.steps):  # a constant is the result
            return None
        step = source.step
        place, decisive = self.place(level, step), decisive_inputs(source)
        inputs = tuple(
            Input(
                **vars(self.variable(level, value, place)),
                there=_there(source, level.read(value)),
                decisive=j in decisive,
            )
            for j, value in enumerate(step.inputs)
            if _is_number(value)
        )
        result = source.value if source.value in step.outputs else step.outputs[0]
        return Operation(step.name, place, inputs, Numbers.of(level.read(result)), level.loop_steps[1:])

    def chain(self, source: Source) -> tuple[Link, ...]:
        if source.given:
            return ()
        level, step, links = source.level, source.step, []
        decisive = decisive_inputs(source)
        value = step.inputs[decisive[0]] if decisive else None
        last = self.place(level, step)
        while value is not None and len(links) < LINKS:
            name, held = _shortest(tuple(self.names(level, value)), last), Numbers.of(level.read(value))
            level, value, step = _made(level, value)
            if step is None:
                if value.known is None and name:
                    links.append(self.given(level, value, name, held))
                break
            place = self.place(level, step)
            before = self.entering(level, step, place)
            if _line(place) != _line(last) or len(before) != 1:
                links.append(Link(name, place, held, tuple(self.variable(level, v, place) for v in before)))
            last = place or last
            value = before[0] if len(before) == 1 else None
        return tuple(links)

    def entering(self, level: Level, step: Step, place: Place | None) -> list[Value]:
        """What a step is computed of: numbers and no constants, beyond what its own expression computes on the way."""
        program, enters, of = level.program, {}, []
        for one in program.steps[: program.makers[step.outputs[0]] + 1]:
            if one is step or _is_within(self.place(level, one), place):
                numbers = [v for v in one.inputs if v.known is None and _is_number(v)]
                of = list(dict.fromkeys(itertools.chain.from_iterable(enters.get(v, [v]) for v in numbers)))
                enters.update((v, of) for v in one.outputs if of and v not in program.names)
        return of

    def given(self, level: Level, value: Value, name: str, held: Numbers) -> Link:
        """What a body was given: an entry of the state is what the step before has made of it."""
        if value not in level.before:
            return Link(name, None, held, ())
        level, value, step = _made(level, level.before[value])
        return Link(name, step and self.place(level, step), held, (), before=True)

    def hidden_by(self, zeros: Sequence[Source]) -> Place | None:
        """The first choice whose gradient is the 0 that a gradient multiplies with what is not finite, or divides by 0."""
        for source in sorted(zeros, key=Source.order):
            level, program = source.level, source.level.program
            waiting, seen = [v for v in source.step.inputs if _all_zero(source, v)], set()
            while waiting and program.gradient(source.step, level.sources):
                value = waiting.pop()
                maker = program.makers.get(value)
                if maker is None or value in seen:
                    continue
                seen.add(value)
                step = program.steps[maker]
                if program.gradient(step, level.sources):
                    if step.name == "select_n":
                        return self.place(level, step)
                    waiting += step.inputs
        return None


def _all_zero(source: Source, value: Value) -> bool:
    held = np.broadcast_to(np.asarray(source.level.read(value)), source.mask.shape)
    return bool((held[source.mask] == 0).all())


def _made(level: Level, value: Value) -> tuple[Level, Value, Step | None]:
    """The step that made a value, beyond those that only change its form, with its level and its result there."""
    while True:
        if value in level.around:
            level, value = level.around[value]
            continue
        index = level.program.makers.get(value)
        step = None if index is None else level.program.steps[index]
        if step is None or step.name not in SAME or step.inputs[0].known is not None:
            return level, value, step
        value = step.inputs[0]


def _shortest(names: Sequence[Name], read_at: Place | None) -> str | None:
    """The shortest of the names of a value, by preference in the function of the line that reads it."""
    own = [name for name in names if read_at and name.function == read_at.function]
    return min((name.path for name in own or names), key=len, default=None)


def _line(place: Place | None) -> tuple[str, int] | None:
    return place and (place.file, place.line)


def _is_within(place: Place | None, other: Place | None) -> bool:
    """Whether an operation stands in the expression of another."""
    return bool(place and other) and _line(place) == _line(other) and place.expression in other.expression


def _is_number(value: Value) -> bool:
    import jax.numpy as jnp

    return jnp.issubdtype(value.dtype, jnp.number)


def _there(source: Source, held: Any) -> Numbers | None:
    """An input of an operation at the bad elements of its result."""
    if source.given or source.step.name not in ELEMENTWISE:
        return None
    return Numbers.of(np.broadcast_to(np.asarray(held), source.mask.shape)[source.mask])
