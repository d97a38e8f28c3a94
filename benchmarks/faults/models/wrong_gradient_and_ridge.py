"""Two faults: a custom Op whose gradient is too small, and two drifts that are seen only together."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.graph import Apply, Op
from pytensor.link.jax.dispatch import jax_funcify

ANSWER = {
    "names": ["voltage"],
    "cause_class": "c",
    "also": [{"names": ["drift", "bias"], "cause_class": "a"}],
}

rng = np.random.default_rng(103)
load = np.linspace(0.1, 3, 50)
voltage = np.log(1 + 2.0 * load) + rng.normal(0, 0.1, 50)
zero = rng.normal(0.3, 0.05, 40)


class LogOnePlus(Op):
    """x (n,) -> log(1 + x) (n,)."""

    __props__ = ("power",)

    def __init__(self, power: int):
        self.power = power

    def make_node(self, x):
        x = pt.as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = np.log1p(inputs[0])

    def pullback(self, inputs, outputs, cotangents):
        return [cotangents[0] / (1 + inputs[0]) ** self.power]


@jax_funcify.register(LogOnePlus)
def _(op, **kwargs):
    import jax.numpy as jnp

    return jnp.log1p


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    faulty = written == "faulty"
    with pm.Model() as model:
        resistance = pm.LogNormal("resistance", 0.5, 0.5)
        response = LogOnePlus(2 if faulty else 1)(resistance * load)
        pm.Normal("voltage", response, pm.HalfNormal("noise", 0.3), observed=voltage)

        drift = pm.Normal("drift", 0, 500)
        bias = pm.Normal("bias", 0, 500 if faulty else 0.01)
        pm.Normal("zero", drift + bias, pm.HalfNormal("flicker", 0.2), observed=zero)
    return model
