"""What became of the hypotheses of a case: confirmed, refuted or open, with the trials that decide."""

from __future__ import annotations

from dataclasses import dataclass

from faultline.core.configuration import Configuration
from faultline.criteria.trials import labels as names
from faultline.criteria.trials.comparisons import believed
from faultline.criteria.trials.labels import Comparison, label
from faultline.criteria.trials.paired import SIGNIFICANT
from faultline.criteria.trials.runs import Hypothesis, Results, Study

CONFIRMED, REFUTED, OPEN = "confirmed", "refuted", "open"


@dataclass(frozen=True)
class Outcome:
    """What became of one hypothesis.

    Parameters
    ----------
    hypothesis
        It.
    outcome
        ``confirmed``, ``refuted`` or ``open``.
    label
        Of its changes for the criterion that it is about; None where it is about a metric's direction, or nothing could be compared.
    why
        Why it is open, as part of a sentence; otherwise empty.
    comparison
        The figures; None where nothing could be compared.
    trials
        The configurations whose runs decide: the background, and the one with its changes.
    """

    hypothesis: Hypothesis
    outcome: str
    label: str | None
    why: str
    comparison: Comparison | None
    trials: tuple[Configuration, ...]


def outcomes(study: Study, results: Results) -> list[Outcome]:
    """What became of each hypothesis, in order.

    Each was declared before anything ran and is tested by itself, so no p-value is corrected for the number of the others.
    """
    return [_outcome(study, results, hypothesis) for hypothesis in study.hypotheses]


def _outcome(study: Study, results: Results, hypothesis: Hypothesis) -> Outcome:
    comparison = believed(study, results, hypothesis)
    if comparison is None:
        why = (
            "there is no repaired configuration"
            if study.background(hypothesis) is None
            else "there is no symptom"
        )
        return Outcome(hypothesis, OPEN, None, why, None, ())
    trials = (comparison.base, comparison.configuration)
    if hypothesis.predicts in ("up", "down", "unchanged"):
        outcome, why = _of_direction(comparison, hypothesis.predicts)
        return Outcome(hypothesis, outcome, None, why, comparison, trials)
    name, why = label(comparison, comparison.p)
    outcome, open_because = _JUDGED[hypothesis.predicts](comparison, name)
    if outcome == OPEN:
        why = why or open_because
    return Outcome(hypothesis, outcome, name, why if outcome == OPEN else "", comparison, trials)


def _cures(comparison: Comparison, name: str) -> tuple[str, str]:
    """It is refuted by runs that fail, whatever else can be seen of them."""
    fresh = comparison.fresh
    if name == names.CURES:
        return CONFIRMED, ""
    if name == names.DELAYS or (comparison.complete and fresh.background.all_fail and fresh.changed.all_fail):
        return REFUTED, ""
    if comparison.complete and fresh.background.all_pass:
        return OPEN, "there is nothing to cure"
    if name == names.NOT_CONVERGED:
        return OPEN, "at the larger budget it holds without the change as well"
    return OPEN, "not all runs agree"


def _no_effect(comparison: Comparison, name: str) -> tuple[str, str]:
    if name == names.NO_EFFECT or (name == names.HIDDEN and _symptom_stays(comparison)):
        return CONFIRMED, ""
    if name == names.UNCHANGED:
        seen = comparison.complete and not comparison.fresh.same_output
        return (CONFIRMED, "") if seen else (OPEN, _NOTHING_CHANGED)
    return (OPEN, _NOT_SEEN) if name in _UNSEEN else (REFUTED, "")


def _symptom_stays(comparison: Comparison) -> bool:
    """Whether a criterion that is only a yes or no fails in every run on both sides, while something was changed by it."""
    fresh = comparison.fresh
    fails = comparison.complete and fresh.background.all_fail and fresh.changed.all_fail
    return fails and not comparison.criterion.has_metric and not fresh.same_output


def _harms(comparison: Comparison, name: str) -> tuple[str, str]:
    if name in (names.HARMS, names.BREAKS):
        return CONFIRMED, ""
    if name == names.UNCHANGED and comparison.seen.same_output:
        return OPEN, _NOTHING_CHANGED
    return (OPEN, _NOT_SEEN) if name in _UNSEEN else (REFUTED, "")


_UNSEEN = (names.HIDDEN, names.UNDECIDED, names.NOT_TESTED)
_NOT_SEEN = "what is changed gives no finite figure, so nothing can be compared"
_NOTHING_CHANGED = "nothing that any stage returns was changed by it"
_JUDGED = {"cures": _cures, "no_effect": _no_effect, "harms": _harms}


def _of_direction(comparison: Comparison, predicts: str) -> tuple[str, str]:
    """A metric goes up or down where its interval excludes 0 and leaves the margin, and is unchanged where it stays within."""
    fresh, margin = comparison.fresh, comparison.criterion.margin
    if not comparison.complete:
        return OPEN, f"only {fresh.n} of {comparison.asked} fresh runs are there"
    if fresh.difference is None:
        return OPEN, "the metric is not known on every seed"
    if fresh.same_output and predicts == "unchanged":
        return OPEN, _NOTHING_CHANGED
    if fresh.identical or fresh.difference.inside(margin):
        went = "unchanged"
    elif fresh.difference.p <= SIGNIFICANT and fresh.difference.matters(margin):
        went = "up" if fresh.difference.mean > 0 else "down"
    elif margin is None and predicts == "unchanged":
        return OPEN, "no margin was declared within which a difference counts as none"
    else:
        return OPEN, "the seeds differ too much"
    return (CONFIRMED if went == predicts else REFUTED), ""
