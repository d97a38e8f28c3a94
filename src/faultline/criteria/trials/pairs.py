"""Runs of two configurations, paired by seed: how many hold, how much the metric differs, whether the output is the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from faultline.criteria.trials.paired import Paired, paired
from faultline.criteria.trials.runs import FRESH_RUNS, Criterion, Raised, Run


@dataclass(frozen=True)
class Count:
    """How many runs hold, do not, and are not known to do either."""

    passed: int = 0
    failed: int = 0
    unknown: int = 0

    @property
    def n(self) -> int:
        return self.passed + self.failed + self.unknown

    @property
    def all_pass(self) -> bool:
        return self.passed == self.n >= FRESH_RUNS

    @property
    def all_fail(self) -> bool:
        return self.failed == self.n >= FRESH_RUNS


@dataclass(frozen=True)
class Pairs:
    """Runs of the background and of the changed configuration, with the same seeds and the same budget.

    Parameters
    ----------
    seeds
        Those of which both have run.
    background, changed
        How many hold.
    difference
        Of the metric, changed minus background; None where it is not known on every seed.
    identical
        Whether the output that the criterion is read from has the same digest on every seed.
    same_output
        The same of all outputs of all stages.
    finite
        On how many seeds the background's output is finite.
    raised
        On how many seeds only the changed configuration was ended by an exception before the criterion could be read.
    other_errors
        Where exceptions ended both on every seed, and each time another one: what each side raises; else None.
    """

    seeds: tuple[int, ...]
    background: Count
    changed: Count
    difference: Paired | None
    identical: bool
    same_output: bool
    finite: int
    raised: int
    other_errors: tuple[Raised, Raised] | None = None

    @property
    def n(self) -> int:
        return len(self.seeds)


def pairs(background: dict[int, Run], other: dict[int, Run], criterion: Criterion) -> Pairs:
    """The runs of two configurations, by seed, where both have run."""
    seeds = tuple(sorted(background.keys() & other.keys()))
    both = [(background[seed], other[seed]) for seed in seeds]
    name = criterion.name
    before = [run.reading(name).metric for run, _ in both]
    after = [run.reading(name).metric for _, run in both]
    known = both and None not in (*before, *after)
    return Pairs(
        seeds,
        counted(run.holds(name) for run, _ in both),
        counted(run.holds(name) for _, run in both),
        paired(before, after) if known else None,
        all(_same(a.reading(name).digest, b.reading(name).digest) for a, b in both),
        all(_same(a.digest, b.digest) for a, b in both),
        sum(run.reading(name).finite for run, _ in both),
        sum(b.broken(name) and not a.broken(name) for a, b in both),
        _other_errors(name, both),
    )


def _other_errors(name: str, both: list[tuple[Run, Run]]) -> tuple[Raised, Raised] | None:
    raises = both and all(a.broken(name) and b.broken(name) and a.error != b.error for a, b in both)
    return (both[0][0].error, both[0][1].error) if raises else None


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and one == other


def counted(outcomes: Iterable[bool | None]) -> Count:
    """How outcomes end; None is unknown."""
    found = list(outcomes)
    return Count(found.count(True), found.count(False), found.count(None))
