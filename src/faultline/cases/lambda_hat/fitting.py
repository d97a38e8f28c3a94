"""A whole fit, in JAX: its start, its steps, and what is said of their traces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from faultline.cases.lambda_hat import family, losses, step
from faultline.cases.lambda_hat.family import Parameters
from faultline.cases.lambda_hat.step import Settings, loss_of, on_device


def fitted(
    scan: Callable,
    target: Any,
    scenario: Mapping[str, Any],
    settings: Settings,
    keys: tuple[jax.Array, jax.Array],
    dtype,
    *,
    loss_signature: str,
    steps: int,
    lr: float,
    max_norm: float,
    rho: float,
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The traces of all terms with the parameters after the last step, and facts: those of `facts_of`, and the types.

    Parameters
    ----------
    scan
        As ``jax.lax.scan``, but that it keeps the order of the terms.
    target
        What stage ``target`` left.
    scenario
        Its ``M``, ``r`` and ``batch``.
    keys
        For the start, and for the steps.
    rho
        That of the start.
    """
    data, optimizer = on_device(target, dtype), optax.adam(lr)
    start = family.start(keys[0], len(data.w_star), scenario["M"], scenario["r"], rho, dtype)
    batch_loss = step.as_declared(losses.mean(loss_of(target, dtype)), loss_signature)
    one = step.make_step(
        batch_loss, data, settings, optimizer, keys[1], batch=scenario["batch"], max_norm=max_norm
    )
    state, traces = scan(one, step.first_state(start, optimizer), jnp.arange(steps))
    traces = {name: np.asarray(values) for name, values in traces.items()}
    types = {
        "type_asked": str(dtype),
        "type_got": str(state.parameters.rho.dtype),
        "other_types": other_types(dtype, state.parameters, traces),
    }
    return traces | state.parameters._asdict(), facts_of(traces) | types


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
