"""Whether a model is the same when its variables are rearranged: every term by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from faultline.engine.backend import PLAIN, compile_function
from faultline.engine.layout import Layout
from faultline.remedies.points import Discrete, Point, to_vector
from faultline.remedies.rewrite import Symmetry

if TYPE_CHECKING:
    import pymc as pm

EQUAL = 1e-8
"""Relative difference of a term that only rounding explains."""

Terms = Callable[[Point], Mapping[str, float]]


def unchanged(terms: Terms, symmetry: Symmetry, point: Point) -> bool:
    """Whether every term is what it was, by each change that makes up the symmetry."""
    here = terms(point)
    return all(same(here, terms(other)) for other in symmetry.others(point))


def same(here: Mapping[str, float], there: Mapping[str, float]) -> bool:
    """Whether two values of each term differ by rounding only."""
    return all(abs(value - there[term]) <= EQUAL * max(1.0, abs(value)) for term, value in here.items())


def terms_of(model: pm.Model) -> Terms:
    """Every term of the log-probability at a point in the variables' own units, without what transforms add."""
    import pytensor.tensor as pt

    layout, discrete = Layout.of(model), Discrete(model)
    variables = [*model.basic_RVs, *model.potentials]
    graphs = model.logp(vars=variables, jacobian=False, sum=False)
    totals = pt.stack([pt.as_tensor(graph, allow_xtensor_conversion=True).sum() for graph in graphs])
    outputs, joined = layout.join(model, [totals], discrete.shared)
    function = compile_function([joined], outputs, backend=PLAIN, model=model)
    place = to_vector(model, layout)

    def at(point: Point) -> dict[str, float]:
        discrete.hold(point)
        (values,) = function(place(point))
        return dict(zip([variable.name for variable in variables], values.tolist(), strict=True))

    return at
