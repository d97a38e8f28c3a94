"""Jumps and infinite regions of single factors, along lines through draws.

A density that ends, jumps, turns infinite or loses its gradient where its slope announces nothing breaks every trajectory
that gets there. A pole is no cliff: the logarithm of a scale that runs to 0 falls ever faster, so that trajectories turn round before it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from faultline.engine.conditional import Conditional
from faultline.engine.definite import without_root
from faultline.engine.layout import Layout

LINES = 40
REACH = 4.0
"""How far a line goes, in spreads of the draws along it: what a sampler gets to see."""

GRID = 48
HALVINGS = 40

JUMP, ROUNDING = 1.0, 1e-9
"""A jump of the log-density that a trajectory feels, and, relative to the value, what sums of large numbers leave."""

FALLS = 50.0
"""A factor that has lost as much before it ends announced its end."""


def cliffs(
    density: Conditional, positions: np.ndarray, starts: np.ndarray, *, seed: int = 0
) -> dict[str, Any]:
    """Along lines from `starts` (m, n) in directions of single variables and of the draws `positions` (chain, draw, n).

    Per factor that ends or jumps: on how many of the lines, how near (``distance``, in spreads), what it turns into
    (``to``), its value just before (``before``), how much it had lost by then (``lost``), and which variables lead there.
    ``profile`` is its value at `GRID` + 1 even steps along the nearest line, of length ``reach``, that goes ``along`` a variable;
    ``matrix`` the one that has no Cholesky root where the factor ends.
    """
    rng = np.random.default_rng(seed)
    flat = positions.reshape(-1, positions.shape[-1])
    lines = list(_lines(density.layout, flat, starts, rng))
    found: dict[str, list[dict[str, Any]]] = {}
    for variable, start, direction in lines:
        for hit in _along(density, start, direction):
            found.setdefault(hit.pop("factor"), []).append({"along": variable, **hit})
    rows = sorted((_summed(name, hits) for name, hits in found.items()), key=lambda row: -row["n"])
    for row in rows:
        where = row.pop("where", None)
        if where is not None and (matrix := without_root(density.factors, row["name"], where)):
            row["matrix"] = matrix
    return {"lines": len(lines), "reach": REACH, "factors": rows}


def _lines(layout: Layout, flat: np.ndarray, starts: np.ndarray, rng: np.random.Generator):
    spread = flat.std(axis=0)
    blocks = [block for block in layout.blocks if block.size]
    for k in range(max(LINES, 4 * len(blocks))):
        start = starts[k % len(starts)]
        block = blocks[k % len(blocks)]
        direction = np.zeros(start.size)
        if (k // len(blocks)) % 2:
            # One element: a fault inside a vector.
            i = block.start + int(rng.integers(block.size))
            direction[i] = rng.choice([-1.0, 1.0]) * spread[i]
        else:
            # The way the draws of this variable lie.
            direction[block.slice] = (flat[rng.integers(len(flat))] - flat.mean(axis=0))[block.slice]
            size = np.linalg.norm(
                direction[block.slice] / np.where(spread[block.slice] > 0, spread[block.slice], 1)
            )
            direction *= np.sqrt(block.size) / max(size, 1e-12) * rng.choice([-1.0, 1.0])
        if direction.any():
            yield block.name, start, direction


def _along(density: Conditional, start: np.ndarray, direction: np.ndarray):
    with np.errstate(all="ignore"):
        at = np.linspace(0, REACH, GRID + 1)
        values = np.array([density.totals(start + t * direction) for t in at])
    profiles = dict(zip(density.factors.names, values.T.tolist(), strict=True))
    hits = [
        *_without_slope(density, values, at, start, direction),
        *_ends(density, values, at, start, direction),
    ]
    yield from ({**hit, "profile": profiles[hit["factor"]]} for hit in hits)


def _ends(density: Conditional, values: np.ndarray, at: np.ndarray, start: np.ndarray, direction: np.ndarray):
    """Factors that turn infinite or jump, at the first place on the line where that happens."""
    for f, name in enumerate(density.factors.names):
        series = values[:, f]
        if not np.isfinite(series[0]):
            continue
        broken = np.flatnonzero(~np.isfinite(series))
        if broken.size:
            low, high = _bisect(density, f, start, direction, at[broken[0] - 1], at[broken[0]])
            yield _end(density, f, name, start, direction, low, high, series[0])
            continue
        jump = _steepest(series)
        if jump is not None:
            low, high = _bisect_jump(density, f, start, direction, at[jump], at[jump + 1])
            before, after = (float(density.totals(start + t * direction)[f]) for t in (low, high))
            if np.isfinite([before, after]).all() and abs(after - before) > max(JUMP, ROUNDING * abs(before)):
                yield {
                    "factor": name,
                    "distance": float(high),
                    "to": after,
                    "before": before,
                    "lost": float(series[0] - before),
                    "jump": after - before,
                }


def _without_slope(density: Conditional, values: np.ndarray, at: np.ndarray, start: Any, direction: Any):
    """Factors with a finite value and a gradient that is not, at the first place on the line where that happens."""
    for i, t in enumerate(at):
        if not np.isfinite(values[i]).all():
            return
        point = start + t * direction
        if np.isfinite(density.gradient(point)).all():
            continue
        for f, name in enumerate(density.factors.names):
            if not np.isfinite(density.gradient(point, name)).all():
                before, lost = float(values[i, f]), float(values[0, f] - values[i, f])
                yield {
                    "factor": name,
                    "distance": float(t),
                    "to": "no gradient",
                    "before": before,
                    "lost": lost,
                }
        return


def _steepest(series: np.ndarray) -> int | None:
    """The interval of a line in which a factor changes out of step with its neighbours."""
    steps = np.abs(np.diff(series))
    k = int(steps.argmax())
    around = np.concatenate([steps[max(k - 2, 0) : k], steps[k + 1 : k + 3]])
    return k if steps[k] > JUMP and steps[k] > 5 * around.max(initial=0.0) else None


def _bisect(
    density: Conditional, f: int, start: Any, direction: Any, low: float, high: float
) -> tuple[float, float]:
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if np.isfinite(density.totals(start + middle * direction)[f]):
            low = middle
        else:
            high = middle
    return low, high


def _bisect_jump(
    density: Conditional, f: int, start: Any, direction: Any, low: float, high: float
) -> tuple[float, float]:
    first, last = (density.totals(start + t * direction)[f] for t in (low, high))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        value = density.totals(start + middle * direction)[f]
        if abs(value - first) < abs(value - last):
            low, first = middle, value
        else:
            high, last = middle, value
    return low, high


def _end(
    density: Conditional, f: int, name: str, start: Any, direction: Any, low: float, high: float, first: float
):
    before = float(density.totals(start + low * direction)[f])
    to = float(density.totals(start + high * direction)[f])
    # Well before the end, how fast it falls: a pole loses more and more, a cliff nothing in particular.
    near = float(density.totals(start + low * (1 - 1e-6) * direction)[f])
    return {
        "factor": name,
        "distance": float(high),
        "to": "nan" if np.isnan(to) else "inf" if to > 0 else "-inf",
        "before": before,
        "lost": float(first - before),
        "falling": float(near - before),
        "where": start + high * direction,
    }


def _summed(name: str, hits: list[dict[str, Any]]) -> dict[str, Any]:
    cliff = [hit for hit in hits if "falling" not in hit or (hit["lost"] < FALLS and hit["falling"] < JUMP)]
    nearest = min(cliff or hits, key=lambda hit: hit["distance"])
    return {
        "name": name,
        "n": len(hits),
        "n_cliff": len(cliff),
        "variables": sorted({hit["along"] for hit in cliff}),
        **nearest,
    }
