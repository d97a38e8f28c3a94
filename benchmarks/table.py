"""What the benchmarks write into the cells of their tables."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any


def median(runs: Sequence[Mapping[str, Any]], key: str, form: str) -> str:
    """The median of a figure over the runs that know it, or "unknown"."""
    known = [run[key] for run in runs if run.get(key) is not None]
    return format(statistics.median(known), form) if known else "unknown"
