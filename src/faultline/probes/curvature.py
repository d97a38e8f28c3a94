"""Curvature of the log-density over the posterior: null directions, and which variable bends which.

Hessians by central differences of the gradient, at draws: whole where there are few values; else as products with vectors,
so that nothing grows with the square of their number. A sampler with a diagonal mass matrix rescales each value, so
what it meets is the Hessian scaled to a unit diagonal: its smallest eigenvalue is the longest ridge. And it needs one
scale for each value everywhere: where the curvature of one value depends on another one, as in a funnel, no scale fits.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.criteria.thresholds import RIDGE_MOVES
from faultline.engine.layout import Block, Layout
from faultline.probes.domains import prior_points

if TYPE_CHECKING:
    from faultline.engine.conditional import Conditional

STEP = 1e-4
"""In units of a value's spread: differences of gradients lose half the digits at most."""

POINTS, BEND_POINTS = 12, 8
"""Draws at which Hessians are taken, and at which pairs of variables are compared."""

PRIOR_DRAWS = 200
"""Draws of the prior that tell how far its values spread."""

STANDING, PAIRS = 4, 30
"""Elements of a variable that stand for it where pairs of variables are compared, and elements in all at most (two each, at
least)."""

LONGEST, NULL = 200, 6
"""Directions looked at, the longest first, and how many different ones are kept."""

WORTH, TAIL = 0.2, 1 / 12
"""Slope from which a pair is worth a look at its widths, and the share of the draws at each end of a range."""

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

Gradient = Callable[[np.ndarray], np.ndarray]


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
    curvature of ``bent`` changes by ``slope`` when ``by`` moves by its spread; where it does so by `WORTH` and more, see `_widths`.
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
            row |= _widths(layout, gradient, near, centred, spread, row)
    return found


def bends_in_prior(density: Conditional, *, seed: int = 0) -> list[dict[str, Any]]:
    """`bends` of the prior alone at draws from it; empty where the prior has no draws."""
    points = prior_points(density.factors, PRIOR_DRAWS, seed=seed)
    if points is None:
        return []
    free = {rv.name for rv in density.factors.model.free_RVs}
    look = density.look(drop=[name for name in density.factors.names if name not in free])
    spread = points.std(axis=0)
    return bends(
        density.layout, lambda at: look(at)[1], points[:BEND_POINTS], np.where(spread > 0, spread, 1.0)
    )


def _centred(positions: np.ndarray, places: Sequence[int]) -> np.ndarray:
    """Draws (chain, draw, n) less the mean of their place."""
    labels = np.array(places) if len(places) else np.zeros(len(positions), dtype=int)
    centred = positions.astype(float)
    for place in set(labels):
        centred[labels == place] -= centred[labels == place].mean(axis=(0, 1))
    return centred


def _widths(
    layout: Layout,
    gradient: Gradient,
    points: Sequence[tuple[np.ndarray, np.ndarray]],
    centred: np.ndarray,
    spread: np.ndarray,
    row: dict[str, Any],
) -> dict[str, Any]:
    """``{width, width_of_draws}``: how many times as wide one variable is at one end of the other's range as at the other end.

    The range is the middle 90 % of the draws of ``by``. ``width`` is that of the conditional standard deviation of ``bent``, all else
    being fixed: the median over `points`, each with where it is around its place; None where the density is nowhere concave.
    ``width_of_draws`` is that of the draws, whatever else they do: the mean over all elements of ``bent``, among the draws with the
    smallest and with the largest `TAIL` of ``by``.
    """
    blocks = {block.name: block for block in layout.blocks}
    by, bent = blocks[row["by"]], blocks[row["bent"]]
    i, j = by.at(row["by_index"]), bent.at(row["bent_index"])
    flat = centred.reshape(-1, centred.shape[-1])
    logs = []
    for at, around in points:
        ends = []
        for end in np.quantile(flat[:, i], (0.05, 0.95)):
            moved = at.copy()
            moved[i] += end - around[i]
            ends.append(_diagonal(gradient, moved, spread, [(bent, j)])[0])
        if all(end > 0 for end in ends):  # False for a NaN, too
            logs.append(np.log(ends[1] / ends[0]) / 2)
    tails = flat[:, i] <= np.quantile(flat[:, i], TAIL), flat[:, i] >= np.quantile(flat[:, i], 1 - TAIL)
    with np.errstate(all="ignore"):
        first, last = (
            np.log(np.ptp(np.quantile(flat[tail][:, bent.slice], (0.1, 0.9), axis=0), axis=0))
            for tail in tails
        )
    drawn = np.abs((last - first).mean())
    return {
        "width": float(np.exp(np.abs(np.median(logs)))) if logs else None,
        "width_of_draws": float(np.exp(drawn)) if np.isfinite(drawn) else None,
    }


def hessian(gradient: Gradient, at: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Negative Hessian (n, n) at a point, in units of the spread of each value: a standard normal gives the identity."""
    rows = []
    for i, scale in enumerate(spread):
        step = np.zeros(at.size)
        step[i] = STEP * scale
        with np.errstate(all="ignore"):
            rows.append(-(gradient(at + step) - gradient(at - step)) / (2 * STEP) * spread)
    rows = np.array(rows)
    return (rows + rows.T) / 2


def _spread_out(positions: np.ndarray, points: int) -> np.ndarray:
    """Draws from all chains, evenly through each."""
    chains, draws, n = positions.shape
    each = max(points // chains, 1)
    at = np.unique(np.linspace(0, draws - 1, each + 2)[1:-1].astype(int)) if draws > 2 else np.arange(draws)
    return positions[:, at].reshape(-1, n)


def product(gradient: Gradient, at: np.ndarray, spread: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """The Hessian of `hessian` at a point times a vector (n,), by one central difference."""
    longest = np.abs(vector).max()
    step = STEP / (longest or 1.0)
    with np.errstate(all="ignore"):
        ahead, behind = (gradient(at + sign * step * vector * spread) for sign in (1, -1))
        return -(ahead - behind) / (2 * step) * spread


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


def bends(layout: Layout, gradient: Gradient, points: np.ndarray, spread: np.ndarray) -> list[dict[str, Any]]:
    """Pairs of variables in which one sets the scale of the other, the strongest first.

    The median over `points` of the change of the logarithm of an element's curvature, per spread of the other's element.
    """
    each = max(2, min(STANDING, PAIRS // max(len(layout.blocks), 1)))
    elements = [(block, i) for block in layout.blocks for i in _standing(block, spread, each)]
    slopes = np.full((len(points), len(elements), len(elements)), np.nan)
    for p, at in enumerate(points):
        for b, (_, j) in enumerate(elements):
            step = np.zeros(at.size)
            step[j] = 0.25 * spread[j]
            ahead, behind = (_diagonal(gradient, at + sign * step, spread, elements) for sign in (1, -1))
            with np.errstate(all="ignore"):
                slopes[p, :, b] = np.where((ahead > 0) & (behind > 0), np.log(ahead / behind) / 0.5, np.nan)
    with np.errstate(all="ignore"):
        typical = np.nanmedian(np.abs(slopes), axis=0)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for a, (bent, i) in enumerate(elements):
        for b, (by, j) in enumerate(elements):
            if bent is by or not np.isfinite(typical[a, b]):
                continue
            row = {
                "by": by.name,
                "by_index": by.index(j),
                "bent": bent.name,
                "bent_index": bent.index(i),
                "slope": float(typical[a, b]),
            }
            known = found.get((by.name, bent.name))
            if known is None or row["slope"] > known["slope"]:
                found[by.name, bent.name] = row
    return sorted(found.values(), key=lambda row: -row["slope"])


def _diagonal(
    gradient: Gradient, at: np.ndarray, spread: np.ndarray, elements: list[tuple[Block, int]]
) -> np.ndarray:
    values = []
    for _, i in elements:
        step = np.zeros(at.size)
        step[i] = STEP * spread[i]
        with np.errstate(all="ignore"):
            values.append(-(gradient(at + step)[i] - gradient(at - step)[i]) / (2 * STEP) * spread[i])
    return np.array(values)


def _standing(block: Block, spread: np.ndarray, each: int) -> list[int]:
    if block.size <= each:
        return list(range(block.start, block.stop))
    order = block.start + np.argsort(spread[block.slice])
    return sorted(int(i) for i in order[np.linspace(0, block.size - 1, each).astype(int)])
