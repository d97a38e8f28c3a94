"""What evaluating long data in blocks is worth (src/faultline/engine/tiling.py): the same function whole and in blocks.

Log-probability and gradient in a loop inside XLA, both in turns in one process, also beside a second process that does the
same, as two chains would on two cores. Prints a Markdown table; memory is what XLA keeps beside arguments and results.

    python benchmarks/blocks.py
    python benchmarks/blocks.py --models gimbal gimbal_repaired --rows 1800 18000
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import timing

FRAMES, DATA = (1800, 18_000), (100_000, 1_000_000)


def gimbal(rows: int, **how: Any) -> Any:
    import data

    from faultline.cases.gimbal import model

    joints, states = how.pop("joints", 4), how.pop("states", 1)
    return model.build(data.gimbal(rows, joints, states), **how)


def repaired(rows: int, states: int = 1) -> Any:
    from faultline.cases.gimbal import model

    return gimbal(rows, states=states, **model.PRESETS["repaired"])


def robust_regression(rows: int) -> Any:
    """Ten predictors, Student-t noise."""
    import pymc as pm

    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 10))
    with pm.Model() as model:
        slopes, noise, nu = pm.Normal("slopes", shape=10), pm.HalfNormal("noise"), pm.Gamma("nu", 2, 0.1)
        outcome = x @ rng.normal(size=10) + rng.standard_t(4, size=rows)
        pm.StudentT("y", nu=nu, mu=x @ slopes, sigma=noise, observed=outcome)
    return model


def groups(rows: int) -> Any:
    """A logistic regression with an intercept for each of as many groups as every fiftieth datum has."""
    import pymc as pm

    rng = np.random.default_rng(0)
    group, x = rng.integers(rows // 50, size=rows), rng.normal(size=rows)
    with pm.Model() as model:
        spread, raw = pm.HalfNormal("spread"), pm.Normal("raw", shape=rows // 50)
        slope = pm.Normal("slope")
        pm.Bernoulli("y", logit_p=spread * raw[group] + slope * x, observed=rng.integers(2, size=rows))
    return model


def walk(rows: int) -> Any:
    """A random walk seen with counts."""
    import pymc as pm

    rng = np.random.default_rng(0)
    with pm.Model() as model:
        spread, steps = pm.HalfNormal("spread", 0.1), pm.Normal("steps", shape=rows)
        pm.Poisson("y", pm.math.exp(spread * steps.cumsum()), observed=rng.poisson(1.0, size=rows))
    return model


def mixture(rows: int) -> Any:
    """Two normal components, an outlier component, and an error of each datum."""
    import pymc as pm

    rng = np.random.default_rng(0)
    with pm.Model() as model:
        weights = pm.Dirichlet("weights", np.ones(3))
        means = pm.Normal("means", [-2.0, 0.0, 2.0], 1.0, shape=3)
        shift = pm.Normal("shift", shape=rows)
        parts = pm.Normal.dist(means + 0.1 * shift[:, None], [1.0, 1.0, 10.0], shape=(rows, 3))
        pm.Mixture("y", weights, parts, observed=rng.normal(size=rows))
    return model


MODELS: dict[str, tuple[Callable[[int], Any], tuple[int, ...]]] = {
    "gimbal": (gimbal, FRAMES),
    "gimbal_repaired": (repaired, FRAMES),
    "gimbal_states": (lambda rows: gimbal(rows, states=3), FRAMES),
    "gimbal_repaired_states": (lambda rows: repaired(rows, 3), FRAMES),
    "gimbal_20_joints": (lambda rows: gimbal(rows, joints=20), (1800, 5400)),
    "mixture": (mixture, DATA),
    "robust_regression": (robust_regression, DATA),
    "groups": (groups, DATA),
    "walk": (walk, DATA),
}
"""Each with the numbers of frames or data that are measured."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--rows", type=int, nargs="+", help="frames or data (default: each model's own)")
    parser.add_argument(
        "--rounds", type=int, default=11, help="rounds, in which both take turns (default: 11)"
    )
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        name, rows = arguments.child
        print(json.dumps(measure(name, int(rows), arguments.rounds)))
        return 0
    print(
        "| model | rows | whole, ms | in blocks, ms | times whole | ... beside another process | MB whole | in blocks |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name in arguments.models:
        for rows in arguments.rows or MODELS[name][1]:
            command = [
                sys.executable,
                __file__,
                "--rounds",
                str(arguments.rounds),
                "--child",
                name,
                str(rows),
            ]
            (alone,), beside = together(command, 1), together(command, 2)
            print(line(name, rows, alone, beside), flush=True)
    return 0


def together(command: list[str], n: int) -> list[dict[str, Any]]:
    """What `n` processes that run `command` beside each other find."""
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(n)]
    texts = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        sys.exit(f"failed: {' '.join(command)}")
    return [json.loads(text.splitlines()[-1]) for text in texts]


def line(name: str, rows: int, alone: dict[str, Any], beside: list[dict[str, Any]]) -> str:
    whole, blocks = (min(alone["seconds"][how]) * 1e3 for how in ("whole", "in blocks"))
    if not alone["blocked"]:
        return f"| {name} | {rows} | {whole:.3g} | stays whole | | | {alone['memory'][0]:.2f} | |"
    ratios = [
        statistics.median(timing.ratio(one["seconds"]["in blocks"], one["seconds"]["whole"]) for one in some)
        for some in ([alone], beside)
    ]
    memory = " | ".join(f"{mb:.2f}" for mb in alone["memory"])
    return f"| {name} | {rows} | {whole:.3g} | {blocks:.3g} | {ratios[0]:.2f} | {ratios[1]:.2f} | {memory} |"


def measure(name: str, rows: int, rounds: int) -> dict[str, Any]:
    """Seconds of each round, and MB."""
    timing.one_thread()
    from faultline.engine import tiling, xla
    from faultline.engine.density import logp_and_gradient

    threshold, tiling.LOOP_BYTES = tiling.LOOP_BYTES, np.inf
    look = logp_and_gradient(MODELS[name][0](rows))
    tiling.LOOP_BYTES = threshold
    at, traced = look.layout.vector(), look.traced
    functions = {"whole": traced.function, "in blocks": tiling.in_blocks(traced.function, at, *traced.data)}
    memory = [
        xla.compiled(f, at, *traced.data).memory_analysis().temp_size_in_bytes / 2**20
        for f in functions.values()
    ]
    timed = {how: timing.in_loop(f, at, traced.data, xla.compiled) for how, f in functions.items()}
    found = timing.side_by_side(timed, rounds=rounds)
    return {"seconds": found, "memory": memory, "blocked": functions["in blocks"] is not traced.function}


if __name__ == "__main__":
    sys.exit(main())
