"""A jaxpr with all its values, the user's names for them, and which of its steps differentiation made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from faultline.engine.jaxpr_steps import Step, Value, bytes_of, flatten, needed
from faultline.engine.loops import NotFound
from faultline.engine.variable_names import Name, Variables

# A step of a large network has some hundred results. More than this is not held at once.
BYTES = 2 * 2**30


@dataclass(eq=False)
class Program:
    """A jaxpr as steps, with the names of its values."""

    jaxpr: Any
    variables: Variables
    names: dict[Value, list[Name]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.inputs, steps, self.outputs = flatten(self.jaxpr)
        self.steps: list[Step] = []
        self.returned: set[Value] = set()  # by the user's functions
        self._compiled: dict[frozenset[Value], Callable[[list[Any]], dict[Value, Any]]] = {}
        for step in steps:
            name = self.variables.of(str(step.params["name"])) if step.name == "name" else None
            if name and not name.path:
                self.returned.add(step.inputs[0])
            elif name:
                self.names.setdefault(step.inputs[0], []).append(name)
            else:
                self.steps.append(step)

    @cached_property
    def makers(self) -> dict[Value, int]:
        """Which step computes a value."""
        return {value: i for i, step in enumerate(self.steps) for value in step.outputs}

    def gradient(self, step: Step, sources: Sequence[Any] = ()) -> bool | None:
        """Whether differentiation made a step, where `sources` are those of the steps around this program.

        A backward pass says that it is one. What it needs of the forward pass, such as 1/(2 sqrt(x)), is computed there:
        that is known as such by what reads it, which is the backward pass alone; and not known within a loop.
        """
        stack, around = _stack(step.sources), _stack(sources)
        if "transpose" in stack + around:
            return True
        if "jvp" not in stack + around:
            return False
        backward = any("transpose" in _stack(other.sources) for other in self.steps)
        return not self._forward[step] if backward and "jvp" not in around else None

    @cached_property
    def _forward(self) -> dict[Step, bool]:
        """Which steps some result needs that is no gradient: one outside differentiation, a user's variable, one unread."""
        asked = {*self.outputs, *self.names, *self.returned}
        read: set[Value] = set()
        found = {}
        for step in reversed(self.steps):
            stack = _stack(step.sources)
            forward = "transpose" not in stack and (
                "jvp" not in stack or any(v in asked or v not in read for v in step.outputs)
            )
            found[step] = forward
            read.update(step.inputs)
            if forward:
                asked.update(step.inputs)
        return found

    def values(self, inputs: Sequence[Any], wanted: Iterable[Value]) -> dict[Value, Any]:
        """All that it computes from `inputs` on the way to the `wanted` values. Raises NotFound where that is too much."""
        key = frozenset(wanted)
        if key not in self._compiled:
            self._compiled[key] = self._compile(needed(self.steps, key))
        return {**dict(zip(self.inputs, inputs, strict=True)), **self._compiled[key](list(inputs))}

    def _compile(self, steps: Sequence[Step]) -> Callable[[list[Any]], dict[Value, Any]]:
        import jax

        found = [value for step in steps for value in step.outputs]
        if bytes_of(v for v in found if isinstance(v.dtype, np.dtype)) > BYTES:
            raise NotFound("one step has too many values to hold at once")
        constants = list(
            dict.fromkeys(v for step in steps for v in step.inputs if v.known is not None and v.shape)
        )

        def run(inputs: Any, known: Any) -> list[Any]:
            values = dict(zip([*self.inputs, *constants], [*inputs, *known], strict=True))
            for step in steps:
                given = [values.get(v, v.known) for v in step.inputs]
                values.update(zip(step.outputs, step.run(given, {}), strict=True))
            return [values[v] for v in found]

        compiled, known = jax.jit(run), [v.known for v in constants]
        return lambda inputs: dict(zip(found, compiled(inputs, known), strict=True))


@dataclass(eq=False, frozen=True)
class Level:
    """A program with its values: the one that is asked about, or a body inside it.

    ``order`` sorts what happens: the index of a step, in a loop then the step of the loop and the index in its body.
    ``sources`` and ``loop_steps`` are those of the steps around it, from outermost to innermost. ``around`` has, for inputs
    of a body that are the same value outside, the level around it and that value; ``before``, for those that the step of a
    loop before this one has made, its result.
    """

    program: Program
    values: dict[Value, Any]
    order: tuple[int, ...] = ()
    sources: tuple[Any, ...] = ()
    loop_steps: tuple[int, ...] = ()
    around: Mapping[Value, tuple[Level, Value]] = field(default_factory=dict)
    before: Mapping[Value, Value] = field(default_factory=dict)

    def read(self, value: Value) -> Any:
        return self.values.get(value, value.known)


def _stack(sources: Sequence[Any]) -> str:
    return "/".join(str(source.name_stack) for source in sources)
