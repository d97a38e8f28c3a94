"""One step of the fit of ``lambda_hat``: its gradients, and each way in which it can be written."""

from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from lambda_hat_runs import through

from faultline.cases.lambda_hat import checks, family, losses, step
from faultline.cases.lambda_hat.family import Noise, Parameters
from faultline.cases.lambda_hat.step import Data, Settings

pytestmark = [pytest.mark.slow, pytest.mark.long]

RIGHT = Settings("own", "target_and_log_q", "negated", "minus", "draw_and_gradient", 1e-6, "default")
NEAR = {"rho": 0.01, "A": 0.01, "alpha": 0.01, "clipped": 1e-6}


@cache
def gradient_errors(settings, dtype="float32"):
    with jax.enable_x64(dtype == "float64"):
        return checks.gradient_errors(settings, jnp.dtype(dtype), np.random.default_rng(7))


@cache
def log_q_errors(settings):
    return checks.log_q_errors(settings, jnp.float32, np.random.default_rng(7))


def small(dtype="float32", M=2):
    """Parameters, data and a quadratic loss of three weights."""
    rng = np.random.default_rng(5)
    at = Parameters(rng.standard_normal(3), 0.5 * rng.standard_normal((M, 3, 2)), rng.standard_normal(M))
    data = Data(rng.standard_normal((12, 3)), rng.standard_normal(12), np.zeros(3), 5.0, 1.0)
    at, data = (type(each)(*(jnp.asarray(a, dtype) for a in each)) for each in (at, data))
    return at, data, losses.mean(losses.pointwise(losses.QUADRATIC, jnp.eye(3, dtype=dtype), data.w_star))


def one_draw(settings, m=1):
    """The terms of one draw, and what is handed to the optimizer."""
    at, data, loss = small()
    noise = Noise(jnp.asarray(m), jnp.array([0.3, -1.2]), jnp.array([-0.9, 0.4, 2.0]))
    one = jax.jit(lambda at: step.gradients(at, jnp.zeros(()), noise, (data.X, data.Y), loss, data, settings))
    return one(at)


def whole_step(settings=RIGHT, batch=4, max_norm=10.0, lr=0.01):
    at, data, loss = small()
    optimizer = optax.adam(lr)
    made = step.make_step(loss, data, settings, optimizer, jax.random.key(0), batch=batch, max_norm=max_norm)
    return at, *jax.jit(made)(step.first_state(at, optimizer), jnp.asarray(0))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_mean_gradient_is_that_of_finite_differences(dtype):
    errors = gradient_errors(RIGHT, dtype)
    assert {name: error < NEAR[name] for name, error in errors.items()} == dict.fromkeys(NEAR, True)


@pytest.mark.parametrize(
    ("choices", "wrong"),
    [
        ({"entropy_path": "target_only"}, {"rho", "A"}),
        ({"alpha_direction": "ascent"}, {"alpha"}),
        ({"sampling_clip": "draw_only"}, {"A", "clipped"}),
        ({"elbo_sign": "plus"}, set()),
        ({"ridge": 1e-4}, set()),
        ({"matmul": "highest"}, set()),
    ],
)
def test_what_each_way_does_to_the_gradients(choices, wrong):
    errors = gradient_errors(replace(RIGHT, **choices))
    assert {name for name, error in errors.items() if not error < NEAR[name]} == wrong


def test_the_ascent_direction_is_the_wrong_one_and_nothing_else():
    assert gradient_errors(replace(RIGHT, alpha_direction="ascent"))["alpha"] == pytest.approx(2, abs=0.02)
    one, other = (one_draw(replace(RIGHT, alpha_direction=way))[1].alpha for way in ("ascent", "negated"))
    np.testing.assert_array_equal(one, -other)


def test_without_the_entropy_only_the_target_pulls():
    """The gradient of -l at the draw v = D^1/2 (A_m z + e), by hand."""
    at = small()[0]
    terms, handed = one_draw(replace(RIGHT, entropy_path="target_only"))
    path = np.asarray(at.A)[1] @ [0.3, -1.2] + [-0.9, 0.4, 2.0]
    root = np.log1p(np.exp(np.asarray(at.rho)))
    pull = (5.0 + 1.0) * root * path
    np.testing.assert_allclose(handed.rho, pull * path / (1 + np.exp(-np.asarray(at.rho))), rtol=1e-4)
    np.testing.assert_allclose(handed.A[1], np.outer(pull * root, [0.3, -1.2]), rtol=1e-4)
    np.testing.assert_array_equal(handed.A[0], 0)
    assert terms["radius2"] == pytest.approx(np.sum((root * path) ** 2), rel=1e-5)


def test_the_callers_offset_is_the_noise_of_the_draw():
    terms, right = one_draw(replace(RIGHT, log_q_offset="callers"))[0], one_draw(RIGHT)[0]
    assert not np.isfinite(terms["logdet"]).any()  # -0.9 is below -D^1/2
    assert np.isfinite(right["logdet"]).all()
    for name in ("quad", "ell", "Ln_batch"):
        np.testing.assert_array_equal(terms[name], right[name])


def test_the_callers_offset_is_added_before_the_logarithm():
    at = small()[0]
    noise = jnp.array([0.5, 0.4, 2.0])  # all above 0, so that nothing is missing
    own, callers = (family.log_density(jnp.ones(3), at, by, 0.0, None) for by in (family.OFFSET, noise))
    moved = 2 * np.sum(np.log(family.scale(at.rho) + noise) - np.log(family.scale(at.rho)))
    np.testing.assert_allclose(callers.logdet - own.logdet, moved, rtol=1e-4)


def test_the_errors_of_log_q_and_of_the_elbo_accuse_the_ways_that_make_them():
    assert log_q_errors(RIGHT)["log_q"] < 2e-4
    assert log_q_errors(RIGHT)["elbo"] < 2e-4
    assert not log_q_errors(replace(RIGHT, log_q_offset="callers"))["log_q"] < 1e-3
    plus = log_q_errors(replace(RIGHT, elbo_sign="plus"))
    assert plus["log_q"] < 2e-4
    assert plus["elbo"] > 1
    assert log_q_errors(replace(RIGHT, ridge=1e-4))["log_q"] > log_q_errors(RIGHT)["log_q"]


def test_the_sign_of_the_logged_elbo_is_a_matter_of_the_log_alone():
    (minus, given), (plus, other) = (one_draw(replace(RIGHT, elbo_sign=sign)) for sign in ("minus", "plus"))
    assert minus["elbo"] == pytest.approx(float(minus["ell"] - minus["logq"]), rel=1e-6)
    assert plus["elbo"] == pytest.approx(float(minus["ell"] + minus["logq"]), rel=1e-6)
    jax.tree.map(np.testing.assert_array_equal, given, other)


def test_a_loss_with_other_arguments_cannot_be_called():
    assert checks.call_error("separate") == 0
    assert checks.call_error("pair") == 1
    with pytest.raises(TypeError, match="positional argument"):
        through("target", "fit", loss_signature="pair", steps="tests")


def test_the_baseline_is_an_exponential_mean_that_starts_at_zero():
    _, state, terms = whole_step()
    assert state.baseline == pytest.approx(0.01 * float(terms["ell"] - terms["logq"]), rel=1e-4)
    assert terms["payoff"] == pytest.approx(float(terms["ell"] - terms["logq"]), rel=1e-5)


@pytest.mark.parametrize("lr", [0.01, 0.005, 0.001])
def test_the_first_step_of_adam_is_as_long_as_the_learning_rate(lr):
    before, state, _ = whole_step(lr=lr)
    np.testing.assert_allclose(abs(state.parameters.rho - before.rho), lr, rtol=0.01)


def test_the_columns_of_a_are_capped_after_the_step():
    _, free, _ = whole_step()
    _, capped, terms = whole_step(max_norm=0.3)
    norms = np.linalg.norm(capped.parameters.A, axis=1)
    assert norms.max() <= 0.3 + 1e-6 < np.linalg.norm(free.parameters.A, axis=1).max()
    assert terms["A_col_norm_max"] == pytest.approx(norms.max())


def test_work_counts_gradients_of_all_points():
    assert whole_step(batch=4)[2]["cumulative_fge"] == pytest.approx(4 / 12)
    assert whole_step(batch=12)[2]["cumulative_fge"] == 1


def test_a_batch_of_all_points_has_each_of_them_once():
    data = small()[1]
    np.testing.assert_array_equal(step._batch(jax.random.key(1), data, 12)[0], data.X)
    drawn = step._batch(jax.random.key(1), data, 4)
    assert drawn[0].shape == (4, 3)
    places = [int(np.argmax(np.all(row == data.X, axis=1))) for row in np.asarray(drawn[0])]
    np.testing.assert_array_equal(data.Y[np.array(places)], drawn[1])


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_what_is_asked_for_is_what_is_computed(precision):
    made = through("target", "fit", "evaluate", precision=precision, steps="tests")
    facts = made["fit"].facts
    assert (facts["type_asked"], facts["type_got"], facts["other_types"]) == (precision, precision, 0)
    assert {str(made["fit"].arrays[name].dtype) for name in ("elbo", "rho", "A", "alpha")} == {precision}
    assert str(made["evaluate"].v.dtype) == precision


@pytest.mark.parametrize(("steps", "number"), [("tests", 200), ("5000", 5000)])
def test_the_number_of_steps(steps, number):
    assert len(through("target", "fit", steps=steps)["fit"].elbo) == number


@pytest.mark.parametrize(("rho_start", "root"), [("0", 0.693), ("5", 5.007)])
def test_where_rho_starts(rho_start, root):
    fit = through("target", "fit", rho_start=rho_start, steps="tests")["fit"]
    assert fit.D_sqrt_max[0] == pytest.approx(root, abs=0.02)


def test_the_terms_come_in_the_order_in_which_they_are_made():
    at, data, loss = small()
    noise = Noise(jnp.asarray(1), jnp.array([0.3, -1.2]), jnp.array([-0.9, 0.4, 2.0]))
    names: list[str] = []

    def traced(at):
        names.extend(step.gradients(at, jnp.zeros(()), noise, (data.X, data.Y), loss, data, RIGHT)[0])

    jax.make_jaxpr(traced)(at)
    order = ["ell", "quad", "logdet", "logq", "payoff", "grad_rho", "grad_A", "grad_alpha"]
    assert [name for name in names if name in order] == order
