"""The fit of the network: Adam on batches, epoch by epoch, with early stopping, a plateau scheduler and clipping where they are chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from faultline.cases.urease import network
from faultline.cases.urease.network import Settings

REDUCED, PLATEAU = 0.5, 5  # the scheduler's factor, and the epochs that it waits
IMPROVED = 1e-6  # of the validation loss, that early stopping counts
CLIP = 1.0  # the norm of a gradient
AT_ONCE = 200  # rows that a network is evaluated for
TOO_HIGH, TOO_LOW = 10.0, 0.01  # of the norm, by the audit


@dataclass(frozen=True)
class Plan:
    """How long and how fast. The choices are those of the stage ``train``."""

    epochs: int
    batch_size: int
    rate: float
    patience: int
    plateau: bool
    clipping: bool

    @classmethod
    def of(cls, chosen: Mapping[str, str]) -> Plan:
        """Of the choices of these names."""
        return cls(
            int(chosen["epochs"]),
            int(chosen["batch_size"]),
            float(chosen["learning_rate"]),
            int(chosen["patience"]),
            chosen["scheduler"] == "plateau",
            chosen["clipping"] != "none",
        )


class Rows(NamedTuple):
    """What the network reads of n records, and what it is to say: channels (n, points, channels), counted (n, points), known
    inputs (n, columns), targets (n, 2), normalized."""

    channels: jax.Array
    counted: jax.Array
    known: jax.Array
    target: jax.Array

    @classmethod
    def of(cls, *arrays: np.ndarray) -> Rows:
        return cls(*(jnp.asarray(each, jnp.float32) for each in arrays))


class Given(NamedTuple):
    """What no epoch changes. It goes through the loop, so that one compiled loop serves all data."""

    train: Rows
    valid: Rows
    bounds: jax.Array
    patience: jax.Array


class State(NamedTuple):
    """What an epoch hands to the next; ``best``: weights and averages of the lowest validation loss."""

    given: Given
    weights: Any
    moving: list[jax.Array]
    moments: Any
    rate: jax.Array
    best: Any
    best_loss: jax.Array
    waited: jax.Array
    flat: jax.Array
    lowest: jax.Array
    stopped: jax.Array


def fitted(
    scan: Callable,
    settings: Settings,
    plan: Plan,
    number: int,
    train: Rows,
    valid: Rows,
    bounds: np.ndarray,
) -> tuple[State, dict[str, np.ndarray]]:
    """The last state, whose ``best`` is the estimator, and term -> its values (epochs,); of epochs after the stop those of the last.

    ``scan`` is as ``jax.lax.scan``, but that it keeps the order of the terms. ``number`` seeds weights, order and dropout.
    """
    key = jax.random.key(
        number, impl="unsafe_rbg"
    )  # compiles in a quarter of the time that the default takes
    order = np.random.default_rng(number)
    size = min(plan.batch_size, len(train.target))
    batches = len(train.target) // size
    rows = np.stack(
        [
            order.permutation(len(train.target))[: batches * size].reshape(batches, size)
            for _ in range(plan.epochs)
        ]
    )
    optimizer = optax.scale_by_adam()
    begin = network.start(key, settings, train.channels.shape[-1], train.known.shape[-1])
    moving = network.averages(settings)
    given = Given(train, valid, jnp.asarray(bounds, jnp.float32), jnp.int32(plan.patience))
    state = State(
        given,
        begin,
        moving,
        optimizer.init(begin),
        jnp.float32(plan.rate),
        (begin, moving),
        jnp.float32(jnp.inf),
        jnp.int32(0),
        jnp.int32(0),
        jnp.float32(jnp.inf),
        jnp.array(False),
    )
    terms = dict.fromkeys(
        ("loss", "val_loss", "loss_min", "gradient", "logvar_min", "logvar_max", "rate"), 0.0
    )
    step = make_epoch(settings, plan, optimizer)
    keys = jax.vmap(lambda epoch: jax.random.fold_in(key, epoch))(jnp.arange(plan.epochs))
    (state, _), traces = scan(step, (state, jax.tree.map(jnp.float32, terms)), (jnp.asarray(rows), keys))
    return state, {name: np.asarray(values) for name, values in traces.items()}


def make_epoch(settings: Settings, plan: Plan, optimizer: Any) -> Callable:
    """The step as ``jax.lax.scan`` takes it: ((state, terms), (rows (batches, size), key)) -> the same after an epoch, or as it
    was after the stop."""

    def of_batch(weights: Any, moving: Any, rows: Rows, bounds: jax.Array, key: Any) -> Any:
        mean, logvar, after = network.applied(weights, moving, rows[:3], bounds, settings, key)
        return network.loss_of(mean, logvar, rows.target, settings), (after, logvar)

    def step(given: Given, carry: Any, each: Any) -> Any:
        weights, moving, moments, rate = carry
        chosen, key = each
        rows = Rows(*(values[chosen] for values in given.train))
        slope = jax.value_and_grad(of_batch, has_aux=True)
        (loss, (moving, logvar)), gradient = slope(weights, moving, rows, given.bounds, key)
        norm = optax.tree.norm(gradient)
        if plan.clipping:
            gradient = jax.tree.map(lambda values: values * jnp.minimum(1.0, CLIP / (norm + 1e-12)), gradient)
        updates, moments = optimizer.update(gradient, moments)
        weights = jax.tree.map(lambda values, update: values - rate * update, weights, updates)
        return (weights, moving, moments, rate), (loss, norm, logvar.min(), logvar.max())

    def epoch(state: State, each: Any) -> tuple[State, dict[str, jax.Array]]:
        rows, noise = each
        carry, seen = jax.lax.scan(
            partial(step, state.given),
            (state.weights, state.moving, state.moments, state.rate),
            (rows, jax.random.split(noise, len(rows))),
        )
        weights, moving, moments, _ = carry
        loss, norm, low, high = seen
        val_loss = of_batch(weights, moving, state.given.valid, state.given.bounds, None)[0]
        better = val_loss < state.best_loss - IMPROVED
        best = jax.tree.map(lambda new, old: jnp.where(better, new, old), (weights, moving), state.best)
        waited = jnp.where(better, 0, state.waited + 1)
        lower = val_loss < state.lowest * (1 - jnp.sign(state.lowest) * 1e-4)
        flat = jnp.where(lower, 0, state.flat + 1)
        reduce = plan.plateau & (flat > PLATEAU)
        new = State(
            state.given,
            weights,
            moving,
            moments,
            jnp.where(reduce, state.rate * REDUCED, state.rate),
            best,
            jnp.minimum(val_loss, state.best_loss),
            waited,
            jnp.where(reduce, 0, flat),
            jnp.minimum(val_loss, state.lowest),
            waited >= state.given.patience,
        )
        terms = {
            "loss": loss.mean(),
            "val_loss": val_loss,
            "loss_min": loss.min(),
            "gradient": norm.max(),
            "logvar_min": low.min(),
            "logvar_max": high.max(),
            "rate": state.rate,
        }
        return new, terms

    def guarded(carry: Any, each: Any) -> Any:
        state, before = carry
        state, terms = jax.lax.cond(state.stopped, lambda: (state, before), lambda: epoch(state, each))
        return (state, terms), terms

    return guarded


def predictions(
    best: tuple[Any, Any],
    settings: Settings,
    inputs: tuple[np.ndarray, np.ndarray, np.ndarray],
    bounds: np.ndarray,
) -> np.ndarray:
    """Means and log variances (2, n, 2), in normalized units; ``inputs`` as in `network.applied`."""
    rows = len(inputs[0])
    # Rows are filled up with copies of the last, so that one compiled network serves any number of them.
    filled = np.minimum(np.arange(-(-rows // AT_ONCE) * AT_ONCE), rows - 1)
    weights, moving = jax.tree.map(jnp.asarray, best)
    given = tuple(jnp.asarray(np.asarray(each)[filled], jnp.float32) for each in inputs)
    mean, logvar, _ = _applied(weights, moving, given, jnp.asarray(bounds, jnp.float32), settings)
    return np.stack([np.asarray(mean, float), np.asarray(logvar, float)])[:, :rows]


_applied = jax.jit(
    lambda weights, moving, inputs, bounds, settings: network.applied(
        weights, moving, inputs, bounds, settings, None
    ),
    static_argnums=4,
)


def summary(traces: dict[str, np.ndarray], plan: Plan, settings: Settings) -> dict[str, Any]:
    """What the audit asks of a fit: losses, the norm of the gradient, when it stopped and whether the validation loss still fell."""
    valid, stop = traces["val_loss"], stopped_after(traces["val_loss"], plan.patience)
    seen = slice(0, stop)
    finite = bool(np.isfinite(valid[seen]).all())
    last = valid[seen][-plan.patience :]
    return {
        "epochs_run": stop,
        "stopped_early": bool(stop < plan.epochs),
        "best_epoch": int(np.argmin(valid[seen])) if finite else None,
        "final_loss": float(traces["loss"][stop - 1]),
        "best_val_loss": float(np.min(valid[seen])),
        "loss_min": float(np.min(traces["loss_min"][seen])),
        "negative_share": float(np.mean(traces["loss"][seen] < 0)),
        "gradient_max": float(np.max(traces["gradient"][seen])),
        "gradient_last": float(traces["gradient"][stop - 1]),
        "gradient_verdict": gradient_verdict(float(np.median(traces["gradient"][seen]))),
        "logvar_range": [
            float(np.min(traces["logvar_min"][seen])),
            float(np.max(traces["logvar_max"][seen])),
        ],
        "val_still_falling": bool(finite and np.polyfit(np.arange(len(last)), last, 1)[0] < 0)
        if len(last) > 1
        else False,
        "last_rate": float(traces["rate"][stop - 1]),
        "receptive_field": network.receptive_field(settings.levels),
        "finite": int(finite),
    }


def stopped_after(valid: np.ndarray, patience: int) -> int:
    """Epochs that ran: until the validation loss was not lower for ``patience`` of them."""
    best, waited = np.inf, 0
    for number, value in enumerate(valid, 1):
        waited = 0 if value < best - IMPROVED else waited + 1
        best = min(best, value)
        if waited >= patience:
            return number
    return len(valid)


def gradient_verdict(norm: float) -> str:
    """What the audit calls a norm."""
    return "too high" if norm > TOO_HIGH else "too low" if norm < TOO_LOW else "in between"
