"""Which runs the labels of changes need next."""

from __future__ import annotations

from collections.abc import Iterable

from faultline.core.configuration import Configuration, changed
from faultline.criteria.trials.comparisons import Background, backgrounds, believed, compare
from faultline.criteria.trials.defects import suspects
from faultline.criteria.trials.first_commit import first_commit
from faultline.criteria.trials.labels import Comparison
from faultline.criteria.trials.runs import Results, Study, Wanted, runs_of
from faultline.criteria.trials.sets import cured, cures, sets


def wanted(study: Study, results: Results) -> list[Wanted]:
    """The runs that are asked for and are not there; none once all labels have what they need.

    See Also
    --------
    asked : also those that are there, and the order.
    """
    return _gather(study, results).missing()


def asked(study: Study, results: Results) -> list[Wanted]:
    """All runs that are asked for after these results, one entry for each configuration and budget.

    First every change at the screening seed, and the configurations that are changed at all seeds. Then the fresh seeds where the
    screening differs, or an oracle speaks against a choice; without a screening all of this at once. Then the larger budget for a cure or a harm. Then, between two revisions,
    those of the search for the first commit that fails, and where single changes do not tell, those of a search for a set. Where a cure
    was found by then, what was hidden is tried again after it, in the same order.

    What was asked for stays asked for when results are added.

    Parameters
    ----------
    study
        What is tried.
    results
        The runs that are there.
    """
    return _gather(study, results).listed()


def _gather(study: Study, results: Results) -> _Asks:
    asks = _Asks(study, results)
    beliefs = [(base, h) for h in study.hypotheses if (base := study.background(h))]
    for base, hypothesis in beliefs:
        asks.add(base, (*study.first, *study.fresh))
        asks.add(changed(base, hypothesis.changes), (*study.first, *study.fresh))
    for configuration in study.elsewhere():
        asks.add(configuration, study.fresh)
    known = backgrounds(study)
    asks.add_changes(known)
    for configuration in suspects(study, results):
        asks.add(configuration, study.fresh)
    asks.add_repeats([c for _, h in beliefs if (c := believed(study, results, h))])
    asks.add_runs(first_commit(study, results)[1])
    found, searched = sets(study, results)
    asks.add_runs(searched)
    together = cures(found)
    asks.add_changes(backgrounds(study, together)[:1])
    if more := cured(study, results, together):
        asks.add_changes([more])
    return asks


class _Asks:
    """What is asked for, gathered for each configuration and budget, in the order of asking."""

    def __init__(self, study: Study, results: Results) -> None:
        self.study, self.results = study, results
        self.seeds: dict[tuple[Configuration, bool], dict[int, None]] = {}

    def add(self, configuration: Configuration, seeds: tuple[int, ...], larger: bool = False) -> None:
        self.seeds.setdefault((configuration, larger), {}).update(dict.fromkeys(seeds))

    def add_changes(self, known: list[Background]) -> None:
        for background in known:
            self.add(background.configuration, (*self.study.first, *self.study.fresh))
            for changes in background.changes:
                self.add(changed(background.configuration, changes), self.study.first or self.study.fresh)
        found = compare(self.study, self.results, known)
        for comparison in found:
            if comparison.differs:
                self.add(comparison.configuration, self.study.fresh)
        self.add_repeats(found)

    def add_runs(self, wanted: Iterable[Wanted]) -> None:
        for want in wanted:
            self.add(want.configuration, want.seeds, want.larger)

    def add_repeats(self, found: list[Comparison]) -> None:
        for comparison in found:
            if comparison.wants_larger:
                self.add(comparison.base, self.study.fresh, larger=True)
                self.add(comparison.configuration, self.study.fresh, larger=True)

    def listed(self) -> list[Wanted]:
        return [
            Wanted(configuration, tuple(seeds), larger)
            for (configuration, larger), seeds in self.seeds.items()
        ]

    def missing(self) -> list[Wanted]:
        """What is asked for and not there."""
        found = []
        for (configuration, larger), seeds in self.seeds.items():
            there = runs_of(self.results, configuration, seeds, larger)
            if left := tuple(seed for seed in seeds if seed not in there):
                found.append(Wanted(configuration, left, larger))
        return found
