"""The probe: its two shapes, and the two ways in which the system scales it."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from faultline.cases.ptycho.scene import N

BLUR = 0.6  # pixels
CUSTOM_WIDTH, CUSTOM_CURVATURE = 2.6, 0.06  # pixels; radians a square pixel
CUSTOM_SHIFT = (0.4, -0.3)  # pixels, so that it has no symmetry


def center_of(name: str) -> float:
    """Where a probe of `N` pixels is centered: on the ``"pixel"`` N/2, or half a pixel before it, where the frame has its center."""
    return {"pixel": N / 2, "half_pixel": (N - 1) / 2}[name]


def shape(kind: str, center: float) -> np.ndarray:
    """The probe (N, N), complex, before it is scaled.

    ``"ideal"``: a disc of radius N/4, blurred, with the symmetry of its center. ``"custom"``: a defocused spot without one.
    """
    if kind == "ideal":
        return gaussian_filter(disc(center).astype(float), BLUR, mode="constant").astype(complex)
    y, x = (np.arange(N) - center - shift for shift in CUSTOM_SHIFT)
    squared = y[:, None] ** 2 + x**2
    return np.exp(-squared / (2 * CUSTOM_WIDTH**2) + 1j * CUSTOM_CURVATURE * squared)


def disc(center: float = N / 2) -> np.ndarray:
    """The mask (N, N): a disc of radius N/4."""
    at = np.arange(N) - center
    return at[:, None] ** 2 + at**2 <= (N / 4) ** 2


def set_default_probe(probe: np.ndarray, scale: float, center: float) -> np.ndarray:
    """P / (scale mean|mask P|), in single precision throughout, as the older code does it; the mean is over all pixels."""
    single = probe.astype(np.complex64)
    norm = np.float32(scale) * np.mean(np.abs(disc(center).astype(np.float32) * single), dtype=np.float32)
    return single / norm


def make_probe(probe: np.ndarray, scale: float, center: float) -> np.ndarray:
    """The same, in double precision, and rounded at the end."""
    unit = probe / np.mean(np.abs(probe * disc(center)))
    return (unit / scale).astype(np.complex64)


SCALED = {"set_default_probe": set_default_probe, "make_probe": make_probe}


def of_model(probe: np.ndarray, scale: float, scaling: str) -> np.ndarray:
    """The probe that the model uses, given that of the data: the same, or divided by its scale again if ``"twice"``."""
    return probe / np.float32(scale) if scaling == "twice" else probe


def statistics(probe: np.ndarray) -> dict[str, float]:
    """Smallest, largest and mean amplitude, and the L2 norm."""
    amplitude = np.abs(probe)
    return {
        "amplitude_min": float(amplitude.min()),
        "amplitude_max": float(amplitude.max()),
        "amplitude_mean": float(amplitude.mean()),
        "l2_norm": float(np.sqrt((amplitude.astype(float) ** 2).sum())),
    }
