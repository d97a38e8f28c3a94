"""Sets of changes that matter only together: where single changes do not tell, and all together do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from faultline.core.configuration import Configuration, changed, differences
from faultline.criteria.trials.comparisons import CURED, FAILING, REPAIRED, Background, backgrounds, compare
from faultline.criteria.trials.defects import YES, defects
from faultline.criteria.trials.labels import BREAKS, CURES, NEEDED, Comparison, label
from faultline.criteria.trials.minimal_set import FOUND, MinimalSet, minimal_set
from faultline.criteria.trials.runs import Criterion, Results, Study, Wanted, runs_of
from faultline.criteria.trials.votes import alike, known


@dataclass(frozen=True)
class SetSought:
    """A set that a criterion needs.

    Parameters
    ----------
    criterion
        Its name.
    of
        ``repairs``: those that cure the failing configuration together; ``faults``: the failing configuration's choices that break
        the repaired one together.
    answer
        What came of it; None while runs are missing.
    """

    criterion: str
    of: Literal["repairs", "faults"]
    answer: MinimalSet | None


def sets(study: Study, results: Results) -> tuple[list[SetSought], list[Wanted]]:
    """The sets that the labels call for, and all runs that were asked for on the way, those that are there and those that are not.

    Repairs are sought for each criterion that all of them together cure and none alone, but for a change that an oracle speaks against:
    that hides the criterion. Faults are sought for each that they break together and
    none alone. The search is at the smaller budget. A cure that it finds is a change like any other, which is repeated at the larger one.

    Parameters
    ----------
    study
        What is tried.
    results
        The runs that are there. Nothing is sought before the labels of single changes have all that they need.
    """
    if study.repaired is None:
        return [], []
    seen = compare(study, results, backgrounds(study))
    accused = _accused(study, results)
    found: list[SetSought] = []
    asked: list[Wanted] = []
    for criterion in study.criteria:
        mine = [c for c in seen if c.criterion == criterion and c.background in (FAILING, REPAIRED)]
        if not all(c.settled for c in mine) or not _together(study, mine):
            continue
        # What the search itself runs of single changes must not end it: only those count whose screening differed.
        alone = {
            (c.background, c.changes[0]): label(c, None)[0] for c in mine if len(c.changes) == 1 and c.differs
        }
        cure = [
            change[0]
            for (where, change), name in alone.items()
            if where == FAILING and name == CURES and change not in accused
        ]
        needed = [
            change[0]
            for (where, change), name in alone.items()
            if where == REPAIRED and name in (NEEDED, BREAKS)
        ]
        if not cure:
            _seek(study, results, criterion, "repairs", needed, found, asked)
        if not needed:
            _seek(study, results, criterion, "faults", cure, found, asked)
    return found, asked


def _accused(study: Study, results: Results) -> set[tuple[str, str]]:
    """Toggle and choice of the changes that an oracle speaks against: what they cure, they hide."""
    return {change for change, defect in defects(study, results).items() if defect.answer == YES}


def cures(found: Iterable[SetSought]) -> list[Configuration]:
    """The sets of repairs that were found, each once; none while one is still sought."""
    answers = [each.answer for each in found if each.of == "repairs"]
    if None in answers:
        return []
    return list(dict.fromkeys(answer.changes for answer in answers if answer and answer.outcome == FOUND))


def cured(study: Study, results: Results, together: Iterable[Configuration]) -> Background | None:
    """The failing configuration after the first cure of a criterion that is not finite there, with all changes that it hides.

    None where nothing is hidden, or nothing cures it yet. The cure is the first change that cures by itself, an alternative before one
    of ``together``, the sets of repairs that were found. One that an oracle speaks against is none: what is tried after it would be
    judged beside a fault that was put in.
    """
    seen = compare(study, results, backgrounds(study, together)[:1])
    if not all(comparison.settled for comparison in seen):
        return None
    accused = _accused(study, results)
    found = [
        c.changes
        for c in seen
        if c.differs
        and not accused & set(c.changes)
        and label(c, None)[0] == CURES
        and not c.fresh.finite
        and c.configuration != study.repaired
    ]
    if not found:
        return None
    cure = dict(min(found, key=lambda changes: len(changes) > 1))
    hidden = dict.fromkeys(c.changes for c in seen if c.hidden and len(c.changes) == 1)
    again = tuple(changes for changes in hidden if changes[0][0] not in cure)
    return Background(CURED, changed(study.failing, cure), again) if again else None


def _seek(
    study: Study,
    results: Results,
    criterion: Criterion,
    of: Literal["repairs", "faults"],
    first: list[str],
    found: list[SetSought],
    asked: list[Wanted],
) -> None:
    """One search. ``first``: toggles that single changes show to be part of the set; with those in front it is short."""
    base, goal = (study.failing, study.repaired) if of == "repairs" else (study.repaired, study.failing)
    changes = tuple(sorted(differences(base, goal), key=lambda change: change[0] not in first))
    fails = runs_of(results, study.failing, study.fresh).values()
    if of != "repairs" and len(fails) < len(study.fresh):  # which failure counts is not known before
        found.append(SetSought(criterion.name, of, None))
        return
    outcomes = known(results, criterion.name) if of == "repairs" else alike(results, criterion.name, fails)
    answer, wanted = minimal_set(base, changes, outcomes, study.searching, holds=of == "repairs", unique=True)
    found.append(SetSought(criterion.name, of, answer))
    asked += wanted


def _together(study: Study, seen: list[Comparison]) -> bool:
    """Whether all repairs together cure a criterion, and are several."""
    changes = differences(study.failing, study.repaired)
    mine = [c for c in seen if c.background == FAILING and c.changes == changes]
    return len(changes) > 1 and any(label(c, None)[0] == CURES for c in mine)
