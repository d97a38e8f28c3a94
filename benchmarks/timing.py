"""What the benchmarks of evaluation share: loops inside XLA, and timing several functions side by side."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Repeat = Callable[[int], None]
"""Evaluates a log-probability and its gradient that many times and reads the results."""


def dispatched(function: Callable[[np.ndarray], Any], vector: np.ndarray) -> Repeat:
    """Calls from Python, one by one; the results are read as NumPy arrays."""

    def repeat(n: int) -> None:
        for _ in range(n):
            logp, gradient = function(vector)
            float(logp), np.asarray(gradient)

    return repeat


def in_loop(function: Callable[..., Any], vector: np.ndarray, data: Sequence[Any], **options: str) -> Repeat:
    """Evaluations of a pure JAX ``function(vector, *data)`` in one loop inside XLA, as a sampler in JAX makes them.

    Each gradient moves the next point, by too little to matter, so that no evaluation can be left out or moved out of
    the loop. ``options`` go to XLA's compiler.
    """
    import jax

    def loop(n, vector, *data):
        def body(_, carry):
            at, total = carry
            logp, gradient = function(at, *data)
            return at + 1e-25 * gradient, total + logp

        return jax.lax.fori_loop(0, n, body, (vector, 0.0))

    run = jax.jit(loop).lower(1, vector, *data).compile(compiler_options=options)

    def repeat(n: int) -> None:
        moved, total = run(n, vector, *data)
        np.asarray(moved), float(total)

    return repeat


def side_by_side(
    repeats: Mapping[str, Repeat], *, rounds: int = 15, seconds: float = 0.1
) -> dict[str, list[float]]:
    """Seconds per evaluation of each function, one figure per round; the functions take turns in every round."""
    counts = {}
    for name, repeat in repeats.items():
        n = 1
        while (took := _seconds(repeat, n)) < seconds / 4:
            n *= 4
        counts[name] = max(1, round(n * seconds / took))
    figures: dict[str, list[float]] = {name: [] for name in repeats}
    for _ in range(rounds):
        for name, repeat in repeats.items():
            figures[name].append(_seconds(repeat, counts[name]) / counts[name])
    return figures


def _seconds(repeat: Repeat, n: int) -> float:
    started = time.perf_counter()
    repeat(n)
    return time.perf_counter() - started


def ratio(figures: Sequence[float], reference: Sequence[float]) -> float:
    """Median over the rounds of one figure over the other: what else the machine does touches both."""
    return statistics.median(a / b for a, b in zip(figures, reference, strict=True))
