"""A group's worker and subject in the tests' own process, and a model whose gradient can be wrong."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import models
import pymc as pm

from faultline.core.record import RecordFile
from faultline.core.recorder import Progress, Recorder
from faultline.engine.factors import Factors
from faultline.experiments.model_context import Subject


def started(folder: Path, model: pm.Model, **spec) -> tuple[Recorder, Subject]:
    """What `experiment.measure` hands to a group once the model is built."""
    record = folder / "measured.json"
    RecordFile(record).update()
    asked = {"seed": 1, "record": str(record), "draws": str(folder / "draws.nc"), "limits": {"total": 300}}
    asked |= {"variants": {}, "components": {}}
    worker = Recorder({**asked, **spec}, Progress(str(folder / "events.jsonl")))
    signature = SimpleNamespace(literals={}, latents={}, variants={})
    case = SimpleNamespace(hook=lambda name: None, recovered=[], signature=signature)
    return worker, Subject(case, None, model, Factors(model), "jitter+adapt_diag")


def quadratic(scale: float) -> pm.Model:
    """Sound with a scale of 1; otherwise its gradient is wrong."""
    with pm.Model() as model:
        x = pm.Normal("x", 0, 5, shape=2)
        pm.Potential("fit", models.Quadratic(scale)(x))
    return model
