"""Steps of loops that end in a value that is not finite, each for a reason of its own. A comment says which line is at fault."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax


class Rates(NamedTuple):
    rho: float
    n: int


def zero_by_zero(state, x):
    top = x * 0
    bottom = state.rho * 0
    share = top / bottom  # at fault
    return Rates(state.rho + 1, state.n + 1), {"loss": share + 1}


def infinity_less_infinity(state, x):
    big = jnp.exp(state["a"])  # at fault
    bigger = big * 2
    return {"a": state["a"] * 10}, {"d": bigger - big}  # NaN


def log_of_negative(state, x):
    rho = state["rho"] - x
    density = jnp.log(rho)  # at fault
    return {"rho": rho}, {"density": jnp.sum(density)}


def root_at_zero(state, x):
    def loss(params):
        distance = params["A"] - x
        root = jnp.sqrt(distance)  # at fault
        return jnp.sum(root)

    value, slope = jax.value_and_grad(loss)(state["params"])
    moved = jax.tree.map(lambda p, g: p + 0.0 * jnp.sign(g) - jnp.where(x < 3, 0, g), state["params"], slope)
    return {"params": moved}, {"value": value}


def overflow(state, x):
    e = jnp.exp(state * x)  # at fault
    return state * 2, {"e": e}


def hidden_by_where(p, x):
    def loss(p):
        root = jnp.sqrt(p - x)  # at fault
        safe = jnp.where(p > x, root, 0.0)  # hides it
        return jnp.sum(safe)

    slope = jax.grad(loss)(p)
    return p, {"slope": jnp.sum(slope)}


def log_hidden_by_where(p, x):
    slope = jax.grad(lambda p: jnp.sum(jnp.where(p > x, jnp.log(p - x), 0.0)))(p)  # at fault
    return p, {"slope": jnp.sum(slope)}


def norm_of_zero(p, x):
    slope = jax.grad(lambda p: jnp.linalg.norm(p - x))(p)  # at fault
    return p, {"slope": slope}


def from_x(state, x):
    y = state + x["b"]  # at fault
    return y, {"y": y}


def from_the_start(state, x):
    y = state["b"] + x
    return {**state, "b": y}, {"y": y * state["a"]}  # at fault


TABLE = np.array([1.0, np.nan])


def from_a_constant(state, x):
    y = jnp.sum(TABLE) + x  # at fault
    return state, {"y": y}


class Model:
    def __init__(self):
        self.data = jnp.array([1.0, jnp.inf])

    def step(self, state, x):
        residual = self.data - x  # at fault in a method
        return state, {"residual": residual}


def nan_on_purpose(state, x):
    y = jnp.where(x > 2, jnp.nan, x)  # at fault
    return state, {"y": y}


def harmless_infinity(state, x):
    logs = jnp.log(state["w"])
    total = jax.nn.logsumexp(logs)
    late = jnp.log(1 - x)  # at fault
    return state, {"total": total, "sum": total + late}


def zero_log_zero(state, x):
    w = state["w"] * 0.0
    return state, {"entropy": jnp.sum(w * jnp.log(w))}  # at fault


ADAM = optax.adam(0.1)


def with_optax(state, x):
    params, moments = state
    slope = jax.grad(lambda p: jnp.sum((p["w"] / x) ** 2))(params)  # at fault
    change, moments = ADAM.update(slope, moments)  # NaN
    params = optax.apply_updates(params, change)
    return (params, moments), {"size": jnp.sum(params["w"])}


def with_a_key(state, x):
    key, own = jax.random.split(state["key"])
    z = jax.random.normal(own, (3,))
    q = jnp.sqrt(z + x)  # at fault
    return {"key": key}, {"q": jnp.sum(jax.lax.stop_gradient(q))}


def loop_in_a_step(state, x):
    def body(c, y):
        c = c - y
        return jnp.log(c), c  # at fault

    c, _ = jax.lax.scan(body, state, jnp.full(3, x))
    return state, {"c": c}


def branch_in_a_step(state, x):
    v = jax.lax.cond(x > 2, lambda a: a / (a - 2), lambda a: a, state)  # at fault
    w = jax.lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] * v), (0, 1.0))[1]
    return state, {"w": w}


def while_in_a_step(state, x):
    def body(c):
        i, y = c
        return i + 1, y / (i - x)  # at fault

    return state, {"y": jax.lax.while_loop(lambda c: c[0] < 4, body, (0, state))[1]}


def reverse_loop_in_a_gradient(p, x):
    def loss(p):
        def body(c, _):
            c = jnp.sqrt(c - p)  # at fault
            return c, c

        return jnp.sum(jax.lax.scan(body, x, None, length=3)[1])

    value, slope = jax.value_and_grad(loss)(p)
    return p, {"slope": slope, "value": value}


def hidden_markov(state, x):
    def body(logp, e):
        return jax.nn.logsumexp(logp + jnp.log(state["T"]), axis=1) + e, None

    logs = jnp.log(state["E"] - x)  # at fault
    return state, {"ll": jax.nn.logsumexp(jax.lax.scan(body, jnp.log(state["pi"]), logs)[0])}


def moves_through_the_state(state, x):
    buffer = jnp.roll(state["buffer"], 1).at[0].set(1 / (x - 2))  # at fault
    return {"buffer": buffer}, {"oldest": buffer[4]}


def moves_through_a_loop_in_a_step(state, x):
    def body(c, _):
        return c / c * 2, None  # at fault

    new, _ = jax.lax.scan(body, jnp.roll(state, 1).at[0].set(x - 2), None, length=2)
    return new, {"last": new[2]}


def shrinks_to_zero(state, x):
    scale = state["scale"] - 1  # makes it 0
    y = x / state["scale"]  # at fault
    return {"scale": scale}, {"y": y}


@jax.jit
def compiled(a, b):
    q = a - b
    return jnp.log1p(q)  # at fault


def calls_a_compiled_function(state, x):
    return state, {"t": compiled(state, x)}


@jax.custom_vjp
def custom(a):
    return a**2


custom.defvjp(lambda a: (a**2, a), lambda a, ct: (ct / a,))


def custom_gradient(state, x):
    return state, {"slope": jax.grad(custom)(state - x)}  # at fault


def not_positive_definite(state, x):
    matrix = jnp.eye(2) * (3 - x)
    root = jnp.linalg.cholesky(matrix)  # at fault
    return state, {"d": jnp.sum(jnp.diag(root))}


def weights_of_zero(state, x):
    logs = jnp.where(state["i"] == 1, -jnp.inf, state["logs"])
    mean = state["mean"] + jnp.sqrt(3 - x)  # at fault
    return {"logs": logs, "i": state["i"] + 1, "mean": mean}, {"ess": jnp.sum(jnp.exp(logs))}


def mapped(state, x):
    inverse = jax.vmap(lambda a: 1.0 / (a - x))(state)  # at fault
    return state, {"inverse": inverse}


def log_q(v, rho, eps):
    scale = jax.nn.softplus(rho)
    return -0.5 * jnp.sum((v / scale) ** 2) - jnp.sum(jnp.log(scale + eps))  # at fault


def one_name_for_two_things(state, x):
    key, own = jax.random.split(state["key"])
    noise = jax.random.normal(own, state["rho"].shape)

    def loss(rho):
        v = jax.nn.softplus(rho) * noise
        return x * jnp.sum(v**2) + log_q(v, jax.lax.stop_gradient(rho), noise)

    value, slope = jax.value_and_grad(loss)(state["rho"])
    return {"rho": state["rho"] - 0.01 * slope, "key": key}, {"elbo": -value}
