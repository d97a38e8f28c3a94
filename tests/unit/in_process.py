"""A group's worker and subject in the tests' own process, and a model whose gradient can be wrong."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pymc as pm
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

from faultline.probes.factors import Factors
from faultline.record import RecordFile
from faultline.subject import Subject
from faultline.worker import Progress, Worker


def started(folder: Path, model: pm.Model, **spec) -> tuple[Worker, Subject]:
    """What `experiment.measure` hands to a group once the model is built."""
    record = folder / "measured.json"
    RecordFile(record).update()
    asked = {"seed": 1, "record": str(record), "draws": str(folder / "draws.nc"), "limits": {"total": 300}}
    worker = Worker({**asked, **spec}, Progress(str(folder / "events.jsonl")))
    case = SimpleNamespace(hook=lambda name: None, signature=SimpleNamespace(literals={}, latents={}))
    return worker, Subject(case, None, model, Factors(model), "jitter+adapt_diag")


class Squared(Op):
    __props__ = ("slope",)

    def __init__(self, slope: float):
        self.slope = slope

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = np.asarray(inputs[0] ** 2)

    def pullback(self, inputs, outputs, cotangents):
        return [self.slope * inputs[0] * cotangents[0]]


def squared(slope: float) -> pm.Model:
    """Sound with a slope of 2."""
    with pm.Model() as model:
        x = pm.Normal("x", 0, 5)
        pm.Potential("fit", -2 * Squared(slope)(x))
    return model
