"""The answers of trials in the words of an audit: one table, for each choice and for each hypothesis.

What a choice is called follows from whether it is a defect and from what its change does to every criterion; what a hypothesis is called,
from its outcome and from what the checks and the choices that it changes say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from faultline.core.configuration import Configuration
from faultline.criteria.trials import defects
from faultline.criteria.trials import labels as names
from faultline.criteria.trials.comparisons import CURED, FAILING, REPAIRED, TRIED_IN
from faultline.criteria.trials.defects import Defect
from faultline.criteria.trials.runs import Study
from faultline.diagnosis.trials import hypotheses
from faultline.diagnosis.trials.hypotheses import Outcome
from faultline.diagnosis.trials.labels import NOT_RUN, WITHOUT_EFFECT, Label
from faultline.findings.words import listed

CONFIRMED, MINOR, REFUTED, HARMFUL = "confirmed", "minor", "refuted", "harmful"
CORRECT, NOT_TESTABLE, OPEN = "correct", "not testable", "open"
MEANS = {
    CONFIRMED: "it holds, and it matters: a figure moves",
    MINOR: "a defect, as an independent check says, that moves no figure",
    REFUTED: "it does not hold",
    HARMFUL: "the change that is proposed makes a figure worse, or an independent check fails with it",
    CORRECT: "the authors call it correct, and it is",
    NOT_TESTABLE: "nothing that is measured depends on it",
    OPEN: "the runs do not decide",
}
"""An audit's word -> what it stands for."""

_MOST = 4
"""Names that a reason lists; the page of the trials has all of them."""
_STRONG = (names.CURES, names.NEEDED)
_BETTER = (*_STRONG, names.HELPS)
_WORSE = (names.HARMS, names.BREAKS)
_DOES = {names.CURES: "alone cures", names.NEEDED: "is needed for", names.HELPS: "helps"}
_OPEN_YET = "whether a figure moves, the runs do not decide"


@dataclass(frozen=True)
class Audited:
    """An audit's word, and why, as part of a sentence. ``moves``: the criteria that a fix makes better."""

    word: str
    why: str
    moves: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, str]:
        return {"word": self.word, "why": self.why}


def of_choice(
    study: Study,
    found: Sequence[Label],
    changes: Configuration,
    faulty: Mapping[tuple[str, str], Defect],
    sound: bool,
) -> Audited:
    """What an audit calls one choice that stands, with another one as the fix that is proposed.

    Parameters
    ----------
    study
        What was tried.
    found
        All labels.
    changes
        The fix: one toggle, and another choice than the one of the failing configuration.
    faulty
        Toggle and choice -> whether it is a defect.
    sound
        Whether every criterion holds in the repaired configuration.
    """
    [(toggle, choice)] = changes
    stands, repaired = dict(study.failing)[toggle], dict(study.repaired or ()).get(toggle)
    if against := _oracles(faulty.get((toggle, choice))):
        return Audited(HARMFUL, f"{_listed(against)} {_fails(against)} with it")
    third = repaired not in (None, stands, choice)
    effects = _Effects(study, found, changes, third)
    worse, better = effects.of(_WORSE), effects.of(_BETTER)
    said = ", ".join(
        f"it {does} {_listed(moved)}"
        for name, does in _DOES.items()
        if (moved := [criterion for criterion, label in better.items() if label == name])
    )
    bad = f"it makes {_listed(worse)} worse" if worse else ""
    defect = faulty.get((toggle, stands), Defect(defects.NOT_TESTED))
    if worse and not any(name in _STRONG for name in better.values()):
        return Audited(HARMFUL, f"{bad}; {said}" if said else bad)
    if effects.idle:
        return Audited(NOT_TESTABLE, "it changes nothing that any stage returns, wherever it was tried")
    if repaired == stands and sound:
        holds = f"every criterion holds with `{stands}` in the repaired configuration"
        return Audited(REFUTED, f"{holds}; from the failing one, {said}" if said else holds)
    if better:
        return Audited(CONFIRMED, f"{said}; {bad}" if bad else said, tuple(better))
    if third:
        return _of_a_third(study, found, changes, faulty, sound)
    if defect.answer == defects.YES:
        checks = f"{_listed(defect.oracles)} {_fails(defect.oracles)} with `{stands}`"
        return (
            Audited(MINOR, f"{checks}, and no figure moves")
            if effects.none
            else Audited(OPEN, f"{checks}; {_OPEN_YET}")
        )
    if defect.answer == defects.UNDECIDED:
        return Audited(OPEN, f"{_listed(defect.oracles)} {_fails(defect.oracles)} with some seeds only")
    if study.repaired is None and effects.none_alone:
        return Audited(OPEN, "no figure moves, but other faults may hide what it does")
    if not effects.none:
        return Audited(OPEN, _OPEN_YET)
    if defect.answer == defects.NO:
        return Audited(REFUTED, f"no figure moves, and {_listed(defect.oracles)} holds with `{stands}`")
    return Audited(OPEN, "no figure moves, and no independent check looks at it")


def of_hypothesis(each: Outcome, choices: Mapping[Configuration, Audited]) -> Audited:
    """What an audit calls a hypothesis.

    Parameters
    ----------
    each
        What became of it.
    choices
        One other choice of the failing configuration -> what an audit calls it.
    """
    if each.outcome == hypotheses.OPEN:
        nothing = each.why == hypotheses.NOTHING_CHANGED
        return Audited(NOT_TESTABLE if nothing else OPEN, each.why)
    if each.hypothesis.status == CORRECT:
        return Audited(CORRECT if each.outcome == hypotheses.CONFIRMED else REFUTED, each.why)
    if each.outcome == hypotheses.CONFIRMED:
        # An oracle speaks against the change, and the figure that it is about does not move.
        return Audited(MINOR if each.against and each.label not in _WORSE else CONFIRMED, each.why)
    if each.hypothesis.predicts in ("cures", "no_effect") and (each.against or each.label in _WORSE):
        checks = f"{_listed(each.against)} {_fails(each.against)} with it" if each.against else ""
        return Audited(HARMFUL, each.why or checks or "it makes the figure worse")
    if each.hypothesis.predicts == "cures" and each.comparison and each.hypothesis.background == FAILING:
        known = choices.get(each.comparison.changes)
        if known and (known.word in (MINOR, HARMFUL) or each.comparison.criterion.name in known.moves):
            return known  # no cure, and there is something to it
        if known and known.moves:
            return Audited(REFUTED, f"{known.why}, and does not move this one")
    return Audited(REFUTED, each.why)


class _Effects:
    """What one change of the failing configuration does to each criterion, wherever it could be seen: of a repair also by putting back."""

    def __init__(self, study: Study, found: Sequence[Label], changes: Configuration, third: bool) -> None:
        [(toggle, _)] = changes
        self.back = ((toggle, dict(study.failing)[toggle]),)
        self.is_repair = study.repaired is not None and set(changes) <= set(study.repaired)
        self.changes = changes
        self.seen: dict[str, dict[str, str]] = {}
        self.tried: list[Label] = []
        for item in found:
            if self._is_about_it(item, third):
                name = self._of_the_fix(item)
                self.seen.setdefault(item.criterion, {})[item.background] = name
                self.tried.append(item)

    def _is_about_it(self, item: Label, third: bool) -> bool:
        if item.background in (FAILING, CURED):
            return item.changes == self.changes
        return not third and item.changes == (self.back if self.is_repair else self.changes)

    def _of_the_fix(self, item: Label) -> str:
        """Where the fault is put back, a label speaks of that, but for the words that trials turn around themselves."""
        if not self.is_repair or item.background not in (REPAIRED, TRIED_IN):
            return item.label
        if item.label == names.BREAKS:
            return names.NEEDED
        if item.background == TRIED_IN:
            fresh = item.comparison.fresh
            if item.label == names.HARMS and fresh.background.all_pass and fresh.changed.all_fail:
                return names.NEEDED
            turned = {names.HARMS: names.HELPS, names.CURES: names.HARMS, names.HELPS: names.HARMS}
            return turned.get(item.label, item.label)
        return item.label

    def of(self, wanted: Sequence[str]) -> dict[str, str]:
        """Criterion -> its label, of those for which the first background that shows anything gives one of ``wanted``."""
        found = {}
        for criterion, by_background in self.seen.items():
            order = [by_background.get(name) for name in (REPAIRED, FAILING, CURED, TRIED_IN)]
            shows = next((name for name in order if name in (*_BETTER, *_WORSE)), None)
            if shows in wanted:
                found[criterion] = shows
        return found

    @property
    def none(self) -> bool:
        """Whether it is shown that no criterion's figure moves: in the repaired configuration, where nothing else is at fault."""
        return bool(self.seen) and all(
            by_background.get(REPAIRED) in WITHOUT_EFFECT for by_background in self.seen.values()
        )

    @property
    def none_alone(self) -> bool:
        """Whether no figure moves from the failing configuration, as far as that tells anything."""
        return bool(self.seen) and all(
            by_background.get(FAILING) in WITHOUT_EFFECT for by_background in self.seen.values()
        )

    @property
    def idle(self) -> bool:
        """Whether nothing could be compared because nothing changed."""
        said = {item.label for item in self.tried}
        not_run = any(item.why == NOT_RUN for item in self.tried)
        return names.NOT_TESTED in said and not not_run and said <= {names.NOT_TESTED, names.HIDDEN}


def _of_a_third(
    study: Study,
    found: Sequence[Label],
    changes: Configuration,
    faulty: Mapping[tuple[str, str], Defect],
    sound: bool,
) -> Audited:
    """A fix that is not the one of the repaired configuration, which tells by how it does in its place."""
    mine = [item for item in found if item.background == REPAIRED and item.changes == changes]
    if worse := [item.criterion for item in mine if item.label in _WORSE]:
        return Audited(REFUTED, f"in the repaired configuration it makes {_listed(worse)} worse")
    toggle, repaired = changes[0][0], dict(study.repaired)[changes[0][0]]
    if mine and all(item.label in WITHOUT_EFFECT for item in mine):
        of_the_repair = of_choice(study, found, ((toggle, repaired),), faulty, sound)
        why = f"it does what `{repaired}` does: {of_the_repair.why}"
        return Audited(of_the_repair.word, why, of_the_repair.moves)
    return Audited(OPEN, _OPEN_YET)


def _oracles(defect: Defect | None) -> tuple[str, ...]:
    return defect.oracles if defect and defect.answer == defects.YES else ()


def _fails(checks: Sequence[str]) -> str:
    return "fails" if len(checks) == 1 else "fail"


def _listed(words: Iterable[str]) -> str:
    """The first of them, and how many more there are."""
    shown = [f"`{word}`" for word in words]
    if len(shown) > _MOST:
        shown[_MOST - 1 :] = [f"{len(shown) - _MOST + 1} more"]
    return listed(shown)
