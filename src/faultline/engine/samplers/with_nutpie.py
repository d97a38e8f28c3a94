"""nutpie: NUTS in Rust, a thread per chain, the gradient compiled by numba."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.backend import SAMPLE, Stage, alone_with_numba, without_compiler
from faultline.engine.layout import Layout
from faultline.engine.samplers.base import DENSE, PROGRESS_SECONDS, Prepared, Progress, cores_for
from faultline.engine.samplers.broken import nutpie_broken_at

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr


def prepare(model: pm.Model, init: str, on_stage: Stage) -> Prepared:
    """Compile for nutpie, chains to begin as `init` says. It needs numba: what numba cannot compile it cannot run."""
    from nutpie import compile_pymc_model

    names = [rv.name for rv in model.free_RVs]
    with alone_with_numba(on_stage):
        on_stage("compile")
        began = time.perf_counter()
        with without_compiler():
            jittered = set(model.free_RVs) if init.startswith("jitter") else set()
            compiled = compile_pymc_model(model, backend="numba", var_names=names, jitter_rvs=jittered)
        seconds = time.perf_counter() - began
    return Prepared(model, "nutpie", SAMPLE, [], seconds, partial(_draw, model, compiled))


def _draw(
    model: pm.Model,
    compiled: Any,
    asked: Mapping[str, Any],
    seed: int,
    seconds: float | None,
    progress: Progress | None,
) -> tuple[xr.DataTree | None, xr.Dataset | None]:
    import nutpie

    def told(chains: list[Any]) -> None:
        done = [chain.finished_draws for chain in chains]
        progress(sum(done), sum(n > 0 for n in done), sum(chain.divergences for chain in chains))

    running = nutpie.sample(
        compiled,
        draws=asked["draws"],
        tune=asked["tune"],
        chains=asked["chains"],
        cores=cores_for(asked),
        seed=seed,
        save_warmup=False,
        progress_bar=False,
        progress_callback=told if progress else None,
        progress_rate=int(1000 * PROGRESS_SECONDS),
        blocking=False,
        target_accept=asked["target_accept"],
        maxdepth=asked["max_treedepth"],
        store_divergences=True,
        **({"adaptation": "low_rank"} if asked.get("metric") == DENSE else {}),
    )
    try:
        tree = running.wait(timeout=seconds)
    except TimeoutError:
        tree = _cut(running.abort())
    if tree is None:
        return None, None
    return tree, nutpie_broken_at(Layout.of(model), tree)


def _cut(tree: xr.DataTree) -> xr.DataTree | None:
    """An aborted run up to the shortest chain: nutpie fills what was not drawn with NaN."""
    made = np.isfinite(tree["sample_stats"]["step_size"].transpose("chain", "draw").values).sum(axis=1).min()
    return tree.isel(draw=slice(0, int(made))) if made else None
