"""A custom Op for exp(-x) whose gradient has the wrong sign; a sound group model stands beside."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.graph import Apply, Op
from pytensor.link.jax.dispatch import jax_funcify

ANSWER = {"names": ["intensity"], "cause_class": "c"}

rng = np.random.default_rng(73)
path = np.linspace(0, 4, 40)
intensity = np.exp(-0.6 * path) + rng.normal(0, 0.05, 40)
lamp = np.repeat(np.arange(4), 10)
lifetime = np.array([8.0, 9.0, 7.5, 8.5])[lamp] + rng.normal(0, 0.8, 40)


class Attenuation(Op):
    """x (n,) -> exp(-x) (n,)."""

    __props__ = ("sign",)

    def __init__(self, sign: int):
        self.sign = sign

    def make_node(self, x):
        x = pt.as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = np.exp(-inputs[0])

    def pullback(self, inputs, outputs, cotangents):
        return [self.sign * cotangents[0] * outputs[0]]


@jax_funcify.register(Attenuation)
def _(op, **kwargs):
    import jax.numpy as jnp

    return lambda x: jnp.exp(-x)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model() as model:
        absorption = pm.LogNormal("absorption", -0.5, 0.5)
        light = Attenuation(1 if written == "faulty" else -1)(absorption * path)
        pm.Normal("intensity", light, pm.HalfNormal("noise", 0.2), observed=intensity)

        mean_life = pm.Normal("mean_life", 8, 3, shape=4)
        pm.Normal("lifetime", mean_life[lamp], pm.HalfNormal("scatter", 2), observed=lifetime)
    return model
