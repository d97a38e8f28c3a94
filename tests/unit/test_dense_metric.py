"""A dense metric: the same posterior, and a ridge is crossed in a few steps."""

import numpy as np
import pymc as pm
import pytest

from faultline.engine.samplers import prepare
from faultline.engine.samplers.base import DENSE, DIAG
from faultline.probes.sampling import sample

pytestmark = pytest.mark.slow

N, NOISE, WIDE = 50, 1.0, 100.0


def ridge():
    """The data see only the sum of two values with wide priors: its posterior is normal, and known."""
    with pm.Model() as model:
        value = pm.Normal("value", 0, WIDE, shape=2)
        pm.Normal("y", value.sum(), NOISE, observed=np.full(N, 3.0))
    return model


COVARIANCE = np.linalg.inv(np.eye(2) / WIDE**2 + np.full((2, 2), N / NOISE**2))
MEAN = COVARIANCE @ np.full(2, 3.0 * N / NOISE**2)


@pytest.mark.parametrize("nuts", ["blackjax", "numpyro"])
def test_a_ridge_is_crossed_in_a_few_steps_and_the_posterior_is_the_same(nuts):
    steps = {}
    for metric in (DIAG, DENSE):
        asked = {"nuts": nuts, "chains": 2, "tune": 1000, "draws": 1000, "target_accept": 0.8}
        asked |= {"max_treedepth": 10, "init": "jitter+adapt_diag", "metric": metric}
        run = sample(prepare(ridge(), asked), asked, seed=3, seconds=120.0)
        steps[metric] = float(run.draws["sample_stats"]["n_steps"].values.mean())
    assert steps[DENSE] < 10 < 100 < steps[DIAG]
    drawn = run.draws["posterior"]["value"].values.reshape(-1, 2)
    total, difference = drawn @ [1, 1], drawn @ [1, -1]
    for found, along in ((total, [1.0, 1.0]), (difference, [1.0, -1.0])):
        sd = np.sqrt(np.array(along) @ COVARIANCE @ along)
        assert abs(found.mean() - MEAN @ along) < 0.2 * sd and found.std() == pytest.approx(sd, rel=0.15)
