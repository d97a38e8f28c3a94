"""Checks of single parts against computations that share nothing with them, and of the whole on data without noise."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import poisson

from faultline.cases.ptycho import comparison, fitting
from faultline.cases.ptycho.fitting import Frames, Parameters, Settings
from faultline.cases.ptycho.illumination import shape
from faultline.cases.ptycho.scene import OFFSET, N

SMALL, FIELD = 8, 12  # pixels of a frame and of the object of the checks
STEP = 1e-6  # of the central differences, in double precision
DOSES = (0.1, 1.0, 10.0, 100.0)  # expected counts of a pixel
MOST = 250  # counts that none of these exceeds but with a probability below 1e-12
REACH = np.linspace(-30, 30, 6001)  # values before the head at which its range is looked at


def probe_error(used: np.ndarray, kind: str, center: float, scale: float) -> float:
    """The largest difference from P / (scale mean|mask P|) with the sum written out, as a share of the largest amplitude."""
    raw, total = shape(kind, center), 0.0
    for y in range(N):
        for x in range(N):
            if (y - center) ** 2 + (x - center) ** 2 <= (N / 4) ** 2:
                total += abs(raw[y, x])
    known = raw / (scale * total / N**2)
    return float(np.max(np.abs(used - known)) / np.max(np.abs(known)))


def scale_of_waves(wave: np.ndarray, places: np.ndarray, probe: np.ndarray, nphotons: float) -> float:
    """s from the exit waves themselves, without a Fourier transform."""
    light = [
        sum(
            abs(complex(wave[int(y) - N // 2 + i, int(x) - N // 2 + j]) * complex(probe[i, j])) ** 2
            for i in range(N)
            for j in range(N)
        )
        for y, x in places
    ]
    return float(np.sqrt(nphotons / np.mean(light)))


def gradient_error(settings: Settings, rng: np.random.Generator) -> float:
    """How far the gradient in theta is from central differences, as a share of its norm, in double precision."""
    with jax.enable_x64(True):
        probe = jnp.asarray(rng.standard_normal((SMALL, SMALL)) + 1j * rng.standard_normal((SMALL, SMALL)))
        corners = jnp.asarray(rng.integers(0, FIELD - SMALL + 1, (3, 2)))
        frames = Frames(corners, jnp.asarray(rng.poisson(20.0, (3, SMALL, SMALL)).astype(float)))
        at = _parameters(0.5 + rng.random((FIELD, FIELD)), 1.3)

        def loss(theta):
            return fitting.loss_of(at._replace(theta=theta), frames, probe, settings)[0]

        found = np.asarray(jax.jit(jax.grad(loss))(at.theta))
        moved = STEP * np.eye(FIELD**2).reshape(-1, FIELD, FIELD)
        ends = jax.jit(jax.vmap(loss))(jnp.concatenate([at.theta + moved, at.theta - moved]))
        wanted = np.asarray(ends[: FIELD**2] - ends[FIELD**2 :]).reshape(found.shape) / (2 * STEP)
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


def nonfinite_at_zero(settings: Settings) -> int:
    """Elements of loss and gradient that are not finite where a constant object gives F = 0 exactly at some pixels.

    The probe is a square whose transform has zeros, among them the highest frequency: its pixels cancel in pairs.
    """
    probe = np.zeros((SMALL, SMALL), np.complex64)
    probe[2:6, 2:6] = 1
    at = _parameters(np.full((FIELD, FIELD), 0.3, np.float32), np.float32(1.0))
    corners = jnp.array([[2, 2]])
    _, squared = jax.jit(fitting.predicted, static_argnums=3)(at, corners, jnp.asarray(probe), settings)
    frames = Frames(corners, squared)  # what is expected without noise
    both = jax.value_and_grad(fitting.loss_of, has_aux=True)
    (loss, smallest), gradient = jax.jit(both, static_argnums=3)(at, frames, jnp.asarray(probe), settings)
    if smallest != 0:
        raise ArithmeticError("the transform of the square has no exact zero here")
    return int(sum(np.sum(~np.isfinite(np.asarray(each))) for each in (loss, gradient.theta)))


def dead_share(settings: Settings, rng: np.random.Generator) -> float:
    """The share of pixels that no gradient moves at the start."""
    theta = jnp.asarray(fitting.SPREAD * rng.standard_normal((FIELD, FIELD)))
    slope = jax.jit(jax.vmap(jax.grad(fitting.HEADS[settings.head])))(theta.ravel())
    return float(np.mean(np.asarray(slope) == 0))


def score_bias(settings: Settings) -> float:
    """The expected derivative of a pixel's loss at the true expectation, as a share of its expected absolute value; the largest
    over `DOSES`. It is 0 of a likelihood."""
    largest = 0.0
    with jax.enable_x64(True):
        slope = jax.jit(
            jax.vmap(jax.grad(lambda root, count: fitting.of_pixel(root, count, settings)), (None, 0))
        )
        for dose in DOSES:
            counts = np.arange(MOST)
            weights = poisson.pmf(counts, dose)
            scores = np.asarray(slope(jnp.sqrt(dose), jnp.asarray(counts, float)))
            largest = max(largest, abs(weights @ scores) / (weights @ np.abs(scores)))
    return float(largest)


def confounded(settings: Settings, rng: np.random.Generator) -> float:
    """How parallel the effects of log s and of the object's height on the expected counts are, if log s is fitted: 1 where no
    data can tell them apart, 0 where log s is not fitted."""
    with jax.enable_x64(True):
        probe = jnp.asarray(rng.standard_normal((SMALL, SMALL)) + 0j)
        corners = jnp.asarray(rng.integers(0, FIELD - SMALL + 1, (3, 2)))
        at = _parameters(rng.random((FIELD, FIELD)), 1.0)

        def expected(log_scale):
            return (
                fitting.predicted(at._replace(log_scale=log_scale), corners, probe, settings)[0] ** 2
            ).ravel()

        by_scale, by_height = map(
            np.asarray, jax.jit(lambda at: (jax.jacfwd(expected)(at), 2 * expected(at)))(at.log_scale)
        )
    both = np.linalg.norm(by_scale) * np.linalg.norm(by_height)
    return float(abs(by_scale @ by_height) / both) if both > 0 else 0.0


def unreached(head: str, wanted: np.ndarray) -> float:
    """How far the head stays from the amplitudes that the data ask for: the largest distance, as a share of their mean."""
    with np.errstate(over="ignore"):
        values = {
            "sigmoid": 1 / (1 + np.exp(-REACH)),
            "softplus": np.logaddexp(0, REACH),
            "relu": np.maximum(REACH, 0),
            "swish": REACH / (1 + np.exp(-REACH)),
        }[head]
    values = np.sort(values)
    place = np.clip(np.searchsorted(values, wanted), 1, len(values) - 1)
    apart = np.minimum(np.abs(wanted - values[place - 1]), np.abs(wanted - values[place]))
    return float(apart.max() / wanted.mean())


def group_stretch(places: np.ndarray, indices: np.ndarray, neighbor_count: int | None) -> float:
    """The largest distance of a member from its group's seed, as a share of what is allowed: by all distances, that of the seed's
    neighbor of rank ``neighbor_count``; without one, the diagonal of a region. Infinite where a group has a member twice."""
    largest = 0.0
    for group in indices:
        if len(set(group.tolist())) < len(group):
            return float("inf")
        away = np.sqrt(((places - places[group[0]]) ** 2).sum(axis=1))
        allowed = OFFSET * np.sqrt(2) * (np.sqrt(len(group)) - 1)
        if neighbor_count is not None:
            allowed = np.sort(away)[min(neighbor_count, len(away)) - 1]
        farthest = away[group].max()
        largest = max(largest, farthest / allowed if allowed > 0 else float(farthest > 0))
    return float(largest)


def lost(offsets: np.ndarray, size: int, n: int = N) -> float:
    """The share of the pixels of patches (frames, 2) that lie outside of a canvas, counted one by one."""
    inside = sum(
        0 <= round(y) - n // 2 + i + size // 2 < size and 0 <= round(x) - n // 2 + j + size // 2 < size
        for y, x in offsets.tolist()
        for i in range(n)
        for j in range(n)
    )
    return 1 - inside / (len(offsets) * n * n)


def units(truth: np.ndarray, found: np.ndarray, rescale: str, recorded: float) -> dict[str, float]:
    """How far the ratio of amplitudes, both flat, is from 1 after rescaling; and ``leak``, how much the factor changes where
    the truth is twice as high, as a share of it."""
    factor, doubled = (comparison.factor_of(rescale, each, found, recorded) for each in (truth, 2 * truth))
    return {
        "units_error": float(abs(factor * found.mean() / truth.mean() - 1)),
        "leak": float(abs(doubled / factor - 1)),
    }


def likelihood(settings: Settings, rng: np.random.Generator) -> dict[str, Any]:
    """All checks of the likelihood as it is written."""
    return {
        "gradient_error": gradient_error(settings, rng),
        "nonfinite_at_zero": nonfinite_at_zero(settings),
        "dead_share": dead_share(settings, rng),
        "score_bias": score_bias(settings),
        "confounded": confounded(settings, rng),
    }


def _parameters(theta: np.ndarray, scale: float) -> Parameters:
    return Parameters(jnp.asarray(theta), jnp.zeros_like(theta), jnp.log(jnp.asarray(scale, theta.dtype)))
