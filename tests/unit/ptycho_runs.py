"""Runs of the case ``ptycho``: its stages called one after the other, with the engine's ``run``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from faultline.cases.ptycho import model
from faultline.targets.case import read_signature
from faultline.targets.pipeline_run import Output, Run

SIGNATURE = read_signature("ptycho")
STAGES = {stage.name: stage for stage in SIGNATURE.stages}
SYSTEM = ("simulate", "split", "group", "train", "infer", "stitch", "compare")


def run_of(
    stage: str, scenario: str = "gs1_ideal", seed: int = 42, explain: bool = False, folder: str = "."
) -> Run:
    """What a stage is given as ``run``."""
    about = {"choices": {}, "scenario_name": scenario, "scenario": model.SCENARIOS[scenario]}
    case = Path(model.__file__).parent
    return Run(STAGES[stage], seed=seed, folder=Path(folder), folders=(case,), explain=explain, **about)


def through(
    *names: str,
    scenario: str = "gs1_ideal",
    preset: str = "repaired",
    seed: int = 42,
    explain: bool = False,
    **choices: str,
) -> dict[str, Output]:
    """What these stages make, one after the other."""
    chosen = SIGNATURE.choose_variants({**model.PRESETS[preset], **choices})
    made: dict[str, Output] = {}
    for name in names:
        stage = STAGES[name]
        with tempfile.TemporaryDirectory() as folder:
            run = run_of(name, scenario, seed, explain, folder)
            inputs = {other: made[other] for other in stage.inputs}
            made[name] = getattr(model, name)(
                **inputs, run=run, **{toggle: chosen[toggle] for toggle in stage.toggles}
            )
    return made
