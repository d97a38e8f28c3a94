"""The stages of ``ptycho`` for reports of a single run."""

from __future__ import annotations

from faultline.cases.by_hand import Pipeline
from faultline.cases.ptycho import model

SYSTEM = ("simulate", "split", "group", "train", "infer", "stitch", "compare")
_PIPELINE = Pipeline("ptycho", model, "gs1_ideal", "as_it_stood")
signature, scenario_of, through = _PIPELINE.signature, _PIPELINE.scenario_of, _PIPELINE.through
