"""The first commit that fails: a search between two revisions, once it is known that the revision decides."""

from __future__ import annotations

from dataclasses import dataclass

from faultline.core.commits import REVISION
from faultline.core.configuration import changed
from faultline.criteria.trials.bisection import Bisected, bisect
from faultline.criteria.trials.comparisons import FAILING, REPAIRED, backgrounds, compare, symptom
from faultline.criteria.trials.labels import BREAKS, CURES, NEEDED, label
from faultline.criteria.trials.runs import Results, Study, Wanted, runs_of
from faultline.criteria.trials.votes import alike


@dataclass(frozen=True)
class CommitSought:
    """A search among the commits of a study.

    Parameters
    ----------
    criterion
        Its name.
    answer
        What came of it, with places in ``Study.commits``; None while runs are missing.
    """

    criterion: str
    answer: Bisected | None


def first_commit(study: Study, results: Results) -> tuple[CommitSought | None, tuple[Wanted, ...]]:
    """The search that the labels call for, and all runs that were asked for on the way, those that are there and those that are not.

    It is about the symptom. Everything else stays as in the failing configuration where the revision cures it alone, and as in the
    repaired one where only putting the revision back breaks that; where it does neither, no single commit decides. The search is at the
    smaller budget, which the labels have repeated at the larger one.

    Parameters
    ----------
    study
        What is tried.
    results
        The runs that are there.
    """
    broken = symptom(study, results)
    if len(study.commits) < 2 or broken is None:
        return None, ()
    seen = [
        c
        for c in compare(study, results, backgrounds(study))
        if c.criterion == broken and len(c.changes) == 1 and c.changes[0][0] == REVISION
    ]
    if not all(comparison.settled for comparison in seen):
        return None, ()
    found = {comparison.background: label(comparison, None)[0] for comparison in seen}
    if found.get(FAILING) == CURES:
        base = study.failing
    elif found.get(REPAIRED) in (NEEDED, BREAKS):
        base = study.repaired
    else:
        return None, ()
    row = [changed(base, {REVISION: commit.name}) for commit in study.commits]
    ends = runs_of(results, row[-1], study.fresh).values()
    answer, wanted = bisect(row, alike(results, broken.name, ends), study.searching)
    return CommitSought(broken.name, answer), wanted
