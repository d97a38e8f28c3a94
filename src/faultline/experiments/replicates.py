"""A trial of a model: one configuration, sampled with each of several seeds by the same settings."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from pymc.exceptions import SamplingError

from faultline.core.record import CONFIRM, EXTENDED
from faultline.criteria.trials.of_sampling import readings
from faultline.engine.samplers import prepare as compiled
from faultline.experiments import model_target
from faultline.experiments.model_context import Subject, look_at_start
from faultline.probes.convergence import summarise_draws
from faultline.probes.sampling import length, longer_runs, sample

if TYPE_CHECKING:
    import xarray as xr

    from faultline.core.recorder import Recorder
    from faultline.targets.opened import Opened

LONGER = "longer"
"""Setting of a trial's sampler: whether it has the larger budget."""


def prepare(recorder: Recorder, opened: Opened) -> Subject | None:
    """The model. One whose log-probability is not defined at its start ends every run before it begins."""
    subject = model_target.prepare(recorder, opened)
    if subject is None:
        recorder.keep(readings=[_broken(seed) for seed in _seeds(recorder)])
    return subject


def measure(recorder: Recorder, subject: Subject) -> None:
    """One run with each seed; a seed with which no chain starts is a finding."""
    spec = recorder.spec
    look = look_at_start(recorder, subject)
    asked = {**spec["sampler"], "init": subject.strategy}
    larger = asked.pop(LONGER, False)
    longer = longer_runs(asked)
    settings = longer.get(EXTENDED if larger else CONFIRM) or longer.get(EXTENDED) or asked
    settings = {key: value for key, value in settings.items() if key not in (CONFIRM, EXTENDED)}
    with recorder.stage("compile_sampler"):
        prepared = compiled(subject.model, settings, look=look, on_stage=recorder.enter)
    rows: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    for seed in _seeds(recorder):
        with recorder.stage("sample"):
            try:
                run = sample(
                    prepared,
                    settings,
                    seed=seed,
                    seconds=recorder.seconds_left(),
                    progress=partial(_tell, recorder, length(settings)),
                )
            except SamplingError:
                rows.append(_broken(seed))
                continue
        with recorder.stage("statistics"):
            figures = summarise_draws(run, subject.model)
        found.append({"seed": seed, **figures})
        recorder.keep(replicates=found)
        recorder.check_limit("sample")
        digest, is_finite = _content(run.draws)
        rows.append(
            {
                "seed": seed,
                "digest": digest,
                "raised": False,
                "readings": readings(figures, digest, is_finite),
            }
        )
    recorder.keep(readings=rows)


def _tell(recorder: Recorder, total: int, done: int, _: int, divergences: int) -> None:
    recorder.progress.tell(done=done, total=total, divergences=divergences)


def _seeds(recorder: Recorder) -> list[int]:
    return recorder.spec.get("seeds", [recorder.spec["seed"]])


def _broken(seed: int) -> dict[str, Any]:
    return {"seed": seed, "digest": None, "raised": True, "readings": {}}


def _content(draws: xr.DataTree) -> tuple[str, bool]:
    """A digest of the draws, and whether they are finite."""
    posterior = draws["posterior"].to_dataset()
    values = [np.ascontiguousarray(posterior[name].values) for name in sorted(posterior.data_vars)]
    digest = hashlib.sha256(b"".join(value.tobytes() for value in values)).hexdigest()
    return digest, all(np.isfinite(value).all() for value in values if np.issubdtype(value.dtype, np.number))
