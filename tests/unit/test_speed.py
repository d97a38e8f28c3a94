"""Speed, as ratios measured side by side in one run: none may fall far behind what was recorded."""

import json
import statistics
import time
from pathlib import Path

import numpy as np
import pytest
import timing
from gimbal_samples import config, dataset
from peers.by_hand import ByHand
from peers.problem import Problem, points

from faultline.cases.gimbal import model as case
from faultline.engine import xla
from faultline.engine.density import logp_and_gradient
from faultline.engine.samplers.blackjax_kernel import Kernel

RECORDED = json.loads((Path(timing.__file__).parent / "recorded.json").read_text(encoding="utf-8"))
WORSE = 1.5


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """Seconds per evaluation, round by round, of everything that is compared."""
    small, large = (dataset(tmp_path_factory.mktemp(f"T{T}"), config(T=T)) for T in (80, 1800))
    looks = {T: logp_and_gradient(case.build(data)) for T, data in ((80, small), (1800, large))}
    at = points(Problem.of(small), looks[80].layout.vector())[1]
    rows = {"by_hand": timing.dispatched(ByHand(Problem.of(small)), at)}
    for T, look in looks.items():
        start = look.layout.vector()
        rows[f"in_xla_{T}"] = timing.in_loop(look.traced.function, start, look.traced.data, xla.compiled)
    rows["sampler"] = per_gradient(looks[80])
    return timing.side_by_side(rows, rounds=7)


def per_gradient(look):
    """BlackJAX's NUTS on the same model: draws at a fixed tiny step, of 2^10 - 1 gradients each."""
    kernel = Kernel(look, {})
    kernel.plan({"tune": 0, "draws": kernel.capacity, "target_accept": 0.8})
    start = look.layout.vector()
    state = list(kernel.begin(0, start, *look(start), np.ones(start.size)))
    state[-1] = state[-1] * 1e-9
    gradients = 1023

    def timed(n):
        draws = max(1, round(n / gradients))
        began = time.perf_counter()
        _, columns = kernel.advance(tuple(state), 0, min(draws, kernel.capacity))
        return (time.perf_counter() - began) * n / columns["n_steps"].sum()

    return timed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "over", "under", "scale"),
    [
        ("evaluation_over_by_hand", "in_xla_80", "by_hand", 1),
        ("frame_of_1800_over_frame_of_80", "in_xla_1800", "in_xla_80", 80 / 1800),
        ("gradient_in_sampler_over_alone", "sampler", "in_xla_80", 1),
    ],
)
def test_no_ratio_falls_behind(figures, name, over, under, scale):
    found = scale * statistics.median(a / b for a, b in zip(figures[over], figures[under], strict=True))
    assert found <= WORSE * RECORDED[name], f"{name}: {found:.2f}, recorded {RECORDED[name]}"
