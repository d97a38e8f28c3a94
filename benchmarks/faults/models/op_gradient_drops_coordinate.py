"""A custom Op, a log-likelihood of three concentrations, whose gradient leaves out the last one."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.graph import Apply, Op

ANSWER = {"names": ["spectrum"], "cause_class": "c"}

rng = np.random.default_rng(74)
absorbance = np.abs(rng.normal(0.5, 0.3, (30, 3)))
spectrum = absorbance @ np.array([1.0, 2.0, 0.7]) + rng.normal(0, 0.1, 30)


class SpectrumLogLikelihood(Op):
    """Concentrations (3,) -> log-likelihood ()."""

    __props__ = ("differentiated",)

    def __init__(self, differentiated: int):
        self.differentiated = differentiated

    def make_node(self, concentration):
        return Apply(self, [pt.as_tensor_variable(concentration)], [pt.dscalar()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = np.asarray(-0.5 * np.sum((spectrum - absorbance @ inputs[0]) ** 2) / 0.1**2)

    def pullback(self, inputs, outputs, cotangents):
        slope = pt.dot(absorbance.T, spectrum - pt.dot(absorbance, inputs[0])) / 0.1**2
        return [cotangents[0] * slope * (np.arange(3) < self.differentiated)]


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"compound": ["A", "B", "C"]}) as model:
        concentration = pm.Normal("concentration", 1, 1, dims="compound")
        likelihood = SpectrumLogLikelihood(2 if written == "faulty" else 3)
        pm.Potential("spectrum", likelihood(concentration))
    return model
