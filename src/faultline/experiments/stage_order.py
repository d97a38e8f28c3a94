"""Which stages of a pipeline a measurement is about, in the order in which they run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from faultline.targets.case import Signature
from faultline.targets.pipeline import Stage

BEFORE = "stages_before"
"""What a measurement names the job by that has run stages for it."""


def what_holds(spec: Mapping[str, Any], signature: Signature) -> Mapping[str, Any]:
    """The literals that say what has to hold: of an earlier revision those of the case as it stands."""
    return spec.get("declared", signature.literals)


def asked_for(spec: Mapping[str, Any], signature: Signature) -> list[Stage]:
    """The stages that a request is about: all that a run to be explained has, else those that are compared; of these those that ``only`` names."""
    stages = list(signature.stages)
    if not spec["explain"]:
        stages = _compared(stages, what_holds(spec, signature))
    return with_inputs(stages, spec["only"]) if "only" in spec else stages


def with_inputs(stages: Sequence[Stage], wanted: Collection[str]) -> list[Stage]:
    """Those that are named, and all that they take."""
    kept: list[Stage] = []
    names = set(wanted)
    for stage in reversed(stages):
        if stage.name in names:
            kept.insert(0, stage)
            names |= set(stage.inputs)
    return kept


def believed(held: Mapping[str, Any]) -> list[str]:
    """The figures that hypotheses are about."""
    rows = [row["predicts"] for row in held.get("HYPOTHESES", ())]
    return [
        predicted["metric"] for predicted in rows if isinstance(predicted, Mapping) and "metric" in predicted
    ]


def _compared(stages: Sequence[Stage], held: Mapping[str, Any]) -> list[Stage]:
    """The stages that a trial is about: those that read a toggle or have a figure to be held against a limit, and what these take."""
    named = {
        figure.partition(".")[0]
        for literal in ("CRITERIA", "ORACLES", "CONTRACT")
        for figure in held.get(literal, {})
    }
    wanted = named | {figure.partition(".")[0] for figure in believed(held)}
    return with_inputs(stages, {*wanted, *(stage.name for stage in stages if stage.toggles)})
