"""Losses of single points, in JAX; a loss over a batch or over all data is their mean or their sum."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from faultline.cases.lambda_hat import network

QUADRATIC, LEAST_SQUARES, NETWORK = "quadratic", "least_squares", "network"

Loss = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]
"""A loss of w (d,), X (n, inputs) and Y (n,)."""


def pointwise(kind: str, H: jax.Array, w_star: jax.Array) -> Loss:
    """A function that returns the loss of each point (n,).

    Parameters
    ----------
    kind
        `QUADRATIC`: 1/2 (w - w*)'H(w - w*) for each point, whatever its data are. `LEAST_SQUARES`: half the squared
        residual of a linear model. `NETWORK`: that of `network.predict`.
    H, w_star
        (d, d) and (d,); of a quadratic.
    """

    def quadratic(w, X, Y):
        v = w - w_star
        return jnp.full(len(X), 0.5 * v @ (H @ v))

    def least_squares(w, X, Y):
        return 0.5 * (X @ w - Y) ** 2

    def squared_error(w, X, Y):
        return 0.5 * (network.predict(w, X) - Y) ** 2

    return {QUADRATIC: quadratic, LEAST_SQUARES: least_squares, NETWORK: squared_error}[kind]


def mean(loss: Loss) -> Loss:
    """The mean over the points."""
    return lambda w, X, Y: jnp.mean(loss(w, X, Y))


def reduced(loss: Loss, reduction: str) -> Loss:
    """The ``"mean"`` or the ``"sum"`` over the points."""
    return mean(loss) if reduction == "mean" else lambda w, X, Y: jnp.sum(loss(w, X, Y))
