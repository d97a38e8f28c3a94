"""A simulated data set, with the names and types of the system's NPZ files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from faultline.cases.ptycho import illumination, optics, scene

PROBE_SCALES = {"ideal": 10.0, "custom": 4.0}


def resolved(scenario: Mapping[str, Any], **choices: str) -> dict[str, Any]:
    """What a scenario says, with the choices that do not leave it to the scenario. Another probe brings its own scale."""
    found = {"scan": "nongrid", "probe_path": "set_default_probe", "phase": 0.0, **scenario}
    for name, choice in choices.items():
        if choice != "scenario":
            found[name] = type(scenario.get(name, ""))(choice)
    if found["probe"] != scenario["probe"]:
        found["probe_scale"] = PROBE_SCALES[found["probe"]]
    return found


def simulated(
    stream: Callable[[str], np.random.Generator], about: Mapping[str, Any]
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and facts of a data set.

    Parameters
    ----------
    stream
        A generator of random numbers for each purpose, so that another scan does not change the object.
    about
        What `resolved` returns.

    Returns
    -------
    ``xcoords``, ``ycoords`` and their ``_start`` (images,), float64; ``diff3d`` (images, N, N), float32 amplitudes; ``probeGuess``
    (N, N) and ``objectGuess`` (H, W), complex64; ``scan_index`` (images,), the region of each. The facts are the ``intensity_scale``
    with which the photons were drawn, the number of ``empty_frames`` and figures of object and probe.
    """
    amplitude = scene.lines(stream("object"))
    if about["blank_region"] == "yes":
        amplitude = scene.with_blank(amplitude)
    places, regions = scene.positions(stream("positions"), about["scan"], about["images"], about["gridsize"])
    if about["scan"] == "grid":  # the older path has objects of this height
        amplitude = amplitude / scene.patches(amplitude, places).max(axis=(1, 2)).mean()
    wave = (amplitude * np.exp(1j * about["phase"] * scene.phase(stream("phase")))).astype(np.complex64)
    center = illumination.center_of(about["probe_center"])
    scaled = illumination.SCALED[about["probe_path"]]
    probe = scaled(illumination.shape(about["probe"], center), about["probe_scale"], center)
    frames = optics.amplitudes(scene.patches(wave, places), probe)
    scale = optics.scale_of(frames, about["nphotons"])
    measured = optics.detected(stream("photons"), frames, scale)
    arrays = {
        "xcoords": places[:, 1],
        "ycoords": places[:, 0],
        "xcoords_start": places[:, 1].copy(),
        "ycoords_start": places[:, 0].copy(),
        "diff3d": measured,
        "probeGuess": probe,
        "objectGuess": wave,
        "scan_index": regions,
    }
    facts = {
        "nphotons": about["nphotons"],
        "intensity_scale": scale,
        "power": optics.power(measured),
        "empty_frames": int(np.sum(measured.max(axis=(1, 2)) == 0)),
        "object_mean": float(amplitude.mean()),
        "object_max": float(amplitude.max()),
        "probe": illumination.statistics(probe),
        "probe_scale": about["probe_scale"],
        "scan": about["scan"],
        "gridsize": about["gridsize"],
        "phase": about["phase"],
    }
    return arrays, facts
