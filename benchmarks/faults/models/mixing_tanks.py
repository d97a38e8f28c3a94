"""A custom Op that mixes three connected tanks; its pullback forgets to transpose the mixing matrix."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.graph import Apply, Op

ANSWER = {"names": ["tracer"], "cause_class": "c"}

rng = np.random.default_rng(1113)
FLOW = np.array([[0.85, 0.0, 0.05], [0.15, 0.55, 0.0], [0.0, 0.45, 0.95]])
DOSE = np.array([4.0, 1.0, 2.0])
tracer = FLOW @ DOSE + rng.normal(0, 0.3, (25, 3))
leak = rng.exponential(1 / 0.8, 50)


class Mix(Op):
    """Amounts before (3,) -> amounts after (3,)."""

    __props__ = ("transposed",)

    def __init__(self, transposed: bool):
        self.transposed = transposed

    def make_node(self, before):
        return Apply(self, [pt.as_tensor_variable(before)], [pt.dvector()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = FLOW @ inputs[0]

    def pullback(self, inputs, outputs, cotangents):
        return [pt.dot(FLOW.T if self.transposed else FLOW, cotangents[0])]


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"tank": ["inlet", "middle", "outlet"], "sample": np.arange(25)}) as model:
        dose = pm.LogNormal("dose", 0.7, 0.7, dims="tank")
        after = pm.Deterministic("after", Mix(written == "repaired")(dose), dims="tank")
        probe = pm.HalfNormal("probe", 0.5)
        pm.Normal("tracer", after, probe, observed=tracer, dims=("sample", "tank"))

        leak_rate = pm.Gamma("leak_rate", 2, 2)
        pm.Exponential("leak", leak_rate, observed=leak)
    return model
