"""What every sampler offers, whoever wrote it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

Progress = Callable[[int, int, int], None]
"""``progress(draw, chains, divergences)``: draws made so far over all chains, tuning included; chains that have begun;
divergences after tuning."""

PROGRESS_SECONDS = 0.5

DIAG, DENSE = "diag", "dense"
"""Metrics: whether the mass matrix has a scale for each value, or covariances, too."""

Draw = Callable[
    [Mapping[str, Any], int, "float | None", "Progress | None"],
    "tuple[xr.DataTree | None, xr.Dataset | None]",
]
"""``draw(asked, seed, seconds, progress)``: posterior and sample statistics, and where trajectories broke."""


def labels(values: Any) -> np.ndarray:
    """A coordinate as netCDF can hold it: what are no numbers, times or words (periods, dates, time zones, tuples) as words."""
    plain = np.asarray(values)
    if plain.ndim == 1 and plain.dtype.kind in "biufUM":
        return plain
    return np.array([str(value) for value in values], dtype=str)


@dataclass(frozen=True)
class Prepared:
    """A model compiled for a sampler: two runs of it compile once.

    `model` is the one whose variables the draws have, `nuts` the sampler that will run, `backend` what evaluates the
    gradient, `seconds` what compiling took.
    """

    model: pm.Model
    nuts: str
    backend: str
    fallbacks: list[dict[str, str]]
    seconds: float
    draw: Draw


def cores_for(asked: Mapping[str, Any]) -> int:
    """Chains that run side by side."""
    present = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(asked["chains"], asked.get("cores") or present)
