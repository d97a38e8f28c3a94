"""A function in blocks is the function: whatever ties places to each other stays out of the loop."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from data import gimbal

from faultline.cases.gimbal import model as case
from faultline.engine import tiling, xla
from faultline.engine.density import logp_and_gradient

LONG, WIDE = 1003, 3  # no number of blocks divides 1003 evenly into one of the sizes below


@pytest.fixture(autouse=True)
def doubles():
    jax.config.update("jax_enable_x64", True)


@pytest.fixture
def small_blocks(monkeypatch):
    """Loops also over short arrays."""
    monkeypatch.setattr(tiling, "LOOP_BYTES", 0)
    monkeypatch.setattr(tiling, "GAIN", 0)
    monkeypatch.setattr(tiling, "SHORTEST", 1)
    monkeypatch.setattr(tiling, "FEWEST", 2)
    monkeypatch.setattr(tiling, "BLOCK_BYTES", 2**12)


def vector(n=LONG * WIDE, seed=0):
    return np.random.default_rng(seed).normal(size=n)


def rows(v):
    return v.reshape(LONG, WIDE)


INDEX = np.random.default_rng(1).integers(LONG, size=LONG)
GROUP = np.random.default_rng(2).integers(WIDE, size=LONG)
X = np.random.default_rng(3).normal(size=(LONG, WIDE))

# Each uses the long axis in a way of its own; the gradient of each does so in more.
FUNCTIONS = {
    "elements": lambda v: jnp.sum(jnp.logaddexp(jnp.sin(v), 0.3) * v**2),
    "two sums": lambda v: jnp.sum(rows(v) ** 2) / (1 + jnp.sum(jnp.exp(-rows(v)[:, 0]))),
    "sum and elements": lambda v: jnp.sum(jnp.tanh(v - v.mean()) ** 2),
    "columns": lambda v: jnp.sum(rows(v).sum(axis=0) ** 2),
    "rows": lambda v: jnp.sum(jnp.exp(rows(v)).sum(axis=1) ** 0.5),
    "largest of a row": lambda v: jnp.sum(rows(v).max(axis=1) * rows(v).min(axis=1)),
    "largest of a column": lambda v: jnp.sum(rows(v).max(axis=0)),
    "transposed": lambda v: jnp.sum(jnp.cos(rows(v).T[:, None] * jnp.ones((1, 4, 1))) ** 2),
    "joined and split": lambda v: jnp.prod(
        1 + jnp.concatenate([rows(v).T, jnp.sin(rows(v).T[:1])])[2:].sum(axis=1) / LONG
    ),
    "padded": lambda v: jnp.sum(jnp.pad(rows(v).T, ((1, 0), (0, 0))) * jnp.arange(4.0)[:, None] * v[:LONG]),
    "switched": lambda v: jnp.sum(jnp.where(rows(v) > 0, rows(v) ** 2, jnp.exp(rows(v)))),
    "part of a row": lambda v: jnp.sum(rows(v)[:, :2].prod(axis=1)),
    "cumulative": lambda v: jnp.sum(jnp.cumsum(rows(v) * 0.1, axis=0) ** 2 * rows(v)),
    "neighbours": lambda v: jnp.sum((rows(v)[1:] - rows(v)[:-1]) ** 2) + jnp.sum(rows(v) ** 4),
    "reversed": lambda v: jnp.sum(rows(v)[::-1] * jnp.sin(rows(v))),
    "rolled": lambda v: jnp.sum(jnp.roll(v, 1) * jnp.sin(v)),
    "sorted": lambda v: jnp.sum(jnp.sort(v) * v),
    "looked up": lambda v: jnp.sum(jnp.sin(rows(v)[INDEX, 0]) * rows(v)[:, 1]),
    "groups": lambda v: jnp.sum((v[:WIDE][GROUP] - rows(v)[:, 0]) ** 2),
    "regression": lambda v: jnp.sum((jnp.tanh(X @ v[:WIDE]) - rows(v)[:, 1]) ** 2),
    "product of matrices": lambda v: jnp.sum((rows(v).T @ jnp.sin(rows(v))) ** 2),
    "folded the other way": lambda v: jnp.sum(jnp.sin(v.reshape(WIDE, LONG)) * rows(v).T),
    "recursion": lambda v: jnp.sum(
        jax.lax.scan(lambda c, x: (0.5 * c + x, c * x), jnp.zeros(WIDE), jnp.tanh(rows(v)))[1]
    ),
    "several variables": lambda v: (
        jnp.sum(jnp.sin(v[2 : 2 + LONG]) * v[:1] * rows(v)[:, 2] ** 2) + jnp.sum(v[-LONG:] ** 4)
    ),
    "shifted": lambda v: jnp.sum(jax.lax.pad(rows(v), 0.5, ((-1, 1, 0), (0, 0, 0))) * jnp.sin(rows(v))),
    "added in places": lambda v: jnp.sum(rows(v).at[:, 1].add(jnp.sin(v[:LONG])).at[5].add(v[:WIDE]) ** 3),
    "constant of the data": lambda v: jnp.sum(jnp.exp(X) * 2 * jnp.sin(rows(v))),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_value_and_gradient_are_those_of_the_function(small_blocks, name):
    function = jax.value_and_grad(FUNCTIONS[name])
    at = jnp.asarray(vector())
    loop = tiling.in_blocks(function, at)
    assert loop is not function
    for point in (at, jnp.asarray(vector(seed=1))):
        (value, gradient), (plain, expected) = jax.jit(loop)(point), jax.jit(function)(point)
        np.testing.assert_allclose(value, plain, rtol=1e-11)
        np.testing.assert_allclose(gradient, expected, rtol=1e-9, atol=1e-11 * np.abs(expected).max())


@pytest.mark.parametrize("length", [1000, 1001, 1009])
def test_every_place_counts_once_whatever_the_length(small_blocks, length):
    def function(v):
        return jnp.sum(jnp.where(v > 0, 1, 0)), jnp.sum(v), jnp.exp(v)

    at = jnp.asarray(vector(length))
    count, total, each = jax.jit(tiling.in_blocks(function, at))(at)
    assert count == (at > 0).sum()
    np.testing.assert_allclose(total, at.sum(), rtol=1e-12)
    np.testing.assert_allclose(each, np.exp(at), rtol=1e-14)


def test_what_is_not_finite_stays_so_and_stays_where_it_is(small_blocks):
    at = jnp.asarray(vector()).at[1500].set(-1e9).at[10].set(jnp.nan)
    function = jax.value_and_grad(lambda v: jnp.sum(jnp.exp(-v) * v))
    (_, gradient), (_, expected) = (jax.jit(f)(at) for f in (tiling.in_blocks(function, at), function))
    np.testing.assert_array_equal(np.isfinite(gradient), np.isfinite(expected))


def test_data_are_arguments(small_blocks):
    def function(v, data):
        return jnp.sum((v - data) ** 2), v - data

    at, data = jnp.asarray(vector()), jnp.asarray(vector(seed=1))
    loop = jax.jit(tiling.in_blocks(function, at, data))
    np.testing.assert_allclose(loop(at, 2 * data)[0], function(at, 2 * data)[0], rtol=1e-12)


def test_python_that_is_called_stays_out_of_the_loop(small_blocks):
    calls = []

    def double(x):
        calls.append(x.shape)
        return 2 * x

    def function(v):
        twice = jax.pure_callback(double, jax.ShapeDtypeStruct(v.shape, v.dtype), jnp.sin(v))
        return jnp.sum(twice * v)

    at = jnp.asarray(vector())
    np.testing.assert_allclose(
        jax.jit(tiling.in_blocks(function, at))(at), 2 * jnp.sum(jnp.sin(at) * at), rtol=1e-12
    )
    assert set(map(tuple, calls)) == {at.shape}


def test_short_arrays_and_functions_without_long_ones_stay_as_they_are():
    for function in (
        lambda v: jnp.sum(v**2),
        lambda v: v[0] * 2.0,
        lambda v: jnp.linalg.slogdet(v[:, None] * v),
    ):
        assert tiling.in_blocks(function, jnp.ones(50)) is function


def test_few_operations_on_long_arrays_stay_whole(monkeypatch):
    at = jnp.zeros(10**6)
    few, many = (lambda v: jnp.exp(v) * v), (lambda v: sum(jnp.sin(k * v) for k in range(20)))
    assert tiling.in_blocks(few, at) is few
    assert tiling.in_blocks(many, at) is not many
    short = jnp.zeros((700, 600))
    assert tiling.in_blocks(many, short) is many, "long in no direction"


def test_an_operation_that_cannot_be_run_alone_leaves_the_function_as_it_is(small_blocks, monkeypatch):
    def refuse(*_):
        raise TypeError("another version of JAX")

    monkeypatch.setattr(tiling.Step, "run", refuse)
    function = jax.value_and_grad(FUNCTIONS["elements"])
    assert tiling.in_blocks(function, jnp.asarray(vector())) is function


@pytest.mark.slow
@pytest.mark.long
def test_the_bundled_model_needs_a_fraction_of_the_memory(monkeypatch):
    model = case.build(gimbal(1210, 4, 3), **case.PRESETS["repaired"])
    look = logp_and_gradient(model)
    monkeypatch.setattr(tiling, "LOOP_BYTES", np.inf)
    whole = logp_and_gradient(model)
    at = look.layout.vector() + 0.1 * vector(look.layout.size)
    (logp, gradient), (expected_logp, expected) = look(at), whole(at)
    assert logp == pytest.approx(expected_logp, rel=1e-10)
    np.testing.assert_allclose(gradient, expected, rtol=1e-8, atol=1e-9 * np.abs(expected).max())

    def memory(look):
        needs = xla.compiled(look.traced.function, at, *look.traced.data).memory_analysis()
        return needs.temp_size_in_bytes

    assert memory(look) < 0.75 * memory(whole)
