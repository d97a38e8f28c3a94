"""The stages of a bundled pipeline called one after the other, outside of the workflow: for reports of a single run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from faultline.core.errors import InputError, shown
from faultline.targets.case import Signature, read_signature
from faultline.targets.pipeline_run import Output, Run


@dataclass(frozen=True)
class Pipeline:
    """A bundled pipeline.

    Parameters
    ----------
    case
        Its name.
    model
        The module with its stages.
    scenario, preset
        What is meant where none is named.
    """

    case: str
    model: ModuleType
    scenario: str
    preset: str

    def signature(self) -> Signature:
        """What the case declares."""
        return read_signature(self.case)

    def scenario_of(self, name: str, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A scenario, with other values of some of its entries.

        Raises
        ------
        InputError
            There is none of this name.
        """
        known = self.model.SCENARIOS
        if name not in known:
            raise InputError(f"there is no scenario {shown(name)}; there is {', '.join(known)}.")
        return {**known[name], **(changes or {})}

    def through(
        self,
        names: Iterable[str],
        *,
        scenario: str | None = None,
        changes: Mapping[str, Any] | None = None,
        preset: str | None = None,
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
        declared, presets = self.signature(), self.model.PRESETS
        scenario, preset = scenario or self.scenario, preset or self.preset
        if preset not in presets:
            raise InputError(f"there is no preset {shown(preset)}; there is {', '.join(presets)}.")
        chosen = declared.choose_variants({**presets[preset], **(choices or {})})
        stages = {stage.name: stage for stage in declared.stages}
        made: dict[str, Output] = {}
        runs: dict[str, Run] = {}
        with tempfile.TemporaryDirectory() as folder:
            for name in names:
                stage, own = stages[name], Path(folder, name)
                own.mkdir()
                runs[name] = Run(
                    stage,
                    seed=seed,
                    choices=chosen,
                    scenario_name=scenario,
                    scenario=self.scenario_of(scenario, changes),
                    folder=own,
                    folders=(Path(self.model.__file__).parent,),
                    explain=explain,
                )
                np.random.seed(runs[name].number("global"))
                inputs = {other: made[other] for other in stage.inputs}
                toggles = {toggle: chosen[toggle] for toggle in stage.toggles}
                made[name] = getattr(self.model, name)(**inputs, **toggles, run=runs[name])
        return made, runs
