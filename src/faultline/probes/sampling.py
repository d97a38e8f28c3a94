"""Running NUTS: compile once, draw with progress and a soft time limit, sample on where a short run cannot decide.

Every sampler ends in the same form: an xarray DataTree with the groups ``posterior`` (free variables in their own
units, and the Deterministics asked for), ``sample_stats`` and, where known, ``divergences``: the unconstrained
positions at which trajectories broke.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing import get_all_start_methods
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.backend import (
    PLAIN,
    SAMPLE,
    Stage,
    alone_with_numba,
    compile_mode,
    no_stage,
    with_fallback,
    without_compiler,
)
from faultline.layout import Layout
from faultline.probes.convergence import summarise_draws
from faultline.probes.draws import broken_at, nutpie_broken_at, tidy, write_draws

__all__ = ["Prepared", "Run", "prepare", "sample", "sample_with_extension", "write_draws"]

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

Progress = Callable[[int, int, int], None]
"""``progress(draw, chains, divergences)``: draws made so far over all chains, tuning included; chains that have begun;
divergences after tuning."""

PROGRESS_SECONDS = 0.5
EXTENDED_SEED = 1
"""Added to the seed for the extended run: its chains are new ones."""


@dataclass(frozen=True)
class Prepared:
    """A model whose log-probability is compiled for sampling: two runs of it compile once.

    `model` is PyMC's frozen copy, which keeps its compiled functions, or the model itself where it cannot be frozen
    (a symbolic initial value). The copy's variables stand in the original's order, which PyMC does not keep.
    """

    model: pm.Model
    backend: str
    fallbacks: list[dict[str, str]]
    seconds: float


@dataclass(frozen=True)
class Run:
    """One run of a sampler: `draws` is None where no draw after tuning was made."""

    draws: xr.DataTree | None
    seconds: float
    complete: bool
    asked: dict[str, Any]


def prepare(model: pm.Model, *, backend: str = SAMPLE, on_stage: Stage = no_stage) -> Prepared:
    """Compile what NUTS evaluates and call it once, so that chains forked later inherit the machine code."""
    from pymc.model.transform.optimization import freeze_model

    try:
        frozen = freeze_model(model)
        order = [rv.name for rv in model.free_RVs]
        frozen.free_RVs.sort(key=lambda rv: order.index(rv.name))
    except (NotImplementedError, ValueError):  # symbolic initial values, a sub-model
        frozen = model
    with alone_with_numba(on_stage) if backend == SAMPLE else nullcontext():
        return _compiled(frozen, backend, on_stage)


def _compiled(model: pm.Model, backend: str, on_stage: Stage) -> Prepared:
    def attempt(used: str) -> None:
        with without_compiler():
            model.logp_dlogp_function(ravel_inputs=True, mode=compile_mode(used))([start])

    on_stage("compile")
    started = time.perf_counter()
    if not model.continuous_value_vars:
        return Prepared(model, PLAIN, [], time.perf_counter() - started)
    start = Layout.of(model).vector()
    _, used, fallbacks = with_fallback(backend, attempt)
    return Prepared(model, used, fallbacks, time.perf_counter() - started)


def sample(
    prepared: Prepared,
    sampler: Mapping[str, Any],
    *,
    seed: int,
    seconds: float | None = None,
    deterministics: Sequence[str] = (),
    progress: Progress | None = None,
) -> Run:
    """Draw with the sampler described by `sampler`: ``nuts`` ("pymc", or an external one that `pm.sample` knows),
    ``chains``, ``tune``, ``draws``, and optionally ``target_accept``, ``max_treedepth``, ``init``, ``cores``.

    After `seconds` PyMC's own NUTS stops and keeps the draws made; external samplers take no such limit and report no
    progress. Raises what the sampler raises.
    """
    asked = {
        "nuts": "pymc",
        "target_accept": 0.8,
        "max_treedepth": 10,
        "init": "jitter+adapt_diag",
        **sampler,
    }
    run = _pymc if asked["nuts"] == "pymc" else _external
    started = time.perf_counter()
    tree, divergences = run(prepared, asked, seed, seconds, progress)
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
    backend: str = SAMPLE,
    deterministics: Sequence[str] = (),
    selected: Sequence[str] = (),
    progress: Progress | None = None,
    on_stage: Stage = no_stage,
    keep: Callable[[str, dict[str, Any], xr.DataTree | None], None] = lambda key, record, draws: None,
) -> dict[str, Any]:
    """The run as asked and, where `decide` gives a reason to sample on, the one under ``sampler["extended"]``.

    `decide` gets the first run's record and returns None when it is enough. `keep` is called after each run with
    ``sampling`` or ``sampling_extended``, its record and its draws, so that a run killed later has left the first. Both
    runs together stop `seconds` after the call. Returns ``{sampling, sampling_extended?, timings, backend}``; `on_stage`
    hears ``wait`` (for another process's compiler), ``compile``, ``sample``, ``sample_extended``.
    """
    began = time.perf_counter()
    prepared = prepare(model, backend=backend, on_stage=on_stage)
    found: dict[str, Any] = {
        "timings": {"compile": prepared.seconds},
        "backend": {"sample": prepared.backend, "fallbacks": prepared.fallbacks},
    }

    def one(key: str, stage: str, asked: Mapping[str, Any], seed: int, **extra: Any) -> dict[str, Any]:
        on_stage(stage)
        left = None if seconds is None else seconds - (time.perf_counter() - began)
        run = sample(
            prepared, asked, seed=seed, seconds=left, deterministics=deterministics, progress=progress
        )
        found["timings"][stage] = run.seconds
        found[key] = {**extra, **summarise_draws(run, model, selected=selected)}
        keep(key, found[key], run.draws)
        return found[key]

    asked = {key: value for key, value in sampler.items() if key != "extended"}
    reason = decide(one("sampling", "sample", asked, seed))
    if reason and sampler.get("extended"):
        longer = {**asked, **sampler["extended"]}
        one("sampling_extended", "sample_extended", longer, seed + EXTENDED_SEED, reason=reason)
    return found


class _Watch:
    """PyMC's callback: reports progress, stops at the time limit, and notes where trajectories break."""

    def __init__(self, tune: int, seconds: float | None, progress: Progress | None):
        self.ends = None if seconds is None else time.monotonic() + seconds
        self.progress = progress
        self.tune = tune
        self.made: dict[int, int] = {}
        self.divergences = 0
        self.stopped = False
        self.broken: list[tuple[int, int, dict[str, np.ndarray]]] = []
        self._told = 0.0

    def __call__(self, trace: Any, draw: Any) -> None:
        self.made[draw.chain] = self.made.get(draw.chain, 0) + 1
        for stats in draw.stats:
            if stats.get("diverging") and not draw.tuning:
                self.divergences += 1
                where = getattr(stats.get("warning"), "divergence_point_source", None)
                if where is not None:
                    self.broken.append((draw.chain, draw.draw_idx - self.tune, dict(where)))
        now = time.monotonic()
        if self.progress and now - self._told > PROGRESS_SECONDS:
            self._told = now
            self.progress(sum(self.made.values()), len(self.made), self.divergences)
        if self.ends is not None and now > self.ends:
            self.stopped = True
            raise KeyboardInterrupt  # PyMC's public way to stop and keep the draws


def _pymc(
    prepared: Prepared, asked: Mapping[str, Any], seed: int, seconds: float | None, progress: Progress | None
) -> tuple[xr.DataTree | None, xr.Dataset | None]:
    import pymc as pm

    watch = _Watch(asked["tune"], seconds, progress)
    model = prepared.model
    with (
        warnings.catch_warnings(),
        # What PyMC compiles besides (start points, the trace) runs once per draw: not worth a compiler's minute.
        without_compiler(mode=compile_mode(PLAIN)),
    ):
        # Forked chains run compiled code and NumPy, none of the threads (JAX, BLAS) that the warnings are about.
        warnings.filterwarnings("ignore", message=".*fork.*")
        try:
            tree = pm.sample(
                draws=asked["draws"],
                tune=asked["tune"],
                chains=asked["chains"],
                cores=min(asked["chains"], asked.get("cores") or _cores()),
                random_seed=seed,
                init=asked["init"],
                nuts={"target_accept": asked["target_accept"], "max_treedepth": asked["max_treedepth"]},
                nuts_sampler="pymc",
                var_names=[rv.name for rv in model.free_RVs],
                callback=watch,
                mp_ctx="fork" if "fork" in get_all_start_methods() else None,
                compile_kwargs={"mode": compile_mode(prepared.backend)},
                compute_convergence_checks=False,
                progressbar=False,
                quiet=True,
                model=model,
            )
        except ValueError:
            # PyMC's answer to an interrupt before the first draw after tuning.
            if not watch.stopped:
                raise
            tree = None
    if progress:
        progress(sum(watch.made.values()), len(watch.made), watch.divergences)
    return tree, broken_at(Layout.of(model), watch.broken)


def _external(
    prepared: Prepared, asked: Mapping[str, Any], seed: int, seconds: float | None, progress: Progress | None
) -> tuple[xr.DataTree | None, xr.Dataset | None]:
    """nutpie, numpyro or blackjax, by `pm.sample`: its own start, its own progress, no soft time limit."""
    import pymc as pm

    settings: dict[str, Any] = {"target_accept": asked["target_accept"]}
    if asked["nuts"] == "nutpie":
        settings |= {"max_treedepth": asked["max_treedepth"], "store_divergences": True}
    tree = pm.sample(
        draws=asked["draws"],
        tune=asked["tune"],
        chains=asked["chains"],
        cores=min(asked["chains"], asked.get("cores") or _cores()),
        random_seed=seed,
        nuts=settings,
        nuts_sampler=asked["nuts"],
        var_names=[rv.name for rv in prepared.model.free_RVs],
        compile_kwargs={"mode": compile_mode(asked.get("backend", SAMPLE))},
        compute_convergence_checks=False,
        progressbar=False,
        quiet=True,
        model=prepared.model,
    )
    return tree, nutpie_broken_at(Layout.of(prepared.model), tree)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
