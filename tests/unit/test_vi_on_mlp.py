"""The variational fit on a small network with real data, and the assertion of the quadratic tests that failed."""

import numpy as np
import pytest
from lambda_hat_runs import FITTED, through

from faultline.cases.lambda_hat import estimate, model

pytestmark = [pytest.mark.slow, pytest.mark.long]

FAILING = pytest.mark.skip(
    reason="the failing preset of the case lambda_hat: its ELBO is NaN; docs/cases/lambda_hat.md"
)


def test_vi_on_tiny_mlp():
    """About 50 weights, 100 points, conservative settings: finite traces and a lambda that can be one.

    A lambda between 0 and d/2 is all that is known without a closed form. How far it is from that of NUTS is a result, which
    the stage ``compare`` has: the family is centered at the optimum, and this posterior is not.
    """
    made = through(*FITTED, scenario="mlp_tiny")
    fit, found = made["fit"], made["evaluate"].facts
    assert len(made["target"].w_star) == 49
    assert made["target"].facts["n"] == 100
    assert all(np.isfinite(values).all() for values in fit.arrays.values())
    assert 0 < found["lambda_cv"] < 49 / 2
    assert abs(found["lambda_cv"] - found["lambda_mc"]) < 4 * np.hypot(
        found["lambda_cv_se"], found["lambda_mc_se"]
    )
    assert found["variance_reduction"] > 1


@pytest.mark.parametrize("preset", [pytest.param("as_the_tests_ran", marks=FAILING), "repaired"])
@pytest.mark.parametrize("scenario", ["quad_d10", "quad_d8", "quad_d6"])
def test_vi_on_a_quadratic(scenario, preset):
    """The three tests. The loss ignores the data, which changes nothing of what is asserted: see the case's page."""
    made = through(*FITTED, scenario=scenario, preset=preset)
    assert np.isfinite(made["fit"].elbo).all(), "ELBO trace should be finite"
    assert made["evaluate"].facts["lambda_cv"] > 0
    known = made["target"].facts["lambda"]
    assert (
        estimate.relative_error(made["analyse"].facts["llc_mean"], known)
        < model.CRITERIA["analyse.llc_error"]["at_most"]
    )
