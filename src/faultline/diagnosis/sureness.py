"""How sure the answer is: the one place that decides it.

``high`` says that the part and the kind of cause were shown, not inferred: by a counterexample that needs no statistics, or by a change that
cures (`diagnosis.remedies.answer`). What holding a variable, leaving out a factor or comparing groups shows is where a fault lies, not what it is, where no remedy was tried:
that is ``medium`` at most, and so is a pass, for no check shows that a model is right.
"""

from __future__ import annotations

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.criteria import thresholds as limit
from faultline.diagnosis.groups import Groups
from faultline.diagnosis.sizes import is_size
from faultline.diagnosis.suspects import Suspect
from faultline.findings import ablation, case_checks
from faultline.findings.finding import SCORE_EXPLAINS, SCORE_UNDECIDED
from faultline.findings.outcome import failed, passed
from faultline.findings.parts import names_in

EXACT = {
    "finite_difference_error": "c",
    "slope_not_zero": "c",
    "gradient_connected": "c",
    "backends_agree": "c",
    "logp_deterministic": "c",
    "data_all_read": "s",
    "terms_counted_once": "c",
    "data_counted_once": "c",
    "change_of_variables": "c",
    "density_normalised": "c",
    "support_kept": "c",
    "finite_terms": "b",
    "start_in_domain": "b",
    "data_finite": "b",
    "data_in_support": "b",
    "counts_whole": "b",
    "indices_in_bounds": "b",
    "integers_fit": "b",
    "parameters_in_domain": "b",
}
"""Checks that show a counterexample, with the kind of cause that it shows: a wrong derivative, a value that is another one the second
time (by a minibatch or otherwise), terms that are one expression, an integral that is not constant, a NaN at a named element of the data, a value outside the support or the bounds.

A NaN in the arithmetic of a term is none for its class: a mask, an overflow and a prior that lets a scale be negative look alike.
"""


UNDECIDED = "undecided"
"""Said in place of how sure an answer is where it names neither a part nor a kind of cause, and is no pass."""


def undecided(groups: Groups, outcome: str) -> str:
    """Why no part and no kind of cause is named."""
    if groups.unbuilt:
        return "there is no model yet to test"
    if groups.only_theirs_fail:
        return "the runs disagree"
    return "the group fails, and nothing tells why" if outcome == "fail" else "nothing is decided yet"


def sureness(groups: Groups, accused: list[Suspect], tied: list[Suspect]) -> tuple[str, str]:
    """``high``, ``medium`` or ``low``, and why; ``docs/decision-rules.md`` has the rules."""
    if not accused:
        return _of_a_pass(groups)
    first = accused[0]
    if tied:
        return "low", "the evidence does not decide between them"
    if first.score <= SCORE_UNDECIDED:
        return "low", "a suspicion that nothing has confirmed"
    shown = _shown(groups, first)
    if shown and _explains(groups, first):
        return "high", "a counterexample shows it"
    if shown:
        return "medium", "a counterexample shows it, but whether it is why the sampler fails is not known"
    if any(item["check"] == "arguments_sound" for item in first.evidence):
        return "medium", "the change was tried, and with it the run passes"
    if first.by == "measured":
        return (
            "medium",
            "it was measured, but its kind of cause is inferred, and no remedy has been tried yet",
        )
    if _supports(groups, first) >= 2:
        how = (
            "holding parts fixed or leaving them out points"
            if first.by == "apart"
            else "comparing groups points"
        )
        return "medium", f"{how} here, and no remedy has been tried yet"
    return "low", "too little supports it yet"


def _of_a_pass(groups: Groups) -> tuple[str, str]:
    if groups.is_pipeline and not any(record.pipeline.criteria for record in groups.records):
        return "low", "the case has no CRITERIA, so the stages only had to run"
    whole = groups.is_pipeline or {record.kind for record in groups.records} >= {
        "build",
        "gradient",
        "sampling",
    }
    if not whole or not all(map(passed, groups.deciding)):
        return "low", "some of what should be tried was not"
    if groups.unended:
        return "low", "your own run came to no end"
    if groups.out_of_reach or groups.overruled or _by_no_more_draws(groups):
        return "low", "the runs disagree, or the model could not be tested part by part"
    what = "pipeline" if groups.is_pipeline else "model"
    return "medium", f"nothing that was tried finds a fault, which does not show that the {what} is right"


def _shown(groups: Groups, suspect: Suspect) -> bool:
    """Whether a counterexample shows the part and its class."""
    exact = EXACT | case_checks.exact(groups.records)
    return any(
        exact.get(item["check"]) == suspect.cause_class is not None and _exact(item, suspect)
        for item in suspect.evidence
    )


def _exact(item: Row, suspect: Suspect) -> bool:
    if item["check"] == "density_normalised":  # else only what leaving out a prior does was seen, no integral
        return item["threshold"] == limit.INTEGRAL_CHANGES
    if item["check"] == "finite_terms":
        # A datum that is NaN, or a start outside of a prior; a likelihood of 0 at the start may be its own arithmetic.
        free = names_in(suspect.record.model.free_rvs)
        terms = suspect.record.logp.terms
        return all(row["name"] in free or row.get("n_nan") for row in terms if row["name"] in suspect.names)
    return True


def _explains(groups: Groups, suspect: Suspect) -> bool:
    """Whether the fault is why the model fails, or nothing else fails."""
    samplers = _samplers(groups, suspect)
    return suspect.score == SCORE_EXPLAINS or bool(samplers and all(map(passed, samplers)))


def _supports(groups: Groups, suspect: Suspect) -> int:
    """How much speaks for a part that the ladder isolates, or that taking the model apart names."""
    supports = [
        suspect.by == "apart" or any(item["check"] == "outcome" for item in suspect.evidence),
        suspect.cause_class in ("b", "c") or any(map(passed, groups.of_kind("gradient"))),
        all(failed(record) or passed(record) for record in _samplers(groups, suspect))
        and not (groups.contradictions or groups.against_theirs)
        and (groups.sizes.monotone or suspect.record is not groups.size_that_fails),
    ]
    return sum(supports)


def _samplers(groups: Groups, suspect: Suspect) -> list[Record]:
    """The groups that sample; of the size ladder only where the answer is a size."""
    by_size = suspect.record is groups.size_that_fails
    return [record for record in groups.runs if by_size or not is_size(record)]


def _by_no_more_draws(groups: Groups) -> bool:
    """Whether one run passes, and one as long of the same model could not decide."""
    if not groups.repeated:
        return False
    first, again = groups.repeated.judged_run, ablation.decided(groups.apart.apart)
    return again.n_draws <= (first.n_draws or 0)
