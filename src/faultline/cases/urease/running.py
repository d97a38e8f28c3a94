"""The stages of ``urease`` for reports of a single run."""

from __future__ import annotations

from faultline.cases.by_hand import Pipeline
from faultline.cases.urease import model

SYSTEM = ("generate", "split", "features", "train", "evaluate", "reference", "forecast")
_PIPELINE = Pipeline("urease", model, "uniform", "as_audited")
signature, scenario_of, through = _PIPELINE.signature, _PIPELINE.scenario_of, _PIPELINE.through
