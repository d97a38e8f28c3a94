"""Checks of single parts against computations that share nothing with them: a stiff solver, finite differences, exact outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar

from faultline.cases.urease import chemistry, estimator, evaluation, features, network, training
from faultline.cases.urease.network import Settings

STEP = 1e-6  # of the central differences, in double precision
FAR = 1e3  # before a head: what it gives there it can give
ERRORS = (0.03, 0.3, 1.0)  # mean squared errors, in normalized units, at which a variance is looked for
STIFF = 2  # records that are solved again
OVERFIT_RATE = 3e-3  # of Adam
SEEN = 1000.0  # s, to which the stiff solver goes


def stiff_record(known: np.ndarray, parameters: np.ndarray, times: np.ndarray) -> np.ndarray:
    """pH (points,) of one condition (5,) with parameters (2,), by the three equations and an implicit solver, without Phi."""
    substrate, temperature, initial_ph = known[0] / 1000, known[2], known[3]
    strong = -chemistry.charge(initial_ph, 0.0, 0.0)
    enzyme, decay = parameters

    def slope(time, amounts):
        urea, ammonia, carbon = np.maximum(amounts, 0)
        ph = float(chemistry.equilibrium(ammonia, carbon, strong))
        r = chemistry.rate(urea, ammonia, ph, temperature) * enzyme * np.exp(-decay * time)
        return [-r / 2, r, r / 2]

    found = solve_ivp(
        slope, (0, times[-1]), [substrate, 0, 0], method="BDF", rtol=1e-8, atol=1e-12, t_eval=times
    )
    return chemistry.equilibrium(found.y[1], found.y[2], strong)


def simulator_error(known: np.ndarray, parameters: np.ndarray, curves: np.ndarray) -> float:
    """The largest difference in pH of records by Phi from those of the stiff solver."""
    times = np.concatenate([[0.0], np.geomspace(0.3, SEEN, 60)])
    by_phi = chemistry.records(curves, *parameters.T, times)
    return max(
        float(np.abs(stiff_record(*each, times) - record).max())
        for *each, record in zip(known, parameters, by_phi, strict=True)
    )


def head_reach(head: str, ranges: Mapping[str, Any], stats: Mapping[str, Any]) -> float:
    """How far the head can leave the ranges, as a share of them: the most over parameters."""
    bounds = estimator.bounds_of(ranges, stats)
    with jax.enable_x64(True):
        ends = np.stack(
            [np.asarray(network.bounded(jnp.full(2, far), jnp.asarray(bounds), head)) for far in (-FAR, FAR)]
        )
    low, high = np.array([list(each) for each in ranges.values()]).T
    found = evaluation.denormalized(ends, stats)
    beyond = np.maximum(np.maximum(low - found, found - high), 0) / (high - low)
    return float(np.where(beyond > 1e-9, beyond, 0).max())


def likelihood(settings: Settings, rng: np.random.Generator) -> dict[str, Any]:
    """The loss as it is written: ``gradient_error`` against central differences, as a share; ``reduction_error``, how much the loss of
    the same rows twice differs; ``variance_error``, how far the variance at its minimum is from the mean squared error, as a share;
    None of the last where there is no variance. ``scale`` has the loss with and without a variance."""
    bounds = np.array([[-2.0, 2.0], [-1.5, 1.5]])
    raw, target = rng.standard_normal((6, 4)), rng.standard_normal((6, 2))

    def of_raw(raw: Any, target: Any, settings: Settings = settings) -> Any:
        mean = network.bounded(raw[:, :2], jnp.asarray(bounds), settings.head)
        return network.loss_of(mean, network.limited(raw[:, 2:], settings.logvar), target, settings)

    with jax.enable_x64(True):
        gradient = np.asarray(jax.grad(of_raw)(jnp.asarray(raw), jnp.asarray(target)))
        moved = STEP * np.eye(raw.size).reshape(-1, *raw.shape)
        ends = [
            np.asarray(jax.vmap(of_raw, (0, None))(jnp.asarray(raw + sign * moved), target))
            for sign in (1, -1)
        ]
        wanted = ((ends[0] - ends[1]) / (2 * STEP)).reshape(raw.shape)
        once, twice = float(of_raw(raw, target)), float(of_raw(np.tile(raw, (2, 1)), np.tile(target, (2, 1))))
        scale = {
            name: float(
                of_raw(
                    raw, target, Settings(settings.head, name, settings.logvar, settings.dropout, "off", 3)
                )
            )
            for name in ("none", "nll")
        }
        apart = [] if settings.uncertainty == "none" else [_variance_error(each, settings) for each in ERRORS]
    return {
        "gradient_error": float(np.linalg.norm(gradient - wanted) / np.linalg.norm(wanted)),
        "reduction_error": abs(twice / once - 1),
        "variance_error": max(apart, default=None),
        "scale": scale,
    }


def _variance_error(error: float, settings: Settings) -> float:
    """How far the variance at the loss's minimum is from the squared error of every row, as a share of it."""

    def loss(raw: float) -> float:
        logvar = network.limited(jnp.full((1, 2), raw), settings.logvar)
        return float(network.loss_of(jnp.zeros((1, 2)), logvar, jnp.full((1, 2), np.sqrt(error)), settings))

    lowest = minimize_scalar(loss, (-6.0, 2.0)).x
    return abs(float(jnp.exp(network.limited(jnp.asarray(lowest), settings.logvar))) / error - 1)


def chain(
    truth: np.ndarray, stats: Mapping[str, Any], output_order: str, metric_scale: str
) -> dict[str, float]:
    """Exact outputs through the way to the metrics: ``order_error``, the largest difference from the truth (n, 2) as a share of its
    spread; ``unit_error``, of the reported error of estimates that are off by a known amount, as a share of it."""
    spread, exact = truth.std(axis=0), evaluation.normalized(truth, stats)
    back = estimator.parameters(exact, stats, output_order)
    units = evaluation.units(stats, metric_scale)
    reported = np.abs(evaluation.denormalized(exact, stats) + spread - truth).mean(axis=0) / units
    return {
        "order_error": float((np.abs(back - truth) / spread).max()),
        "unit_error": float(np.abs(reported / spread - 1).max()),
    }


def overfit(
    rows: tuple[np.ndarray, ...], settings: Settings, number: int, count: int, epochs: int
) -> dict[str, float]:
    """The fit of ``count`` rows alone: the mean squared error of E0 and of both parameters at the end, without dropout, as shares of
    what their mean leaves."""
    some = training.Rows.of(*(each[:count] for each in rows))
    plan = training.Plan(epochs, min(count, 16), OVERFIT_RATE, epochs, False, False)
    bounds = np.array([[-3.0, 3.0], [-3.0, 3.0]])
    state, traces = training.fitted(jax.lax.scan, settings, plan, number, some, some, bounds)
    mean, _ = training.predictions(state.best, settings, some[:3], bounds)
    target = np.asarray(some.target, float)
    left = np.mean((mean - target) ** 2, axis=0) / target.var(axis=0)
    return {
        "E0": float(left[0]),
        "both": float(left.mean()),
        "first_loss": float(traces["loss"][0]),
        "last_loss": float(traces["loss"][-1]),
    }


def points_that_reach(settings: Settings, channels: int, known: int, number: int) -> float:
    """The share of the points of a record that move the output of a network with random weights: what a pool over the record sees,
    whatever the receptive field of one convolution is."""
    weights = network.start(jax.random.key(number, impl="unsafe_rbg"), settings, channels, known)
    bounds, counted = jnp.asarray([[-2.0, 2.0], [-2.0, 2.0]]), jnp.ones((1, features.POINTS))
    given = np.random.default_rng(number).standard_normal((1, features.POINTS, channels)).astype(np.float32)

    def output(x):
        inputs = (x, counted, jnp.zeros((1, known)))
        return network.applied(weights, network.averages(settings), inputs, bounds, settings, None)[0].sum()

    slope = np.asarray(jax.jit(jax.grad(output))(jnp.asarray(given)))
    return float(np.mean(np.abs(slope).max(axis=(0, 2)) > 0))
