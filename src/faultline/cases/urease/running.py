"""The stages of ``urease`` called one after the other, outside of the workflow: for reports of a single run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from faultline.cases.urease import model
from faultline.core.errors import InputError, shown
from faultline.targets.case import Signature, read_signature
from faultline.targets.pipeline_run import Output, Run

SYSTEM = ("generate", "split", "features", "train", "evaluate", "reference", "forecast")
CASE = "urease"


def signature() -> Signature:
    """What the case declares."""
    return read_signature(CASE)


def scenario_of(name: str, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A scenario, with other values of some of its entries.

    Raises
    ------
    InputError
        There is none of this name.
    """
    if name not in model.SCENARIOS:
        raise InputError(f"there is no scenario {shown(name)}; there is {', '.join(model.SCENARIOS)}.")
    return {**model.SCENARIOS[name], **(changes or {})}


def through(
    names: Iterable[str],
    *,
    scenario: str = "uniform",
    changes: Mapping[str, Any] | None = None,
    preset: str = "as_audited",
    choices: Mapping[str, str] | None = None,
    seed: int = 42,
    explain: bool = False,
) -> tuple[dict[str, Output], dict[str, Run]]:
    """What these stages make, and the ``run`` of each, with what it logged. Files that they write are gone afterwards.

    Parameters
    ----------
    names
        The stages, in an order in which they can run.
    changes
        Of entries of the scenario.
    preset, choices
        The choices of the preset, and others in their place.
    """
    declared = signature()
    if preset not in model.PRESETS:
        raise InputError(f"there is no preset {shown(preset)}; there is {', '.join(model.PRESETS)}.")
    chosen = declared.choose_variants({**model.PRESETS[preset], **(choices or {})})
    stages = {stage.name: stage for stage in declared.stages}
    made: dict[str, Output] = {}
    runs: dict[str, Run] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            stage = stages[name]
            own = Path(folder, name)
            own.mkdir()
            runs[name] = Run(
                stage,
                seed=seed,
                choices=chosen,
                scenario_name=scenario,
                scenario=scenario_of(scenario, changes),
                folder=own,
                folders=(Path(__file__).parent,),
                explain=explain,
            )
            np.random.seed(runs[name].number("global"))
            inputs = {other: made[other] for other in stage.inputs}
            toggles = {toggle: chosen[toggle] for toggle in stage.toggles}
            made[name] = getattr(model, name)(**inputs, **toggles, run=runs[name])
    return made, runs
