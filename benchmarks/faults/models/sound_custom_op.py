"""A custom Op with its right gradient: PyTensor knows nothing about its inside."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.graph import Apply, Op

ANSWER = None

rng = np.random.default_rng(217)
substrate = rng.uniform(0.2, 6, 50)
velocity = 3.0 * substrate / (1.5 + substrate) + rng.normal(0, 0.1, 50)


class Saturation(Op):
    """Half-saturation () -> share of the largest velocity at every substrate (n,)."""

    __props__ = ()

    def make_node(self, half):
        return Apply(self, [pt.as_tensor_variable(half)], [pt.dvector()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = substrate / (inputs[0] + substrate)

    def pullback(self, inputs, outputs, cotangents):
        return [-(cotangents[0] * substrate / (inputs[0] + substrate) ** 2).sum()]


def build() -> pm.Model:
    with pm.Model() as model:
        largest = pm.LogNormal("largest", 1, 0.5)
        half = pm.LogNormal("half", 0, 0.5)
        noise = pm.HalfNormal("noise", 0.5)
        pm.Normal("velocity", largest * Saturation()(half), noise, observed=velocity)
    return model
