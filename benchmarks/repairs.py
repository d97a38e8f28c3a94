"""What each repair of the bundled case, and each choice of the default sampler's warm-up, is worth: one undone at a time.

The gimbal case on L00, everything on and repaired, 4 chains of 500 + 500, each run in this process, stopped after
`--seconds` and its draws kept. Prints a Markdown table: medians over the seeds, ratios to the first row.

    python benchmarks/repairs.py
    python benchmarks/repairs.py -T 500 --seconds 300 --seeds 1
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src")]

from table import median  # noqa: E402

from faultline.engine.backend import cache_directory, plan_environment  # noqa: E402

RUN = {"nuts": "blackjax", "chains": 4, "tune": 500, "draws": 500}
KERNEL = "faultline.engine.samplers.blackjax_kernel"
FIGURES = (
    ("seconds", ".1f"),
    ("n_draws", ".0f"),
    ("divergences", ".0f"),
    ("max_rhat", ".3f"),
    ("min_ess", ".0f"),
    ("n_steps_mean", ".0f"),
    ("ess_per_second", ".2f"),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-T", type=int, default=80, help="frames (default: 80)")
    parser.add_argument("--seconds", type=float, default=60, help="limit of each run (default: 60)")
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[1, 2, 3], help="runs of each row (default: 1 2 3)"
    )
    arguments = parser.parse_args()
    os.environ.update(plan_environment(cache_directory() / "benchmarks"))

    import numpy as np

    from faultline.cases.gimbal.model import PRESETS

    repaired = PRESETS["repaired"]
    unit_scales = {
        "faultline.engine.samplers.in_xla.local_variances": lambda look, start, rng: np.ones(start.size)
    }
    long_windows = {f"{KERNEL}.WINDOWS": {}}
    rows = [("repaired", repaired, {})]
    rows += [
        (f"{name}={choice}", {k: v for k, v in repaired.items() if k != name}, {})
        for name, choice in (
            ("root", "increments"),
            ("directions", "normalised"),
            ("lengths", "centered"),
            ("start", "jitter"),
        )
    ]
    rows += [
        ("warm-up begins with unit scales", repaired, unit_scales),
        ("... and Stan's windows", repaired, unit_scales | long_windows),
        (
            "... and Stan's estimator",
            repaired,
            unit_scales | long_windows | {f"{KERNEL}.METRIC": "welford_diag"},
        ),
    ]
    print("| | sampling, s | draws | divergent | R-hat | ESS | gradients per draw | ESS/s | of the first |")
    print("|---|---|---|---|---|---|---|---|---|")
    first = None
    for label, variants, changes in rows:
        with contextlib.ExitStack() as stack:
            for target, value in changes.items():
                stack.enter_context(patch(target, value))
            runs = measure(arguments.T, variants, arguments.seconds, arguments.seeds)
        first = first or statistics.median(run["ess_per_second"] for run in runs)
        shares = [{"of_first": run["ess_per_second"] / first} for run in runs if run["ess_per_second"]]
        cells = [label, *(median(runs, *figure) for figure in FIGURES), median(shares, "of_first", ".3f")]
        print("| " + " | ".join(cells) + " |", flush=True)


def measure(T: int, variants: dict[str, str], seconds: float, seeds: Sequence[int]) -> list[dict]:
    """Figures of one run per seed. What too few draws cannot tell is None."""
    from data import gimbal

    from faultline.cases.gimbal import model as case
    from faultline.engine.density import logp_and_gradient
    from faultline.engine.samplers import prepare
    from faultline.probes.convergence import summarise_draws
    from faultline.probes.sampling import sample

    model = case.build(gimbal(T, 4, 1), **variants)
    asked = {**RUN, **case.start({}, {"start": "jitter", **variants})}
    prepared = prepare(model, asked, look=logp_and_gradient(model))
    runs = [sample(prepared, asked, seed=seed, seconds=seconds) for seed in seeds]
    if any(run.draws is None for run in runs):
        sys.exit(f"a run with {variants} made no draw in {seconds:g} s: raise --seconds")
    found = [summarise_draws(run, model) for run in runs]
    rates = [row["min_ess"] and row["min_ess"] / row["seconds"] for row in found]
    return [{**row, "ess_per_second": rate} for row, rate in zip(found, rates, strict=True)]


if __name__ == "__main__":
    main()
