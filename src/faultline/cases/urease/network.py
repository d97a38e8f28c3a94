"""The estimator: a temporal convolutional network on a record, a perceptron on the known inputs, two heads; and its loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

# The authors' 64, 128, 256 channels, perceptron of 128, 64 and heads of 128, divided by 8. Further levels are as wide as the third.
CHANNELS, PERCEPTRON, HIDDEN, KERNEL = (8, 16, 32, 32, 32), (16, 8), 16, 3
CLAMP = 10.0  # of the logarithm of the variance
FLOOR = -4.6  # of it, in normalized units: a standard deviation of 0.1
WEIGHT = 0.01  # of the penalty on its square
MOMENTUM = 0.9  # of the averages of batch normalization
TINY = 1e-5  # beside a variance there
DROPOUT = {"0.2_0.1": (0.2, 0.1), "0.1_0.05": (0.1, 0.05)}  # in the convolutions, and before the heads


@dataclass(frozen=True)
class Settings:
    """How network and loss are written. The choices are those of the stage ``train``."""

    head: str
    uncertainty: str
    logvar: str
    dropout: str
    batch_norm: str
    levels: int


def start(key: jax.Array, settings: Settings, channels: int, known: int) -> dict[str, Any]:
    """Weights, uniform within 1/sqrt(inputs) as PyTorch draws them, each from a key of its own name, so that one more does not change the others."""

    def layer(name: str, inputs: int, outputs: int) -> dict[str, jax.Array]:
        own = jax.random.fold_in(
            key, sum(ord(letter) * 131**place for place, letter in enumerate(name)) % 2**31
        )
        first, second = jax.random.split(own)
        reach = inputs**-0.5
        return {
            "w": jax.random.uniform(first, (inputs, outputs), minval=-reach, maxval=reach),
            "b": jax.random.uniform(second, (outputs,), minval=-reach, maxval=reach),
        }

    found: dict[str, Any] = {}
    for level, wide in enumerate(CHANNELS[: settings.levels]):
        given = channels if level == 0 else CHANNELS[level - 1]
        found[f"level_{level}"] = {
            "one": layer(f"{level}one", KERNEL * given, wide),
            "two": layer(f"{level}two", KERNEL * wide, wide),
            "scale": jnp.ones((2, wide)),
            "shift": jnp.zeros((2, wide)),
        }
        if given != wide:
            found[f"level_{level}"]["beside"] = layer(f"{level}beside", given, wide)
    for place, wide in enumerate(PERCEPTRON):
        found[f"known_{place}"] = layer(f"known{place}", known if place == 0 else PERCEPTRON[place - 1], wide)
    for name in ("mean", "logvar"):
        found[f"{name}_hidden"] = layer(
            f"{name}hidden", CHANNELS[settings.levels - 1] + PERCEPTRON[-1], HIDDEN
        )
        found[name] = layer(name, HIDDEN, 2)
    return found


def averages(settings: Settings) -> list[jax.Array]:
    """Means and variances (2 convolutions, 2, channels) of each level before the first step of batch normalization."""
    return [
        jnp.broadcast_to(jnp.stack([jnp.zeros(wide), jnp.ones(wide)]), (2, 2, wide))
        for wide in CHANNELS[: settings.levels]
    ]


def dense(x: jax.Array, layer: dict[str, jax.Array]) -> jax.Array:
    """A layer of x (..., inputs)."""
    return x @ layer["w"] + layer["b"]


def convolved(x: jax.Array, layer: dict[str, jax.Array], dilation: int) -> jax.Array:
    """A causal dilated convolution of x (n, points, inputs) as one product with the shifted copies of x."""
    length = x.shape[1]
    before = jnp.pad(x, ((0, 0), ((KERNEL - 1) * dilation, 0), (0, 0)))
    shifted = [before[:, place * dilation : place * dilation + length] for place in range(KERNEL)]
    return dense(jnp.concatenate(shifted, axis=-1), layer)


def applied(
    weights: dict[str, Any],
    moving: list[jax.Array],
    inputs: tuple[jax.Array, jax.Array, jax.Array],
    bounds: jax.Array,
    settings: Settings,
    key: jax.Array | None,
) -> tuple[jax.Array, jax.Array, list[jax.Array]]:
    """Means and log variances (n, 2), in normalized units, and the averages of batch normalization after this batch.

    ``inputs``: channels (n, points, channels), counted (n, points), known inputs (n, columns). ``bounds`` (2, 2): low and
    high of each parameter, in normalized units. ``key``: of dropout; None where the network is evaluated.
    """
    x, counted, known = inputs
    in_convolutions, before_heads = DROPOUT[settings.dropout]
    after = []

    def dropped(values: jax.Array, share: float, number: int) -> jax.Array:
        if key is None:
            return values
        kept = jax.random.bernoulli(jax.random.fold_in(key, number), 1 - share, values.shape)
        return jnp.where(kept, values / (1 - share), 0.0)

    for level in range(settings.levels):
        own, passed, of_level = weights[f"level_{level}"], x, []
        for place, name in enumerate(("one", "two")):
            x = convolved(x, own[name], 2**level)
            if settings.batch_norm == "on":
                x, average = _normalized(
                    x, own["scale"][place], own["shift"][place], moving[level][place], key
                )
                of_level.append(average)
            x = dropped(jax.nn.relu(x), in_convolutions, 2 * level + place)
        after.append(jnp.stack(of_level) if of_level else moving[level])
        x = jax.nn.relu(x + (dense(passed, own["beside"]) if "beside" in own else passed))
    pooled = jnp.sum(x * counted[..., None], axis=1) / jnp.sum(counted, axis=1, keepdims=True)
    for place in range(len(PERCEPTRON)):
        known = dropped(jax.nn.relu(dense(known, weights[f"known_{place}"])), before_heads, 100 + place)
    joint, raw = jnp.concatenate([pooled, known], axis=-1), {}
    for place, name in enumerate(("mean", "logvar")):
        hidden = jax.nn.relu(dense(joint, weights[f"{name}_hidden"]))
        raw[name] = dense(dropped(hidden, before_heads, 200 + place), weights[name])
    return bounded(raw["mean"], bounds, settings.head), limited(raw["logvar"], settings.logvar), after


def _normalized(x, scale, shift, moving, key):
    """Batch normalization of x (n, points, channels), and its averages (2, channels)."""
    if key is None:
        mean, variance, average = moving[0], moving[1], moving
    else:
        mean, variance = jnp.mean(x, axis=(0, 1)), jnp.var(x, axis=(0, 1))
        average = MOMENTUM * moving + (1 - MOMENTUM) * jax.lax.stop_gradient(jnp.stack([mean, variance]))
    return scale * (x - mean) / jnp.sqrt(variance + TINY) + shift, average


def bounded(raw: jax.Array, bounds: jax.Array, head: str) -> jax.Array:
    """The means (..., 2) that a head gives: as they are, or within the bounds."""
    if head == "linear":
        return raw
    low, high = bounds.T
    return low + (high - low) * jax.nn.sigmoid(raw)


def limited(raw: jax.Array, how: str) -> jax.Array:
    """The log variances that a head gives."""
    if how == "clamped":
        return jnp.clip(raw, -CLAMP, CLAMP)
    return jnp.clip(raw, FLOOR, CLAMP) if how == "floored" else raw


def loss_of(mean: jax.Array, logvar: jax.Array, target: jax.Array, settings: Settings) -> jax.Array:
    """The mean over rows and parameters of half the Gaussian negative log likelihood times two pi, or of the squared error."""
    squared = (target - mean) ** 2
    if settings.uncertainty == "none":
        return jnp.mean(squared)
    found = 0.5 * jnp.mean(logvar + jnp.exp(-logvar) * squared)
    return found + WEIGHT * jnp.mean(logvar**2) if settings.logvar == "regularised" else found


def receptive_field(levels: int, kernel: int = KERNEL) -> int:
    """Points that one output of the convolutions sees: two convolutions a level, with dilations 1, 2, 4, ..."""
    return 1 + sum(2 * (kernel - 1) * 2**level for level in range(levels))
