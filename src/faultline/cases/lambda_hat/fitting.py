"""A whole fit, in JAX: its start, its steps, and what is said of their traces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from faultline.cases.lambda_hat import family, losses, step
from faultline.cases.lambda_hat.family import Parameters
from faultline.cases.lambda_hat.step import Data, Settings


def on_device(target: Any, dtype) -> Data:
    """What a step needs of the output of stage ``target``, as JAX arrays of this type."""
    arrays = (jnp.asarray(each, dtype) for each in (target.X, target.Y, target.w_star))
    return Data(*arrays, *(jnp.asarray(target.facts[name], dtype) for name in ("n_beta", "gamma")))


def loss_of(target: Any, dtype) -> losses.Loss:
    """The loss of each point of the target of stage ``target``."""
    return losses.pointwise(
        target.facts["kind"], jnp.asarray(target.H, dtype), jnp.asarray(target.w_star, dtype)
    )


def fit(
    scan: Callable,
    target: Any,
    scenario: Mapping[str, Any],
    settings: Settings,
    steps: int,
    rho: float,
    dtype,
    keys,
) -> tuple[Parameters, dict[str, np.ndarray]]:
    """The parameters after the last step, and the traces of all terms.

    Parameters
    ----------
    scan
        As ``jax.lax.scan``, which keeps the order of the terms.
    target
        What stage ``target`` left.
    scenario
        Its ``components`` and ``rank``.
    rho
        That of the start.
    keys
        Two keys: for the start, and for the steps.
    """
    data = on_device(target, dtype)
    parameters = family.start(keys[0], len(data.w_star), scenario["components"], scenario["rank"], rho, dtype)
    batch_loss = step.as_declared(losses.mean(loss_of(target, dtype)), settings.loss_signature)
    one = step.make_step(batch_loss, data, settings, keys[1])
    state, traces = scan(one, step.first_state(parameters, settings), jnp.arange(steps))
    return state.parameters, {name: np.asarray(values) for name, values in traces.items()}


def facts_of(traces: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Figures of the steps before the first one with a value that is not finite.

    ``finite_steps``: how many there are. ``pi_min``, ``resp_min``: the smallest weight and responsibility. ``resp_sum_error``:
    how far the responsibilities are from summing to 1. ``log_component_max``: the largest absolute value that entered the
    log-sum-exp. ``logged_elbo``: the mean of the logged ELBO over the last fifth of all steps.
    """
    good = np.logical_and.reduce(
        [np.isfinite(each).reshape(len(each), -1).all(axis=1) for each in traces.values()]
    )
    finite = len(good) if good.all() else int(np.argmin(good))

    def over(function: Callable, name: str) -> float | None:
        return float(function(traces[name][:finite])) if finite else None

    return {
        "finite_steps": finite,
        "pi_min": over(np.min, "pi_min"),
        "resp_min": over(np.min, "resp_min"),
        "resp_sum_error": over(lambda sums: np.max(np.abs(sums - 1)), "resp_sum"),
        "log_component_max": over(lambda values: np.max(np.abs(values)), "log_component_max"),
        "logged_elbo": float(traces["elbo"][-max(len(good) // 5, 1) :].mean()),
        "total_fge": float(traces["cumulative_fge"][-1]),
    }


def other_types(asked: jnp.dtype, parameters: Parameters, traces: Mapping[str, np.ndarray]) -> int:
    """How many of the parameters and traces have another type than the one that was asked for."""
    return sum(each.dtype != asked for each in (*parameters, *traces.values()))
