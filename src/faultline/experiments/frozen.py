"""Sampling with the case's latent variables held: does the observation model sample without them?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pymc as pm

from faultline.core.errors import InputError, shown
from faultline.engine.freeze import freeze
from faultline.experiments import model_target
from faultline.experiments.model_context import Subject
from faultline.experiments.sampling import measure
from faultline.targets.loading import Case

if TYPE_CHECKING:
    from faultline.core.recorder import Recorder
    from faultline.targets.opened import Opened

__all__ = ["measure", "prepare"]


def prepare(recorder: Recorder, opened: Opened) -> Subject | None:
    """The model with the case's latents held."""
    return model_target.prepare(recorder, opened, _held)


def _held(recorder: Recorder, case: Case, dataset: Any, model: pm.Model) -> pm.Model:
    """The model with the case's latents held where the spec says."""
    asked = recorder.spec["freeze"]
    latents = {
        group: names
        for group, names in case.signature.latents.items()
        if group != "lengths" or asked["lengths"]
    }
    names = [name for group in latents.values() for name in group]
    with recorder.stage("freeze"):
        values = case.ask(asked["source"], dataset)
        if not values:
            raise InputError(
                f"there are no {asked['source']} values to freeze at, because the case has no such hook or the dataset "
                "has none; choose the other --freeze_source."
            )
        if missing := [name for name in names if name not in values]:
            raise InputError(
                f"{asked['source']} of {case.signature.ref} gives no value for {', '.join(missing)}; add it."
            )
        for name in names:
            if np.asarray(values[name]).dtype.kind not in "fiub":
                raise InputError(
                    f"{asked['source']} of {case.signature.ref} gives {shown(values[name])} for {name}; give numbers."
                )
        frozen, dropped = freeze(model, {name: values[name] for name in names})
        recorder.keep(
            frozen={"variables": list(latents), "names": names, "source": asked["source"], "dropped": dropped}
        )
    return frozen
