"""What the benchmarks of evaluation share: the environment, loops inside XLA, and timing several functions side by side."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from faultline.engine.backend import cache_directory, plan_environment

Timed = Callable[[int], float]
"""Seconds that so many evaluations of a log-probability and its gradient take, results read."""


def one_thread() -> None:
    """The environment of every figure: float64 on one thread, numba's full optimisation. Call before importing JAX."""
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["NUMBA_OPT"] = "3"
    os.environ.update(plan_environment(cache_directory() / "benchmarks"))


def dispatched(function: Callable[[np.ndarray], Any], vector: np.ndarray) -> Timed:
    """Calls from Python, one by one; the results are read as NumPy arrays."""

    def timed(n: int) -> float:
        started = time.perf_counter()
        for _ in range(n):
            logp, gradient = function(vector)
            float(logp), np.asarray(gradient)
        return time.perf_counter() - started

    return timed


def in_loop(
    function: Callable[..., Any],
    vector: np.ndarray,
    data: Sequence[Any],
    compiled: Callable[..., Any],
) -> Timed:
    """Evaluations of a pure JAX ``function(vector, *data)`` in one loop inside XLA, as a sampler in JAX makes them.

    Each gradient moves the next point, by too little to matter, so that no evaluation can be left out or moved out of
    the loop. ``compiled(loop, *example)`` compiles it.
    """
    import jax

    def loop(n, vector, *data):
        def body(_, carry):
            at, total = carry
            logp, gradient = function(at, *data)
            return at + 1e-25 * gradient, total + logp

        return jax.lax.fori_loop(0, n, body, (vector, 0.0))

    run = compiled(loop, 1, vector, *data)

    def timed(n: int) -> float:
        started = time.perf_counter()
        moved, total = run(n, vector, *data)
        np.asarray(moved), float(total)
        return time.perf_counter() - started

    return timed


def side_by_side(
    rows: Mapping[str, Timed], *, rounds: int = 15, seconds: float = 0.1
) -> dict[str, list[float]]:
    """Seconds per evaluation, one figure per row and round; the rows take turns in every round."""
    counts = {}
    for name, timed in rows.items():
        timed(n := 1)  # whatever is compiled at the first call
        while (took := timed(n)) < seconds / 4:
            n *= 4
        counts[name] = max(1, round(n * seconds / took))
    figures: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(rounds):
        for name, timed in rows.items():
            figures[name].append(timed(counts[name]) / counts[name])
    return figures


def ratio(figures: Sequence[float], reference: Sequence[float]) -> float:
    """Median over the rounds of one figure over the other: what else the machine does touches both."""
    return statistics.median(a / b for a, b in zip(figures, reference, strict=True))
