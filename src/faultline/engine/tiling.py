"""A function of long arrays as a loop over blocks of them, for data that outgrow the processor's cache.

XLA computes one operation for all elements after the other, so that long intermediate results are written to memory and
read back. Here whatever an element needs of its own place along the arrays (a frame, a datum) alone is computed
block by block, and a block's intermediate results stay in the cache. What ties places to each other (a cumulative sum, a
recursion, a product of matrices) is computed for all of them, before the loop or after it.

Works on the function's jaxpr, JAX's own list of its operations, so that it knows nothing of models.
"""

from __future__ import annotations

import collections
import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faultline.engine.jaxpr_steps import Step, Value, bytes_of, needed, read_by, steps_of

LOOP_BYTES = 16 * 2**20
"""Results of all operations, of which XLA keeps about a tenth, from which on a loop pays (benchmarks/blocks.py)."""

GAIN = 12
"""How many times that of what goes into the loop and comes out of it: below, cutting out and putting back costs as much."""

BLOCK_BYTES, SHORTEST, FEWEST = 3 * 2**20, 200, 4
"""Results in one block: what XLA keeps of them fits a second-level cache. Places in a block, lest the loop's own cost
show, and blocks, lest there be nothing to gain."""

ELEMENTWISE = frozenset(
    (
        *("add", "sub", "mul", "div", "rem", "max", "min", "pow", "integer_pow", "square", "sqrt"),
        *("rsqrt", "cbrt", "abs", "neg", "sign", "floor", "ceil", "round", "clamp", "nextafter", "exp"),
        *("exp2", "expm1", "log", "log2", "log1p", "logistic", "sin", "cos", "tan", "asin", "acos"),
        *("atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "erf_inv"),
        *("lgamma", "digamma", "polygamma", "igamma", "igammac", "regularized_incomplete_beta"),
        *("select_n", "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "xor", "not", "is_finite"),
        *("convert_element_type", "stop_gradient", "copy", "optimization_barrier"),
    )
)
REDUCTIONS = frozenset(("reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "reduce_and", "reduce_or"))


def in_blocks(function: Callable[..., Any], *example: Any) -> Callable[..., Any]:
    """`function` as a loop over blocks, or itself where its arrays are short or nothing long can be done in blocks.

    `example` are arguments of the shapes that it is called with. Sums are added up in another order, so that results
    differ by rounding. A version of JAX whose operations cannot be run one by one leaves the function as it is.
    """
    import jax

    try:
        inputs, steps, outputs, tree = steps_of(function, *example)
        along = Along(_long(steps))
        loop = along.heaviest_loop(steps)
        size = sum(step.size for step in loop)
        block = _block(along.length, size)
        plan = Loop(along, block, steps, loop, inputs, outputs)
        if size < max(LOOP_BYTES, GAIN * plan.passed) or block == along.length:
            return function

        def blocked(*arguments: Any) -> Any:
            return jax.tree.unflatten(tree, plan(jax.tree.leaves(arguments)))

        jax.eval_shape(blocked, *example)
    except Exception:
        # How operations are run is no public API. A fault of the function's own shows where it is used.
        return function
    return blocked


def _long(steps: Iterable[Step]) -> int:
    """The length of axis that is the longest one of most results, by their bytes."""
    sizes: collections.Counter[int] = collections.Counter({0: 0})
    for step in steps:
        sizes[max((n for v in step.outputs for n in v.shape), default=0)] += step.size
    return sizes.most_common(1)[0][0]


def _block(length: int, size: int) -> int:
    """Places in a block: as many as fit `BLOCK_BYTES`, fewer where that divides the length. All, where there is no gain."""
    fit = max(SHORTEST, length * BLOCK_BYTES // max(size, 1))
    if length < FEWEST * fit:
        return length
    return next((n for n in range(fit, fit // 2, -1) if length % n == 0), fit)


@dataclass(frozen=True)
class Along:
    """The long axis, known by its length: where it lies in a value, and which steps stay within one place along it."""

    length: int

    def place(self, value: Value) -> tuple[int, int] | None:
        """Axis, and how many neighbours on it belong together (several in a ravelled array); None without the axis."""
        if value.shape.count(self.length) == 1:
            return value.shape.index(self.length), 1
        if len(value.shape) == 1 and value.shape[0] and self.length:
            wide, rest = divmod(value.shape[0], self.length)
            return None if rest else (0, wide)
        return None

    def sums(self, step: Step) -> bool:
        """Whether it sums over the long axis: blocks can be added up."""
        place = self.place(step.inputs[0]) if step.name == "reduce_sum" else None
        return place is not None and place[1] == 1 and place[0] in step.params["axes"]

    def within(self, step: Step, n: int) -> dict[str, Any] | None:
        """Parameters that a step of `n` places needs changed; None for one that ties places, or that is not known."""
        ins, outs = map(self.place, step.inputs), [self.place(v) for v in step.outputs]
        if not step.inputs or not outs or None in outs:
            return None
        (first, *_), ins, params = step.inputs, list(ins), step.params
        shape, (axis, wide) = step.outputs[0].shape, outs[0]
        sized = tuple(n * wide if i == axis else m for i, m in enumerate(shape))
        if step.name in ELEMENTWISE:
            # An operand without the axis is one number, or has length 1 there.
            alone = (not v.shape or v.shape[axis] == 1 for v in step.inputs)
            return {} if all(p == outs[0] or one for p, one in zip(ins, alone, strict=True)) else None
        if step.name == "broadcast_in_dim":
            there = [m for m, d in zip(first.shape, params["broadcast_dimensions"], strict=True) if d == axis]
            fits = wide == 1 and (there == [self.length] if ins[0] else there in ([], [1]))
            return {"shape": sized} if fits else None
        if ins[0] is None:
            return None
        if step.name == "reshape":
            same = math.prod(first.shape[: ins[0][0]]) == math.prod(shape[:axis])
            return {"new_sizes": sized} if same and params["dimensions"] is None else None
        if wide > 1 or ins[0][1] > 1:
            return None
        # Of the axis's own length before and after: whole, in one part.
        at = ins[0][0]
        if step.name in REDUCTIONS:
            return {} if at not in params["axes"] else None
        if step.name == "slice":
            return {
                "limit_indices": tuple(n if i == at else m for i, m in enumerate(params["limit_indices"]))
            }
        fits = {
            "transpose": True,
            "squeeze": True,
            "split": True,
            "concatenate": all(p == outs[0] for p in ins),
            "pad": step.name == "pad" and params["padding_config"][at] == (0, 0, 0),
            "scatter-add": step.name == "scatter-add" and ins[2] and at not in _scattered(params),
        }
        return {} if fits.get(step.name) else None

    def heaviest_loop(self, steps: Sequence[Step]) -> list[Step]:
        """The steps that one loop can take, of the loop with the most results.

        What ties places needs all of them, so that steps before and after it belong to different loops. Of what
        an earlier loop could have computed this one computes anew whatever it needs: that is less than reading it from memory.
        """
        after: dict[Value, int] = collections.defaultdict(int)  # the loop that has to be over, or 0
        inside: dict[Value, int] = {}
        loops: dict[int, list[Step]] = collections.defaultdict(list)
        for step in steps:
            sums = self.sums(step)
            if sums or self.within(step, 1) is not None:
                number = max([1, *(inside.get(v, after[v] + 1) for v in step.inputs)])
                loops[number].append(step)
                (after if sums else inside).update(dict.fromkeys(step.outputs, number))
            else:
                needs = max([0, *(inside.get(v, after[v]) for v in step.inputs)])
                after.update(dict.fromkeys(step.outputs, needs))
        found = []
        for number, own in loops.items():
            earlier = [s for s in steps if not self.sums(s) and inside.get(s.outputs[0], number) < number]
            taken = {*own, *needed(earlier, read_by(own))}
            found.append([step for step in steps if step in taken])
        return max(found, key=lambda loop: sum(step.size for step in loop), default=[])


def _scattered(params: Mapping[str, Any]) -> set[int]:
    """The axes along which a scatter has places of its own."""
    numbers = params["dimension_numbers"]
    return {
        *numbers.scatter_dims_to_operand_dims,
        *numbers.inserted_window_dims,
        *numbers.operand_batching_dims,
    }


class Loop:
    """A computation in three parts: what the loop reads, the loop, and what needs its results."""

    def __init__(
        self,
        along: Along,
        block: int,
        steps: Sequence[Step],
        loop: Sequence[Step],
        inputs: Sequence[Value],
        outputs: Sequence[Value],
    ):
        self.along, self.block, self.inside, self.inputs, self.outputs = along, block, loop, inputs, outputs
        made = {v for step in loop for v in step.outputs}
        self.before = needed(steps, read_by(loop))
        ready = {v for step in self.before for v in step.outputs}
        self.after = needed(steps, outputs, ready | made)
        read = (read_by(self.after) | set(outputs)) - ready
        self.sums = [step for step in loop if along.sums(step)]
        added = {step.outputs[0] for step in self.sums}
        self.kept = [v for step in loop for v in step.outputs if v in read and v not in added]
        self.passed = bytes_of(self.kept) + bytes_of(v for v in read_by(loop) if along.place(v))
        # A part of a ravelled array is read from there: the array, and where in it the part begins.
        self.parts = {
            step.outputs[0]: (step.inputs[0], step.params["start_indices"][0])
            for step in self.before
            if step.name == "slice" and len(step.inputs[0].shape) == 1 and not step.params["strides"]
        }

    def __call__(self, arguments: Sequence[Any]) -> list[Any]:
        import jax
        import jax.numpy as jnp

        values: dict[Value, Any] = dict(zip(self.inputs, arguments, strict=True))
        length, n, place = self.along.length, self.block, self.along.place

        def read(value: Value) -> Any:
            return values[value] if value.known is None else value.known

        def run(steps: Iterable[Step]) -> None:
            for step in steps:
                values.update(zip(step.outputs, step.run(map(read, step.inputs), {}), strict=True))

        def one_block(i: Any, carry: tuple[list[Any], list[Any]]) -> tuple[list[Any], list[Any]]:
            totals, results = carry
            # The last block ends with the data, and sees some of them again.
            begin = jnp.minimum(i * n, length - n)
            local: dict[Value, Any] = {}

            def part(value: Value) -> Any:
                if value not in local:
                    where = place(value)
                    if where is None:
                        return read(value)
                    whole, offset = self.parts.get(value, (value, 0))
                    local[value] = jax.lax.dynamic_slice_in_dim(
                        read(whole), offset + begin * where[1], n * where[1], where[0]
                    )
                return local[value]

            def once(value: Any, axis: int) -> Any:
                if not length % n:
                    return value
                new = jax.lax.broadcasted_iota(begin.dtype, value.shape, axis) + begin >= i * n
                return jnp.where(new, value, jnp.zeros_like(value))

            sums = []
            for step in self.inside:
                found = [part(value) for value in step.inputs]
                if self.along.sums(step):
                    sums += step.run([once(found[0], place(step.inputs[0])[0])], {})
                else:
                    local.update(zip(step.outputs, step.run(found, self.along.within(step, n)), strict=True))
            stored = [
                jax.lax.dynamic_update_slice_in_dim(result, local[v], begin * place(v)[1], place(v)[0])
                for result, v in zip(results, self.kept, strict=True)
            ]
            return [total + found for total, found in zip(totals, sums, strict=True)], stored

        run(self.before)
        added = [step.outputs[0] for step in self.sums]
        empty = ([jnp.zeros(v.shape, v.dtype) for v in some] for some in (added, self.kept))
        found = jax.lax.fori_loop(0, -(-length // n), one_block, tuple(empty))
        values.update(zip(itertools.chain(added, self.kept), itertools.chain(*found), strict=True))
        run(self.after)
        return [read(value) for value in self.outputs]
