"""The samplers side by side: seconds until the first draw, smallest effective sample size per second and per gradient.

Every run is a process of its own. "Start" is what compiling for the sampler takes, from an empty cache and again from a
full one; importing, building and the first look at the gradient are the same for all and not counted. Effective sample
sizes are the smallest of bulk and tail over every free value, seconds are those of sampling, tuning included, and
gradients those after tuning. The failing model is sampled as the ladder does. Prints a Markdown table.

    python benchmarks/samplers.py
    python benchmarks/samplers.py --models funnel schools --samplers blackjax nutpie --seeds 1 2 3
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from table import median  # noqa: E402

from faultline.engine.backend import plan_environment  # noqa: E402
from faultline.engine.samplers import NAMES  # noqa: E402

MODELS = ("gimbal", "gimbal_repaired", "schools", "regression", "funnel")
RUN = {"chains": 4, "tune": 500, "draws": 500}
SHORT = {"chains": 2, "tune": 300, "draws": 100}  # the ladder's own run, for the model that fails


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--samplers", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1], help="medians are shown (default: 1)")
    parser.add_argument(
        "--seconds", type=float, default=300, help="a run stops then and keeps its draws (default: 300)"
    )
    parser.add_argument("--one", nargs=3, metavar=("MODEL", "SAMPLER", "SEED"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        model, sampler, seed = arguments.one
        print(json.dumps(measure(model, sampler, int(seed), arguments.seconds)))
        return
    print(
        "| model | sampler | start, cold | start, warm | sampling, s | draws | divergent | R-hat | ESS | ESS/s "
        "| ESS per 1000 gradients |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for model in arguments.models:
        for sampler in arguments.samplers:
            print(row(model, sampler, arguments.seeds, arguments.seconds), flush=True)


def row(model: str, sampler: str, seeds: list[int], seconds: float) -> str:
    """One line of the table: the first run of a fresh cache is the cold one."""
    with tempfile.TemporaryDirectory(prefix="faultline_benchmark_") as cache:
        cold = run(model, sampler, seeds[0], 0.0, cache)
        found = [run(model, sampler, seed, seconds, cache) for seed in seeds]
    figures = (
        ("start", ".1f"),
        ("seconds", ".1f"),
        ("n_draws", ".0f"),
        ("divergences", ".0f"),
        ("rhat", ".3f"),
        ("ess", ".0f"),
        ("ess_per_second", ".2f"),
        ("ess_per_gradient", ".2f"),
    )
    cells = [model, sampler, f"{cold['start']:.1f}", *(median(found, *figure) for figure in figures)]
    return "| " + " | ".join(cells) + " |"


def run(model: str, sampler: str, seed: int, seconds: float, cache: str) -> dict:
    """`measure` in a process of its own, with its own cache."""
    own = {"PYTENSOR_FLAGS", "NUMBA_CACHE_DIR", "JAX_COMPILATION_CACHE_DIR", "FAULTLINE_CACHE"}
    inherited = {name: value for name, value in os.environ.items() if name not in own}
    environment = {**inherited, **plan_environment(Path(cache), inherited)}
    command = [sys.executable, __file__, "--one", model, sampler, str(seed), "--seconds", str(seconds)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def measure(name: str, sampler: str, seed: int, seconds: float) -> dict:
    """Compile and, if `seconds` are given, sample."""
    from faultline.engine.density import logp_and_gradient
    from faultline.engine.samplers import prepare
    from faultline.probes.convergence import summarise_draws
    from faultline.probes.sampling import sample

    model, init = build(name)
    look = logp_and_gradient(model)
    asked = {**(SHORT if name == "gimbal" else RUN), "nuts": sampler, "init": init}
    prepared = prepare(model, asked, look=look)
    if not seconds:
        return {"start": prepared.seconds}
    done = sample(prepared, asked, seed=seed, seconds=seconds)
    found = summarise_draws(done, model)
    ess, gradients = found.get("min_ess"), found.get("n_steps_mean", 0) * found["n_draws"]
    return {
        "start": prepared.seconds,
        "seconds": done.seconds,
        "n_draws": found["n_draws"],
        "divergences": found.get("divergences"),
        "rhat": found.get("max_rhat"),
        "ess": ess,
        "ess_per_second": ess / done.seconds if ess else None,
        "ess_per_gradient": 1000 * ess / gradients if ess and gradients else None,
    }


def build(name: str):
    """A model by name, and how it starts."""
    import numpy as np
    import pymc as pm

    jitter = "jitter+adapt_diag"
    if name.startswith("gimbal"):
        return gimbal(name.endswith("repaired"))
    rng = np.random.default_rng(0)
    with pm.Model() as model:
        if name == "schools":
            mu, tau = pm.Normal("mu", 0, 5), pm.HalfNormal("tau", 5)
            theta = mu + tau * pm.Normal("z", 0, 1, shape=8)
            effects, errors = [28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18]
            pm.Normal("y", theta, errors, observed=effects)
        elif name == "regression":
            county, floor = rng.integers(85, size=900), rng.integers(2, size=900)
            y = rng.normal(1.5, 0.3, 85)[county] - 0.6 * floor + rng.normal(0, 0.7, 900)
            level = pm.Normal("level", 0, 2) + pm.HalfNormal("spread", 1) * pm.Normal(
                "county", 0, 1, shape=85
            )
            pm.Normal(
                "y", level[county] + pm.Normal("slope", 0, 1) * floor, pm.HalfNormal("noise", 1), observed=y
            )
        else:
            v = pm.Normal("v", 0, 3)
            pm.Normal("x", 0, pm.math.exp(v / 2), shape=9)
    return model, jitter


def gimbal(repaired: bool):
    """The bundled case on L00, T 80, everything on; its start as the case wants it."""
    from faultline.cases.gimbal.generate import make
    from faultline.targets.loading import load_case

    case = load_case("gimbal")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "l00.npz"
        make("v0.2.1_L00_minimal", path)
        dataset = case.load_dataset(path, 80, None)
    variants = case.signature.choose_variants("repaired" if repaired else None)
    components = case.signature.choose_components(None)
    return case.build(dataset, components, variants), case.hook("start")(components, variants)["init"]


if __name__ == "__main__":
    main()
