"""One run of a model with each of several seeds: what trials of a model and changes that may cure it share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from pymc.exceptions import SamplingError

from faultline.core.errors import message_of
from faultline.core.record import CONFIRM, EXTENDED
from faultline.criteria.run_statistics import undecided
from faultline.criteria.trials.of_sampling import readings
from faultline.criteria.trials.readings import ended
from faultline.engine.samplers import Prepared
from faultline.engine.samplers import prepare as compiled
from faultline.experiments.model_context import Subject, look_at_start
from faultline.probes.convergence import summarise_draws
from faultline.probes.sampling import Run, length, longer_runs, sample

if TYPE_CHECKING:
    import xarray as xr

    from faultline.core.recorder import Recorder

LONGER = "longer"
"""Setting of a trial's sampler: whether it has the larger budget."""


def run_all[Kept](
    recorder: Recorder,
    subject: Subject,
    goes_on: Callable[[list[dict[str, Any]]], bool] = lambda rows: True,
    deterministics: Sequence[str] = (),
    settle: int = 0,
    keep: Callable[[xr.DataTree], Kept] = lambda draws: None,
) -> list[Kept]:
    """One run with each seed, as long as ``goes_on`` says so of the readings so far. Returns what ``keep`` makes of the draws of each run
    that began: all draws of several runs may be more than fits into memory.

    ``settle``: a run that neither passes nor fails is made again, longer, with the same seed, as a group's is; and if that does not
    decide either, with this many times as many draws. 0: never.
    """
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
    kept: list[Kept] = []
    for seed in _seeds(recorder):
        if rows and not goes_on(rows):
            break
        try:
            run, figures = _run(recorder, subject, prepared, settings, seed, deterministics)
            for more in _longer(longer, settle):
                if not undecided(figures):
                    break
                run, figures = _run(recorder, subject, prepared, more, seed, deterministics)
        except SamplingError as error:
            rows += ended([seed], {"type": type(error).__name__, "message": message_of(error)})
            continue
        found.append({"seed": seed, **figures})
        recorder.keep(replicates=found)
        recorder.check_limit("sample")  # before the draws are read: there may be none
        kept.append(keep(run.draws))
        digest, is_finite = _content(run.draws)
        rows.append(
            {
                "seed": seed,
                "digest": digest,
                "raised": False,
                "error": None,
                "readings": readings(figures, digest, is_finite),
            }
        )
        del run
    recorder.keep(readings=rows)
    return kept


def _longer(longer: Mapping[str, dict[str, Any]], settle: int) -> list[dict[str, Any]]:
    """The settings of longer runs, one after another."""
    if not settle or EXTENDED not in longer:
        return []
    settings = {key: value for key, value in longer[EXTENDED].items() if key not in (CONFIRM, EXTENDED)}
    return [settings, {**settings, "draws": settle * settings["draws"]}]


def _run(
    recorder: Recorder,
    subject: Subject,
    prepared: Prepared,
    settings: dict[str, Any],
    seed: int,
    deterministics: Sequence[str],
) -> tuple[Run, dict[str, Any]]:
    """One run, and its figures."""
    with recorder.stage("sample"):
        run = sample(
            prepared,
            settings,
            seed=seed,
            seconds=recorder.seconds_left(),
            deterministics=deterministics,
            progress=partial(_tell, recorder, length(settings)),
        )
    with recorder.stage("statistics"):
        return run, summarise_draws(run, subject.model)


def _tell(recorder: Recorder, total: int, done: int, _: int, divergences: int) -> None:
    recorder.progress.tell(done=done, total=total, divergences=divergences)


def _seeds(recorder: Recorder) -> list[int]:
    return recorder.spec.get("seeds", [recorder.spec["seed"]])


def all_broken(recorder: Recorder) -> list[dict[str, Any]]:
    """The readings where no run can begin, because the log-probability is not defined at the start."""
    why = {"type": SamplingError.__name__, "message": "the log-probability is not defined at the start"}
    return ended(_seeds(recorder), why)


def _content(draws: xr.DataTree) -> tuple[str, bool]:
    """A digest of the draws, and whether they are finite."""
    posterior = draws["posterior"].to_dataset()
    digest, is_finite = hashlib.sha256(), True
    for name in sorted(posterior.data_vars):
        values = np.ascontiguousarray(posterior[name].values)
        digest.update(values.tobytes())
        is_finite &= not np.issubdtype(values.dtype, np.number) or bool(np.isfinite(values).all())
    return digest.hexdigest(), is_finite
