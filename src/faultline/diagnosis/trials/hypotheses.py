"""What became of the hypotheses of a case: confirmed, refuted or open, with the trials that decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from faultline.core.configuration import Configuration
from faultline.criteria.trials import labels as names
from faultline.criteria.trials.comparisons import believed
from faultline.criteria.trials.defects import YES, Defect, defects
from faultline.criteria.trials.labels import Comparison, label
from faultline.criteria.trials.paired import SIGNIFICANT
from faultline.criteria.trials.runs import Hypothesis, Results, Study, runs_of

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
    against
        The oracles that speak against its changes.
    """

    hypothesis: Hypothesis
    outcome: str
    label: str | None
    why: str
    comparison: Comparison | None
    trials: tuple[Configuration, ...]
    against: tuple[str, ...] = ()


def outcomes(study: Study, results: Results) -> list[Outcome]:
    """What became of each hypothesis, in order.

    Oracles are read as well. A change that they speak against is no cure, for it hides the symptom; it is not without effect; and it does
    harm, even where the figure stays as it was.

    Each was declared before anything ran and is tested by itself, so no p-value is corrected for the number of the others.
    """
    accused = {change: found for change, found in defects(study, results).items() if found.answer == YES}
    return [_outcome(study, results, hypothesis, accused) for hypothesis in study.hypotheses]


def _outcome(
    study: Study, results: Results, hypothesis: Hypothesis, accused: Mapping[tuple[str, str], Defect]
) -> Outcome:
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
    if hypothesis.predicts == "holds":
        return Outcome(hypothesis, *_of_limit(comparison), comparison, trials)
    name, why = label(comparison, comparison.p)
    outcome, open_because = _JUDGED[hypothesis.predicts](comparison, name)
    against = _against(study, results, comparison, accused)
    if against and (said := _spoken(hypothesis.predicts, outcome, name)):
        outcome, tells = said
        fail = "fails" if len(against) == 1 else "fail"
        checks = " and ".join(f"`{check}`" for check in against)
        return Outcome(
            hypothesis, outcome, name, f"{tells}: {checks} {fail} with it", comparison, trials, against
        )
    if outcome == OPEN:
        why = why or open_because
    return Outcome(hypothesis, outcome, name, why if outcome == OPEN else "", comparison, trials, against)


def _against(
    study: Study, results: Results, comparison: Comparison, accused: Mapping[tuple[str, str], Defect]
) -> tuple[str, ...]:
    """The oracles that accuse one of the choices it changes to, and those that hold with every fresh seed without the changes and with none
    with them."""
    found = dict.fromkeys(
        check for change in comparison.changes if change in accused for check in accused[change].oracles
    )
    before = runs_of(results, comparison.base, study.fresh)
    after = runs_of(results, comparison.configuration, study.fresh)
    if comparison.changes and set(study.fresh) <= before.keys() & after.keys():
        for check in study.oracles:
            held = {run.reading(check).passed for run in before.values()}
            if held == {True} and {run.reading(check).passed for run in after.values()} == {False}:
                found[check] = None
    return tuple(found)


def _spoken(predicts: str, outcome: str, name: str) -> tuple[str, str] | None:
    """What oracles that speak against a change make of an outcome, and why; None: nothing else."""
    if predicts == "harms":
        better = name in (names.CURES, names.HELPS)
        return None if outcome == CONFIRMED or better else (CONFIRMED, "the figure does not show it")
    if outcome != CONFIRMED:
        return None
    return REFUTED, "it hides the symptom" if predicts == "cures" else "it has an effect"


def _of_limit(comparison: Comparison) -> tuple[str, str | None, str]:
    """Whether the figure is within its limit with every fresh seed, as an outcome, no label, and why."""
    seen = comparison.fresh.changed
    if not comparison.complete:
        return OPEN, None, f"only {comparison.fresh.n} of {comparison.asked} fresh runs are there"
    if seen.all_pass:
        return CONFIRMED, None, f"it holds with {seen.passed} of {seen.n} seeds"
    if seen.all_fail:
        return REFUTED, None, f"it holds with none of {seen.n} seeds"
    return OPEN, None, f"it holds with {seen.passed} of {seen.n} seeds"


def _cures(comparison: Comparison, name: str) -> tuple[str, str]:
    """It is refuted by runs that fail, whatever else can be seen of them."""
    fresh = comparison.fresh
    if name == names.CURES:
        return CONFIRMED, ""
    if fresh.other_errors:
        return OPEN, "another exception ends the runs, so the first one may be cured and hide it"
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
        return (CONFIRMED, "") if seen else (OPEN, NOTHING_CHANGED)
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
        return OPEN, NOTHING_CHANGED
    return (OPEN, _NOT_SEEN) if name in _UNSEEN else (REFUTED, "")


_UNSEEN = (names.HIDDEN, names.UNDECIDED, names.NOT_TESTED)
_NOT_SEEN = "what is changed gives no finite figure, so nothing can be compared"
NOTHING_CHANGED = "nothing that any stage returns was changed by it"
_JUDGED = {"cures": _cures, "no_effect": _no_effect, "harms": _harms}


def _of_direction(comparison: Comparison, predicts: str) -> tuple[str, str]:
    """A metric goes up or down where its interval excludes 0 and leaves the margin, and is unchanged where it stays within."""
    fresh, margin = comparison.fresh, comparison.criterion.margin
    if not comparison.complete:
        return OPEN, f"only {fresh.n} of {comparison.asked} fresh runs are there"
    if fresh.difference is None:
        return OPEN, "the metric is not known on every seed"
    if fresh.same_output and predicts == "unchanged":
        return OPEN, NOTHING_CHANGED
    if fresh.identical or fresh.difference.inside(margin):
        went = "unchanged"
    elif fresh.difference.p <= SIGNIFICANT and fresh.difference.matters(margin):
        went = "up" if fresh.difference.mean > 0 else "down"
    elif margin is None and predicts == "unchanged":
        return OPEN, "no margin was declared within which a difference counts as none"
    else:
        return OPEN, "the seeds differ too much"
    return (CONFIRMED if went == predicts else REFUTED), ""
