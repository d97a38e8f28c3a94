"""What a pass rules out, with its size: against the binomial distribution, and against the R-hat of simulated chains."""

import arviz as az
import numpy as np
import pytest
from scipy.stats import binom

from faultline.criteria import run_statistics, thresholds
from faultline.diagnosis import caught


def figures(chains, draws, ess):
    variables = [{"name": "x", "size": 1, "rhat_max": 1.0, "ess_bulk_min": ess, "ess_tail_min": ess}]
    return run_statistics.read(
        {
            "chains": chains,
            "n_draws": chains * draws,
            "divergences": 0,
            "max_rhat": 1.0,
            "min_ess": ess,
            "variables": variables,
        }
    )


@pytest.mark.parametrize("draws", [400, 2000, 4000])
def test_the_share_of_divergences_that_is_noticed_nineteen_times_in_twenty(draws):
    share = caught.divergent_share(draws)
    counts = np.arange(draws + 1)
    noticed = [
        run_statistics.divergent_share_at_least(k, draws) > thresholds.BENIGN_DIVERGENT_SHARE
        for k in counts[:100]
    ] + [True] * (len(counts) - 100)
    assert binom.pmf(counts, draws, share)[noticed].sum() == pytest.approx(caught.CHANCE)


@pytest.mark.parametrize("chains, draws, correlation", [(2, 1000, 0.0), (4, 500, 0.5)])
def test_the_distance_of_one_chain_that_rhat_notices(chains, draws, correlation):
    """Autoregressive chains, one of them moved by the distance that is claimed, and by half of it."""
    rng = np.random.default_rng(0)
    run = figures(chains, draws, chains * draws * (1 - correlation) / (1 + correlation))
    distance, repeats = caught.chain_apart(run), 150

    def noticed(moved: float) -> float:
        x = rng.standard_normal((repeats, chains, draws))
        for t in range(1, draws):
            x[..., t] = correlation * x[..., t - 1] + np.sqrt(1 - correlation**2) * x[..., t]
        x[:, 0] += moved
        rhat = az.rhat({"x": np.moveaxis(x, 0, -1)})["x"].values
        return (rhat > thresholds.RHAT_MAX).mean()

    assert noticed(distance) == pytest.approx(caught.CHANCE, abs=0.05)
    assert noticed(distance / 2) < 0.6


def test_more_draws_notice_less():
    few, many = figures(4, 500, 500.0), figures(4, 5000, 5000.0)
    assert caught.chain_apart(many) < caught.chain_apart(few)
    assert caught.divergent_share(20_000) < caught.divergent_share(2_000)
