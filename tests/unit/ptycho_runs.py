"""Runs of the case ``ptycho``: its stages called one after the other, with the engine's ``run``."""

from __future__ import annotations

from faultline.cases.ptycho import running
from faultline.cases.ptycho.running import SYSTEM
from faultline.targets.pipeline_run import Output

__all__ = ["SIGNATURE", "STAGES", "SYSTEM", "through"]

SIGNATURE = running.signature()
STAGES = {stage.name: stage for stage in SIGNATURE.stages}


def through(
    *names: str, preset: str = "repaired", scenario: str = "gs1_ideal", seed: int = 42, **choices: str
) -> dict[str, Output]:
    """What these stages make, one after the other."""
    return running.through(names, preset=preset, scenario=scenario, seed=seed, choices=choices)[0]
