"""Whether a criterion holds in a configuration, by a vote of its runs: outcomes may err, and some are not known.

A search is written as ordinary code that asks for votes. Where runs are missing, the asking raises `Missing`; the
search is called again from its beginning once they are there, and comes to the same place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from faultline.core.configuration import Configuration
from faultline.criteria.trials.runs import Results, Run, Wanted

# By how many runs one outcome has to lead the other while searching; the next number where the verification contradicts what was
# found. Where one run in twenty errs, a lead of 2 is wrong once in 360 votes, and a lead of 3 once in 6900 (gambler's ruin).
LEADS = (2, 3)

# The lead on fresh seeds that verifies: three of three, or more runs where they disagree.
VERIFYING_LEAD = 3

# Runs after which a vote is undecided: where one run in twenty errs, a lead of 3 takes more than 9 once in some 2400 votes.
MOST_RUNS = 9

# Unknown outcomes after which it is: a configuration that gave none so often will give none.
MOST_UNKNOWN = 4

Known = Mapping[tuple[Configuration, int], bool | None]
"""Configuration and seed -> whether the criterion holds; None: the run does not tell. What has not run is not in it."""


def known(
    results: Results, criterion: str, larger: bool = False
) -> dict[tuple[Configuration, int], bool | None]:
    """The outcomes of a criterion in all runs at one budget."""
    return {
        (configuration, run.seed): run.holds(criterion)
        for configuration, runs in results.items()
        for run in runs
        if run.larger == larger
    }


def alike(
    results: Results, criterion: str, failing: Collection[Run]
) -> dict[tuple[Configuration, int], bool | None]:
    """The same at the smaller budget, where only a failure like that of ``failing`` counts as one.

    A run that an exception ended before the criterion could be read tells nothing, unless exceptions end all of ``failing`` and one
    of them is the same. What raises before there is a figure may have nothing to do with the figure, and what raises elsewhere with
    another exception.
    """
    errors = {run.error for run in failing} if all(run.broken(criterion) for run in failing) else set()
    other = {
        (configuration, run.seed)
        for configuration, runs in results.items()
        for run in runs
        if not run.larger and run.broken(criterion) and run.error not in errors
    }
    return known(results, criterion) | dict.fromkeys(other)


class Missing(Exception):
    """Runs that a vote needs are not there yet: `Votes.asked` has them."""


@dataclass(frozen=True)
class Count:
    """How many runs of a vote hold, do not, and do not tell."""

    holds: int
    fails: int
    unknown: int

    @property
    def n(self) -> int:
        return self.holds + self.fails + self.unknown


class Votes:
    """The votes of one search.

    Parameters
    ----------
    known
        The outcomes that are there.
    seeds
        In the order in which every configuration uses them.

    Attributes
    ----------
    decided
        Configuration -> the outcome of its latest vote.
    used
        Configuration -> how many of ``seeds`` its votes have looked at.
    counts
        Configuration -> the count of its latest vote.
    """

    def __init__(self, known: Known, seeds: Sequence[int]) -> None:
        self.known, self.seeds = known, tuple(seeds)
        self.decided: dict[Configuration, bool | None] = {}
        self.used: dict[Configuration, int] = {}
        self.counts: dict[Configuration, Count] = {}
        self._asked: dict[Configuration, int] = {}

    @property
    def runs(self) -> int:
        return sum(self.used.values())

    def holds(self, configuration: Configuration, lead: int) -> bool | None:
        """Whether the criterion holds, by the first runs; None: undecided.

        Raises
        ------
        Missing
            More runs are needed.
        """
        [found] = self._ask([configuration], lead, {configuration: 0})
        return found

    def verify(self, configurations: Sequence[Configuration]) -> list[bool | None]:
        """The same of several at once, by runs that no vote of this search has looked at.

        Raises
        ------
        Missing
            More runs are needed, of all of them.
        """
        return self._ask(configurations, VERIFYING_LEAD, {c: self.used.get(c, 0) for c in configurations})

    def at_hand(self, configuration: Configuration, lead: int) -> bool | None:
        """The vote of the runs that are there, without asking for more and without keeping it; None where they do not decide."""
        found, _, _ = self._vote(configuration, lead, 0)
        return found

    def asked(self) -> tuple[Wanted, ...]:
        """All runs that were asked for, whether they are there or not."""
        return tuple(Wanted(configuration, self.seeds[:n]) for configuration, n in self._asked.items())

    def _ask(
        self, configurations: Sequence[Configuration], lead: int, since: Mapping[Configuration, int]
    ) -> list[bool | None]:
        answers = []
        for configuration in configurations:
            answer = found, count, upto = self._vote(configuration, lead, since[configuration])
            asked = since[configuration] + max(upto)
            self._asked[configuration] = max(self._asked.get(configuration, 0), asked)
            answers.append(answer)
        if any(upto[-1] > count.n for _, count, upto in answers):
            raise Missing
        for configuration, (found, count, _) in zip(configurations, answers, strict=True):
            self.decided[configuration], self.counts[configuration] = found, count
            self.used[configuration] = max(self.used.get(configuration, 0), since[configuration] + count.n)
        return [found for found, _, _ in answers]

    def _vote(
        self, configuration: Configuration, lead: int, since: int
    ) -> tuple[bool | None, Count, list[int]]:
        """The outcome, the count, and after each run how many there have to be at least before it is decided.

        Runs that do not tell may end a vote before all that was asked for was looked at: it stays asked for.
        """
        holds = fails = unknown = 0
        seeds = self.seeds[since : since + MOST_RUNS]
        upto = [0]
        for i, seed in enumerate(seeds):
            if abs(holds - fails) >= lead or unknown >= MOST_UNKNOWN:
                break
            upto.append(min(i + lead - abs(holds - fails), len(seeds)))
            if (configuration, seed) not in self.known:
                return None, Count(holds, fails, unknown), upto
            outcome = self.known[configuration, seed]
            holds += outcome is True
            fails += outcome is False
            unknown += outcome is None
        count = Count(holds, fails, unknown)
        return holds > fails if abs(holds - fails) >= lead else None, count, [*upto, count.n]
