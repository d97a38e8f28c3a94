"""The target of ``lambda_hat`` as a PyMC model, against the closed form and against the loss in JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from lambda_hat_runs import SEEDS, through

from faultline.cases.lambda_hat import losses, model, reference
from faultline.engine.backend import compile_function

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("scenario", "loss"), [("quad_d8", "ignores_data"), ("quad_d8", "uses_data"), ("mlp_tiny", "uses_data")]
)
def test_the_model_has_the_density_of_the_target(scenario, loss):
    target = through("target", scenario=scenario, data="real", loss=loss)["target"]
    made = model.build(scenario=scenario, data="real", loss=loss)
    logp = compile_function([made.rvs_to_values[made["w"]]], [made.logp()])
    rng, n_beta = np.random.default_rng(0), target.facts["n_beta"]
    with jax.enable_x64(True):
        point = losses.pointwise(target.facts["kind"], jnp.asarray(target.H), jnp.asarray(target.w_star))

        def log_target(v):
            return -n_beta * float(losses.mean(point)(target.w_star + v, target.X, target.Y)) - 0.5 * v @ v

        first, *others = 0.3 * rng.standard_normal((4, len(target.w_star)))
        start = float(logp(target.w_star + first)[0]) - log_target(first)
        for v in others:
            assert float(logp(target.w_star + v)[0]) - log_target(v) == pytest.approx(start, abs=1e-8)


def test_nuts_finds_the_closed_form_and_so_does_the_fit(monkeypatch):
    monkeypatch.setattr(reference, "ITERATIONS", 500)  # of ADVI, which is not what is tested
    made = through("target", "fit", "evaluate", "reference", "compare", seed=SEEDS["quad_d6"])
    exact, facts = made["target"].facts["lambda"], made["reference"].facts
    assert abs(facts["nuts_lambda"] - exact) < 4 * facts["nuts_lambda_se"]
    assert facts["nuts_lambda_se"] < 0.05 * exact
    assert facts["nuts_rhat"] < 1.01
    assert facts["divergences"] == 0
    beside = made["compare"].facts
    assert abs(beside["difference"]) < 4 * beside["difference_se"]
    assert {"advi_lambda", "fullrank_advi_lambda", "advi_drift", "fullrank_advi_drift"} <= facts.keys()
