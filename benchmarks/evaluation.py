"""How long one log-probability with its gradient takes, beside the same model written by hand and in other libraries.

The gimbal model as it stands with every component on. Each other program is first checked to be the same density, to 1e-8 at
several points. Then all are timed in one process, in turns, on one thread (``XLA_FLAGS=--xla_cpu_multi_thread_eigen=false``),
in float64; the ratio to the gradient by hand is the median over the rounds. "In XLA" is a loop inside XLA in which every
gradient moves the next point: what a sampler written in JAX evaluates. Prints a Markdown table for each number of states.

    python benchmarks/evaluation.py
    python benchmarks/evaluation.py --states 1 3 --numba
    python3.12 -m venv DIR && DIR/bin/pip install pystan
    python benchmarks/evaluation.py --stan-python DIR/bin/python

Stan is timed by the seconds that its own sampler reports for leapfrog steps too small to move: a gradient and a few sums of
vectors each, inside C++. pystan's function for the gradient would read the data anew with every call.
"""

from __future__ import annotations

import argparse
import functools
import sys

import numpy as np
import timing

HAND = "by hand, numba"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-T", type=int, default=80, help="frames (default: 80)")
    parser.add_argument("-K", type=int, default=4, help="joints (default: 4)")
    parser.add_argument("--states", type=int, nargs="+", default=[1], help="hidden states (default: 1)")
    parser.add_argument(
        "--rounds", type=int, default=15, help="rounds, in which all take turns (default: 15)"
    )
    parser.add_argument(
        "--numba",
        action="store_true",
        help="also Faultline on numba, which compiles for a minute or two at first",
    )
    parser.add_argument(
        "--stan-python", metavar="PYTHON", help="an interpreter that has pystan; without it Stan is left out"
    )
    arguments = parser.parse_args()
    timing.one_thread()
    for n_states in arguments.states:
        print(
            f"\nT {arguments.T}, K {arguments.K}, {n_states} hidden state{'s' * (n_states > 1)}:\n",
            flush=True,
        )
        table(arguments, n_states)
    return 0


def table(arguments: argparse.Namespace, n_states: int) -> None:
    from data import gimbal
    from peers.problem import Problem

    dataset = gimbal(arguments.T, arguments.K, n_states)
    problem = Problem.of(dataset)
    rows, stan, error = prepare(dataset, problem, arguments)
    figures = timing.side_by_side(rows, rounds=arguments.rounds)
    if stan:
        stan.close()
    print(f"| {problem.size} values | microseconds, least | times by hand |\n|---|---|---|")
    for name, row in figures.items():
        print(f"| {name} | {min(row) * 1e6:.1f} | {timing.ratio(row, figures[HAND]):.2f} |")
    if not stan:
        print("| Stan | not measured | |")
    print(f"\nLargest difference from Faultline's log-probability and gradient: {error:.0e}.")


def prepare(dataset, problem, arguments: argparse.Namespace):
    """(name -> timed function, the Stan process or None, largest difference between any two programs)."""
    import jax
    from peers import numpyro_model
    from peers.by_hand import ByHand
    from peers.in_stan import Stan
    from peers.problem import TOLERANCE, difference, points

    from faultline.cases.gimbal import model as case
    from faultline.engine import xla
    from faultline.engine.backend import SAMPLE
    from faultline.engine.density import logp_and_gradient

    model = case.build(dataset)
    ours = logp_and_gradient(model)
    repaired = logp_and_gradient(case.build(dataset, **case.PRESETS["repaired"]))
    by_hand = ByHand(problem)
    numpyro, data = numpyro_model.density(problem)
    jitted = jax.jit(numpyro)
    known = {"by hand": by_hand, "NumPyro": lambda at: read(jitted(at, *data))}
    rows = {
        HAND: timing.dispatched(by_hand, at := points(problem, ours.layout.vector())[1]),
        "Faultline, in XLA": timing.in_loop(ours.traced.function, at, ours.traced.data, xla.compiled),
        "Faultline, called from Python, JAX": timing.dispatched(ours, at),
    }
    if arguments.numba:
        on_numba = known["Faultline on numba"] = logp_and_gradient(model, SAMPLE)
        rows["Faultline, called from Python, numba"] = timing.dispatched(on_numba, at)
    rows["Faultline repaired, in XLA"] = timing.in_loop(
        repaired.traced.function, repaired.layout.vector(), repaired.traced.data, xla.compiled
    )
    rows["NumPyro, in XLA"] = timing.in_loop(numpyro, at, data, plainly)
    rows["NumPyro, in XLA with Faultline's options"] = timing.in_loop(numpyro, at, data, xla.compiled)
    stan = None
    if arguments.stan_python:
        stan = known["Stan"] = Stan(problem, arguments.stan_python)
        rows["Stan, its own sampler"] = functools.partial(stan.sampled, at)

    errors = {
        name: max(difference(problem, ours(p), density(p)) for p in points(problem, ours.layout.vector()))
        for name, density in known.items()
    }
    if not (worst := max(errors.values())) < TOLERANCE:
        sys.exit(f"these are not the same density: {errors}")
    return rows, stan, worst


def plainly(function, *example):
    """`function` compiled by JAX as it comes."""
    import jax

    return jax.jit(function).lower(*example).compile()


def read(output) -> tuple[float, np.ndarray]:
    logp, gradient = output
    return float(logp), np.asarray(gradient)


if __name__ == "__main__":
    sys.exit(main())
