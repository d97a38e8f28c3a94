"""Running NUTS: compile once, draw with progress and a soft time limit, sample on where a short run does not settle it.

Every sampler ends in the same form: an xarray DataTree with the groups ``posterior`` (free variables in their own
units, and the Deterministics asked for), ``sample_stats`` and, where known, ``divergences``: the unconstrained
positions at which trajectories broke.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from faultline.core.record import CONFIRM, EXTENDED
from faultline.engine.backend import SAMPLE, Stage, no_stage
from faultline.engine.draws import tidy, write_draws
from faultline.engine.samplers import IN_XLA, Prepared, Progress, prepare
from faultline.probes.convergence import Run, summarise_draws
from faultline.probes.mixing import import_for

__all__ = ["Run", "sample", "sample_with_extension", "write_draws"]

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

    from faultline.engine.density import LogpGradient

EXTENDED_SEED = 1
"""Added to the seed for each longer run: its chains are new ones."""

LONGER = (CONFIRM, EXTENDED)
"""Settings of the sampler that are those of a longer run."""

CONFIRMS_WITHIN = 0.5
"""Share of the time left that confirming may be expected to take: a failure is known already, and none is lost to a limit."""


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
    decide: Callable[[dict[str, Any]], tuple[str, str] | None],
    *,
    seed: int,
    seconds: float | None = None,
    run_seconds: float | None = None,
    backend: str = SAMPLE,
    look: LogpGradient | None = None,
    deterministics: Sequence[str] = (),
    selected: Sequence[str] = (),
    progress: Callable[[int, int, int], None] | None = None,
    on_stage: Stage = no_stage,
    keep: Callable[[str, dict[str, Any], xr.DataTree | None], None] = lambda key, record, draws: None,
) -> dict[str, Any]:
    """The run as asked and, as long as `decide` wants one, a longer run (`longer_runs`).

    `decide` gets a run's record and returns which run is wanted next and why, None when it is enough. `keep` is called
    after each run with ``sampling`` or ``sampling_extended``, its record and its draws, so that a run killed later has
    left the first. All runs together stop `seconds` after the call, and each after `run_seconds` of drawing; confirming
    is left out where it would take most of what is left, and the record then says so (``unconfirmed``). `look`,
    `backend`: see `prepare`; `progress` hears draws made, draws wanted and divergences.

    Returns ``{sampling, sampling_extended?, timings, backend}``; `on_stage` hears ``wait`` (for another process's
    compiler), ``compile``, ``sample``, ``sample_extended``, and after each of the two ``statistics``.
    """
    began = time.perf_counter()
    prepared = prepare(model, sampler, backend=backend, look=look, on_stage=on_stage)
    timings = {"compile": prepared.seconds, "statistics": 0.0}
    found: dict[str, Any] = {
        "timings": timings,
        "backend": {"sample": prepared.backend, "fallbacks": prepared.fallbacks},
    }

    def left() -> float:
        return math.inf if seconds is None else seconds - (time.perf_counter() - began)

    def draw(stage: str, asked: Mapping[str, Any], seed: int) -> Run:
        on_stage(stage)
        limit = min(left(), math.inf if run_seconds is None else run_seconds)
        with _importing(prepared, look.layout.size if look else 0):
            run = sample(
                prepared,
                asked,
                seed=seed,
                seconds=None if limit == math.inf else limit,
                deterministics=deterministics,
                progress=progress
                and (lambda done, _, divergences: progress(done, length(asked), divergences)),
            )
        timings[stage] = timings.get(stage, 0.0) + run.seconds
        return run

    start = {"start_logp": look(look.layout.vector())[0]} if look else {}
    asked = {key: value for key, value in sampler.items() if key not in LONGER}
    longer, why = longer_runs(sampler), {}
    for number in itertools.count():
        key, stage = ("sampling_extended", "sample_extended") if number else ("sampling", "sample")
        run = draw(stage, asked, seed + number * EXTENDED_SEED)
        on_stage("statistics")
        drawn = time.perf_counter()
        figures = {**why, **summarise_draws(run, model, selected=selected), **start}
        wanted, reason = decide(figures) or (None, None)
        following = longer.get(wanted)
        if following and wanted == CONFIRM:
            expected = run.seconds * length(following) / length(asked)
            if expected > CONFIRMS_WITHIN * left():
                figures["unconfirmed"], following = {"seconds": expected, "left": left()}, None
        found[key] = figures
        keep(key, figures, run.draws)
        timings["statistics"] += time.perf_counter() - drawn
        if not following:
            break
        # Confirming may leave it undecided after all; after the extended run comes nothing.
        longer = {name: run for name, run in longer.items() if wanted == CONFIRM and name == EXTENDED}
        asked, why = following, {"wanted": wanted, "reason": reason}
    return found


@contextmanager
def _importing(prepared: Prepared, size: int) -> Iterator[None]:
    """Import what judges `size` values while chains run inside XLA, where Python has nothing else to do.

    Not beside samplers that fork: a child would inherit an import that never ends.
    """
    if prepared.nuts not in IN_XLA:
        yield
        return
    importing = threading.Thread(target=import_for, args=(size,))
    importing.start()
    try:
        yield
    finally:
        importing.join()


def longer_runs(sampler: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The settings of what may follow the run as asked, by name, where it has more draws than that."""
    asked = {key: value for key, value in sampler.items() if key not in LONGER}
    runs = {name: {**asked, **sampler[name]} for name in LONGER if sampler.get(name)}
    drawn = asked["chains"] * asked["draws"]
    return {name: run for name, run in runs.items() if run["chains"] * run["draws"] > drawn}


def length(asked: Mapping[str, Any]) -> int:
    """Iterations of a run, over all its chains."""
    return asked["chains"] * (asked["tune"] + asked["draws"])
