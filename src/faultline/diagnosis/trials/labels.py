"""The label of each change for each criterion in each background, and which of them leads.

A change is another choice of one toggle; in the failing background also a set that a search has found, and all repairs together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from faultline.core.configuration import Configuration
from faultline.criteria.trials import labels as names
from faultline.criteria.trials.comparisons import REPAIRED, TRIED_IN, backgrounds, compare, symptom
from faultline.criteria.trials.labels import Comparison, label
from faultline.criteria.trials.paired import holm
from faultline.criteria.trials.runs import Results, Study
from faultline.criteria.trials.sets import cured, cures, sets

LEADS = (
    names.CURES,
    names.NEEDED,
    names.DELAYS,
    names.BREAKS,
    names.HELPS,
    names.HARMS,
    names.NOT_CONVERGED,
    names.UNDECIDED,
    names.NOT_TESTED,
    names.NO_EFFECT,
    names.UNCHANGED,
    names.HIDDEN,
)
"""Which label speaks for a toggle, first to last: what it does before what it does not do, and "no effect" only where nothing is open.

What is hidden comes last, so the repaired side leads where the failing side is hidden.
"""

NOT_RUN = "it has not run"
"""Why a change was not tested that is still to be run."""

WITHOUT_EFFECT = (names.NO_EFFECT, names.UNCHANGED)

Swap = frozenset[tuple[str, frozenset[str | None]]]
"""Toggle and the two choices, of each that is changed, whichever of them stands before."""


@dataclass(frozen=True)
class Label:
    """What one change does to one criterion in one background.

    Parameters
    ----------
    label
        One of `LEADS`. Where the comparison is ``put_back`` it speaks of the repair, else of the change.
    why
        Why it is undecided or not tested, as part of a sentence; otherwise empty.
    p
        Of the metric, corrected by Holm's method over all comparisons of the criterion; None where it has none.
    comparison
        The figures.
    """

    label: str
    why: str
    p: float | None
    comparison: Comparison

    @property
    def changes(self) -> Configuration:
        return self.comparison.changes

    @property
    def toggle(self) -> str | None:
        """The toggle that is changed; None where several are."""
        return self.changes[0][0] if len(self.changes) == 1 else None

    @property
    def criterion(self) -> str:
        return self.comparison.criterion.name

    @property
    def background(self) -> str:
        return self.comparison.background


@dataclass(frozen=True)
class Leading:
    """The label that speaks for a toggle and a criterion.

    Parameters
    ----------
    label
        It, with its background and its figures.
    agree
        Whether all backgrounds in which the toggle could be seen give the same.
    ruled_out
        Whether the toggle is shown to have no part in it: no effect from the failing side as far as it can be seen, and none put back.
        Having no effect alone does not suffice: several changes may be needed together.
    """

    label: Label
    agree: bool
    ruled_out: bool


def labels(study: Study, results: Results) -> list[Label]:
    """All labels that the runs allow, in the order of backgrounds, changes and criteria.

    Parameters
    ----------
    study
        What was tried.
    results
        The runs that are there. What is missing leaves a label undecided or not tested.
    """
    together = cures(sets(study, results)[0])
    known = backgrounds(study, together)
    if more := cured(study, results, together):
        known.append(more)
    found = compare(study, results, known)
    corrected = _corrected(found)
    idle = _idle(found)
    return [_labelled(c, p, idle) for c, p in zip(found, corrected, strict=True)]


def leading(found: Iterable[Label]) -> dict[tuple[str, str], Leading]:
    """Toggle and criterion -> the label that leads (`LEADS`).

    A background that the case declares for the toggle leads only where the toggle shows nothing in the others.
    """
    groups: dict[tuple[str, str], list[Label]] = defaultdict(list)
    for item in found:
        if item.toggle:
            groups[item.toggle, item.criterion].append(item)
    return {key: _lead(items) for key, items in groups.items()}


def explains(study: Study, results: Results) -> dict[str, Leading]:
    """Toggle -> whether it explains the symptom, the failing configuration's first broken criterion; empty where there is no symptom."""
    broken = symptom(study, results)
    if broken is None:
        return {}
    found = leading(labels(study, results))
    return {toggle: lead for (toggle, criterion), lead in found.items() if criterion == broken.name}


def _corrected(found: Sequence[Comparison]) -> list[float | None]:
    """The p-values, by Holm's method over the comparisons of each criterion."""
    families: dict[str, list[int]] = defaultdict(list)
    for i, comparison in enumerate(found):
        if comparison.p is not None:
            families[comparison.criterion.name].append(i)
    corrected: list[float | None] = [None] * len(found)
    for places in families.values():
        for i, p in zip(places, holm([found[i].p for i in places]), strict=True):
            corrected[i] = p
    return corrected


def _idle(found: Iterable[Comparison]) -> set[Swap]:
    """The changes that change nothing that any stage returns, wherever they were tried, to and fro."""
    active, tried = set(), set()
    for comparison in found:
        for pairs in (comparison.screening, comparison.fresh, comparison.larger):
            if pairs.n:
                tried.add(_swap(comparison))
                if not pairs.same_output:
                    active.add(_swap(comparison))
    return tried - active


def _swap(comparison: Comparison) -> Swap:
    before = dict(comparison.base)
    return frozenset(
        (toggle, frozenset((before.get(toggle), choice))) for toggle, choice in comparison.changes
    )


def _labelled(comparison: Comparison, p: float | None, idle: set[Swap]) -> Label:
    name, why = label(comparison, p)
    if name == names.NOT_TESTED:
        why = NOT_RUN
    elif name == names.UNCHANGED and _swap(comparison) in idle:
        name, why = names.NOT_TESTED, "it changes nothing that any stage returns, wherever it was tried"
    return Label(name, why, p, comparison)


def _lead(items: Sequence[Label]) -> Leading:
    main = [item for item in items if item.background != TRIED_IN]
    shows = any(item.label not in (names.UNCHANGED, names.NOT_TESTED, names.HIDDEN) for item in main)
    first = min(main if shows or not main else items, key=lambda item: LEADS.index(item.label))
    seen = {item.label for item in main if item.label != names.HIDDEN}
    back = any(item.background == REPAIRED and item.label in WITHOUT_EFFECT for item in main)
    return Leading(first, len(seen) <= 1, back and first.label in WITHOUT_EFFECT)
