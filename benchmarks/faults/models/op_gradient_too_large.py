"""A custom Op for x**1.3 whose gradient is 1.3 times too large: the exponent was multiplied twice."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.graph import Apply, Op
from pytensor.link.jax.dispatch import jax_funcify

ANSWER = {"names": ["catch"], "cause_class": "c"}

rng = np.random.default_rng(71)
effort = rng.uniform(0.5, 3, 70)
catch = (2.0 * effort) ** 1.3 + rng.normal(0, 0.5, 70)


class Allometry(Op):
    """x (n,) -> x**1.3 (n,)."""

    __props__ = ("slope",)

    def __init__(self, slope: float):
        self.slope = slope

    def make_node(self, x):
        x = pt.as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] ** 1.3

    def pullback(self, inputs, outputs, cotangents):
        return [cotangents[0] * self.slope * inputs[0] ** 0.3]


@jax_funcify.register(Allometry)
def _(op, **kwargs):
    return lambda x: x**1.3


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    allometry = Allometry(1.3 * 1.3 if written == "faulty" else 1.3)
    with pm.Model() as model:
        catchability = pm.LogNormal("catchability", 0, 1)
        base = pm.Normal("base", 0, 1)
        noise = pm.HalfNormal("noise", 1)
        pm.Normal("catch", base + allometry(catchability * effort), noise, observed=catch)
    return model
