"""A custom Op for squares whose gradient forgets the factor 2."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.graph import Apply, Op
from pytensor.link.jax.dispatch import jax_funcify

ANSWER = {"names": ["power"], "cause_class": "c"}

rng = np.random.default_rng(72)
current = rng.uniform(1, 5, 60)
power = 0.8 * current**2 + 5 + rng.normal(0, 0.6, 60)


class Square(Op):
    """x (n,) -> x**2 (n,)."""

    __props__ = ("factor",)

    def __init__(self, factor: float):
        self.factor = factor

    def make_node(self, x):
        x = pt.as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] ** 2

    def pullback(self, inputs, outputs, cotangents):
        return [cotangents[0] * self.factor * inputs[0]]


@jax_funcify.register(Square)
def _(op, **kwargs):
    return lambda x: x**2


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        root_resistance = pm.HalfNormal("root_resistance", 2)
        idle = pm.Normal("idle", 5, 3)
        noise = pm.HalfNormal("noise", 1)
        heat = Square(1.0 if written == "faulty" else 2.0)(root_resistance * current)
        pm.Normal("power", idle + pm.Deterministic("heat", heat), noise, observed=power)
    return model
