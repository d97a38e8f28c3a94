"""A minimal set of changes that brings an outcome about: QuickXplain (Junker 2004), with votes, verified on fresh seeds.

The same search finds the repairs that cure the failing configuration together, the choices that show the symptom when they are put
into the repaired one, and the differences between two scenarios that matter. It assumes that what a set of changes brings about, more
changes do not undo, and says where they do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from faultline.core.configuration import Configuration, changed
from faultline.criteria.trials.runs import Wanted
from faultline.criteria.trials.votes import LEADS, Count, Known, Missing, Votes

# Changes that a search keeps before it begins again with larger votes. Sets that matter have one to four; a vote that errs, and drops
# a change that is needed, makes the search keep all that come after it.
KEPT_FEW = 5

FOUND, NOT_FOUND, UNDECIDED = "found", "not found", "undecided"


@dataclass(frozen=True)
class MinimalSet:
    """What a search ended with.

    Parameters
    ----------
    outcome
        ``found``; ``not found``: all changes together do not bring it about, or the base needs none; ``undecided``.
    changes
        The set: together they bring the outcome about on fresh seeds, and without any one of them it does not come. Minimal, not
        unique. Empty unless found.
    why
        Why it was not found or is undecided, as part of a sentence; otherwise empty.
    unique
        Whether all changes but one bring nothing about, for each one in the set, so that there is no other set and all else is ruled
        out. None: not asked for.
    others
        The changes that are not in the set; ruled out where it is unique.
    undoes
        Changes, each of which undoes what the others bring about; they are left out of the search.
    not_monotone
        Pairs of sets: the first brings the outcome about, and with the additional changes of the second it does not come.
    with_all
        Runs of the set on fresh seeds.
    without
        For each change in the set, in order: runs of the set without it.
    configurations
        How many configurations were looked at.
    beyond_singles
        How many of them have neither one change nor all but one.
    runs
        How many runs were looked at.
    """

    outcome: str
    changes: Configuration = ()
    why: str = ""
    unique: bool | None = None
    others: Configuration = ()
    undoes: Configuration = ()
    not_monotone: tuple[tuple[Configuration, Configuration], ...] = ()
    with_all: Count | None = None
    without: tuple[Count, ...] = ()
    configurations: int = 0
    beyond_singles: int = 0
    runs: int = 0


def minimal_set(
    base: Configuration,
    changes: Configuration,
    known: Known,
    seeds: Sequence[int],
    *,
    holds: bool,
    unique: bool = False,
) -> tuple[MinimalSet | None, tuple[Wanted, ...]]:
    """A minimal set of changes that brings an outcome about.

    Parameters
    ----------
    base
        What is changed, in which the outcome does not come.
    changes
        Toggle and choice, of each change that may be in the set, in the order of preference: where there are several sets, the last
        ones are dropped first.
    known
        The outcomes that are there.
    seeds
        In the order in which they are used; some twenty.
    holds
        The outcome that is sought: True, the criterion holds (a cure); False, it does not (the symptom).
    unique
        Whether to ask, in addition, if the set is the only one: all changes but one, for each one in the set.

    Returns
    -------
    The answer, None while runs are missing, and all runs that the search has asked for, those that are there and those that are not.
    With more runs it asks for the same ones and more.

    Notes
    -----
    A vote that is undecided counts as no while searching. That can make the set larger than it has to be, which the verification notices.
    """
    votes = Votes(known, seeds)
    try:
        answer = _Search(base, changes, votes, holds).answer(unique)
    except Missing:
        answer = None
    return answer, votes.asked()


class _Many(Exception):
    """More changes were kept than small votes are trusted with."""


class _Search:
    """One search, from its beginning. Sets of changes are tuples in the order of preference."""

    def __init__(self, base: Configuration, changes: Configuration, votes: Votes, sought: bool) -> None:
        self.base, self.changes, self.votes, self.sought = base, changes, votes, sought
        self.tried: dict[frozenset[tuple[str, str]], bool | None] = {}
        self.verified: set[frozenset[tuple[str, str]]] = set()
        self.undoes: Configuration = ()
        self.lead = LEADS[-1]
        self.kept = 0

    def answer(self, unique: bool) -> MinimalSet:
        """The answer.

        Raises
        ------
        Missing
            More runs are needed.
        """
        why = self._ends()
        if why:
            return self._ended(*why)
        open_because = ""
        for self.lead in LEADS:
            self.kept = 0
            try:
                found = self._explain((), (), self._left())
            except _Many:
                continue
            found, open_because = self._verified(found)
            if not open_because:
                return self._found(found, unique)
        return self._ended(UNDECIDED, open_because)

    def _ends(self) -> tuple[str, str] | None:
        """Outcome and reason where no search is to be made: the outcome does not come with all changes, or comes with none."""
        at_base = self._comes(())
        if at_base is not False:
            said = "it comes without any change", "the runs without any change do not agree"
            return (NOT_FOUND, said[0]) if at_base else (UNDECIDED, said[1])
        together = self._comes(self.changes)
        if together is None:
            return UNDECIDED, "the runs with all changes do not agree"
        if together:
            return None
        # Nothing is asked for here: what is known of one change, and of all but one, tells where to look.
        for change in self.changes:
            if self._known((change,)):
                self._comes((change,))
            rest = tuple(c for c in self.changes if c != change)
            if not self.undoes and self._known(rest) and self._comes(rest):
                self.undoes = (change,)
        return None if self.undoes else (NOT_FOUND, "all changes together do not bring it about")

    def _explain(
        self, fixed: Configuration, added: Configuration, candidates: Configuration
    ) -> Configuration:
        """QuickXplain: a minimal part of ``candidates`` that is needed beside ``fixed``, to which ``added`` was added last."""
        if added and self._comes(fixed):
            return ()
        if len(candidates) == 1:
            self.kept += 1
            if self.kept > KEPT_FEW and self.lead < LEADS[-1]:
                raise _Many
            return candidates
        half = len(candidates) // 2
        first, second = candidates[:half], candidates[half:]
        of_second = self._explain((*fixed, *first), first, second)
        of_first = self._explain((*fixed, *of_second), of_second, first)
        return (*of_first, *of_second)

    def _verified(self, found: Configuration) -> tuple[Configuration, str]:
        """The set on fresh seeds, without what can be removed from it, and why it is undecided, otherwise empty."""
        while True:
            removed = _each_removed(found, found)
            with_all, *without = self._verify([found, *removed])
            if with_all is not True:
                return (), "what was found did not show again on fresh seeds"
            if True in without:
                found = removed[without.index(True)]
            elif None in without:
                return (), "runs without one of the changes that were found do not agree"
            else:
                return found, ""

    def _found(self, found: Configuration, unique: bool) -> MinimalSet:
        with_all, *without = [self._count(changes) for changes in (found, *_each_removed(found, found))]
        only = None
        if unique:
            rests = [
                rest for rest in _each_removed(self._left(), found) if frozenset(rest) not in self.verified
            ]
            self._verify(rests)
            only = all(self.tried[frozenset(rest)] is False for rest in _each_removed(self._left(), found))
        others = tuple(c for c in self._left() if c not in found)
        about = {"unique": only, "others": others, "with_all": with_all, "without": tuple(without)}
        return self._ended(FOUND, changes=found, **about)

    def _ended(self, outcome: str, why: str = "", **about: Any) -> MinimalSet:
        not_monotone = self._not_monotone()
        singles = {1, len(self.changes) - 1}
        return MinimalSet(
            outcome,
            why=why,
            undoes=self.undoes,
            not_monotone=not_monotone,
            configurations=len(self.tried),
            beyond_singles=sum(len(changes) not in singles for changes in self.tried),
            runs=self.votes.runs,
            **about,
        )

    def _not_monotone(self) -> tuple[tuple[Configuration, Configuration], ...]:
        """Where more changes undo what fewer bring about, both verified, since a vote while searching may err."""
        while True:
            pairs = self._undone()
            doubtful = sorted({tuple(sorted(c)) for pair in pairs for c in pair if c not in self.verified})
            if not doubtful:
                return tuple((tuple(sorted(small)), tuple(sorted(large))) for small, large in pairs)
            self._verify(doubtful)

    def _undone(self) -> list[tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]]:
        """Pairs of sets, without those that have another pair between them."""
        came = [changes for changes, outcome in self.tried.items() if outcome]
        stayed = [changes for changes, outcome in self.tried.items() if outcome is False]
        pairs = [(small, large) for small, large in product(came, stayed) if small < large]
        return [
            (small, large)
            for small, large in pairs
            if not any(small <= a and b <= large and (a, b) != (small, large) for a, b in pairs)
        ]

    def _left(self) -> Configuration:
        return tuple(c for c in self.changes if c not in self.undoes)

    def _with(self, changes: Configuration) -> Configuration:
        return changed(self.base, changes)

    def _count(self, changes: Configuration) -> Count:
        return self.votes.counts[self._with(changes)]

    def _known(self, changes: Configuration) -> bool | None:
        """Whether the outcome comes, if the runs that are there decide."""
        return self._outcome(self.votes.at_hand(self._with(changes), self.lead))

    def _comes(self, changes: Configuration) -> bool | None:
        if frozenset(changes) not in self.verified:
            self.tried[frozenset(changes)] = self._outcome(self.votes.holds(self._with(changes), self.lead))
        return self.tried[frozenset(changes)]

    def _verify(self, sets: Sequence[Configuration]) -> list[bool | None]:
        outcomes = [
            self._outcome(found) for found in self.votes.verify([self._with(changes) for changes in sets])
        ]
        self.tried.update(zip(map(frozenset, sets), outcomes, strict=True))
        self.verified.update(map(frozenset, sets))
        return outcomes

    def _outcome(self, holds: bool | None) -> bool | None:
        """Whether the outcome that is sought comes."""
        return None if holds is None else holds == self.sought


def _each_removed(changes: Configuration, which: Configuration) -> list[Configuration]:
    return [tuple(c for c in changes if c != change) for change in which]
