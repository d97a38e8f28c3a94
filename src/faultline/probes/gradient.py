"""The gradient at the start: finite or not, how large, in which values; and what it costs to get it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.backend import Stage, no_stage

if TYPE_CHECKING:
    from faultline.engine.density import LogpGradient
    from faultline.engine.layout import Layout

TOP = 20
"""Components listed."""

PERTURBATIONS = 3
"""Points near the start."""

NEAR = 0.01
"""Standard deviation of a perturbation, relative to max(1, |value|): tiny, yet far beyond rounding."""

STEADY_SECONDS = 0.2
"""How long steady evaluations are repeated; the median is reported, which a busy machine disturbs least."""


def gradient_facts(function: LogpGradient, *, seed: int = 0, on_stage: Stage = no_stage) -> dict[str, Any]:
    """``{"gradient": ..., "timings": {graph, compile, first, steady}, "backend": ...}`` of the record.

    Seconds; a steady evaluation is log-probability and gradient at a new point, the values read. `on_stage` hears
    ``steady`` as it begins.
    """
    on_stage("steady")
    timings = {**function.seconds, "steady": steady_seconds(function)}
    return {
        "gradient": at_start(function, seed=seed),
        "timings": timings,
        "backend": {
            "asked": function.compiled.asked,
            "look": function.compiled.used,
            "fallbacks": function.compiled.fallbacks,
        },
    }


def at_start(function: LogpGradient, *, seed: int = 0) -> dict[str, Any]:
    """`described` at the start, with ``perturbations``: whether it is finite close by."""
    start = function.layout.vector()
    return {
        **described(function.layout, *function(start)),
        "perturbations": [_perturbed(function, start, seed + i) for i in range(1, PERTURBATIONS + 1)],
    }


def described(layout: Layout, logp: float, gradient: np.ndarray) -> dict[str, Any]:
    """Norms, counts, the largest components and each variable's share of the squared norm of a gradient (n,).

    Norms and shares are null where a component is not finite; such components come first in ``top``.
    """
    finite = np.isfinite(gradient)
    order = np.lexsort((-np.abs(np.where(finite, gradient, 0.0)), finite))
    l2 = norm(gradient) if finite.all() else None
    return {
        "n": int(gradient.size),
        "logp": logp,
        "l2": l2,
        "linf": float(np.abs(gradient).max(initial=0.0)) if finite.all() else None,
        "n_nan": int(np.isnan(gradient).sum()),
        "n_inf": int(np.isinf(gradient).sum()),
        "top": [
            {"name": block.name, **block.place(int(i)), "value": float(gradient[i])}
            for i in order[:TOP]
            for block in [layout.block(int(i))]
        ],
        "share_by_variable": _shares(layout, gradient, l2),
    }


def _shares(layout: Layout, gradient: np.ndarray, l2: float | None) -> list[dict[str, Any]]:
    rows = []
    for block in layout.blocks:
        part = gradient[block.slice]
        share = (norm(part) / l2) ** 2 if l2 else None
        rows.append({"name": block.name, "share": share, "n_nonfinite": int((~np.isfinite(part)).sum())})
    return sorted(rows, key=lambda row: -(row["share"] or 0.0))


def _perturbed(function: LogpGradient, start: np.ndarray, seed: int) -> dict[str, Any]:
    step = NEAR * np.maximum(1.0, np.abs(start)) * np.random.default_rng(seed).standard_normal(start.size)
    logp, gradient = function(start + step)
    finite = bool(np.isfinite(logp) and np.isfinite(gradient).all())
    return {
        "seed": seed,
        "logp": logp,
        "l2": norm(gradient) if finite else None,
        "n_nonfinite": int((~np.isfinite(gradient)).sum()),
        "finite": finite,
    }


def steady_seconds(function: LogpGradient, seconds: float = STEADY_SECONDS) -> float:
    """Median seconds of one evaluation, over at least three, each at another point."""
    start = function.layout.vector()
    taken: list[float] = []
    began = time.perf_counter()
    while len(taken) < 3 or (time.perf_counter() - began < seconds and len(taken) < 1000):
        at = start + 1e-9 * len(taken)
        before = time.perf_counter()
        function(at)
        taken.append(time.perf_counter() - before)
    return float(np.median(taken))


def norm(values: np.ndarray) -> float:
    """Euclidean norm, without overflow of the squares."""
    largest = float(np.abs(values).max(initial=0.0))
    return largest * float(np.linalg.norm(values / largest)) if largest else 0.0
