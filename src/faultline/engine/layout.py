"""How a model's free variables lie in the one unconstrained vector that the sampler moves.

Importing this module imports neither PyTensor nor PyMC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.names import Axes, axes, place

if TYPE_CHECKING:
    import pymc as pm


@dataclass(frozen=True)
class Block:
    """One free variable's place in the ravelled unconstrained vector: elements `start` to `stop`.

    `axes` are the model's dimensions, if an element of the unconstrained value is that element of the variable.
    """

    name: str
    value_name: str
    shape: tuple[int, ...]
    start: int
    stop: int
    axes: Axes = field(default=(), compare=False, repr=False)

    @property
    def slice(self) -> slice:
        return slice(self.start, self.stop)

    @property
    def size(self) -> int:
        return self.stop - self.start

    def index(self, position: int) -> list[int]:
        """Index within the unconstrained value of the vector's element `position`."""
        return [int(i) for i in np.unravel_index(position - self.start, self.shape)] if self.shape else []

    def place(self, position: int, before: str = "") -> dict[str, Any]:
        """``{index, labels?}`` of the vector's element `position`, for a row of a record."""
        return place(self.axes, self.index(position), before)

    def at(self, index: Sequence[int]) -> int:
        """Position in the vector of the element at `index`."""
        return self.start + (int(np.ravel_multi_index(tuple(index), self.shape)) if self.shape else 0)


@dataclass(frozen=True)
class Layout:
    """How a model's continuous free variables lie in one unconstrained vector.

    `start` is the model's initial point as PyMC makes it, by value name; discrete variables stay as they are
    there.
    """

    blocks: tuple[Block, ...]
    start: dict[str, np.ndarray]

    @classmethod
    def of(cls, model: pm.Model, start: Mapping[str, np.ndarray] | None = None) -> Layout:
        point = {name: np.asarray(value) for name, value in (start or model.initial_point(0)).items()}
        blocks, position = [], 0
        for value in model.continuous_value_vars:
            shape = point[value.name].shape
            size = int(np.prod(shape, dtype=int))
            rv = model.values_to_rvs[value]
            own = axes(model, rv.name, shape) if _by_element(model.rvs_to_transforms[rv]) else ()
            blocks.append(Block(rv.name, value.name, shape, position, position + size, own))
            position += size
        return cls(tuple(blocks), point)

    @property
    def size(self) -> int:
        return self.blocks[-1].stop if self.blocks else 0

    def vector(self, point: Mapping[str, np.ndarray] | None = None) -> np.ndarray:
        """The unconstrained vector of `point` (by value name; default: the start)."""
        point = self.start if point is None else point
        parts = [np.ravel(point[block.value_name]) for block in self.blocks]
        return np.concatenate(parts).astype(float) if parts else np.zeros(0)

    def point(self, vector: np.ndarray) -> dict[str, np.ndarray]:
        """The point, by value name, of an unconstrained vector."""
        values = {b.value_name: vector[b.slice].reshape(b.shape) for b in self.blocks}
        return {name: values.get(name, value) for name, value in self.start.items()}

    def locate(self, position: int) -> tuple[str, list[int]]:
        """Variable name and index within its unconstrained value of element `position`."""
        block = self.block(position)
        return block.name, block.index(position)

    def block(self, position: int) -> Block:
        """Where element `position` lies."""
        return next(b for b in self.blocks if b.start <= position < b.stop)

    def join(
        self, model: pm.Model, outputs: Sequence[Any], discrete: Mapping[str, Any] | None = None
    ) -> tuple[list[Any], Any]:
        """Make graphs over the model's value variables functions of one vector: (outputs, vector input).

        Discrete variables are those of `discrete`, by value name, or the constants that they are at the start.
        """
        import pytensor.tensor as pt
        from pytensor.graph.replace import clone_replace

        given = self.start if discrete is None else discrete
        replaced = {v: v.type.filter_variable(given[v.name]) for v in model.discrete_value_vars}
        vector = pt.TensorType("float64", shape=(self.size if self.blocks else None,))("joined_inputs")
        for block, value in zip(self.blocks, model.continuous_value_vars, strict=True):
            part = vector[block.slice].reshape(block.shape).astype(value.dtype)
            replaced[value] = value.type.filter_variable(part)
        # All at once: PyMC's own function for this copies every variable's part for each output.
        return list(clone_replace(list(outputs), replaced, rebuild_strict=False)), vector


def _by_element(transform: Any) -> bool:
    """Whether a transform moves each element by itself; what does not say so (those of pymc.dims) is known by its name."""
    if transform is None or transform.ndim_supp == 0:
        return True
    return transform.ndim_supp is None and transform.name in ("log", "logodds", "interval", "circular")
