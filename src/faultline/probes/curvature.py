"""Curvature of the log-density over the posterior: null directions, and which variable bends which.

Hessians by central differences of the gradient, at draws: whole where there are few values; else as products with vectors,
so that nothing grows with the square of their number. A sampler with a diagonal mass matrix rescales each value, so
what it meets is the Hessian scaled to a unit diagonal: its smallest eigenvalue is the longest ridge. And it needs one
scale for each value everywhere: where the curvature of one value depends on another one, as in a funnel, no scale fits.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from faultline.criteria.thresholds import RIDGE_MOVES
from faultline.engine.layout import Layout
from faultline.probes.bends import BEND_POINTS, bends, widths
from faultline.probes.hessian import Gradient, hessian, product

POINTS = 12
"""Draws at which Hessians are taken."""

LONGEST, NULL = 200, 6
"""Directions looked at, the longest first, and how many different ones are kept."""

WHOLE = 400
"""Values up to which Hessians are taken as a whole: twelve of them are done in a second or two, and need 15 MB."""

PRODUCT_POINTS, SIGNS, FEW = 4, 8, 40
"""Beyond that: draws over which products with the Hessian are averaged, products by which the diagonal of a variable is read,
and elements up to which it is read one by one."""

SEARCHED, SEARCH_STEPS = 8, 40
"""Directions that are sought together, and steps of the search: every step costs so many products."""

LEAST = 0.1
"""Of a diagonal: over the posterior each element is at least 1 on average, in units of its spread (Cramér and Rao)."""

SPANS = 0.15
"""Part of a direction from which a variable counts as spanning it."""

WORTH = 0.2
"""Slope from which a pair is worth a look at its widths."""


def curvature(
    layout: Layout,
    gradient: Gradient,
    positions: np.ndarray,
    *,
    places: Sequence[int] = (),
    points: int = POINTS,
) -> dict[str, Any]:
    """``{condition, null, bends, points}`` from `gradient` of the vector and draws `positions` (chain, draw, n).

    ``places`` labels the chains that a valley keeps apart: the way between two places is none that a trajectory takes, so
    values spread as they do within one.

    ``condition`` is the condition number that is left after each value was given its own scale, ``null`` the longest
    directions: ``ratio`` (their curvature over the largest), ``share`` of each variable in the direction, and how far it ``moves`` along, in
    its own conditional standard deviations, while the density falls by half a unit. ``bends`` lists pairs: the logarithm of the
    curvature of ``bent`` changes by ``slope`` when ``by`` moves by its spread; where it does so by `WORTH` and more, see `widths`.
    """
    flat, centred = positions.reshape(-1, positions.shape[-1]), _centred(positions, places)
    spread = np.maximum(centred.std(axis=(0, 1)), 1e-12 * np.maximum(1.0, np.abs(flat).max(axis=0)))
    spread = np.where(spread > 0, spread, 1.0)
    chosen = _spread_out(positions, points)
    found: dict[str, Any] = {"points": len(chosen), "usable": 0, "null": [], "bends": []}
    if flat.shape[1] <= WHOLE:
        hessians = np.array([hessian(gradient, at, spread) for at in chosen])
        usable = hessians[np.isfinite(hessians).all(axis=(1, 2))]
        if len(usable):
            found |= _ridges(layout, usable.mean(axis=0))
    else:
        usable = [at for at in chosen if np.isfinite(product(gradient, at, spread, np.ones(at.size))).all()]
        if usable:
            found |= _ridges_by_products(layout, gradient, usable[:PRODUCT_POINTS], spread, flat)
    found["usable"] = len(usable)
    found["bends"] = bends(layout, gradient, chosen[:BEND_POINTS], spread)
    for row in found["bends"]:
        if row["slope"] >= WORTH:
            near = list(zip(chosen, _spread_out(centred, points), strict=True))[:BEND_POINTS]
            row |= widths(layout, gradient, near, centred, spread, row)
    return found


def _centred(positions: np.ndarray, places: Sequence[int]) -> np.ndarray:
    """Draws (chain, draw, n) less the mean of their place."""
    labels = np.array(places) if len(places) else np.zeros(len(positions), dtype=int)
    centred = positions.astype(float)
    for place in set(labels):
        centred[labels == place] -= centred[labels == place].mean(axis=(0, 1))
    return centred


def _spread_out(positions: np.ndarray, points: int) -> np.ndarray:
    """Draws from all chains, evenly through each."""
    chains, draws, n = positions.shape
    each = max(points // chains, 1)
    at = np.unique(np.linspace(0, draws - 1, each + 2)[1:-1].astype(int)) if draws > 2 else np.arange(draws)
    return positions[:, at].reshape(-1, n)


def _ridges(layout: Layout, mean: np.ndarray) -> dict[str, Any]:
    diagonal = np.diag(mean)
    if (diagonal <= 0).any():
        flat = {layout.locate(int(i))[0] for i in np.flatnonzero(diagonal <= 0)}
        return {"condition": None, "not_concave": sorted(flat), "null": []}
    scale = 1 / np.sqrt(diagonal)
    values, vectors = np.linalg.eigh(mean * np.outer(scale, scale))
    return _directions(layout, values, vectors, values[-1])


def _ridges_by_products(
    layout: Layout, gradient: Gradient, points: Sequence[np.ndarray], spread: np.ndarray, flat: np.ndarray
) -> dict[str, Any]:
    """The same of many values: the longest directions are sought among those in which the draws `flat` (m, n) are longest."""
    from scipy.sparse.linalg import LinearOperator, eigsh, lobpcg

    rng = np.random.default_rng(0)

    def times(vector: np.ndarray) -> np.ndarray:
        vector = np.ravel(vector)
        return np.mean([product(gradient, at, spread, vector) for at in points], axis=0)

    scale = 1 / np.sqrt(np.maximum(_diagonal_by_blocks(layout, times, rng), LEAST))
    n = spread.size
    scaled = LinearOperator((n, n), matvec=lambda v: scale * times(scale * np.ravel(v)), dtype=float)
    guesses = _longest_of_draws(flat, spread * scale, rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not settled to the last digit: the order of magnitude is asked for
        [largest] = eigsh(
            scaled, k=1, which="LA", tol=0.01, ncv=20, v0=rng.normal(size=n), return_eigenvectors=False
        )
        values, vectors = lobpcg(scaled, guesses, largest=False, tol=1e-3, maxiter=SEARCH_STEPS)
    order = np.argsort(values)
    return _directions(layout, values[order], vectors[:, order], float(largest))


def _diagonal_by_blocks(
    layout: Layout, times: Callable[[np.ndarray], np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """The diagonal (n,) of a matrix that is known by its products.

    Random signs on one variable's elements give each its own entry, and what they share with each other cancels (Hutchinson).
    """
    diagonal = np.ones(layout.size)
    for block in layout.blocks:
        if block.size <= FEW:
            for i in range(block.start, block.stop):
                one = (np.arange(layout.size) == i).astype(float)
                diagonal[i] = times(one)[i]
            continue
        seen = []
        for _ in range(SIGNS):
            signs = np.zeros(layout.size)
            signs[block.slice] = rng.choice([-1.0, 1.0], block.size)
            seen.append((signs * times(signs))[block.slice])
        diagonal[block.slice] = np.mean(seen, axis=0)
    return diagonal


def _longest_of_draws(flat: np.ndarray, unit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Directions (n, `SEARCHED`) in which draws (m, n) are longest, in the given units: where the search begins."""
    few = flat[np.linspace(0, len(flat) - 1, min(len(flat), LONGEST)).astype(int)]
    centred = (few - few.mean(axis=0)) / unit
    # The draws' own products are few by few.
    _, weights = np.linalg.eigh(centred @ centred.T)
    directions = centred.T @ weights[:, ::-1][:, :SEARCHED]
    noise = 1e-3 * rng.normal(size=directions.shape) * np.abs(directions).max(initial=1e-300)
    return np.linalg.qr(directions + noise)[0]


def _directions(layout: Layout, values: np.ndarray, vectors: np.ndarray, largest: float) -> dict[str, Any]:
    null: dict[frozenset[str], dict[str, Any]] = {}
    for value, vector in zip(values[:LONGEST], vectors.T[:LONGEST], strict=False):
        weight = vector**2
        shares = {block.name: float(weight[block.slice].sum()) for block in layout.blocks}
        ordered = sorted(shares.items(), key=lambda item: -item[1])
        length = max(float(value), 1e-12 * float(largest)) ** -0.5
        moves = {b.name: length * float(np.abs(vector[b.slice]).max()) for b in layout.blocks}
        row = {
            "ratio": float(value / largest),
            "curvature": float(value),
            "share": [
                {"name": name, "share": share, "moves": moves[name]}
                for name, share in ordered
                if share > 0.01 or moves[name] >= RIDGE_MOVES
            ],
        }
        # The longest direction of each set of variables: one with many values has many.
        null.setdefault(frozenset(name for name, share in ordered if share > SPANS), row)
    smallest = float(values[0])
    return {
        "condition": float(largest / smallest) if smallest > 0 else None,
        "null": list(null.values())[:NULL],
    }
