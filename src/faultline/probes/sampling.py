"""Running NUTS: compile once, draw with progress and a soft time limit, sample on where a short run cannot decide.

Every sampler ends in the same form: an xarray DataTree with the groups ``posterior`` (free variables in their own
units, and the Deterministics asked for), ``sample_stats`` and, where known, ``divergences``: the unconstrained
positions at which trajectories broke.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faultline.backend import SAMPLE, Stage, no_stage
from faultline.probes.convergence import summarise_draws
from faultline.probes.draws import tidy, write_draws
from faultline.samplers import Prepared, Progress, prepare

__all__ = ["Run", "sample", "sample_with_extension", "write_draws"]

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

    from faultline.density import LogpGradient

EXTENDED_SEED = 1
"""Added to the seed for the extended run: its chains are new ones."""


@dataclass(frozen=True)
class Run:
    """One run of a sampler: `draws` is None where no draw after tuning was made."""

    draws: xr.DataTree | None
    seconds: float
    complete: bool
    asked: dict[str, Any]


def sample(
    prepared: Prepared,
    sampler: Mapping[str, Any],
    *,
    seed: int,
    seconds: float | None = None,
    deterministics: Sequence[str] = (),
    progress: Progress | None = None,
) -> Run:
    """Draw as `sampler` says: ``chains``, ``tune``, ``draws``, and optionally ``target_accept``, ``max_treedepth``,
    ``init``, ``cores``.

    After `seconds` the sampler stops and keeps the draws made. Raises what the sampler raises.
    """
    asked = {
        "target_accept": 0.8,
        "max_treedepth": 10,
        "init": "jitter+adapt_diag",
        **sampler,
        "nuts": prepared.nuts,
    }
    started = time.perf_counter()
    tree, divergences = prepared.draw(asked, seed, seconds, progress)
    spent = time.perf_counter() - started
    draws = None if tree is None else tidy(prepared.model, tree, divergences, deterministics)
    made = draws is not None and (draws["posterior"].sizes["chain"], draws["posterior"].sizes["draw"])
    return Run(draws, spent, made == (asked["chains"], asked["draws"]), asked)


def sample_with_extension(
    model: pm.Model,
    sampler: Mapping[str, Any],
    decide: Callable[[dict[str, Any]], str | None],
    *,
    seed: int,
    seconds: float | None = None,
    run_seconds: float | None = None,
    backend: str = SAMPLE,
    look: LogpGradient | None = None,
    deterministics: Sequence[str] = (),
    selected: Sequence[str] = (),
    progress: Progress | None = None,
    on_stage: Stage = no_stage,
    keep: Callable[[str, dict[str, Any], xr.DataTree | None], None] = lambda key, record, draws: None,
) -> dict[str, Any]:
    """The run as asked and, where `decide` gives a reason to sample on, the one under ``sampler["extended"]``.

    `decide` gets the first run's record and returns None when it is enough. `keep` is called after each run with
    ``sampling`` or ``sampling_extended``, its record and its draws, so that a run killed later has left the first. Both
    runs together stop `seconds` after the call, and each after `run_seconds` of drawing. `look`, `backend`: see `prepare`. Returns ``{sampling, sampling_extended?, timings, backend}``; `on_stage`
    hears ``wait`` (for another process's compiler), ``compile``, ``sample``, ``sample_extended``, and after each of the two
    ``statistics``.
    """
    began = time.perf_counter()
    prepared = prepare(model, sampler, backend=backend, look=look, on_stage=on_stage)
    found: dict[str, Any] = {
        "timings": {"compile": prepared.seconds},
        "backend": {"sample": prepared.backend, "fallbacks": prepared.fallbacks},
    }

    def one(key: str, stage: str, asked: Mapping[str, Any], seed: int, **extra: Any) -> dict[str, Any]:
        on_stage(stage)
        limits = [run_seconds, None if seconds is None else seconds - (time.perf_counter() - began)]
        left = min((limit for limit in limits if limit is not None), default=None)
        run = sample(
            prepared, asked, seed=seed, seconds=left, deterministics=deterministics, progress=progress
        )
        found["timings"][stage] = run.seconds
        on_stage("statistics")
        drawn = time.perf_counter()
        found[key] = {**extra, **summarise_draws(run, model, selected=selected)}
        keep(key, found[key], run.draws)
        spent = time.perf_counter() - drawn
        found["timings"]["statistics"] = found["timings"].get("statistics", 0.0) + spent
        return found[key]

    asked = {key: value for key, value in sampler.items() if key != "extended"}
    reason = decide(one("sampling", "sample", asked, seed))
    if reason and sampler.get("extended"):
        longer = {**asked, **sampler["extended"]}
        one("sampling_extended", "sample_extended", longer, seed + EXTENDED_SEED, reason=reason)
    return found
