"""The searches for sets: for each criterion that no single change cures and all together do, which changes are needed together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from faultline.core.configuration import Configuration, differences
from faultline.criteria.trials.comparisons import FAILING, compared, symptom
from faultline.criteria.trials.labels import CURES, label
from faultline.criteria.trials.minimal_set import FOUND, MinimalSet, minimal_set
from faultline.criteria.trials.runs import Criterion, Results, Study, Wanted, runs_of
from faultline.criteria.trials.votes import known
from faultline.criteria.trials.wanted import asked

# Seeds that a search may use: a vote takes up to nine, and the verification others than the search.
SEEDS = 20


@dataclass(frozen=True)
class Searched:
    """A criterion, and the minimal set of changes that cures it."""

    criterion: str
    found: MinimalSet


def next_runs(study: Study, results: Results) -> list[Wanted]:
    """All runs that the labels ask for, then those that the searches do, as far as these results tell."""
    first = asked(study, results)
    if _missing(first, results):
        return first
    _, wants = searched(study, results)
    return [*first, *wants] if wants else asked(completed(study, results), results)


def searched(study: Study, results: Results) -> tuple[list[Searched], list[Wanted]]:
    """The searches that have ended, and the runs that the others want next."""
    if study.repaired is None:
        return [], []
    changes = differences(study.failing, study.repaired)
    seeds = tuple(range(study.screening, study.screening + SEEDS))
    found, wants = [], []
    for criterion in study.criteria:
        if len(changes) > 1 and _needs_several(study, results, criterion):
            ended = minimal_set(study.failing, changes, known(results, criterion.name), seeds, holds=True)
            if isinstance(ended, MinimalSet):
                found.append(Searched(criterion.name, ended))
            else:
                wants += ended
    return found, wants


def completed(study: Study, results: Results) -> Study:
    """The study with the set that cures the symptom, where a search has found one."""
    broken = symptom(study, results)
    found, _ = searched(study, results)
    cures = [
        each.found.changes
        for each in found
        if broken and each.criterion == broken.name and each.found.outcome == FOUND
    ]
    return replace(study, cure=cures[0]) if cures else study


def merged(before: Sequence[Wanted], more: Iterable[Wanted]) -> list[Wanted]:
    """Both, one entry for each configuration and budget: what was asked for once stays asked for."""
    seeds: dict[tuple[Configuration, bool], dict[int, None]] = {}
    for each in (*before, *more):
        seeds.setdefault((each.configuration, each.larger), {}).update(dict.fromkeys(each.seeds))
    return [Wanted(configuration, tuple(found), larger) for (configuration, larger), found in seeds.items()]


def _needs_several(study: Study, results: Results, criterion: Criterion) -> bool:
    """Whether a criterion fails as things stand, no single change cures it, and all together do."""
    failing = runs_of(results, study.failing, study.fresh).values()
    repaired = runs_of(results, study.repaired, study.fresh).values()
    if len(failing) < len(study.fresh) or len(repaired) < len(study.fresh):
        return False
    if any(run.holds(criterion.name) is not False for run in failing):
        return False
    if any(run.holds(criterion.name) is not True for run in repaired):
        return False
    singles = (
        compared(study, results, FAILING, study.failing, changes, criterion)
        for changes in study.alternatives(study.failing)
    )
    return not any(label(each, None)[0] == CURES for each in singles)


def _missing(wanted: Iterable[Wanted], results: Results) -> bool:
    return any(
        len(runs_of(results, each.configuration, each.seeds, each.larger)) < len(each.seeds)
        for each in wanted
    )
