"""The variational family, in JAX: a mixture of factor analyzers whose components all have the mean w*.

With v = w - w*: q(v) = sum_m pi_m N(v; 0, S_m), S_m = D^1/2 (I + A_m A_m') D^1/2, D^1/2 = softplus(rho) within limits,
pi = softmax(alpha).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve
from jax.scipy.special import logsumexp

LOWEST, HIGHEST = 1e-4, 1e2  # of D^1/2
OFFSET = 1e-8  # added to D^1/2 before its logarithm
SPREAD = 0.05  # standard deviation of A at the start


class Parameters(NamedTuple):
    """``rho`` (d,), shared by the components; ``A`` (M, d, r), their factors; ``alpha`` (M,), their weights' logits."""

    rho: jax.Array
    A: jax.Array
    alpha: jax.Array


class Noise(NamedTuple):
    """What a draw is made of: the component ``m``, an integer, ``z`` (r,) and ``e`` (d,), standard normal."""

    m: jax.Array
    z: jax.Array
    e: jax.Array


class Log(NamedTuple):
    """log q(v) and what it is made of.

    ``quad`` (M,): v'S_m^-1 v. ``logdet`` (M,): log |S_m|. ``components`` (M,): log pi_m + log N(v; 0, S_m). ``q``: their
    log-sum-exp. ``responsibilities`` (M,): their softmax.
    """

    quad: jax.Array
    logdet: jax.Array
    components: jax.Array
    q: jax.Array
    responsibilities: jax.Array


def start(key: jax.Array, dimensions: int, components: int, rank: int, rho: float, dtype) -> Parameters:
    """The parameters before the first step: ``rho`` everywhere, small random factors, equal weights."""
    A = SPREAD * _normal(key, (components, dimensions, rank), dtype)
    return Parameters(jnp.full(dimensions, rho, dtype), A, jnp.zeros(components, dtype))


def scale(rho: jax.Array, clip: bool = True) -> jax.Array:
    """D^1/2 (d,): softplus(rho), between 1e-4 and 1e2 if ``clip``."""
    root = jax.nn.softplus(rho)
    return jnp.clip(root, LOWEST, HIGHEST) if clip else root


def cap_columns(A: jax.Array, max_norm: float) -> jax.Array:
    """``A`` (M, d, r), its columns scaled down to at most this norm."""
    norms = jnp.linalg.norm(A, axis=1, keepdims=True)
    return A * jnp.minimum(1.0, max_norm / (norms + OFFSET)).astype(A.dtype)


def draw_noise(key: jax.Array, parameters: Parameters) -> Noise:
    """The noise of one draw. It is made in float32 whatever the parameters are, so that both see the same numbers."""
    of_m, of_z, of_e = jax.random.split(key, 3)
    m = jax.random.categorical(of_m, jax.nn.log_softmax(parameters.alpha).astype(jnp.float32))
    dtype = parameters.rho.dtype
    return Noise(m, _normal(of_z, parameters.A.shape[-1:], dtype), _normal(of_e, parameters.rho.shape, dtype))


def displacement(rho: jax.Array, A: jax.Array, noise: Noise, clip: bool = True) -> jax.Array:
    """A draw of v (d,): D^1/2 (A_m z + e)."""
    return scale(rho, clip) * (A[noise.m] @ noise.z + noise.e)


def log_density(
    v: jax.Array,
    parameters: Parameters,
    offset: jax.Array | float,
    ridge: float,
    precision: jax.lax.Precision,
) -> Log:
    """log q(v) by the identity of Woodbury, without a matrix of d x d.

    Parameters
    ----------
    v
        (d,)
    offset
        Added to D^1/2 before its logarithm is taken.
    ridge
        Added to the diagonal of C = I + A'A.
    precision
        Of the products that have r x r elements.
    """
    rho, A, alpha = parameters
    root = scale(rho)
    x = v / root
    C = jnp.einsum("mdr,mds->mrs", A, A, precision=precision) + (1 + ridge) * jnp.eye(
        A.shape[-1], dtype=A.dtype
    )
    L = jnp.linalg.cholesky(C)
    g = jnp.einsum("mdr,d->mr", A, x, precision=precision)
    quad = x @ x - jnp.sum(g * jax.vmap(lambda lower, b: cho_solve((lower, True), b))(L, g), axis=-1)
    logdet = 2 * jnp.sum(jnp.log(root + offset)) + 2 * jnp.sum(
        jnp.log(jnp.diagonal(L, axis1=-2, axis2=-1)), axis=-1
    )
    components = jax.nn.log_softmax(alpha) - 0.5 * (len(rho) * jnp.log(2 * jnp.pi) + logdet + quad)
    return Log(quad, logdet, components, logsumexp(components), jax.nn.softmax(components))


def _normal(key: jax.Array, shape: tuple[int, ...], dtype) -> jax.Array:
    return jax.random.normal(key, shape, jnp.float32).astype(dtype)
