"""Differences that are paired by seed: their interval, their p-value, and Holm's correction. Without NumPy or SciPy: planning uses it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Two-sided level of tests, and of Holm's correction; the interval of a difference covers the rest. What the field is used to.
SIGNIFICANT = 0.05

# Share of a metric's size below which a difference is rounding: float32 carries seven digits, and sums lose one.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Paired:
    """The mean of paired differences.

    Parameters
    ----------
    n
        Number of pairs, at least two.
    mean, low, high
        The mean and its t interval (`SIGNIFICANT`), in the metric's own units: changed minus background.
    p
        Two-sided, of a paired t test; 0 where all differences are the same number, and 1 where that number is 0.
    rounding
        Whether the mean is no larger than rounding (`ROUNDING`).
    """

    n: int
    mean: float
    low: float
    high: float
    p: float
    rounding: bool

    def inside(self, margin: float | None) -> bool:
        """Whether the whole interval lies within a margin; never where none was declared."""
        return margin is not None and -margin <= self.low and self.high <= margin

    def matters(self, margin: float | None) -> bool:
        """Whether the mean is more than rounding, and more than what was declared to count as no difference."""
        return not self.rounding and abs(self.mean) > (margin or 0.0)


def paired(before: Sequence[float], after: Sequence[float]) -> Paired | None:
    """The mean difference of values that belong together, in order; None for fewer than two."""
    n = len(before)
    if n < 2:
        return None
    differences = [b - a for a, b in zip(before, after, strict=True)]
    scale = max(map(abs, differences)) or 1.0  # a figure of a run that diverges has a square that overflows
    if not math.isfinite(scale):
        return None
    mean = math.fsum(d / scale for d in differences) / n * scale
    error = math.sqrt(math.fsum(((d - mean) / scale) ** 2 for d in differences) / (n - 1) / n) * scale
    rounding = abs(mean) <= ROUNDING * max(map(abs, (*before, *after)))
    if error == 0:
        return Paired(n, mean, mean, mean, 0.0 if mean else 1.0, rounding)
    half = t_quantile(1 - SIGNIFICANT, n - 1) * error
    return Paired(n, mean, mean - half, mean + half, 1 - t_within(abs(mean) / error, n - 1), rounding)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's (1979) step-down adjusted p-values, in the order in which they came."""
    adjusted, largest = [0.0] * len(p_values), 0.0
    for place, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[i]))
        adjusted[i] = largest
    return adjusted


def t_within(t: float, df: int) -> float:
    """Probability that Student's t with ``df`` degrees of freedom lies within ``t`` of 0 (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    angle = math.atan2(t, math.sqrt(df))
    term = total = 1.0 if df % 2 == 0 else math.cos(angle)
    for k in range(2 if df % 2 == 0 else 3, df, 2):
        term *= (k - 1) / k * math.cos(angle) ** 2
        total += term
    if df % 2 == 0:
        return math.sin(angle) * total
    return 2 / math.pi * (angle + (math.sin(angle) * total if df > 1 else 0.0))


def t_quantile(within: float, df: int) -> float:
    """How far from 0 Student's t lies at most with probability ``within``, below 1: by bisection of `t_within`."""
    low, high = 0.0, 1.0
    while t_within(high, df) < within:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if t_within(middle, df) < within else (low, middle)
    return (low + high) / 2
