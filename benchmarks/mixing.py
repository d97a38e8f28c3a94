"""R-hat and effective sample sizes: ArviZ one value at a time, and ArviZ's numba functions for all values together.

Autoregressive draws, some of which mix well and some badly; both ways agree to ten digits before they are timed. Prints a
Markdown table; the last column is the median ratio of rounds in turns.

    python benchmarks/mixing.py
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src")]

from faultline.probes.mixing import import_for, rhat_and_ess  # noqa: E402

VALUES, ROUNDS = 1200, 3
RUNS = ((2, 100), (2, 500), (4, 1000))
EFFECTIVE = (1.0, 0.02)
"""Effective draws per draw."""


def main() -> int:
    import_for(VALUES)
    print("| chains x draws | effective draws per draw | one at a time, s | together, s | times as quick |")
    print("|---|---|---|---|---|")
    for chains, draws in RUNS:
        for effective in EFFECTIVE:
            values = autoregressive(chains, draws, effective)
            rounds = [[seconds(values, together=way) for way in (False, True)] for _ in range(ROUNDS)]
            (_, alone), (_, together) = rounds[0]
            np.testing.assert_allclose(together, alone, rtol=1e-10)
            least = [min(both[way][0] for both in rounds) for way in (0, 1)]
            ratio = statistics.median(one[0] / all_[0] for one, all_ in rounds)
            print(
                f"| {chains} x {draws} | {effective:g} | {least[0]:.2f} | {least[1]:.2f} | {ratio:.1f} |",
                flush=True,
            )
    return 0


def autoregressive(chains: int, draws: int, effective: float) -> np.ndarray:
    """Draws (chains, draws, values) whose neighbours are correlated so that `effective` of them count."""
    rng = np.random.default_rng(1)
    correlation = (1 - effective) / (1 + effective)
    values = rng.normal(size=(chains, draws, VALUES))
    for i in range(1, draws):
        values[:, i] = correlation * values[:, i - 1] + np.sqrt(1 - correlation**2) * values[:, i]
    return values


def seconds(values: np.ndarray, *, together: bool) -> tuple[float, tuple[np.ndarray, ...]]:
    """Seconds, and the statistics."""
    began = time.perf_counter()
    found = rhat_and_ess(values, together=together)
    return time.perf_counter() - began, found


if __name__ == "__main__":
    sys.exit(main())
