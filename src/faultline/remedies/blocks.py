"""Elements that change their sign together without a change of the density, and which way from 0 the modes lie.

Where all such elements are 0, the gradient of the log density along them is 0, too, and its second derivatives tell which go together: those of which
the one's gradient moves with the other. Along the eigenvector of the largest eigenvalue, in units of the prior's scales, the density rises most
towards either of the mirrored modes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from faultline.remedies.symmetry import same

if TYPE_CHECKING:
    from faultline.engine.factors import Factors

MOST = 500
"""Elements whose second derivatives are computed: two gradients each."""
STEP = 1e-3
"""Of a difference of gradients, in units of the prior's scale."""
TOGETHER = 1e-7
"""Second derivative, in units of the prior's scales, from which two elements go together: rounding makes 1e-10."""
ITERATIONS = 50
"""Of the search for the rest of the variables, which need not end: any likely values will do."""

Block = dict[str, list[int]]
"""Name of a variable -> positions of its elements, as they lie in a row."""


def blocks_of(
    factors: Factors, names: Collection[str], summed: Collection[str], places: Sequence[np.ndarray]
) -> list[tuple[Block, str, np.ndarray]]:
    """Blocks of elements of these variables, and for each a variable and weights for its elements, (n,), of length 1: the modes lie where the sum is not 0.

    Parameters
    ----------
    summed
        Variables whose weighted sums are asked for. Of those of a block, the one with the fewest elements is taken: the data say most about each.
    places
        Points of the prior as unconstrained vectors, at which reflecting a block must not change any term.
    """
    layout = factors.layout
    mine = [block for block in layout.blocks if block.name in names]
    positions = np.concatenate([np.arange(block.start, block.stop) for block in mine])
    if len(positions) > MOST:
        return []
    owners = [layout.block(at).name for at in positions]
    curvature, scales = _curvature(
        factors, positions, owners, _fitted(factors, positions, set(names), places[0])
    )
    scaled = curvature * np.outer(scales, scales)
    if not np.isfinite(scaled).all():
        return []
    found = []
    for members in _components(np.abs(scaled) > TOGETHER):
        values, vectors = np.linalg.eigh(scaled[np.ix_(members, members)])
        if values[-1] <= 0:
            continue  # 0 is no saddle: the data do not tell the mirrored modes from each other, if they say anything
        block: Block = {}
        for member in members:
            at = int(positions[member])
            block.setdefault(owners[member], []).append(at - layout.block(at).start)
        able = sorted(set(block) & set(summed), key=lambda name: (len(block[name]), name))
        if not able or not _unchanged(factors, positions[members], places):
            continue
        weights = np.zeros(next(each.size for each in mine if each.name == able[0]))
        weights[block[able[0]]] = [
            value for value, member in zip(vectors[:, -1], members, strict=True) if owners[member] == able[0]
        ]
        length = np.sqrt((weights**2).sum())
        if length > 0:
            found.append((block, able[0], weights * np.sign(weights.sum() or 1.0) / length))
    return found


def _fitted(factors: Factors, positions: np.ndarray, names: set[str], at: np.ndarray) -> np.ndarray:
    """A place at which the elements are 0 and the other variables are likely, but for the priors of these elements.

    With these priors, a free scale of theirs would go to 0.
    """
    from scipy.optimize import minimize

    rest = np.setdiff1d(np.arange(at.size), positions)
    at = at.copy()
    at[positions] = 0.0
    rows = [i for i, name in enumerate(factors.names) if name not in names]

    def minus(part: np.ndarray) -> tuple[float, np.ndarray]:
        there = at.copy()
        there[rest] = part
        value, slope = factors.totals(there)[rows].sum(), factors.jacobian(there)[rows].sum(axis=0)[rest]
        if not (np.isfinite(value) and np.isfinite(slope).all()):
            return 1e100, np.zeros(rest.size)
        return -value, -slope

    if rest.size:
        at[rest] = minimize(minus, at[rest], jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS}).x
    return at


def _curvature(
    factors: Factors, positions: np.ndarray, owners: Sequence[str], at: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Second derivatives of the log density along the elements, (n, n), and the scales of their priors, (n,)."""
    row = {name: i for i, name in enumerate(factors.names)}
    own = np.array([row[name] for name in owners])

    def differences(steps: np.ndarray) -> np.ndarray:
        """(n, factors, n)"""
        found = []
        for position, step in zip(positions, steps, strict=True):
            moved = np.zeros(at.size)
            moved[position] = step
            found.append(
                (factors.jacobian(at + moved) - factors.jacobian(at - moved))[:, positions] / (2 * step)
            )
        return np.array(found)

    first = differences(np.full(len(positions), STEP))
    with np.errstate(all="ignore"):
        scales = 1 / np.sqrt(-first[np.arange(len(own)), own, np.arange(len(own))])
    if not np.isfinite(scales).all():
        return first.sum(axis=1), scales
    return differences(STEP * scales).sum(axis=1), scales


def _components(together: np.ndarray) -> list[list[int]]:
    """What is connected, of the elements that are connected with any other."""
    from scipy.sparse.csgraph import connected_components

    count, labels = connected_components(together, directed=False)
    found = [np.flatnonzero(labels == label).tolist() for label in range(count)]
    return [members for members in found if len(members) > 1]


def _unchanged(factors: Factors, elements: np.ndarray, places: Sequence[np.ndarray]) -> bool:
    """Whether every term is what it was once these change their sign, at each place."""
    for at in places:
        there = at.copy()
        there[elements] *= -1
        if not same(dict(enumerate(factors.totals(at))), dict(enumerate(factors.totals(there)))):
            return False
    return True
