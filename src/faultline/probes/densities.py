"""Potentials that depend on one variable z through a function y = g(z) alone: densities of y, of z, or
neither?

A prior on y needs the Jacobian log|dg/dz| beside it. Without it the potential integrates to 1 over y and not
over z; a potential that is a density of z integrates to 1 over z. PyMC's own transforms are right: z is in
its own units here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from faultline.engine.backend import PLAIN, compile_function
from faultline.engine.dominators import formula, gates, summands
from faultline.engine.factors import Factors, has_flat_prior
from faultline.engine.integrals import Path, follow

NORMALISED = 0.01
"""An integral this close to 1 is 1: the quadrature leaves up to 1e-3."""

LARGEST = 1000
"""Values of a variable: beyond, nothing is measured (the grid holds a copy of the variable per point)."""

FUNCTIONS = 8
"""Nodes between z and the potential tried as y, the nearest to z first."""

STEP = 1e-4
"""In units of max(1, |x|): what changes with one value, and slopes."""


def densities(factors: Factors, seed: int = 0) -> dict[str, list[dict[str, Any]]]:
    """``{"potentials": [...]}``, one row per potential that is a function of one y = g(z), nonlinear and
    one-to-one.

    Of several such y the one over which the potential integrates to 1, else the nearest to z. One element of
    z moves, the rest stays at the start; ``per_element`` says that the potential has one term per element,
    and that only that term was integrated. ``argument`` is ``value`` where PyMC's own checks of a
    distribution's parameters stand in the potential and none reads y, ``parameter`` where one does, null
    without such checks. ``symmetric``: even in y - c. Integrals are null where the tails do not decay.
    """
    rows = []
    for potential in factors.model.potentials:
        if part := _part(factors, potential):
            try:
                measure = _Measure.of(factors, part)
            except Exception:  # an Op that cannot be evaluated on a batch: nothing can be said
                continue
            row = _row(factors, part, measure, seed) if measure else None
            rows += [row] if row else []
    return {"potentials": rows}


@dataclass
class _Part:
    """A potential's graph over the value variable `x` of `z`: terms, and the nodes all its paths go
    through.
    """

    name: str
    rv: Any
    x: Any
    z: Any
    terms: Any
    chain: list[Any]


def _part(factors: Factors, potential: Any) -> _Part | None:
    from pytensor.graph import FunctionGraph
    from pytensor.graph.rewriting.basic import MergeOptimizer
    from pytensor.graph.traversal import ancestors

    model = factors.model
    [graph] = model.replace_rvs_by_values([potential])
    values = [v for v in model.value_vars if v in set(ancestors([graph]))]
    if len(values) != 1 or values[0] not in model.continuous_value_vars:
        return None
    [x], rv = values, model.values_to_rvs[values[0]]
    if np.size(factors.layout.start[x.name]) > LARGEST:
        return None
    fgraph = FunctionGraph(outputs=[*model.replace_rvs_by_values([rv]), graph], clone=True, copy_inputs=False)
    MergeOptimizer().rewrite(fgraph)  # exp(z) written twice is one function
    z, whole = fgraph.outputs
    terms = summands(whole)
    chain = [node for node in gates(z, terms) if node not in (z, terms)]
    return _Part(potential.name, rv, x, z, terms, chain[:FUNCTIONS])


@dataclass
class _Measure:
    """What one element of the potential's variable does: everything as a function of that element's x."""

    function: Any
    start: np.ndarray
    element: int
    z: int
    term: int | None
    y: dict[int, int]

    @classmethod
    def of(cls, factors: Factors, part: _Part) -> _Measure | None:
        """Finds the first element that the potential follows, and where it shows. None if several z go with
        it.
        """
        from pytensor.graph.replace import vectorize_graph

        batch = part.x.type.clone(shape=(None, *part.x.type.shape))()
        graphs = [graph.ravel() for graph in (part.z, part.terms, *part.chain)]
        start = np.asarray(factors.layout.start[part.x.name], dtype=batch.dtype)
        compiled = compile_function(
            [batch],
            vectorize_graph(graphs, {part.x: batch}),
            backend=PLAIN,
            example=[np.stack([start, start])],
            model=factors.model,
        )
        shifted = start.ravel() + np.diag(STEP * np.maximum(1.0, np.abs(start.ravel())))
        rows = compiled(np.concatenate([start[None], shifted.reshape(-1, *start.shape)]))
        moved = [[np.flatnonzero(row != values[0]) for row in values[1:]] for values in rows]
        z, terms, *chain = moved
        first = chain[0] if chain else terms
        element = next((i for i, hit in enumerate(first) if hit.size), None)
        if element is None or z[element].size != 1:
            return None
        y = {c: int(hits[element][0]) for c, hits in enumerate(chain) if hits[element].size == 1}
        felt = np.concatenate(terms)
        own = np.unique(felt).size == felt.size and all(hit.size <= 1 for hit in terms)
        at = [*terms[element]]
        if not at and y and rows[1].shape == rows[2].shape:
            at = [*y.values()]  # a term that does not move (of a uniform) is the one in the place of y
        term = int(at[0]) if own and at else None
        return cls(compiled, start, element, int(z[element][0]), term, y)

    def columns(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, dict[int, np.ndarray]]:
        """z (M,), log f (M,) and each y (M,) at the element's values `x` (M,)."""
        batch = np.broadcast_to(self.start, (x.size, *self.start.shape)).copy()
        batch.reshape(x.size, -1)[:, self.element] = x
        with np.errstate(all="ignore"):
            z, terms, *chain = self.function(batch)
            log_f = terms.sum(axis=1) if self.term is None else terms[:, self.term]
        return z[:, self.z], log_f, {c: chain[c][:, at] for c, at in self.y.items()}

    def path(self, candidate: int) -> Path:
        def along(x: np.ndarray) -> np.ndarray:
            z, log_f, chain = self.columns(x)
            return np.stack([chain[candidate], z, log_f], axis=1).astype(float)

        return follow(along, float(self.start.ravel()[self.element]))


def _row(factors: Factors, part: _Part, measure: _Measure, seed: int) -> dict[str, Any] | None:
    tried = []
    for found in _tried(part, measure):
        tried.append(found)
        if found[1]["normalised_over_function"]:
            break
    if not tried:
        return None
    candidate, integrals, path = tried[-1] if tried[-1][1]["normalised_over_function"] else tried[0]
    return {
        "name": part.name,
        "variable": part.rv.name,
        "function": formula(part.z, part.chain[candidate]),
        "per_element": measure.term is not None,
        **integrals,
        "own_prior": "flat" if has_flat_prior(part.rv) else "proper",
        "jacobian_elsewhere": _jacobian_elsewhere(factors, part, measure, candidate, seed),
        "holds_data": _holds_data(part.terms),
        "argument": _argument(part),
        "symmetric": path.symmetric(integrals["normalised_over_function"]),
    }


def _tried(part: _Part, measure: _Measure) -> Iterator[tuple[int, dict[str, Any], Path]]:
    """The nonlinear one-to-one functions on the way, with the integrals over them."""
    for candidate in measure.y:
        path = measure.path(candidate)
        if not path.one_to_one() or path.linear():
            continue
        over_y, proper_y = path.integral(path.y)
        over_z, proper_z = path.integral(path.z)
        yield (
            candidate,
            {
                "normalised_over_function": over_y is not None and abs(over_y - 1) < NORMALISED,
                "normalised_over_variable": over_z is not None and abs(over_z - 1) < NORMALISED,
                "integral_over_function": over_y,
                "integral_over_variable": over_z,
                "proper_over_function": proper_y,
                "proper_over_variable": proper_z,
            },
            path,
        )


def _jacobian_elsewhere(factors: Factors, part: _Part, measure: _Measure, candidate: int, seed: int) -> bool:
    """Whether another potential of this variable alone is log|dg/dz| up to a constant, at random points."""
    own = _block(factors, part)
    centre = measure.start.ravel()[measure.element]
    x = centre + np.random.default_rng(seed).uniform(-1, 1, 5)
    step = STEP * np.maximum(1.0, np.abs(x))
    (z0, _, y0), (z1, _, y1) = measure.columns(x - step), measure.columns(x + step)
    with np.errstate(all="ignore"):
        slope = np.log(np.abs((y1[candidate] - y0[candidate]) / (z1 - z0)))
    points = np.tile(factors.layout.vector(), (x.size, 1))
    points[:, own.start + measure.element] = x
    totals = np.array([factors.totals(point) for point in points])
    for name, column in zip(factors.names, totals.T, strict=True):
        other = name != part.name and name in {p.name for p in factors.model.potentials}
        if other and np.isfinite(column).all() and np.ptp(column - slope) < 1e-5 * max(np.ptp(slope), 1e-9):
            return True
    return False


def _block(factors: Factors, part: _Part) -> Any:
    return next(block for block in factors.layout.blocks if block.value_name == part.x.name)


def _holds_data(graph: Any) -> bool:
    """Whether arrays of several elements, or shared data, feed the graph."""
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.graph.basic import Constant
    from pytensor.graph.traversal import ancestors

    return any(
        isinstance(v, SharedVariable) or (isinstance(v, Constant) and np.size(getattr(v, "data", 0)) > 1)
        for v in ancestors([graph])
    )


def _argument(part: _Part) -> str | None:
    """What z is to the distribution whose log-probability the potential is."""
    from pymc.logprob.utils import CheckParameterValue
    from pytensor.graph.traversal import ancestors, apply_ancestors

    checks = [node for node in apply_ancestors([part.terms]) if isinstance(node.op, CheckParameterValue)]
    if not checks:
        return None
    conditions: Sequence[Any] = [c for node in checks for c in node.inputs[1:]]
    return "parameter" if part.z in set(ancestors(conditions)) else "value"
