"""Three ratios of speed, measured side by side in one run, beside what was recorded. Exit code 1 if one is 1.5 times worse.

    python benchmarks/ratios.py

One evaluation inside XLA over the gradient written by hand; one frame of 1800 over one of 80; and a gradient inside
BlackJAX's NUTS over the same gradient alone.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import timing

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text(encoding="utf-8"))
WORSE = 1.5


def figures() -> dict[str, list[float]]:
    """Seconds per evaluation, round by round, of everything that is compared."""
    from data import gimbal
    from peers.by_hand import ByHand
    from peers.problem import Problem, points

    from faultline.cases.gimbal import model as case
    from faultline.engine import xla
    from faultline.engine.density import logp_and_gradient

    small, large = gimbal(T=80), gimbal(T=1800)
    looks = {T: logp_and_gradient(case.build(data)) for T, data in ((80, small), (1800, large))}
    at = points(Problem.of(small), looks[80].layout.vector())[1]
    rows = {"by_hand": timing.dispatched(ByHand(Problem.of(small)), at)}
    for T, look in looks.items():
        start = look.layout.vector()
        rows[f"in_xla_{T}"] = timing.in_loop(look.traced.function, start, look.traced.data, xla.compiled)
    rows["sampler"] = per_gradient(looks[80])
    return timing.side_by_side(rows, rounds=7)


def per_gradient(look) -> timing.Timed:
    """BlackJAX's NUTS on the same model: draws at a fixed tiny step, of 2^10 - 1 gradients each."""
    from faultline.engine.samplers.blackjax_kernel import Kernel

    kernel = Kernel(look, {})
    kernel.plan({"tune": 0, "draws": kernel.capacity, "target_accept": 0.8})
    start = look.layout.vector()
    state = list(kernel.begin(0, start, *look(start), np.ones(start.size)))
    state[-1] = state[-1] * 1e-9
    gradients = 1023

    def timed(n: int) -> float:
        draws = max(1, round(n / gradients))
        began = time.perf_counter()
        _, columns = kernel.advance(tuple(state), 0, min(draws, kernel.capacity))
        return (time.perf_counter() - began) * n / columns["n_steps"].sum()

    return timed


def main() -> int:
    """Print the ratios."""
    timing.one_thread()
    measured = figures()
    found = {
        "evaluation_over_by_hand": timing.ratio(measured["in_xla_80"], measured["by_hand"]),
        "frame_of_1800_over_frame_of_80": timing.ratio(measured["in_xla_1800"], measured["in_xla_80"])
        * (80 / 1800),
        "gradient_in_sampler_over_alone": timing.ratio(measured["sampler"], measured["in_xla_80"]),
    }
    print("| ratio | now | recorded |\n|---|---|---|")
    for name, value in found.items():
        print(f"| {name.replace('_', ' ')} | {value:.2f} | {RECORDED[name]} |")
    return int(any(value > WORSE * RECORDED[name] for name, value in found.items()))


if __name__ == "__main__":
    sys.exit(main())
