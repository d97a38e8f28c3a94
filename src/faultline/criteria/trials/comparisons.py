"""The configurations in which changes are tried one at a time, and all comparisons that follow from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from faultline.core.configuration import Configuration, changed, differences
from faultline.criteria.trials.labels import Comparison, compared
from faultline.criteria.trials.runs import Criterion, Hypothesis, Results, Study, runs_of

FAILING, REPAIRED, CURED, TRIED_IN = "failing", "repaired", "cured", "declared"
"""What backgrounds are called: ``cured`` is the failing configuration with the first cure, ``declared`` the one that the case names
for a toggle that does nothing elsewhere."""


@dataclass(frozen=True)
class Background:
    """A configuration, and the changes that are tried in it, each alone."""

    name: str
    configuration: Configuration
    changes: tuple[Configuration, ...]


def backgrounds(study: Study, cures: Iterable[Configuration] = ()) -> list[Background]:
    """Those that are tried from the beginning.

    ``cures`` are sets that a search has found to cure the failing configuration: changes of it like any other.
    """
    together = differences(study.failing, study.repaired) if study.repaired else ()
    # A single difference is an alternative already.
    more = dict.fromkeys(changes for changes in (*cures, together) if len(changes) > 1)
    found = [Background(FAILING, study.failing, (*study.alternatives(study.failing), *more))]
    if study.repaired:
        found.append(Background(REPAIRED, study.repaired, tuple(study.alternatives(study.repaired))))
    for toggle in study.toggles:
        if base := study.tried_in.get(toggle.name):
            found.append(Background(TRIED_IN, base, tuple(study.alternatives(base, [toggle]))))
    return found


def compare(study: Study, results: Results, known: list[Background]) -> list[Comparison]:
    """Every change in these backgrounds, against every criterion, as far as runs are there."""
    return [
        compared(study, results, background.name, background.configuration, changes, criterion)
        for background in known
        for changes in background.changes
        for criterion in study.criteria
    ]


def symptom(study: Study, results: Results) -> Criterion | None:
    """The failing configuration's first broken criterion: one that does not hold in some fresh run; None if none breaks, or not all have run.

    Where two scenarios are compared, one that holds in the one that works comes before others: it tells them apart.
    """
    runs = runs_of(results, study.failing, study.fresh)
    if len(runs) < len(study.fresh):
        return None
    broken = [c for c in study.criteria if any(run.holds(c.name) is False for run in runs.values())]
    if study.compares and study.repaired:
        others = runs_of(results, study.repaired, study.fresh)
        if len(others) < len(study.fresh):
            return None
        broken.sort(key=lambda c: not all(run.holds(c.name) for run in others.values()))
    return next(iter(broken), None)


def believed(study: Study, results: Results, hypothesis: Hypothesis) -> Comparison | None:
    """What the changes of a hypothesis do to what it is about; None where there is no such background, or no symptom (yet)."""
    base = study.background(hypothesis)
    criterion = _about(study, results, hypothesis)
    if base is None or criterion is None:
        return None
    changes = differences(base, changed(base, hypothesis.changes))
    found = compared(study, results, hypothesis.background, base, changes, criterion)
    return replace(found, put_back=False)  # it speaks of the change, not of the repair


def _about(study: Study, results: Results, hypothesis: Hypothesis) -> Criterion | None:
    if hypothesis.metric is None:
        return symptom(study, results)
    declared = next((c for c in study.criteria if c.name == hypothesis.metric), Criterion(hypothesis.metric))
    margin = declared.margin if hypothesis.margin is None else hypothesis.margin
    return Criterion(declared.name, declared.better, margin)
