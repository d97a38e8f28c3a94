"""PyMC's own NUTS: a Python process per chain, the gradient compiled by numba."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from multiprocessing import get_all_start_methods
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.backend import (
    PLAIN,
    SAMPLE,
    Stage,
    alone_with_numba,
    compile_mode,
    with_fallback,
    without_compiler,
)
from faultline.engine.layout import Layout
from faultline.engine.samplers.base import DENSE, PROGRESS_SECONDS, Prepared, Progress, cores_for
from faultline.engine.samplers.broken import broken_at

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr


def prepare(model: pm.Model, backend: str, on_stage: Stage) -> Prepared:
    """Compile what NUTS evaluates and call it once, so that chains forked later inherit the machine code.

    The model sampled is PyMC's frozen copy, which keeps its compiled functions, or the model itself where it cannot be
    frozen. The copy's variables stand in the original's order, which PyMC does not keep.
    """
    from pymc.model.transform.optimization import freeze_model

    try:
        frozen = freeze_model(model)
        order = [rv.name for rv in model.free_RVs]
        frozen.free_RVs.sort(key=lambda rv: order.index(rv.name))
    except (NotImplementedError, ValueError):  # symbolic initial values, a sub-model
        frozen = model

    def attempt(used: str) -> None:
        with without_compiler():
            frozen.logp_dlogp_function(ravel_inputs=True, mode=compile_mode(used))([start])

    with alone_with_numba(on_stage) if backend == SAMPLE else nullcontext():
        on_stage("compile")
        began = time.perf_counter()
        used, fallbacks = PLAIN, []
        if frozen.continuous_value_vars:
            start = Layout.of(frozen).vector()
            _, used, fallbacks = with_fallback(backend, attempt)
        seconds = time.perf_counter() - began
    return Prepared(frozen, "pymc", used, fallbacks, seconds, partial(_draw, frozen, used))


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


def _draw(
    model: pm.Model,
    backend: str,
    asked: Mapping[str, Any],
    seed: int,
    seconds: float | None,
    progress: Progress | None,
) -> tuple[xr.DataTree | None, xr.Dataset | None]:
    import pymc as pm

    watch, dense = _Watch(asked["tune"], seconds, progress), asked.get("metric") == DENSE
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
                cores=cores_for(asked),
                random_seed=seed,
                init=asked["init"].replace("adapt_diag", "adapt_full") if dense else asked["init"],
                nuts={"target_accept": asked["target_accept"], "max_treedepth": asked["max_treedepth"]},
                nuts_sampler="pymc",
                var_names=[rv.name for rv in model.free_RVs],
                callback=watch,
                mp_ctx="fork" if "fork" in get_all_start_methods() else None,
                compile_kwargs={"mode": compile_mode(backend)},
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
    if tree is not None and model.discrete_value_vars:
        # Of steps of several kinds PyMC knows the log-probability only where NUTS is the last; otherwise it says 0.
        tree["sample_stats"] = tree["sample_stats"].to_dataset().drop_vars("lp", errors="ignore")
    return tree, broken_at(Layout.of(model), watch.broken)
