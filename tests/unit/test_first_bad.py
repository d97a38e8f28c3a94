"""A loop says at which step and in which term a value is first not finite, and is otherwise JAX's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from faultline.core.errors import InputError
from faultline.engine.first_bad import scan

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("both_precisions")]


@pytest.mark.parametrize("key", [jax.random.key, jax.random.PRNGKey])
def test_a_finite_loop_gives_what_jax_gives_in_the_order_of_the_step(key):
    def step(state, x):
        own, new = jax.random.split(state["key"])
        at = 0.5 * state["at"] + x * jax.random.normal(own)
        return {"at": at, "key": new, "n": state["n"] + 1}, {"z": at**2, "a": jnp.stack([at, -at])}

    start = {"at": 1.0, "key": key(3), "n": 0}
    xs = np.linspace(1, 2, 20)
    found = scan(step, start, xs)
    state, traces = jax.jit(lambda: jax.lax.scan(step, start, xs))()
    assert found.bad is None
    assert list(found.traces) == ["z", "a"]
    for name, trace in traces.items():
        np.testing.assert_allclose(found.traces[name], trace, rtol=1e-6)
    assert found.state["n"] == 20
    np.testing.assert_allclose(found.state["at"], state["at"], rtol=1e-6)


def test_the_first_term_is_the_one_that_is_computed_first():
    def step(state, x):
        loss = jnp.log(2 - x)
        return state + 1, {"elbo": -loss, "loss": loss, "fine": x}

    bad = scan(step, 0, jnp.arange(5.0)).bad
    assert (bad.step, bad.term, bad.terms) == (2, "loss", ("loss", "elbo"))


def test_a_state_that_was_not_finite_before_and_stays_so_is_not_bad():
    def step(state, x):
        best = jnp.where(x > 100, x, state["best"])
        return {"best": best, "seen": state["seen"].at[0].set(x)}, {"x": x}

    start = {"best": jnp.inf, "seen": jnp.full(3, jnp.nan)}
    assert scan(step, start, jnp.arange(5.0)).bad is None


def test_a_state_that_is_not_finite_at_the_end_is_bad_without_terms():
    bad = scan(
        lambda s, x: ({"a": s["a"] / (x - 3), "b": s["b"]}, {}), {"a": 1.0, "b": 1.0}, jnp.arange(5.0)
    ).bad
    assert bad.step is None
    assert bad.state == ('s["a"]',)


def test_what_never_changes_and_loops_without_a_step():
    found = scan(lambda s, x: (s, {"same": s, "x": x}), 2.0, jnp.arange(3.0))
    assert found.bad is None
    np.testing.assert_array_equal(found.traces["same"], [2, 2, 2])
    assert scan(lambda s, x: (s + 1, {"s": s}), 2.0, length=0).traces["s"].shape == (0,)


def test_a_loop_of_one_step_and_one_without_jit():
    bad = scan(lambda s, x: (s, {"y": jnp.log(x)}), 1.0, np.zeros(1)).bad
    assert (bad.step, bad.cause.operation.name) == (0, "log")
    with jax.disable_jit():
        assert scan(lambda s, x: (s, {"y": jnp.log(x)}), 1.0, np.arange(2.0)[::-1]).bad.step == 1


def test_a_step_that_returns_no_terms_is_a_mistake_in_one_sentence():
    with pytest.raises(InputError, match="return the new state and a dict of terms"):
        scan(lambda s, x: s, jnp.zeros(3), length=3)


def test_a_term_that_is_no_number_is_a_mistake_in_one_sentence():
    for term in (jax.random.key(0), "text", {"a": 1.0}):
        with pytest.raises(InputError, match="return numbers or arrays of numbers"):
            scan(lambda s, x, term=term: (s, {"term": term}), 1.0, length=3)
    assert scan(lambda s, x: (s, {"large": s > 0}), 1.0, length=3).bad is None
