"""The fit, in JAX: both halves of the data, each with an object of its own, through the head, by Adam."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

HEADS = {"sigmoid": jax.nn.sigmoid, "softplus": jax.nn.softplus, "relu": jax.nn.relu, "swish": jax.nn.silu}
EPSILON = 1e-12  # under the root and in the logarithm
SPREAD = 0.01  # of the start


@dataclass(frozen=True)
class Settings:
    """How the likelihood is written. The choices are those of the stage ``train``."""

    head: str
    positivity: str
    loss: str
    log_scale: str
    with_phase: bool

    @property
    def epsilon(self) -> float:
        return 0.0 if self.positivity == "none" else EPSILON


class Parameters(NamedTuple):
    """What is fitted: ``theta`` (H, W) before the head, the ``phase`` (H, W) of an object that has one, and log s."""

    theta: jax.Array
    phase: jax.Array
    log_scale: jax.Array


class Frames(NamedTuple):
    """``corners`` (frames, 2), whole pixels, and the counts (frames, N, N) that the likelihood is told of."""

    corners: jax.Array
    counts: jax.Array


def start(rng: np.random.Generator, size: int, scale: float) -> Parameters:
    """The start of both halves."""
    theta = SPREAD * rng.standard_normal((2, size, size))
    return Parameters(
        jnp.asarray(theta, jnp.float32),
        jnp.zeros((2, size, size), jnp.float32),
        jnp.full(2, np.log(scale), jnp.float32),
    )


def wave_of(parameters: Parameters, settings: Settings) -> jax.Array:
    """The object (H, W), complex only where it has a phase."""
    amplitude = HEADS[settings.head](parameters.theta)
    return amplitude * jnp.exp(1j * parameters.phase) if settings.with_phase else amplitude


def predicted(
    parameters: Parameters, corners: jax.Array, probe: jax.Array, settings: Settings
) -> tuple[jax.Array, jax.Array]:
    """The roots (frames, n, n) of the counts that are expected, for frames at corners (frames, 2), and |F|^2 behind them."""
    within = jnp.arange(probe.shape[-1])
    rows, columns = corners[:, 0, None, None], corners[:, 1, None, None]
    patches = wave_of(parameters, settings)[rows + within[:, None], columns + within]
    far = jnp.fft.fftshift(jnp.fft.fft2(patches * probe), axes=(-2, -1)) / probe.shape[-1]
    squared = jnp.real(far) ** 2 + jnp.imag(far) ** 2
    log_scale = parameters.log_scale
    if settings.log_scale == "fixed":
        log_scale = jax.lax.stop_gradient(log_scale)
    return jnp.exp(log_scale) * jnp.sqrt(squared + settings.epsilon), squared


def loss_of(
    parameters: Parameters, frames: Frames, probe: jax.Array, settings: Settings
) -> tuple[jax.Array, jax.Array]:
    """The mean loss over pixels of frames, and the smallest |F|^2 that it met."""
    roots, squared = predicted(parameters, frames.corners, probe, settings)
    return jnp.mean(of_pixel(roots, frames.counts, settings)), jnp.min(squared)


def of_pixel(roots: jax.Array, counts: jax.Array, settings: Settings) -> jax.Array:
    """The loss of each pixel, given the root of the counts that are expected there."""
    if settings.loss == "mae":
        return jnp.abs(jnp.sqrt(counts) - roots)
    expected = roots**2
    return expected - counts * jnp.log(expected + settings.epsilon)


def make_step(
    frames: Frames, probe: jax.Array, settings: Settings, optimizer: optax.GradientTransformation
) -> Callable:
    """The step as ``jax.lax.scan`` takes it: (state, indices (2, frames of a step)) -> (state, terms)."""

    def of_half(parameters: Parameters, frames: Frames, chosen: jax.Array) -> Any:
        batch = Frames(frames.corners[chosen], frames.counts[chosen])
        return jax.value_and_grad(loss_of, has_aux=True)(parameters, batch, probe, settings)

    def step(state: tuple[Parameters, Any], chosen: jax.Array) -> tuple[Any, dict[str, jax.Array]]:
        parameters, moments = state
        (loss, squared), gradient = jax.vmap(of_half)(parameters, frames, chosen)
        updates, moments = optimizer.update(gradient, moments, parameters)
        terms = {
            "smallest_power": squared,
            "loss": loss,
            "gradient": jnp.sqrt(jnp.sum(gradient.theta**2, axis=(1, 2))),
            "amplitude": jnp.mean(HEADS[settings.head](parameters.theta), axis=(1, 2)),
            "scale": jnp.exp(parameters.log_scale),
        }
        return (optax.apply_updates(parameters, updates), moments), terms

    return step


def schedule(rng: np.random.Generator, members: np.ndarray, batch: int | None, length: int) -> np.ndarray:
    """Which frames each step looks at, (steps, 2, frames): all members (2, groups, C), or so many groups in a shuffled order.

    ``length``: steps where each looks at all, else epochs.
    """
    flat = members.reshape(2, -1)
    if batch is None:
        return np.broadcast_to(flat, (length, *flat.shape))
    groups = members.shape[1]
    batches = groups // batch
    order = np.stack(
        [rng.permutation(groups)[: batches * batch].reshape(batches, batch) for _ in range(length)]
    )
    return np.moveaxis(members[:, order.reshape(-1, batch)], 0, 1).reshape(length * batches, 2, -1)


def fitted(
    scan: Callable,
    settings: Settings,
    begin: Parameters,
    frames: Frames,
    probe: np.ndarray,
    steps: np.ndarray,
    rate: float,
) -> tuple[Parameters, dict[str, np.ndarray]]:
    """The parameters of both halves after all steps, and term -> its values (steps, 2).

    ``scan`` is as ``jax.lax.scan``, but that it keeps the order of the terms.
    """
    optimizer = optax.adam(rate)
    step = make_step(frames, jnp.asarray(probe, jnp.complex64), settings, optimizer)
    state, traces = scan(step, (begin, optimizer.init(begin)), jnp.asarray(steps, jnp.int32))
    return state[0], {name: np.asarray(values) for name, values in traces.items()}


def first_bad_step(traces: dict[str, np.ndarray]) -> int | None:
    """The first step of which a term is not finite; None if all are."""
    bad = np.logical_or.reduce(
        [~np.isfinite(each).reshape(len(each), -1).all(axis=1) for each in traces.values()]
    )
    return int(np.argmax(bad)) if bad.any() else None
