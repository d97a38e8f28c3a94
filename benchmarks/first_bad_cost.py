"""What it costs to know the first value that is not finite in a loop: `scan` beside a plain jitted `jax.lax.scan`.

Pairs of runs of the same loop, in turn: how much longer `scan` takes, as the median of the pairs' ratios with its
quartiles, compiling included and (second table) for a loop that is long enough for compiling not to matter. Then the
seconds that `scan` takes if the last step divides by zero. Prints Markdown tables.

    python benchmarks/first_bad_cost.py
    python benchmarks/first_bad_cost.py --pairs 40
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable
from typing import Any

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=15, help="pairs of runs for each loop")
    pairs = parser.parse_args().pairs
    import jax

    from faultline.engine.first_bad import scan

    def plain(step: Callable[..., Any], state: Any, xs: Any) -> Any:
        final, terms = jax.jit(lambda state, xs: jax.lax.scan(step, state, xs))(state, xs)
        return final, {name: np.asarray(trace) for name, trace in terms.items()}

    print("| loop | steps | plain, s | scan / plain | quartiles |\n|---|---|---|---|---|")
    for name, (step, state) in loops().items():
        for n in (2_000, 400_000 if name == "random walk" else 20_000):
            xs = np.ones(n, np.float32)
            plain(step, state, xs), scan(step, state, xs)  # what JAX does once in a process
            seconds, ratios = [], []
            for _ in range(pairs):
                times = {}
                for run in (plain, scan) if len(ratios) % 2 else (scan, plain):
                    began = time.perf_counter()
                    jax.block_until_ready(run(step, state, xs))
                    times[run] = time.perf_counter() - began
                seconds.append(times[plain])
                ratios.append(times[scan] / times[plain])
            low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75))
            print(
                f"| {name} | {n} | {np.median(seconds):.2f} | {middle:.3f} | {low:.3f} to {high:.3f} |",
                flush=True,
            )
    print("\n| loop | steps | bad at the last step, s |\n|---|---|---|")
    for name, (step, state) in loops().items():
        xs = np.ones(2_000, np.float32)
        xs[-1] = 0
        began = time.perf_counter()
        found = scan(step, state, xs)
        print(f"| {name} | {len(xs)} | {time.perf_counter() - began:.1f} |", flush=True)
        assert found.bad and found.bad.step == len(xs) - 1, found.bad


def loops() -> dict[str, tuple[Callable[..., Any], Any]]:
    """Name -> step and first state; each divides by x."""
    import jax
    import jax.numpy as jnp
    import optax

    def walk(state: Any, x: Any) -> Any:
        key, own = jax.random.split(state["key"])
        at = 0.9 * state["at"] + jax.random.normal(own) / x
        return {"at": at, "key": key}, {"at": at, "square": at**2}

    optimizer = optax.adam(1e-3)
    rng = np.random.default_rng(0)
    data = jnp.asarray(rng.normal(size=(256, 8)), jnp.float32)
    target = jnp.sin(data.sum(axis=1))
    sizes = (8, 32, 32, 1)
    weights = [
        jnp.asarray(rng.normal(size=(a, b)) / np.sqrt(a), jnp.float32) for a, b in itertools.pairwise(sizes)
    ]

    def loss(weights: Any, x: Any) -> Any:
        hidden = data
        for layer in weights[:-1]:
            hidden = jnp.tanh(hidden @ layer)
        return jnp.mean(((hidden @ weights[-1])[:, 0] - target) ** 2) / x

    def fit(state: Any, x: Any) -> Any:
        weights, moments = state
        value, slope = jax.value_and_grad(loss)(weights, x)
        change, moments = optimizer.update(slope, moments)
        return (optax.apply_updates(weights, change), moments), {
            "loss": value,
            "norm": optax.global_norm(slope),
        }

    return {
        "random walk": (walk, {"at": np.float32(0), "key": jax.random.key(0)}),
        "network, Adam": (fit, (weights, optimizer.init(weights))),
    }


if __name__ == "__main__":
    main()
