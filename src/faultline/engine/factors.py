"""A model's factors as functions of the unconstrained vector: what several probes measure on.

A factor is one term of the joint log-probability: the prior of a free variable (with its Jacobian), an observed
variable, a potential. Their gradients are kept apart, so that a fault is found in the term that has it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.backend import (
    LOOK,
    PLAIN,
    Compiled,
    Stage,
    briskly,
    compile_function,
    compile_mode,
    no_stage,
)
from faultline.engine.gradients import gradient_of, joined_gradient
from faultline.engine.layout import Layout

if TYPE_CHECKING:
    import pymc as pm


def drawn_by(rv: Any) -> Any:
    """The Op that draws a variable; of one of pymc.dims that which its own wraps."""
    return getattr(rv.owner.op, "core_op", rv.owner.op)


def has_flat_prior(rv: Any) -> bool:
    """Whether a free variable's prior is one of PyMC's improper ones."""
    return type(drawn_by(rv)).__name__ in ("FlatRV", "HalfFlatRV")


def _shape(variable: Any) -> tuple[Any, ...]:
    """Lengths as the graph gives them; None for those that it does not."""
    try:
        return tuple(int(n) for n in variable.shape.eval(mode=compile_mode(PLAIN)))
    except Exception:  # a shape that needs what cannot be evaluated
        return tuple(variable.type.shape)


def _fit(shapes: Sequence[tuple[str, tuple[Any, ...]]]) -> bool:
    """Whether arrays of these shapes can be broadcast together, as far as their lengths are known."""
    try:
        np.broadcast_shapes(*(tuple(1 if n is None else n for n in shape) for _, shape in shapes))
    except ValueError:
        return False
    return True


@dataclass
class Factors:
    """The factors of `model`, compiled when first asked for.

    `start` is the point to measure at and around, by value name (default: PyMC's initial point). `rewrite`, if given,
    changes the factors' graphs before anything is compiled from them. Discrete variables stay at the start point, or are
    the shared variables of `discrete`, by value name; gradients are with respect to the continuous ones.
    """

    model: pm.Model
    backend: str = LOOK
    on_stage: Stage = no_stage
    start: Mapping[str, np.ndarray] | None = None
    rewrite: Callable[[Sequence[Any]], Sequence[Any]] = list
    seconds: dict[str, float] = field(default_factory=dict)
    discrete: Mapping[str, Any] | None = None

    @cached_property
    def layout(self) -> Layout:
        return Layout.of(self.model, self.start)

    def plain(self) -> Factors:
        """The same factors on the plain Python linker: for a handful of points it is done before XLA has compiled."""
        other = replace(self, backend=PLAIN, seconds={})
        vars(other).update(layout=self.layout, graphs=self.graphs)
        return other

    @property
    def variables(self) -> list[Any]:
        return [*self.model.free_RVs, *self.model.observed_RVs, *self.model.potentials]

    @property
    def names(self) -> list[str]:
        return [variable.name for variable in self.variables]

    @cached_property
    def graphs(self) -> list[Any]:
        """Log-probability of each factor, element by element, over the value variables."""
        return self.graphs_of(self.names)

    def graphs_of(self, names: Sequence[str]) -> list[Any]:
        """`graphs` of some factors, made anew."""
        import pytensor.tensor as pt

        variables = dict(zip(self.names, self.variables, strict=True))
        try:
            graphs = self.model.logp(vars=[variables[name] for name in names], sum=False)
        except Exception as error:
            self._name_factor(error, lambda variable: self.model.logp(vars=[variable], sum=False))
            raise
        return [pt.as_tensor(graph, allow_xtensor_conversion=True) for graph in self.rewrite(graphs)]

    @cached_property
    def gradients(self) -> list[list[Any]]:
        """Per factor and continuous variable: the gradient, None where none connects the two, or `UNDEFINED`."""
        from pymc.pytensorf import rewrite_pregrad

        values = self.model.continuous_value_vars
        graphs = self.graphs  # runs code of the user's: an error should say where
        with briskly():
            # The rewrites that PyMC applies before it differentiates: the gradient is the one the sampler follows.
            return [gradient_of(rewrite_pregrad(graph.sum()), values) for graph in graphs]

    def elements(self, vector: np.ndarray) -> list[np.ndarray]:
        """Each factor's log-probability, element by element."""
        return self._values(vector)[1:]

    def totals(self, vector: np.ndarray) -> np.ndarray:
        """Each factor's log-probability, summed: one value per factor."""
        return np.asarray(self._values.function(vector)[0])

    def jacobian(self, vector: np.ndarray) -> np.ndarray:
        """Each factor's gradient, one row per factor; NaN where an Op declares it undefined."""
        return self._jacobian(vector)[0]

    @cached_property
    def _values(self) -> Compiled:
        import pytensor.tensor as pt

        totals = pt.stack([graph.sum().astype("float64") for graph in self.graphs])
        return self._compile("values", [totals, *self.graphs])

    @cached_property
    def _jacobian(self) -> Compiled:
        import pytensor.tensor as pt

        rows = [joined_gradient(self.layout, gradients) for gradients in self.gradients]
        return self._compile("jacobian", [pt.stack(rows)])

    def _compile(self, what: str, outputs: Sequence[Any]) -> Compiled:
        started = time.perf_counter()
        try:
            compiled = self._compiled(outputs, self.backend, self.on_stage)
        except Exception as error:
            graphs = dict(zip(self.variables, self.graphs, strict=True))
            self._name_factor(error, lambda variable: self._compiled([graphs[variable]], PLAIN, no_stage))
            raise
        self.seconds[what] = time.perf_counter() - started
        return compiled

    def _compiled(self, outputs: Sequence[Any], backend: str, on_stage: Stage) -> Compiled:
        joined, vector = self.layout.join(self.model, outputs, self.discrete)
        example = [self.layout.vector()]
        return compile_function(
            [vector], joined, backend=backend, example=example, model=self.model, on_stage=on_stage
        )

    def _name_factor(self, error: Exception, attempt: Callable[[Any], Any]) -> None:
        """Say in the error which factor it is about, and the shapes that this is made of: its message, and `factor` as the record has it."""
        if isinstance(error, (MemoryError, RecursionError, OSError)):
            return  # of the machine, or of all terms together

        def fails(variable: Any) -> bool:
            try:
                attempt(variable)
            except Exception:
                return True
            return False

        failing = [variable for variable in self.variables if fails(variable)]
        if len(failing) > 1:  # PyMC may need all of them for each
            failing = [variable for variable in failing if not _fit(self._shapes(variable))]
        if len(failing) == 1:
            shapes = self._shapes(failing[0])
            listed = ", ".join(f"{what} of shape {shape}" for what, shape in shapes) or "no shape is known"
            error.args = (
                f"{str(error).rstrip('.')}, in the log-probability of {failing[0].name} ({listed})",
            )
            error.factor = {
                "name": failing[0].name,
                "observed": failing[0] in self.model.observed_RVs,
                "shapes": listed,
                "fit": _fit(shapes),
            }

    def _shapes(self, variable: Any) -> list[tuple[str, tuple[Any, ...]]]:
        """Shapes of a factor's values and of its distribution's parameters; None where a length is not known."""
        op, value = getattr(variable.owner, "op", None), self.model.rvs_to_values.get(variable)
        if value is None or not hasattr(op, "dist_params"):
            return []
        what = "data" if variable in self.model.observed_RVs else "values"
        given = [(f"parameter {i}", each) for i, each in enumerate(op.dist_params(variable.owner), start=1)]
        return [(name, _shape(each)) for name, each in [(what, value), *given]]

    def points(self, count: int, *, seed: int, spread: float = 1.0) -> list[np.ndarray]:
        """Up to `count` random points near the start at which every factor is finite.

        Uniform within `spread` of the start, as PyMC's jitter is; where that leaves the support, closer. Each
        element moves by its own amount, so that no two variables agree by accident.
        """
        start, rng = self.layout.vector(), np.random.default_rng(seed)
        found: list[np.ndarray] = []
        for scale in spread * np.array([1.0, 0.3, 0.1, 0.03, 0.01]):
            for _ in range(2 * count):
                point = start + rng.uniform(-scale, scale, size=start.size)
                if np.isfinite(self.totals(point)).all():
                    found.append(point)
                if len(found) == count:
                    return found
        return found
