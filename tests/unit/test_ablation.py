"""Taking apart: where the fits under conditions start, and how long a search may take."""

import time
from types import SimpleNamespace

import numpy as np
import pymc as pm
import pytest
from in_process import quadratic, started

from faultline.experiments.ablation import Ablation
from faultline.experiments.base_run import WRONG_GRADIENT_SHARE


@pytest.mark.parametrize(
    ("chains", "order"),
    [([0, 0, 0, 0, 4, 0], [0, 4, 1, 2, 3, 5]), ([0, 1, 0, 1], [0, 1, 2, 3]), (None, [0, 1, 2, 3])],
)
def test_the_first_starts_stand_for_every_place(chains, order):
    apart = Ablation.__new__(Ablation)
    found = {"modes": {"chains": chains}} if chains else {}
    apart.recorder = SimpleNamespace(record=SimpleNamespace(content={"apart": found}))
    n = len(order)
    base = SimpleNamespace(positions=np.arange(3 * n).reshape(n, 3, 1), lp=np.zeros((n, 3)))
    assert apart._starts(base)[:, 0].tolist() == [3 * chain + 2 for chain in order]


@pytest.mark.parametrize("scale, share", [(1.0, 1.0), (0.5, WRONG_GRADIENT_SHARE)])
def test_a_search_that_would_follow_a_wrong_gradient_gets_a_share_of_its_time(tmp_path, scale, share):
    worker, subject = started(tmp_path, quadratic(scale))
    apart = Ablation(worker, subject, 12.0)
    apart._compile()
    apart.base_run()
    assert apart.budget == 12.0 * share
    assert apart.ends < time.monotonic() + 12.0 * share
    skipped = {row["what"] for row in worker.record.content["apart"].get("skipped", [])}
    assert ("part of the time" in skipped) == (share < 1.0)


def test_the_prior_is_looked_at_only_where_a_valley_keeps_chains_apart(tmp_path):
    def searched(name, precision):
        with pm.Model() as model:
            x = pm.Normal("x", 0, 20)
            tau = pm.LogNormal("tau", 0, 0.8)
            pm.Normal("theta", x, tau, shape=3)
            pm.Potential("fit", -precision * (x**2 - 100) ** 2)
        folder = tmp_path / name
        folder.mkdir()
        worker, subject = started(folder, model)
        Ablation(worker, subject, 60.0).run()  # more than it takes, also on a busy machine
        return worker.record.content["apart"]

    found = searched("modes", 1.0)
    assert found["modes"]["places"] > 1 and found["bends_in_prior"][0]["by"] in ("tau", "theta")
    assert "bends_in_prior" not in searched("one", 0.0)


def test_a_look_that_the_model_breaks_is_left_out_and_an_error_inside_faultline_is_none(tmp_path):
    worker, subject = started(tmp_path, quadratic(1.0))
    apart = Ablation(worker, subject, 12.0)
    apart.look("broken by the model", lambda: pm.math.dot(np.zeros(3), np.zeros(4)).eval())
    (row,) = worker.record.content["apart"]["skipped"]
    assert row["what"] == "broken by the model" and "ValueError" in row["reason"]
    with pytest.raises(KeyError):
        apart.look("a slip", lambda: {}["slip"])
