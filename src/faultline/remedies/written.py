"""A change in the user's own file: the lines, and whether the model that they build is the one that was tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.core.errors import told
from faultline.engine.backend import evaluate
from faultline.engine.factors import Factors
from faultline.engine.layout import Layout
from faultline.remedies.lines import patched
from faultline.remedies.rewrite import NotApplicable, Rewrite, Step
from faultline.remedies.source import Ambiguous, diff
from faultline.targets import pickled
from faultline.targets.loading import load_changed
from faultline.targets.source import find_source

if TYPE_CHECKING:
    import pymc as pm

    from faultline.targets.loading import Case

SAME = 1e-10
"""Relative difference up to which two values of a term are one: the same operations in another order."""

POINTS = 6
MOST_CALLS = 4
"""Calls with one name that are tried in turn."""


def in_file(
    case: Case,
    dataset: Any,
    spec: Mapping[str, Any],
    rewrites: Sequence[Rewrite],
    steps: Sequence[Step],
) -> dict[str, Any]:
    """The change as lines of the case's file: ``{file, sha256, diff, text}``, or ``{why}`` where it cannot be written there.

    Parameters
    ----------
    rewrites, steps
        The models on the way, and what each was asked by.
    """
    if case.signature.ref.endswith(pickled.ENDING):
        return {"why": "the model was given without its file"}
    path = find_source(case.signature.ref).path
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        return {"why": f"{path.name} is not UTF-8"}
    shapes = {
        rv.name: tuple(int(n) for n in evaluate(rewrite.before, [rv.shape])[0])
        for rewrite in rewrites
        for rv in rewrite.before.free_RVs
        if rv.name in rewrite.replaced and rv.type.ndim
    }
    try:
        changed = _matching(case, dataset, spec, rewrites[-1].after, text, steps, shapes, {})
    except NotApplicable as reason:
        return {"why": str(reason)}
    return {
        "file": path.name,
        "case": case.signature.ref,
        "sha256": sha256(text.encode()).hexdigest(),
        "diff": diff(text, changed, path.name),
        "text": changed,
    }


def _matching(
    case: Case,
    dataset: Any,
    spec: Mapping[str, Any],
    proven: pm.Model,
    text: str,
    steps: Sequence[Step],
    shapes: Mapping[str, tuple[int, ...]],
    pick: dict[str, int],
) -> str:
    """The changed text, once it builds the model that was tried; of several calls with one name, that with which it does.

    Raises
    ------
    NotApplicable
        There is none; the message says why.
    """
    try:
        changed = patched(text, steps, shapes, pick)
    except Ambiguous as several:
        why = str(several)
        for number in range(min(several.calls, MOST_CALLS)):
            try:
                return _matching(
                    case, dataset, spec, proven, text, steps, shapes, {**pick, several.name: number}
                )
            except NotApplicable as reason:
                why = str(reason)
        raise NotApplicable(why) from None
    try:
        other = load_changed(case.signature, changed).build(dataset, spec["components"], spec["variants"])
    except (Exception, SystemExit) as error:
        raise NotApplicable(
            f"the changed file does not build the model: {told(error, case.signature.folders)}"
        ) from error
    if why := differs(proven, other, seed=spec["seed"]):
        raise NotApplicable(why)
    return changed


def differs(proven: pm.Model, written: pm.Model, *, seed: int) -> str | None:
    """Why two models are not the same, term by term at random points; None where they are."""
    ours, theirs = Factors(proven).plain(), Factors(written).plain()
    mine, others = (
        sorted(set(a) - set(b)) for a, b in ((ours.names, theirs.names), (theirs.names, ours.names))
    )
    if len(mine) != len(others) or len(mine) > 1:
        odd = sorted([*mine, *others])
        return f"the changed file has other variables than the model that was tried ({', '.join(odd)})"
    # PyMC has its own name for what a Gaussian process is made of: the one variable that has another name is that one.
    named = dict(zip(mine, others, strict=True))
    rng = np.random.default_rng(seed)
    for number in range(POINTS):
        at = ours.layout.vector() + rng.normal(scale=0.3 * number, size=ours.layout.size)
        there = _as_laid_out(at, ours.layout, theirs.layout, named)
        if there is None:
            return "the variables of the changed file have other shapes than those that were tried"
        left = dict(zip(ours.names, ours.totals(at), strict=True))
        right = dict(zip(theirs.names, theirs.totals(there), strict=True))
        for name, value in left.items():
            if not np.isclose(value, right[named.get(name, name)], rtol=SAME, atol=SAME, equal_nan=True):
                return (
                    f"{name} of the changed file has another log density than that of the model that was tried; if the file draws data "
                    "without a seed, give it one"
                )
    return None


def _as_laid_out(at: np.ndarray, of: Layout, to: Layout, named: Mapping[str, str]) -> np.ndarray | None:
    """A vector of one layout in another one that has the same variables, some of them under the names that are given."""
    values = {named.get(block.name, block.name): at[block.slice] for block in of.blocks}
    parts = [values.get(block.name, np.zeros(0)) for block in to.blocks]
    if any(part.size != block.size for part, block in zip(parts, to.blocks, strict=True)):
        return None
    return np.concatenate(parts) if parts else np.zeros(0)
