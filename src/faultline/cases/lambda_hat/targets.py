"""The targets: their data, their optimum, the Hessian of the loss there, and what is known of them in closed form.

A target has the density exp(-n beta L_n(w) - gamma/2 |w - w*|^2), with L_n the mean loss over n points and beta = 1/log n.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from faultline.cases.lambda_hat import losses, network

NOISE_OF_DATA = 0.01  # the standard deviation of data that are noise and nothing else
NOISE_OF_RESPONSE = 0.1  # that of the response of the regressions
SEED = 42  # of all data: they belong to the target, so that all runs have the same
# How far the ELBO of a good fit may be from log Z, in nats: a few factors span a random basis less well than the axes.
GAP, GAP_OF_RANDOM_BASIS = 0.05, 0.08


def make_target(scenario: Mapping[str, Any], spectrum: str, data: str, loss: str) -> dict[str, Any]:
    """The target of a scenario, in float64.

    Parameters
    ----------
    scenario
        Its ``target``, ``n`` and, of all but a network, its dimensions ``d``. A quadratic is called by its spectrum
        (`eigenvalues_and_basis`); a ``"regression"`` and a ``"network"`` have data and a loss of their own.
    spectrum
        Of a quadratic: ``"diagonal"``, the scenario's own, or ``"bounded"``.
    data
        Of a quadratic: ``"zeros"``, ``"noise"``, or ``"real"``, a regression with the same Hessian and optimum.
    loss
        Of a quadratic: ``"ignores_data"``, 1/2 v'Hv whatever the data are, or ``"uses_data"``, least squares.

    Returns
    -------
    ``kind`` of the loss (of `losses.pointwise`), ``X`` (n, inputs), ``Y`` (n,), ``w_star`` (d,), ``H`` (d, d), and
    ``elbo_gap_allowed``: how far from log Z the ELBO of a good fit may be, in nats.
    """
    rng, n = np.random.default_rng(SEED), scenario["n"]
    if scenario["target"] == "network":
        X = rng.standard_normal((n, network.INPUTS))
        Y = network.teacher(rng, X) + NOISE_OF_RESPONSE * rng.standard_normal(n)
        w_star, H = network.optimum(rng, X, Y)
        return {"kind": losses.NETWORK, "X": X, "Y": Y, "w_star": w_star, "H": H, "elbo_gap_allowed": GAP}
    if scenario["target"] == "regression":
        X = rng.standard_normal((n, scenario["d"]))
        Y = X @ rng.standard_normal(scenario["d"]) + NOISE_OF_RESPONSE * rng.standard_normal(n)
        return _least_squares(X, Y)
    own = scenario["target"] if spectrum == "diagonal" else spectrum
    gap = GAP_OF_RANDOM_BASIS if own == "bounded" else GAP
    return _quadratic(rng, own, n, scenario["d"], data, loss) | {"elbo_gap_allowed": gap}


def eigenvalues_and_basis(
    rng: np.random.Generator, spectrum: str, dimensions: int
) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues (d,) and eigenvectors (d, d), in columns, of the Hessian of a quadratic.

    ``spectrum`` is ``"identity"``, ``"linear"`` (1 to d; both along the axes) or ``"bounded"`` (uniform on [1, 3], random basis).
    """
    if spectrum == "bounded":
        basis, triangle = np.linalg.qr(rng.standard_normal((dimensions, dimensions)))
        return rng.uniform(1, 3, dimensions), basis * np.sign(np.diag(triangle))
    values = np.ones(dimensions) if spectrum == "identity" else np.arange(1.0, dimensions + 1)
    return values, np.eye(dimensions)


def inverse_temperature(n: int) -> float:
    """n beta, with beta = 1/log n."""
    return float(n / np.log(n))


def closed_lambda(H: np.ndarray, n_beta: float, gamma: float) -> float:
    """lambda of the quadratic with this Hessian (d, d): 1/2 sum n beta h_i / (n beta h_i + gamma)."""
    h = n_beta * np.linalg.eigvalsh(H)
    return float(0.5 * np.sum(h / (h + gamma)))


def closed_log_z(H: np.ndarray, n_beta: float, gamma: float, loss_at_optimum: float = 0.0) -> float:
    """log of the integral of exp(-n beta L - gamma/2 |v|^2), for L = L(w*) + 1/2 v'Hv with this Hessian (d, d)."""
    h = n_beta * np.linalg.eigvalsh(H) + gamma
    return float(0.5 * (len(h) * np.log(2 * np.pi) - np.sum(np.log(h))) - n_beta * loss_at_optimum)


def facts_of(
    target: Mapping[str, Any], n_beta: float, gamma: float, rng: np.random.Generator
) -> dict[str, Any]:
    """What is known of a target: ``lambda`` and ``log_z`` in closed form, None where the loss is no quadratic.

    ``loss_moved_by_shuffling`` says how far the loss at a point near the optimum moves when the answers are given to other
    inputs: 0 of a loss that ignores the data.
    """
    H, X, Y, w_star = (target[name] for name in ("H", "X", "Y", "w_star"))
    with jax.enable_x64(True):
        loss = losses.mean(losses.pointwise(target["kind"], jnp.asarray(H), jnp.asarray(w_star)))
        near = jnp.asarray(w_star + rng.standard_normal(len(w_star)))
        at_optimum = float(loss(jnp.asarray(w_star), X, Y))
        moved = float(abs(loss(near, X, Y) - loss(near, X, rng.permutation(Y))))
    exact = target["kind"] != losses.NETWORK
    h = np.linalg.eigvalsh(H)
    return {
        "kind": target["kind"],
        "n": len(X),
        "dimensions": len(w_star),
        "n_beta": n_beta,
        "gamma": gamma,
        "h_min": float(h[0]),
        "h_max": float(h[-1]),
        "loss_at_optimum": at_optimum,
        "loss_moved_by_shuffling": moved,
        "lambda": closed_lambda(H, n_beta, gamma) if exact else None,
        "log_z": closed_log_z(H, n_beta, gamma, at_optimum) if exact else None,
        "elbo_gap_allowed": target["elbo_gap_allowed"],
    }


def _quadratic(
    rng: np.random.Generator, spectrum: str, n: int, d: int, data: str, loss: str
) -> dict[str, Any]:
    values, basis = eigenvalues_and_basis(rng, spectrum, d)
    H = (basis * values) @ basis.T
    if data == "real":
        X, Y = _regression_with(rng, values, basis, n)
    else:
        noise = NOISE_OF_DATA if data == "noise" else 0.0
        X, Y = noise * rng.standard_normal((n, d)), noise * rng.standard_normal(n)
    if loss == "uses_data":
        return _least_squares(X, Y)
    return {"kind": losses.QUADRATIC, "X": X, "Y": Y, "w_star": np.zeros(d), "H": H}


def _regression_with(
    rng: np.random.Generator, values: np.ndarray, basis: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Data of a regression whose X'X/n has these eigenvalues and eigenvectors, and whose optimum is 0."""
    directions = np.linalg.qr(rng.standard_normal((n, len(values))))[0]
    X = np.sqrt(n) * (directions * np.sqrt(values)) @ basis.T
    Y = NOISE_OF_RESPONSE * rng.standard_normal(n)
    return X, Y - directions @ (directions.T @ Y)


def _least_squares(X: np.ndarray, Y: np.ndarray) -> dict[str, Any]:
    w_star = np.linalg.lstsq(X, Y, rcond=None)[0]
    return {
        "kind": losses.LEAST_SQUARES,
        "X": X,
        "Y": Y,
        "w_star": w_star,
        "H": X.T @ X / len(X),
        "elbo_gap_allowed": GAP,
    }
