"""The first look, without compiling: what it finds, and when it leaves the look to the compiled code."""

import models
import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from pytensor.graph.basic import Apply
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.op import Op

from faultline.engine import density, interpret
from faultline.engine.density import logp_and_gradient
from faultline.engine.layout import Layout


@pytest.mark.parametrize("make", [models.eight_schools, models.mixture])
def test_the_first_look_is_what_the_compiled_code_says_and_comes_before_it(make):
    heard = []
    function = logp_and_gradient(
        make(), on_stage=heard.append, on_first=lambda logp, gradient: heard.append((logp, gradient))
    )
    assert [step for step in heard if isinstance(step, str)] == [
        "graph",
        "compile",
        "first",
        "compile",
        "first",
    ]
    assert isinstance(heard[3], tuple), "before XLA compiles"
    logp, gradient = function(function.layout.vector())
    assert heard[3][0] == pytest.approx(logp, rel=1e-12)
    np.testing.assert_allclose(heard[3][1], gradient, rtol=1e-10)


def test_a_loop_and_shared_data():
    import pytensor

    with pm.Model() as model:
        steps = pm.Data("steps", np.linspace(0.1, 0.9, 30))
        rate = pm.Normal("rate", 0.5)
        path = pytensor.scan(
            lambda step, before, rate: pt.tanh(before * rate + step),
            sequences=[steps],
            outputs_info=[pt.as_tensor(np.zeros(()))],
            non_sequences=[rate],
            return_updates=False,
        )
        pm.Normal("y", path, 1.0, observed=np.zeros(30))
    heard = []
    function = logp_and_gradient(model, on_first=lambda *found: heard.append(found))
    logp, gradient = function(function.layout.vector())
    assert heard[0][0] == pytest.approx(logp, rel=1e-12)
    np.testing.assert_allclose(heard[0][1], gradient, rtol=1e-10)


class Stubborn(Op):
    """Cannot be evaluated by itself."""

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        raise RuntimeError("only compiled")


def test_an_op_that_cannot_or_time_that_is_up_gives_nothing():
    x = pt.vector("x")
    graph = FunctionGraph([x], [Stubborn()(x)], clone=False)
    assert interpret.evaluate(graph, [np.ones(2)], 10.0) is None
    y = pt.vector("y")
    graph = FunctionGraph([y], [pt.exp(y) + 1.0], clone=False)
    np.testing.assert_allclose(interpret.evaluate(graph, [np.zeros(2)], 10.0)[0], [2.0, 2.0])
    assert interpret.evaluate(graph, [np.zeros(2)], 0.0) is None


def test_more_terms_than_numpy_adds_at_once_and_values_out_of_range(monkeypatch):
    monkeypatch.setattr(density, "AT_ONCE_SECONDS", 60.0)  # however busy the machine is
    with pm.Model() as model:
        parts = [pm.Normal(f"part_{i}") for i in range(40)]
        pm.Potential("sum", pt.sqrt(pt.sum([*parts]) - 1.0))
    heard = []
    logp_and_gradient(model, on_first=lambda *found: heard.append(found))
    logp, gradient = heard[0]
    assert np.isnan(logp) and gradient.shape == (Layout.of(model).size,)
