"""Runs of the case ``lambda_hat``: its stages called one after the other, with the engine's ``run``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from faultline.cases.lambda_hat import model
from faultline.targets.case import read_signature
from faultline.targets.pipeline_run import Output, Run

SIGNATURE = read_signature("lambda_hat")
STAGES = {stage.name: stage for stage in SIGNATURE.stages}
FITTED = ("target", "fit", "evaluate", "analyse")
SEEDS = {"quad_d10": 42, "quad_d8": 123, "quad_d6": 456}  # those of the three tests


def run_of(
    stage: str, scenario: str = "quad_d6", seed: int = 0, explain: bool = False, folder: str = "."
) -> Run:
    """What a stage is given as ``run``."""
    about = {"choices": {}, "scenario_name": scenario, "scenario": model.SCENARIOS[scenario]}
    case = Path(model.__file__).parent
    return Run(STAGES[stage], seed=seed, folder=Path(folder), folders=(case,), explain=explain, **about)


def through(
    *names: str,
    scenario: str = "quad_d6",
    preset: str = "repaired",
    seed: int | None = None,
    explain: bool = False,
    **choices: str,
) -> dict[str, Output]:
    """What these stages make, one after the other; with the seed of the scenario's test unless one is given."""
    chosen = SIGNATURE.choose_variants({**model.PRESETS[preset], **choices})
    made: dict[str, Output] = {}
    for name in names:
        stage = STAGES[name]
        with tempfile.TemporaryDirectory() as folder:
            run = run_of(name, scenario, SEEDS.get(scenario, 42) if seed is None else seed, explain, folder)
            inputs = {other: made[other] for other in stage.inputs}
            made[name] = getattr(model, name)(
                **inputs, run=run, **{toggle: chosen[toggle] for toggle in stage.toggles}
            )
    return made
