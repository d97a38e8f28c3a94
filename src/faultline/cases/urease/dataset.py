"""The data of a scenario: conditions, parameters, and pH records with noise and, where the scenario has them, a probe's own effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from faultline.cases.urease import chemistry

ROWS, TEST = 300, 100  # of which the last TEST are for testing
POINTS = 100  # that the network takes
GRID = 2000 / 1999  # s, of the authors' grid of 2000 points over 2000 s
CADENCES = {"fast": 0.3, "usual": GRID, "slow": 10.0}  # s
LONGEST = 60.0  # s, of the records for testing that are kept for shorter prefixes
NOISE = 0.01  # standard deviation of a pH
VOLUME = 0.2  # L
KNOWN_INPUTS = ("substrate_mM", "grams_urease_powder", "temperature_C", "initial_pH", "volume_L")
INFER_PARAMS = ("E0_g_per_L", "k_d")
RANGES = {
    "substrate_mM": (10.0, 100.0),
    "grams_urease_powder": (0.05, 0.5),
    "temperature_C": (20.0, 40.0),
    "initial_pH": (6.5, 7.5),
    "k_d": (1e-5, 5e-3),
}
FRACTION = (0.2, 0.5)  # of the powder that is active enzyme, where E0 follows from it


def ranges_of(about: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """The ranges of the parameters in a scenario, in the order of `INFER_PARAMS`."""
    return {"E0_g_per_L": tuple(about["E0"]), "k_d": RANGES["k_d"]}


def times_of(about: Mapping[str, Any], cadence: float) -> np.ndarray:
    """When a record with this cadence, in s, has its points: `POINTS` of them where the scenario mixes cadences, else those before
    the prefix ends, thinned where there are more than `POINTS`."""
    if about["cadences"] == "mixed":
        return np.arange(POINTS) * cadence
    times = np.arange(0.0, about["prefix"] - 1e-9, cadence)
    return times[:: -(-len(times) // POINTS)]


def lagged(ph: np.ndarray, times: np.ndarray, seconds: float) -> np.ndarray:
    """What a probe with a first-order lag shows of pH (n, points) at times (n, points), s; it begins at the first value."""
    if seconds == 0:
        return ph
    shown = ph.copy()
    for place in range(1, ph.shape[1]):
        step = times[:, place] - times[:, place - 1]
        # Exact where pH is linear between two points.
        decay = np.exp(-step / seconds)
        slope = (ph[:, place] - ph[:, place - 1]) / step
        shown[:, place] = (
            ph[:, place]
            - slope * seconds
            + (shown[:, place - 1] - ph[:, place - 1] + slope * seconds) * decay
        )
    return shown


def drawn(rng: np.random.Generator, about: Mapping[str, Any], powder: str) -> tuple[np.ndarray, np.ndarray]:
    """Known inputs (n, 5) and parameters (n, 2), in the orders of `KNOWN_INPUTS` and `INFER_PARAMS`."""
    draw = {name: rng.uniform(*about_range, ROWS) for name, about_range in RANGES.items()}
    enzyme, fraction = rng.uniform(*about["E0"], ROWS), rng.uniform(*FRACTION, ROWS)
    volume = np.full(ROWS, VOLUME)
    if powder == "sets_E0":
        share = (about["E0"][1] - about["E0"][0]) / (
            1.25 - 0.05
        )  # the powder is as active as the range asks for
        enzyme = about["E0"][0] + share * (fraction * draw["grams_urease_powder"] / volume - 0.05)
    volume[-TEST:] = about["test_volume"]
    known = [draw[name] for name in KNOWN_INPUTS[:-1]] + [volume]
    return np.stack(known, axis=1), np.stack([enzyme, draw["k_d"]], axis=1)


def simulated(
    stream: Callable[[str], np.random.Generator], about: Mapping[str, Any], powder: str, lag_model: str
) -> dict[str, np.ndarray]:
    """All arrays of a data set. Rows for testing are the last `TEST`: what is called fast, slow and long is theirs alone.

    Parameters
    ----------
    stream
        A name -> the random numbers for it.
    about
        The scenario.
    powder
        ``by_itself`` or ``sets_E0``.
    lag_model
        Whether the simulator behind the rows for training has the probe's lag and offset, ``in_model``, or ``absent``.
    """
    known, parameters = drawn(stream("conditions"), about, powder)
    curves = chemistry.phi(known[:, 0] / 1000, known[:, 2], known[:, 3])
    cadence = np.full(ROWS, GRID)
    if about["cadences"] == "mixed":
        cadence = stream("cadences").choice(list(CADENCES.values()), ROWS)
    times = np.stack([times_of(about, each) for each in cadence])
    tested = slice(-TEST, None)
    real = np.arange(ROWS) >= ROWS - TEST
    has_probe = real if lag_model == "absent" else np.ones(ROWS, bool)

    def recorded(name: str, rows: slice, at: np.ndarray) -> np.ndarray:
        at = np.broadcast_to(at, (len(known[rows]), at.shape[-1]))
        clean = chemistry.records(curves[rows], *parameters[rows].T, at)
        shown = lagged(clean, at, about["lag"]) + about["offset"]
        shown = np.where(has_probe[rows, None], shown, clean)
        return shown + NOISE * stream(name).standard_normal(shown.shape)

    found = {
        "known_inputs": known,
        "target_params": parameters,
        "cadence": cadence,
        "curves": curves,
        "t": times,
        "pH": recorded("records", slice(None), times),
    }
    for name, step in (("fast", CADENCES["fast"]), ("slow", CADENCES["slow"])):
        found[f"t_{name}"] = times_of(about, step)
        found[f"pH_{name}"] = recorded(name, tested, found[f"t_{name}"])
    found["t_usual"] = times_of(about, GRID)
    found["pH_usual"] = (
        recorded("usual", tested, found["t_usual"]) if about["cadences"] == "mixed" else found["pH"][tested]
    )
    found["t_long"] = np.arange(0.0, LONGEST, GRID)
    found["pH_long"] = recorded("long", tested, found["t_long"])
    return found
