"""Runs of the case ``urease``: its stages called one after the other, with the engine's ``run``."""

from __future__ import annotations

from faultline.cases.urease import running
from faultline.cases.urease.running import SYSTEM
from faultline.targets.pipeline_run import Output

__all__ = ["FEATURES", "SIGNATURE", "STAGES", "SYSTEM", "through"]

SIGNATURE = running.signature()
STAGES = tuple(stage.name for stage in SIGNATURE.stages)
FEATURES = SYSTEM[:3]  # the stages that train nothing


def through(
    *names: str, preset: str = "as_audited", scenario: str = "uniform", seed: int = 42, **choices: str
) -> dict[str, Output]:
    """What these stages make, one after the other."""
    return running.through(names, preset=preset, scenario=scenario, seed=seed, choices=choices)[0]
