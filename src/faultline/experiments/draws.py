"""Draws without a model: their statistics, and what ArviZ says of them. Nothing is sampled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

from faultline.engine.draws import write_draws
from faultline.probes.given_draws import by_arviz, read_draws, summarise_given

if TYPE_CHECKING:
    from faultline.core.recorder import Recorder
    from faultline.targets.opened import Opened


def prepare(recorder: Recorder, opened: Opened) -> xr.DataTree:
    """The draws in the file that the spec names."""
    with recorder.stage("load"):
        return read_draws(recorder.spec["case"])


def measure(recorder: Recorder, draws: xr.DataTree) -> None:
    """Convergence and the sampler's statistics, then ArviZ's opinion."""
    with recorder.stage("statistics"):
        recorder.keep(sampling=summarise_given(draws))
        write_draws(draws, recorder.spec["draws"])
    with recorder.stage("arviz"):
        recorder.keep(probes={"arviz": by_arviz(draws)})
