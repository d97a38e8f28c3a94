"""The first value that is not finite in a loop that JAX compiles: at which step, in which term, and what made it.

A loop returns its terms as arrays, so nothing is asked of it while it runs: looking costs nothing as long as all is
finite. Where a value is not, parts of the same compiled loop run again, which gives the state before a step to the bit.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from faultline.core.errors import InputError, one_line, shown
from faultline.engine.bad_cause import Cause, cause_of
from faultline.engine.bad_operation import Search, Source
from faultline.engine.jaxpr_steps import Step, Value, flatten
from faultline.engine.jaxpr_values import Level, Program
from faultline.engine.loops import NAN, Loop, NotFound, kinds
from faultline.engine.variable_names import path_text, watched


@dataclass(frozen=True)
class FirstBad:
    """Where a loop first has a value that is not finite.

    ``step``, ``term``: the first step, from 0, of which a term is not finite, and the first such term in the order in
    which the step computes them; both None where only the state is. ``terms``: all such terms of that step, in that order.
    ``state_step``, ``state``: the step after which entries of the state were not finite on which the bad term depends, and
    their names as in the step's function (`state.rho`); where all terms are finite, those that are not finite at the end.
    None and empty where the step made the term bad of a finite state. ``cause``: what made it, else ``unexplained``: why
    that is not known.
    """

    step: int | None
    term: str | None
    terms: tuple[str, ...] = ()
    state_step: int | None = None
    state: tuple[str, ...] = ()
    cause: Cause | None = None
    unexplained: str | None = None


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
    *,
    folders: Sequence[Path] | None = None,
    explain: bool = True,
) -> Scanned:
    """`jax.lax.scan` under one jit, with the first value that is not finite and what made it.

    `step(state, x)` returns the new state and its terms, a dict of scalars or small arrays. `state` and `xs` are pytrees,
    as for `lax.scan`. The user's code is what stands below `folders`, by default the step's own. An entry of the state
    that is not finite before the first step, such as a best loss of infinity or a buffer of NaN, is not called bad as long
    as it stays what it is. Nor is one that becomes finite again and has reached no term. Where something is bad, the step
    is traced again, and parts of the loop run again, what it prints or calls included; with `explain` = False nothing is.
    Raises InputError where `step` does not return a state and a dict of numbers, otherwise what JAX raises.
    """
    run = _Run.of(step, state, xs, length)
    bad = _first_bad(run)
    if bad and explain:
        try:
            bad = _explained(run, bad, _folders(step) if folders is None else folders)
        except NotFound as reason:
            bad = replace(bad, unexplained=str(reason))
        except Exception as error:  # the run stands, whatever looking at it raises
            bad = replace(bad, unexplained=one_line(f"{type(error).__name__}: {error}", 200))
    return Scanned(run.state, run.traces, bad)


@dataclass(frozen=True)
class _Run:
    """A loop that has run: its jaxpr's `inputs`, `steps` and `outputs`, with all `values`; one step, `main`, is the `loop`.

    The inputs are the leaves of the state and of xs, the outputs those of the new state and the terms. `entries` are the
    names of all leaves of state and xs, `names` those of the terms. JAX takes out of the loop what does not change in it.
    """

    traced: Callable[[], Any]
    inputs: list[Value]
    steps: list[Step]
    outputs: list[Value]
    values: dict[Value, Any]
    main: Step
    loop: Loop
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

        def traced() -> Any:
            whole = partial(jax.lax.scan, lambda state, x: kept_in_order(state, x), length=length)
            with jax.disable_jit(False):  # else there is no loop
                return jax.make_jaxpr(whole, return_shape=True)(state, xs)

        closed, shape = traced()
        inputs, steps, outputs = flatten(closed)
        main = next(one for one in reversed(steps) if one.name == "scan")
        values = dict(zip(inputs, jax.tree.leaves((state, xs)), strict=True))
        for one in steps:  # beside the loop: a state of Python's numbers becomes one of the step's dtypes
            given = [_read(values, v) for v in one.inputs]
            if one is main:
                loop = Loop.of(one, given)
                _, carry, ys = loop.whole()
            values.update(zip(one.outputs, [*carry, *ys] if one is main else one.run(given, {}), strict=True))
        found = [jax.numpy.asarray(_read(values, v)) for v in outputs]
        final, _ = jax.tree.unflatten(jax.tree.structure(shape), found)
        entries = [
            path_text(name, path)
            for name, tree in zip(_parameters(step), (state, xs), strict=True)
            for path, _ in jax.tree.leaves_with_path(tree)
        ]
        return cls(lambda: traced()[0], inputs, steps, outputs, values, main, loop, entries, names, final)

    @property
    def n(self) -> int:
        """Leaves of the state."""
        return len(self.outputs) - len(self.names)

    @property
    def terms(self) -> dict[str, Value]:
        return dict(zip(self.names, self.outputs[self.n :], strict=True))

    @property
    def traces(self) -> dict[str, np.ndarray]:
        return {name: np.asarray(_read(self.values, value)) for name, value in self.terms.items()}

    @property
    def changed(self) -> list[np.ndarray]:
        """Which elements of each leaf of the state are not finite at the end, and are not what they were at the start."""
        found = []
        for before, now in zip(self.inputs[: self.n], self.outputs[: self.n], strict=True):
            kind = kinds(_read(self.values, now))
            found.append((kind != 0) & (kind != kinds(self.values[before])))
        return found


def _read(values: Mapping[Value, Any], value: Value) -> Any:
    return values.get(value, value.known)


def _parameters(step: Callable[..., Any]) -> list[str]:
    """What the step calls its state and x."""
    try:
        names = [
            p.name for p in inspect.signature(step).parameters.values() if p.kind is not p.VAR_POSITIONAL
        ]
    except (TypeError, ValueError):
        names = []
    return names[:2] if len(names) >= 2 else ["state", "x"]


def _folders(step: Callable[..., Any]) -> list[Path]:
    """The folder of the file where the step stands."""
    step = inspect.unwrap(step)
    while isinstance(step, partial):
        step = inspect.unwrap(step.func)
    code = getattr(step, "__code__", None)
    return [Path(code.co_filename).parent] if code else []


def _checked(returned: Any) -> tuple[Any, Mapping[str, Any]]:
    import jax

    if not isinstance(returned, tuple) or len(returned) != 2 or not isinstance(returned[1], Mapping):
        raise InputError(
            f"the step of a scan returned {shown(returned)}; return the new state and a dict of terms."
        )
    for name, term in returned[1].items():
        try:
            kind = jax.numpy.result_type(term)
        except TypeError:
            kind = jax.dtypes.extended
        if jax.dtypes.issubdtype(kind, jax.dtypes.extended):
            raise InputError(
                f"the term {shown(name)} of a scan is {shown(term)}; return numbers or arrays of numbers."
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
    entries = tuple(name for name, bad in zip(run.entries, run.changed, strict=False) if bad.any())
    return FirstBad(None, None, state=entries) if entries else None


def _computed(run: _Run) -> dict[str, int]:
    """Each term's place in the order in which the step computes them; -1 for one that it only passes on."""
    _, steps, outputs = flatten(run.loop.jaxpr)
    place = {value: i for i, one in enumerate(steps) for value in one.outputs}
    inside = dict(zip(run.main.outputs, outputs, strict=True))
    return {name: place.get(inside.get(value), -1) for name, value in run.terms.items()}


def _explained(run: _Run, bad: FirstBad, folders: Sequence[Path]) -> FirstBad:
    """With what made it. Raises NotFound."""
    with watched(folders) as variables:
        program = Program(run.traced(), variables)
    if [one.name for one in program.steps] != [one.name for one in run.steps]:
        raise NotFound("the step is another when it is traced again")
    values = dict(zip(program.inputs, (run.values[v] for v in run.inputs), strict=True))
    for one, was in zip(program.steps, run.steps, strict=True):
        values.update(zip(one.outputs, (run.values[v] for v in was.outputs), strict=True))
    search, level = Search(variables), Level(program, values)
    main = program.steps[run.steps.index(run.main)]
    if str(main.params["jaxpr"].in_avals) != str(run.loop.jaxpr.in_avals):
        raise NotFound("the step is another when it is traced again")
    search.loops[main] = run.loop
    if bad.term is None:
        wanted = {v: mask for v, mask in zip(program.outputs, run.changed, strict=False) if mask.any()}
    else:
        trace = program.outputs[run.n + run.names.index(bad.term)]
        mask = kinds(level.read(trace)) != 0
        mask[bad.step + 1 :] = False
        wanted = {trace: mask}
    nans = {v: mask & (kinds(level.read(v)) == NAN) for v, mask in wanted.items()}
    nans = {v: mask for v, mask in nans.items() if mask.any()}
    found = search.back(level, nans or wanted)  # a log-weight of -inf beside it may be meant
    given, start = [], []
    for name, value in zip(run.entries, program.inputs, strict=True):
        if one := found.get(value):
            source = Source(one.level, one.reads, one.value, one.mask, given=True)
            if value in program.inputs[: run.n]:
                start.append(name)
                given.append(("state", 0, name, source))
            else:
                row = int(np.argmax(one.mask.reshape(len(one.mask), -1).any(axis=1)))
                given.append(("x", row, name, source))
    cause = cause_of(search, folders, given)
    if start:
        return replace(bad, state_step=-1, state=tuple(start), cause=cause)
    at, carried = search.carried or (None, [])
    names = dict(zip(program.outputs, run.entries, strict=False))
    state = tuple(names[main.outputs[j]] for j in carried if main.outputs[j] in names)
    return replace(bad, state_step=at if state else None, state=state, cause=cause)
