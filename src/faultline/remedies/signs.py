"""Signs: of the mirrored modes of a model that is the same when some of its variables change their sign together, one.

The slopes and the abilities of a two-parameter logistic model are such, and the loadings and the scores of each factor of a factor model. A weighted sum of
one variable of each block is kept positive. To keep one element positive would not do: where all others are in the other mode, it stays near 0 and the
chain with it. A weighted sum is there only near 0 where all are, and from there the way to the mode is open. Independent normal variables of one scale
are, reflected so that the weights become an axis, such variables again, and along that axis half of the distribution takes the place of the whole.

That the model is the same when a block changes its sign is tested on its terms. It is not so where a prior has a location.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.factors import Factors, drawn_by
from faultline.remedies.blocks import blocks_of
from faultline.remedies.non_centered import FAMILIES
from faultline.remedies.points import Point, drawn_from_prior, to_vector
from faultline.remedies.rewrite import (
    NotApplicable,
    Rewrite,
    Step,
    bare,
    copied,
    exchanged,
    fresh_name,
    is_plain,
    started,
)
from faultline.remedies.symmetry import same

if TYPE_CHECKING:
    import pymc as pm

KIND = "signs"
SYMMETRIC = ("NormalRV", "StudentTRV", "CauchyRV")
"""Ops of distributions that are symmetric around their location and smooth there."""

LONGEST = 64
"""Elements of a variable whose weighted sum is kept positive: its lines in a file list the weights."""

DIGITS = 15
"""Of the weights: as many as the lines in a file have."""

POINTS = 6
MOST_SUBSETS = 200
"""Sets of variables that are reflected together to see whether there is anything to look for."""


@dataclass(frozen=True)
class Signs:
    """Blocks of elements that change their sign together, of which a weighted sum each is known to be positive.

    Parameters
    ----------
    blocks
        For each: name of a variable -> positions of its elements, as they lie in a row.
    sums
        For each the name of a variable and a weight for each of its elements.
    """

    blocks: tuple[Mapping[str, Sequence[int]], ...]
    sums: tuple[tuple[str, np.ndarray], ...]
    why = "the model is not the same when these elements change their sign together"

    def others(self, point: Point) -> Iterator[dict[str, np.ndarray]]:
        """Each block reflected by itself."""
        for block in self.blocks:
            yield reflected(point, block)

    def chosen(self, point: Point) -> dict[str, np.ndarray]:
        """With each of the sums positive."""
        found = dict(point)
        for block, (name, weights) in zip(self.blocks, self.sums, strict=True):
            if np.ravel(found[name]) @ weights < 0:
                found = reflected(found, block)
        return found


def candidates(model: pm.Model) -> list[Step]:
    """A weighted sum of each block positive, where there are blocks, and the density rises from where all of a block is 0."""
    able = [rv.name for rv in model.free_RVs if _is_symmetric(model, rv)]
    if not any(_can_be_summed(model, name) for name in able):
        return []
    try:
        points = drawn_from_prior(model, POINTS, seed=0)
        factors = Factors(model).plain()
        places = [*map(to_vector(model, factors.layout), points)]
        wanted = _reflectable(factors, able, places)
    except Exception:  # a prior that cannot be drawn from, or a density without a value there: nothing is known to be symmetric
        return []
    summed = [name for name in wanted if _can_be_summed(model, name) and np.size(points[0][name]) <= LONGEST]
    if not summed:
        return []
    anchors, turns, blocks = [], [], []
    for block, name, weights in blocks_of(factors, wanted, summed, places):
        at = block[name][0]
        blocks.append(block)
        anchors.append([name, at if model[name].type.ndim else None])
        turns.append(_turn(weights, at))
    if not blocks:
        return []
    names = list(dict.fromkeys(name for name, _ in anchors))
    return [{"kind": KIND, "names": names, "anchors": anchors, "turns": turns, "blocks": blocks}]


def rewrite(model: pm.Model, step: Step) -> Rewrite:
    """The model with a weighted sum of each block positive.

    ``anchors`` has for each block a variable and the element that, before the reflection, is positive; ``turns`` the vector of the reflection,
    whose squared length is 2, or nothing where the element itself is positive.

    Raises
    ------
    NotApplicable
        An element has another distribution, or belongs to two blocks.
    """
    blocks = step["blocks"]
    anchors = [(name, at or 0) for name, at in step["anchors"]]
    _check(model, blocks, anchors)
    for block, (name, _), turn in zip(blocks, anchors, step["turns"], strict=True):
        if any(value and at not in block[name] for at, value in enumerate(turn)):
            raise NotApplicable("a weighted sum has more than its block")
    after, values, added, sums = copied(model), {}, {}, []
    for name in step["names"]:
        mine = [i for i, (other, _) in enumerate(anchors) if other == name]
        positive = sorted(anchors[i][1] for i in mine)
        turns = [np.array(step["turns"][i]) for i in mine if step["turns"][i]]
        values[name], new = _with_positive(model, after, name, positive, turns)
        added |= new
    for (name, at), turn in zip(anchors, step["turns"], strict=True):
        axis = np.eye(_length(model, name))[at]
        sums.append((name, axis - np.array(turn) * turn[at] if turn else axis))
    return Rewrite(
        model,
        started(model, exchanged(after, values)),
        added,
        constant=len(anchors) * float(np.log(2)),
        symmetry=Signs(tuple(blocks), tuple(sums)),
    )


def reflected(point: Point, block: Mapping[str, Sequence[int]]) -> dict[str, np.ndarray]:
    """A point with these elements negated."""
    found = dict(point)
    for name, positions in block.items():
        value = np.array(point[name], dtype=float)
        value.ravel()[list(positions)] *= -1
        found[name] = value
    return found


def _check(
    model: pm.Model, blocks: Sequence[Mapping[str, Sequence[int]]], anchors: Sequence[tuple[str, int]]
) -> None:
    elements = [(name, at) for block in blocks for name, positions in block.items() for at in positions]
    if len(set(elements)) < len(elements):
        raise NotApplicable("an element belongs to two blocks")
    if not all(at in block.get(name, ()) for block, (name, at) in zip(blocks, anchors, strict=True)):
        raise NotApplicable("a positive element is not one of its block")
    for name, _ in elements:
        if name not in model.named_vars or not _is_symmetric(model, model[name]):
            raise NotApplicable(f"{name} is not symmetric around 0")
    for name, _ in anchors:
        if not _can_be_summed(model, name):
            raise NotApplicable(f"{name} is no vector of independent normal variables of one scale")


def _with_positive(
    model: pm.Model, after: pm.Model, name: str, positive: list[int], turns: list[np.ndarray]
) -> tuple[Any, dict[str, Any]]:
    """The variable made of standard ones, of which these are positive, and what they are in terms of it."""
    import pymc as pm
    import pytensor.tensor as pt

    def turned(graph: Any) -> Any:
        return graph - sum(turn * pt.dot(turn, graph) for turn in turns) if turns else graph

    def scale(rv: Any) -> Any:
        return rv.owner.op.dist_params(rv.owner)[1]

    old, length = model[name], _length(model, name)
    names = fresh_name(after, f"{name}_positive"), fresh_name(after, f"{name}_others")
    standard = turned(old / scale(old))
    with after:
        if not old.type.ndim:
            return scale(after[name]) * pm.HalfNormal(names[0], 1.0), {names[0]: standard}
        parts = [pm.HalfNormal(names[0], 1.0, shape=len(positive))]
        rest = [at for at in range(length) if at not in positive]
        if rest:
            parts.append(pm.Normal(names[1], 0.0, 1.0, shape=len(rest)))
    added = {names[0]: standard[positive]} | ({names[1]: standard[rest]} if rest else {})
    return scale(after[name]) * turned(pt.concatenate(parts)[np.argsort([*positive, *rest])]), added


def _turn(weights: np.ndarray, at: int) -> list[float]:
    """The vector of the reflection that takes an axis to these weights; nothing where these are the axis."""
    difference = weights - np.eye(weights.size)[at]
    length = np.sqrt((difference**2).sum())
    return (np.round(np.sqrt(2) * difference / length, DIGITS) + 0.0).tolist() if length > 0 else []


def _length(model: pm.Model, name: str) -> int:
    from faultline.engine.backend import evaluate

    (size,) = evaluate(model, [model[name].size])
    return int(size)


def _can_be_summed(model: pm.Model, name: str) -> bool:
    """Whether a variable is a normal one, or a vector of such that are of one scale."""
    rv = model[name]
    if type(drawn_by(rv)).__name__ != "NormalRV" or rv.type.ndim > 1:
        return False
    return bare(rv.owner.op.dist_params(rv.owner)[1]).type.ndim == 0


def _is_symmetric(model: pm.Model, rv: Any) -> bool:
    """Whether a variable is moved as it is and its distribution has the location 0."""
    from pytensor.graph.basic import Constant

    op = type(drawn_by(rv)).__name__
    if not is_plain(rv) or op not in SYMMETRIC or model.rvs_to_transforms.get(rv) is not None:
        return False
    location = bare(rv.owner.op.dist_params(rv.owner)[FAMILIES[op].location])
    return isinstance(location, Constant) and not np.any(location.data)


def _reflectable(factors: Factors, names: Sequence[str], places: Sequence[np.ndarray]) -> set[str]:
    """The variables that can be reflected, alone or with others of these, without a change of any term."""
    subsets = itertools.chain.from_iterable(
        itertools.combinations(names, size) for size in range(1, len(names) + 1)
    )
    tried = [tuple(names), *itertools.islice(subsets, MOST_SUBSETS)]
    blocks = {block.name: block for block in factors.layout.blocks}
    at = places[0]
    here = dict(enumerate(factors.totals(at)))
    found: set[str] = set()
    for subset in tried:
        there = at.copy()
        for name in subset:
            there[blocks[name].slice] *= -1
        if not found.issuperset(subset) and same(here, dict(enumerate(factors.totals(there)))):
            found |= set(subset)
    return found
