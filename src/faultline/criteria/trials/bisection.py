"""Between which two of a row of configurations, say the commits of a repository, what works begins to fail: bisection, with votes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faultline.core.configuration import Configuration
from faultline.criteria.trials.runs import Wanted
from faultline.criteria.trials.votes import LEADS, Count, Known, Missing, Votes

FOUND, BETWEEN, NOT_FOUND, UNDECIDED = "found", "between", "not found", "undecided"


@dataclass(frozen=True)
class Bisected:
    """What a bisection ended with. Places are those in the row, from 0.

    Parameters
    ----------
    outcome
        ``found``: ``works`` and ``fails`` are neighbors. ``between``: all that lie between them are undecided, so the failure begins
        at one of them or at ``fails``. ``not found``: the first one fails or the last one works. ``undecided``.
    works, fails
        The last place that works before the first that fails, both verified on fresh seeds; None unless ``found`` or ``between``.
    why
        Why it was not found or is undecided, as part of a sentence; otherwise empty.
    undecided
        Places whose runs do not tell.
    not_monotone
        Pairs of places: the first fails, and the second, which comes later, works. The failure then begins more than once.
    counts
        Place -> how its runs ended, of each that was looked at.
    runs
        How many runs were looked at.
    """

    outcome: str
    works: int | None = None
    fails: int | None = None
    why: str = ""
    undecided: tuple[int, ...] = ()
    not_monotone: tuple[tuple[int, int], ...] = ()
    counts: tuple[tuple[int, Count], ...] = ()
    runs: int = 0


def bisect(
    row: Sequence[Configuration], known: Known, seeds: Sequence[int]
) -> tuple[Bisected | None, tuple[Wanted, ...]]:
    """Where in a row that works at its beginning and fails at its end the failure begins.

    Parameters
    ----------
    row
        At least two configurations, in order; for commits the oldest first.
    known
        The outcomes that are there, of whatever was run before: True where the criterion holds.
    seeds
        In the order in which they are used.

    Returns
    -------
    The answer, None while runs are missing, and all runs that were asked for, those that are there and those that are not.
    """
    votes = Votes(known, seeds)
    try:
        answer = _Bisection(row, votes).answer()
    except Missing:
        answer = None
    return answer, votes.asked()


class _Bisection:
    def __init__(self, row: Sequence[Configuration], votes: Votes) -> None:
        self.row, self.votes = row, votes
        self.tried: dict[int, bool | None] = {}
        self.verified: set[int] = set()
        self.lead = LEADS[-1]

    def answer(self) -> Bisected:
        """The answer.

        Raises
        ------
        Missing
            More runs are needed.
        """
        last = len(self.row) - 1
        first_works, last_works = self._works(0), self._works(last)
        if None in (first_works, last_works):
            return self._ended(UNDECIDED, "the runs at one of its ends do not agree")
        if not first_works or last_works:
            return self._ended(NOT_FOUND, "the last one works" if last_works else "the first one fails")
        for self.lead in LEADS:
            works, fails = self._narrowed(0, last)
            if self._verify([works, fails]) == [True, False]:
                outcome = FOUND if fails == works + 1 else BETWEEN
                return self._ended(outcome, works=works, fails=fails)
        return self._ended(UNDECIDED, "what was found did not show again on fresh seeds")

    def _narrowed(self, works: int, fails: int) -> tuple[int, int]:
        """The narrowest pair that the votes allow: what is nearest to the middle first, its neighbors where that is undecided."""
        while True:
            middle = (works + fails) / 2
            for place in sorted(range(works + 1, fails), key=lambda place: abs(place - middle)):
                if (outcome := self._works(place)) is not None:
                    works, fails = (place, fails) if outcome else (works, place)
                    break
            else:
                return works, fails

    def _works(self, place: int) -> bool | None:
        if place not in self.verified:
            self.tried[place] = self.votes.holds(self.row[place], self.lead)
        return self.tried[place]

    def _verify(self, places: Sequence[int]) -> list[bool | None]:
        again = [place for place in places if place not in self.verified]
        self.tried.update(zip(again, self.votes.verify([self.row[place] for place in again]), strict=True))
        self.verified.update(again)
        return [self.tried[place] for place in places]

    def _ended(
        self, outcome: str, why: str = "", works: int | None = None, fails: int | None = None
    ) -> Bisected:
        not_monotone = self._not_monotone()
        return Bisected(
            outcome,
            works,
            fails,
            why,
            tuple(sorted(place for place, found in self.tried.items() if found is None)),
            not_monotone,
            tuple((place, self.votes.counts[self.row[place]]) for place in sorted(self.tried)),
            self.votes.runs,
        )

    def _not_monotone(self) -> tuple[tuple[int, int], ...]:
        """Where one that fails comes before one that works, among all whose known runs decide; both verified."""
        for place in range(len(self.row)):
            if place not in self.tried and self.votes.at_hand(self.row[place], self.lead) is not None:
                self._works(place)
        while True:
            fails = [place for place, found in self.tried.items() if found is False]
            works = [place for place, found in self.tried.items() if found]
            pairs = [(a, b) for a in fails for b in works if a < b]
            doubtful = sorted({place for pair in pairs for place in pair} - self.verified)
            if not doubtful:
                nearest = [
                    (a, b)
                    for a, b in pairs
                    if not any(a <= c and d <= b and (c, d) != (a, b) for c, d in pairs)
                ]
                return tuple(sorted(nearest))
            self._verify(doubtful)
