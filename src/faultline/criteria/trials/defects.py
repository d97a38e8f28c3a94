"""Whether a choice is a defect: what oracles, which are checks independent of the choices, say of it in the repaired configuration.

Where the case says that a toggle is to be tried elsewhere, oracles are read there as well: the repaired configuration may hide the choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from faultline.core.configuration import Configuration, changed
from faultline.criteria.trials.runs import Results, Run, Study, runs_of

YES, NO, UNDECIDED, NOT_TESTED = "yes", "no", "undecided", "not tested"
_SPEAKS_FIRST = (YES, UNDECIDED, NO, NOT_TESTED)


@dataclass(frozen=True)
class Defect:
    """What oracles say of one choice.

    Parameters
    ----------
    answer
        ``yes``: an oracle holds on every seed with the repaired choice and on none with this one, the fresh ones among them. ``no``:
        none speaks against it, and at least one saw it: its figure is another one than with the repaired choice, and still within its
        limit. ``undecided``: an oracle holds on some seeds only, or fresh runs are missing. ``not tested``: no oracle saw it.
    oracles
        Those that the answer rests on.
    seeds
        Of the runs that were compared.
    """

    answer: str
    oracles: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()


def defects(study: Study, results: Results) -> dict[tuple[str, str], Defect]:
    """Toggle and choice -> whether it is a defect, for every choice that the repaired configuration does not have.

    Oracles are read on the repaired configuration with that one choice, and where the case says that the toggle is to be tried: on
    the failing one they accuse almost every toggle. Empty where there is no repaired configuration.
    """
    if study.repaired is None:
        return {}
    return {
        changes[0]: min(
            (_defect(study, results, base, changes) for base in _places(study, study.repaired, changes)),
            key=lambda found: _SPEAKS_FIRST.index(found.answer),
        )
        for changes in study.alternatives(study.repaired)
    }


def suspects(study: Study, results: Results) -> list[Configuration]:
    """The configurations, each the repaired one with one other choice, that an oracle speaks against at the screening seed.

    One seed accuses nobody: these are to be run with the fresh ones. What these say does not matter here, so that a round never takes
    back what the one before has asked for.
    """
    if study.repaired is None:
        return []
    seeds, found = study.first or study.fresh, []
    for changes in study.alternatives(study.repaired):
        for base in _places(study, study.repaired, changes):
            before, configuration = runs_of(results, base, seeds), changed(base, changes)
            pairs = [
                (before[seed], run)
                for seed, run in runs_of(results, configuration, seeds).items()
                if seed in before
            ]
            if any(
                a.reading(name).passed is True and b.reading(name).passed is False
                for name in study.oracles
                for a, b in pairs
            ):
                found.append(configuration)
    return found


def _places(study: Study, repaired: Configuration, changes: Configuration) -> Iterator[Configuration]:
    """The configurations in which oracles are read with and without a choice."""
    yield repaired
    [(toggle, _)] = changes
    place = study.tried_in.get(toggle)
    if place and dict(place).get(toggle) == dict(repaired).get(toggle):
        yield place


def _defect(study: Study, results: Results, base: Configuration, changes: Configuration) -> Defect:
    seeds = (*study.first, *study.fresh)
    before, after = runs_of(results, base, seeds), runs_of(results, changed(base, changes), seeds)
    both = tuple(seed for seed in seeds if seed in before and seed in after)
    pairs = [(before[seed], after[seed]) for seed in both]
    said: dict[str, list[str]] = {YES: [], NO: [], UNDECIDED: []}
    for name in study.oracles:
        if pairs and (answer := _of_one(name, pairs)):
            said[answer].append(name)
    for answer in _SPEAKS_FIRST[:-1]:
        if said[answer]:
            shown = UNDECIDED if answer == YES and not set(study.fresh) <= set(both) else answer
            return Defect(shown, tuple(said[answer]), both)
    return Defect(NOT_TESTED, (), both)


def _of_one(name: str, pairs: list[tuple[Run, Run]]) -> str | None:
    """What one oracle says; None where it says nothing: it fails without the choice as well, is not known, or did not see the choice."""
    readings = [(a.reading(name), b.reading(name)) for a, b in pairs]
    if not all(a.passed is True for a, _ in readings):
        return None
    outcomes = {b.passed for _, b in readings}
    if outcomes == {False}:
        return YES
    if None in outcomes:
        return None if outcomes == {None} else UNDECIDED
    if False in outcomes:
        return UNDECIDED
    saw = any(None not in (a.metric, b.metric) and a.metric != b.metric for a, b in readings)
    return NO if saw else None
