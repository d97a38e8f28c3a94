"""From the object to the detector, and the scales between amplitudes and photons."""

from __future__ import annotations

import numpy as np

from faultline.cases.ptycho.scene import N


def amplitudes(patches: np.ndarray, probe: np.ndarray) -> np.ndarray:
    """The far-field amplitudes (frames, N, N), orthonormal: their squares sum to those of the exit waves."""
    waves = np.fft.fft2(patches * probe)
    return np.abs(np.fft.fftshift(waves, axes=(-2, -1))) / probe.shape[-1]


def power(frames: np.ndarray) -> float:
    """The mean over frames (frames, N, N) of the sum of squares."""
    return float(np.mean(np.sum(np.asarray(frames, float) ** 2, axis=(-2, -1))))


def scale_of(frames: np.ndarray, nphotons: float) -> float:
    """s, with which frames of these amplitudes have ``nphotons`` photons on average; infinite where there is no light."""
    with np.errstate(divide="ignore"):
        return float(np.sqrt(np.float64(nphotons) / power(frames)))


def fallback_scale(nphotons: float, n: int = N) -> float:
    """s in closed form, right where the sum of squares is (n/2)^2 on average."""
    return float(np.sqrt(nphotons) / (n / 2))


def gain_of(frames: np.ndarray, n: int = N) -> float:
    """g of the loader, which makes the sum of squares (n/2)^2 on average."""
    return fallback_scale(1.0, n) ** -1 / float(np.sqrt(power(frames)))


def detected(rng: np.random.Generator, frames: np.ndarray, scale: float) -> np.ndarray:
    """The amplitudes that are stored, in single precision: roots of Poisson counts, in the units of the frames."""
    return (np.sqrt(rng.poisson((scale * frames) ** 2)) / scale).astype(np.float32)


def in_units(patches: np.ndarray, gain: float, gauge: str) -> np.ndarray:
    """Patches in the units of the object if ``"undone"``, else in those of the normalized frames, as they were fitted."""
    return patches / gain if gauge == "undone" else patches
