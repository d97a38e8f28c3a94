"""A model's graphs as pure JAX functions, compiled by XLA: what a loop inside XLA can call.

PyTensor's JAX linker returns to Python after every evaluation, which costs more than the evaluation of a small model.
Here the same graphs, PyTensor's own gradient included, become one function without state.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faultline.engine import jax_cache

if TYPE_CHECKING:
    import pymc as pm

OPTIONS = {
    # XLA hands sums of products to a library (YNNPACK) that is made for large ones: on the bundled case, T 80, an
    # evaluation takes three times as long with it (benchmarks/evaluation.py).
    "xla_cpu_experimental_ynn_fusion_type": "",
    # Eight numbers at a time where the processor can: XLA's four spare older ones a lower clock.
    "xla_cpu_prefer_vector_width": 512,
    # Intermediate results in the order that keeps least of them: a sampler's chains share the processor's cache.
    "xla_cpu_scheduler_type": "CPU_SCHEDULER_TYPE_MEMORY_OPTIMIZED",
}


@dataclass(frozen=True)
class Traced:
    """``function(vector, *data)``: outputs of the unconstrained vector and of the model's shared arrays.

    Data are arguments, not constants of the code, so that the code compiled for one dataset serves another of its size.
    """

    function: Callable[..., Any]
    data: tuple[Any, ...]
    shared: tuple[Any, ...] = ()
    """The shared variables that `data` are the values of."""


@dataclass(frozen=True)
class Rewritten:
    """A graph of the unconstrained vector and of `shared` variables, after the rewrites of PyTensor's JAX mode."""

    graph: Any
    shared: tuple[Any, ...]

    @property
    def data(self) -> tuple[Any, ...]:
        return tuple(v.get_value() for v in self.shared)

    def by_output(self) -> list[Rewritten]:
        """One graph for each output, with what that output needs."""
        from pytensor.graph.fg import FunctionGraph

        graphs = [FunctionGraph(self.graph.inputs, [out], clone=True) for out in self.graph.outputs]
        return [Rewritten(graph, self.shared) for graph in graphs]


def rewrite(model: pm.Model, outputs: Sequence[Any], vector: Any) -> Rewritten:
    """PyTensor `outputs` of `vector`, made ready: what `translate` takes, and what can be evaluated Op by Op."""
    from pytensor.compile.mode import get_mode
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.fg import FunctionGraph
    from pytensor.graph.replace import clone_replace
    from pytensor.graph.traversal import ancestors
    from pytensor.tensor import constant

    found = [v for v in dict.fromkeys(ancestors(outputs)) if isinstance(v, SharedVariable)]
    # XLA compiles for one shape: the lengths of the model's dims are constants to it, and JAX needs to know them.
    dims = set(model.dim_lengths.values())
    lengths = {v: constant(v.get_value(), dtype=v.dtype) for v in found if v in dims}
    shared = [v for v in found if v not in lengths]
    inputs = {v: _of_its_shape(v) for v in shared}
    if known := lengths | {v: given for v, given in inputs.items() if given is not v}:
        outputs = clone_replace(outputs, known, rebuild_strict=False)
    graph = FunctionGraph([vector, *inputs.values()], outputs, clone=True)
    # As `pm.compile` does: a parameter out of bounds makes the log-probability -inf.
    bounds = "local_check_parameter_to_ninf_switch" if model.check_bounds else "local_remove_check_parameter"
    # Whether a matrix is symmetric is asked anew for every transpose, and helps only with linear algebra.
    mode = get_mode("JAX").including(bounds).excluding("useless_symmetric_transpose")
    mode.optimizer.rewrite(graph)
    return Rewritten(graph, tuple(shared))


def _of_its_shape(shared: Any) -> Any:
    """The shared variable, or an input of its shape where that was open: ``pm.Data`` leaves it so, and XLA compiles for one shape.

    A length of 1 stays open where it was: known, it would broadcast, which PyTensor refuses.
    """
    from pytensor.tensor.type import TensorType

    if type(shared.type) is not TensorType:
        return shared
    lengths = zip(shared.type.shape, shared.get_value(borrow=True).shape, strict=True)
    shape = tuple(n if known is None and n != 1 else known for known, n in lengths)
    return shared if shape == shared.type.shape else shared.type.clone(shape=shape)(name=shared.name)


def translate(rewritten: Rewritten) -> Traced:
    """The graph as a JAX function. Raises what PyTensor raises for an Op that JAX does not know."""
    import jax
    from pytensor.link.jax.dispatch import jax_funcify

    jax_cache.prepare()
    _translate_softplus()
    _store_joins(rewritten.graph)
    _call_back_for(rewritten.graph)
    function = jax_funcify(rewritten.graph)
    return Traced(function, tuple(map(jax.numpy.asarray, rewritten.data)), rewritten.shared)


def trace(model: pm.Model, outputs: Sequence[Any], vector: Any) -> Traced:
    """PyTensor `outputs` of `vector`, rewritten and translated to JAX."""
    return translate(rewrite(model, outputs, vector))


@functools.cache
def _translate_softplus() -> None:
    """log(1 + exp(x)) in one branch: the derivative of PyTensor's translation is NaN beyond 709, where a branch overflows."""
    import jax
    from pytensor.link.jax.dispatch import jax_funcify
    from pytensor.scalar.math import Softplus

    @jax_funcify.register(Softplus)
    def translate(op: Any, **_: Any) -> Callable[..., Any]:
        return lambda x: jax.numpy.logaddexp(x, 0.0)


def _store_joins(graph: Any) -> None:
    """Let XLA compute a joined array once and keep it.

    Otherwise it joins anew, case by case, for every element of whatever reads the array: on the bundled case, eight
    joints, that is most of an evaluation (benchmarks/scaling.py).
    """
    import jax
    from pytensor.link.jax.dispatch import jax_funcify
    from pytensor.tensor.basic import Join

    class StoredJoin(Join):
        pass

    @jax_funcify.register(StoredJoin)
    def translate(op: Any, **kwargs: Any) -> Callable[..., Any]:
        join = jax_funcify.dispatch(Join)(op, **kwargs)
        return lambda *parts: jax.lax.optimization_barrier(join(*parts))

    for node in graph.toposort():
        if type(node.op) is Join:
            graph.replace(node.outputs[0], StoredJoin(node.op.axis)(*node.inputs))


def _call_back_for(graph: Any) -> None:
    """Let XLA call Python for Ops that have no translation: slow, but a model with an Op of its user's runs.

    A call needs to know the shapes of its results, so an Op whose type does not say them stays untranslated.
    """
    import jax
    import numpy as np
    from pytensor.link.jax.dispatch import jax_funcify

    unknown = jax_funcify.dispatch(object)
    for kind in {
        type(node.op) for node in graph.apply_nodes if jax_funcify.dispatch(type(node.op)) is unknown
    }:

        @jax_funcify.register(kind)
        def translate(op: Any, node: Any = None, **_: Any) -> Callable[..., Any]:
            if any(None in out.type.shape for out in node.outputs):
                raise NotImplementedError(f"{op} does not say the shapes of its results")
            results = tuple(jax.ShapeDtypeStruct(out.type.shape, out.type.dtype) for out in node.outputs)

            def perform(*inputs: Any) -> tuple[Any, ...]:
                storage: list[list[Any]] = [[None] for _ in node.outputs]
                op.perform(node, [np.asarray(value) for value in inputs], storage)
                return tuple(
                    np.asarray(cell[0], r.dtype).reshape(r.shape)
                    for cell, r in zip(storage, results, strict=True)
                )

            def call(*inputs: Any) -> Any:
                found = jax.pure_callback(perform, results, *inputs)
                return found if len(found) > 1 else found[0]

            return call


def log_density(traced: Traced, data: Sequence[Any]) -> Callable[[Any], Any]:
    """``vector -> logp`` whose JAX gradient is the one that `traced` computes, for samplers that differentiate."""
    import jax

    # A sampler calls it in many places: inside a jit of its own it is traced once for all of them.
    function = jax.jit(traced.function)

    @jax.custom_vjp
    def logp(vector: Any) -> Any:
        return function(vector, *data)[0]

    def forward(vector: Any) -> tuple[Any, Any]:
        value, gradient = function(vector, *data)
        return value, gradient

    logp.defvjp(forward, lambda gradient, cotangent: (cotangent * gradient,))
    return logp


def compiled(function: Callable[..., Any], *example: Any, literally: bool = False) -> Any:
    """`function` compiled by XLA, in float64, for arguments like `example`; `literally`: without XLA's optimisation."""
    import jax

    jax_cache.prepare()
    options = {"xla_backend_optimization_level": 0} if literally else _options()
    return jax.jit(function).lower(*example).compile(compiler_options=options)


@functools.cache
def _options() -> dict[str, Any]:
    """Those of `OPTIONS` that this version of XLA knows."""
    if _known(OPTIONS):
        return OPTIONS
    return {name: value for name, value in OPTIONS.items() if _known({name: value})}


def _known(options: dict[str, Any]) -> bool:
    import jax

    try:
        jax.jit(lambda x: x).lower(0.0).compile(compiler_options=options)
    except Exception:  # JAX raises an error of its runtime, whose type is not public
        return False
    return True
