"""What one change does to one criterion in one background: a label, and the figures that it rests on.

Planning asks it which runs are wanted next, and judging which label a reader sees, so that both agree.
Labels of pass and fail need every fresh run on both sides; the screening run only decides whether fresh ones are worth making.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from faultline.core.configuration import Configuration, changed
from faultline.criteria.trials.paired import SIGNIFICANT
from faultline.criteria.trials.pairs import Count, Pairs, counted, pairs
from faultline.criteria.trials.runs import Criterion, Results, Study, runs_of

CURES = "cures alone"
NEEDED = "needed"
HELPS = "helps"
NO_EFFECT = "no effect"
HARMS = "harms"
UNDECIDED = "undecided"
UNCHANGED = "unchanged"
HIDDEN = "hidden"
DELAYS = "delays"
NOT_CONVERGED = "not converged"
BREAKS = "breaks the run"
NOT_TESTED = "not tested"


@dataclass(frozen=True)
class Comparison:
    """One change in one background, held against one criterion.

    Parameters
    ----------
    background
        What the background is called.
    base
        Its configuration.
    changes
        Toggle and choice, of each that is changed.
    criterion
        What it is held against.
    put_back
        Whether the change puts a choice of the failing configuration back into the repaired one. Its label then speaks of the
        repair: where the choice fails, the repair is needed.
    screening, fresh, larger
        The runs at the screening seed (the fresh ones where there is none), at the fresh ones, and at these with the larger budget.
    base_fresh
        How the background's runs at fresh seeds end, whatever else has run.
    asked
        How many fresh seeds there are.
    repeats
        Whether a cure or a harm has to be repeated at the larger budget.
    """

    background: str
    base: Configuration
    changes: Configuration
    criterion: Criterion
    put_back: bool
    screening: Pairs
    fresh: Pairs
    larger: Pairs
    base_fresh: Count
    asked: int
    repeats: bool

    @property
    def configuration(self) -> Configuration:
        return changed(self.base, self.changes)

    @property
    def seen(self) -> Pairs:
        """The fresh runs, or where there are none that at the screening seed."""
        return self.fresh if self.fresh.n else self.screening

    @property
    def complete(self) -> bool:
        """Whether every fresh run is there, on both sides."""
        return self.fresh.n == self.asked

    @property
    def differs(self) -> bool:
        """Whether the run at the screening seed makes fresh ones worthwhile.

        Its output is another, and can be compared; or the background ends otherwise there than with every fresh seed, and the screening
        tells nothing.
        """
        first = self.screening
        if not first.n:
            return False
        if (first.background.passed and self.base_fresh.all_fail) or (
            first.background.failed and self.base_fresh.all_pass
        ):
            return True
        return not first.identical and bool(first.finite or first.changed.passed)

    @property
    def hidden(self) -> bool:
        """Whether the run at the screening seed shows nothing, because the background is not finite."""
        first = self.screening
        return bool(first.n) and not first.finite and not first.changed.passed

    @property
    def settled(self) -> bool:
        """Whether all runs are there that its label needs; more runs of others do not change it."""
        if self.base_fresh.n < self.asked:
            return False
        if not self.differs:
            return bool(self.screening.n)
        return self.complete and (not self.wants_larger or self.larger.n == self.asked)

    @property
    def p(self) -> float | None:
        """Of the metric, on fresh seeds, not corrected; None where nothing is to be tested."""
        same = self.fresh.identical or self.fresh.finite < self.fresh.n
        return None if same or not self.complete or not self.fresh.difference else self.fresh.difference.p

    @property
    def wants_larger(self) -> bool:
        """Whether the larger budget has to be asked: a cure or a harm at the smaller one, with no correction for their number."""
        found = {_flip(self.fresh), _moves(self, self.fresh, self.p)}
        return (
            self.repeats
            and self.complete
            and self.fresh.raised < self.fresh.n
            and bool(found & {CURES, HARMS})
        )


def compared(
    study: Study,
    results: Results,
    name: str,
    base: Configuration,
    changes: Configuration,
    criterion: Criterion,
) -> Comparison:
    """One change of a background ``base`` that is called ``name``, held against one criterion, as far as runs are there."""
    other = changed(base, changes)
    back = base == study.repaired and set(changes) <= set(study.failing)

    def both(seeds: Iterable[int], larger: bool = False) -> Pairs:
        return pairs(runs_of(results, base, seeds, larger), runs_of(results, other, seeds, larger), criterion)

    return Comparison(
        name,
        base,
        changes,
        criterion,
        back,
        both(study.first or study.fresh),
        both(study.fresh),
        both(study.fresh, larger=True),
        counted(run.holds(criterion.name) for run in runs_of(results, base, study.fresh).values()),
        len(study.fresh),
        study.larger,
    )


def label(comparison: Comparison, p: float | None) -> tuple[str, str]:
    """The label of one comparison, and why where it is `UNDECIDED`.

    Parameters
    ----------
    comparison
        What was compared.
    p
        Its p-value for the metric, corrected or not; None where it has none.
    """
    seen, fresh = comparison.seen, comparison.fresh
    if not seen.n:
        return NOT_TESTED, ""
    ran = [pairs for pairs in (comparison.screening, fresh) if pairs.n]
    if all(pairs.identical for pairs in ran):
        finite = all(pairs.finite == pairs.n for pairs in ran)
        return (UNCHANGED if finite else HIDDEN), ""
    flip = _flip(fresh) if comparison.complete else None
    if comparison.complete and fresh.raised == fresh.n:
        return BREAKS, ""
    if flip:
        return _repeated(comparison, flip)
    if not seen.finite:
        if seen.changed.passed:
            return UNDECIDED, f"it holds in {seen.changed.passed} of {seen.n} runs"
        if seen.other_errors:
            without, with_it = seen.other_errors
            return UNDECIDED, f"it raises {with_it.words}, and without the change {without.words}"
        return HIDDEN, ""
    if not comparison.complete:
        return UNDECIDED, f"only {fresh.n} of {comparison.asked} fresh runs are there"
    return _by_metric(comparison, p)


def _by_metric(comparison: Comparison, p: float | None) -> tuple[str, str]:
    """Where pass and fail tell no difference."""
    fresh, criterion = comparison.fresh, comparison.criterion
    alike = fresh.background == fresh.changed and not fresh.changed.unknown
    if not criterion.has_metric:
        steady = alike and (fresh.changed.all_pass or fresh.changed.all_fail)
        return (NO_EFFECT, "") if steady else (UNDECIDED, "not all runs end the same way")
    if fresh.difference is None:
        return UNDECIDED, "the metric is not known on every seed"
    if fresh.difference.inside(criterion.margin):
        return (NO_EFFECT, "") if alike else (UNDECIDED, "not as many runs hold as before")
    moves = _moves(comparison, fresh, p)
    if moves == HARMS:
        return _metric_repeated(comparison)
    if moves:
        return moves, ""
    if criterion.margin is None:
        return UNDECIDED, "no margin was declared within which a difference counts as none"
    if criterion.better is None and p is not None and p <= SIGNIFICANT:
        return UNDECIDED, "it differs, and neither direction is better"
    return UNDECIDED, "the seeds differ by more than the margin"


def _flip(pairs: Pairs) -> str | None:
    """`CURES` or `HARMS` where all runs of one side hold and none of the other."""
    if pairs.background.all_fail and pairs.changed.all_pass:
        return CURES
    return HARMS if pairs.background.all_pass and pairs.changed.all_fail else None


def _moves(comparison: Comparison, pairs: Pairs, p: float | None) -> str | None:
    """`HELPS` or `HARMS` by the metric: of the change, or of the repair that it takes back."""
    difference, criterion = pairs.difference, comparison.criterion
    if difference is None or p is None or p > SIGNIFICANT or criterion.better is None:
        return None
    if not difference.matters(criterion.margin):
        return None
    better = (difference.mean < 0) == (criterion.better == "lower")
    return HELPS if better != comparison.put_back else HARMS


def _repeated(comparison: Comparison, flip: str) -> tuple[str, str]:
    """What a cure or a harm at the smaller budget is called after the larger one."""
    name = flip
    if comparison.put_back:
        name = NEEDED if flip == HARMS else HARMS
    if not comparison.repeats:
        return name, ""
    larger = comparison.larger
    if larger.n < comparison.asked:
        return UNDECIDED, "it was not repeated at the larger budget"
    if _flip(larger) == flip:
        return name, ""
    if larger.background.all_pass and larger.changed.all_pass:
        return NOT_CONVERGED, ""
    if larger.background.all_fail and larger.changed.all_fail:
        return (DELAYS, "") if flip == CURES else (UNDECIDED, "the background fails at the larger budget")
    return UNDECIDED, "the larger budget says otherwise, or not on every seed"


def _metric_repeated(comparison: Comparison) -> tuple[str, str]:
    """The same of a harm that only the metric shows."""
    if not comparison.repeats:
        return HARMS, ""
    larger = comparison.larger
    if larger.n < comparison.asked:
        return UNDECIDED, "it was not repeated at the larger budget"
    if _flip(larger) == (CURES if comparison.put_back else HARMS):
        return HARMS, ""
    if larger.difference is None:
        return UNDECIDED, "the metric is not known on every seed at the larger budget"
    if _moves(comparison, larger, larger.difference.p) == HARMS:
        return HARMS, ""
    if larger.difference.inside(comparison.criterion.margin):
        return NOT_CONVERGED, ""
    return UNDECIDED, "the larger budget does not show it"
