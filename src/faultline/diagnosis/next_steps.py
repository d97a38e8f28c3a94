"""What to do next, after all groups: a paragraph for each fault."""

from __future__ import annotations

from faultline.core.sections.record import Record
from faultline.diagnosis import actions, interpretation, narrative, sizes
from faultline.diagnosis.groups import Groups
from faultline.diagnosis.kinds import of
from faultline.diagnosis.kinds.draws import WITH_THE_MODEL
from faultline.diagnosis.suspects import Suspect
from faultline.findings import sampling
from faultline.findings.finding import SCORE_FOUND
from faultline.findings.outcome import failed, passed
from faultline.findings.parts import SIZE, UNKNOWN

_OF_ALL = (actions.AGAIN, "Then diagnose the model again.")
_AND_OF_ALL = (actions.AND_AGAIN, ", and diagnose the model again.")
"""What a group says of itself -> what that is after all groups."""


def next_steps(groups: Groups, accused: list[Suspect], tied: list[Suspect]) -> list[str]:
    """What to do about the first suspect, and about each fault that was measured beside it: a paragraph each."""
    steps = _next_steps(groups, accused, tied) or [_undecided_next(groups, accused[0])]
    said = [" ".join(step.replace(*_OF_ALL).replace(*_AND_OF_ALL).split()) for step in steps]
    return (
        [step.replace("diagnose the model", "diagnose the pipeline") for step in said]
        if groups.is_pipeline
        else said
    )


def _next_steps(groups: Groups, accused: list[Suspect], tied: list[Suspect]) -> list[str]:
    if not accused:
        return [_without_suspects_next(groups)]
    if tied:
        listed = " and ".join(narrative.quoted(suspect) for suspect in tied)
        return [
            f"The evidence does not distinguish {listed}: finish or repeat {narrative.unfinished(groups) or 'these groups with another seed'}, "
            "then diagnose the model again."
        ]
    found = {}
    for suspect in accused:
        if suspect.score >= SCORE_FOUND:
            found.setdefault(suspect.record.group, suspect)
    steps = [_step(groups, suspect, len(found) > 1) for suspect in found.values()]
    return [*steps[:-1], f"{steps[-1]} Then diagnose the model again."] if steps else []


def _step(groups: Groups, suspect: Suspect, one_of_many: bool) -> str:
    action = _own_action(suspect.record).removesuffix(actions.AGAIN).strip()
    if suspect.names == (SIZE,) and suspect.cause_class == "a":
        action = f"{_against_size(groups)} {action}"
    return f"For {narrative.quoted(suspect)} in {suspect.record.group}: {action}" if one_of_many else action


def _own_action(record: Record) -> str:
    """What the group's own verdict says to do next."""
    return record.verdict.next_action or ""


def _undecided_next(groups: Groups, suspect: Suspect) -> str:
    open_groups = narrative.unfinished(groups)
    if suspect.names == (SIZE,):
        others = f" Finish {open_groups}." if open_groups else ""
        return f"Do not yet look for a part at fault. {sizes.meaning(groups.sizes)}{others}"
    error = suspect.record.error
    if suspect.names == (UNKNOWN,) and error.message:
        message = " ".join(str(error.message).split())[: interpretation.LONGEST_MESSAGE].rstrip(".:")
        return f"{suspect.record.group} ended with {error.type}: {message}. {_own_action(suspect.record)}"
    if suspect.names == (UNKNOWN,) and (because := narrative.not_taken_apart(groups)):
        worst = [f"`{name}`" for name, _ in sampling.worst_variables(suspect.record.judged_run)[:2]]
        look = (
            f" Until it can, look at the draws of {' and '.join(worst)}, which agree least." if worst else ""
        )
        return f"The model could not be tested part by part in {groups.apart.group}, and running it again will not change that. {because}{look}"
    return f"Finish or repeat {open_groups or 'the ladder'}: without it {narrative.quoted(suspect)} is only a suspicion."


def _against_size(groups: Groups) -> str:
    """What to try for a model that samples well until it grows, and where to see it."""
    low, high = groups.sizes.passing[-1], groups.sizes.first_failing
    return (
        f"See in plots/size_ladder.png what changes between T {low} and T {high}; look for a parameterization that worsens with T "
        "(values known only through their sums over the frames, such as the increments of a random walk: make the "
        "sums the variables), for a start that drifts away as frames are added, and for scales that more data press toward 0."
    )


def _for_own_runs(groups: Groups) -> str:
    """Where all else passes."""
    first = groups.only_theirs_fail[0]
    if passed(groups.yours):
        return f"Use the draws of {groups.yours.group}, or sample again with the same call: the draws that you gave may be of other code, data or versions."
    if not any(map(failed, groups.only_theirs_fail)):
        return " ".join(_own_action(record) for record in groups.only_theirs_fail)
    if not groups.yours:
        return (
            "Give the arguments of your pm.sample as as_yours: Faultline then makes your run again, and finds the argument that makes it "
            "fail."
        )
    if first.as_yours.error or first.as_yours.stopped:
        return _own_action(first)
    return f"Run pm.sample again with another random_seed. If it fails as well, follow {first.group}: {_own_action(first)}"


def _without_suspects_next(groups: Groups) -> str:
    if alone := groups.unbuilt or (None if passed(groups.given) else groups.given):
        return _own_action(alone)
    if groups.only_theirs_fail:
        return _for_own_runs(groups)
    waiting = narrative.undecided(groups)
    if waiting and (advice := next(filter(None, (of(r).for_nuts(r) for r in groups.records if r.kind)), "")):
        return advice
    if waiting and groups.is_pipeline:
        return " ".join(filter(None, map(_own_action, waiting)))
    if waiting:
        steps = [f"{r.group}: {action}" for r in waiting if (action := _own_action(r))]
        return " ".join([f"Finish or repeat {narrative.unfinished(groups)}.", *steps])
    if not groups.records:
        return "Run the ladder."
    if groups.is_pipeline:
        return "If something is wrong all the same, add to CRITERIA what has to hold and does not."
    if groups.sizes.cleared:
        return (
            f"Compare what the model recovers with what you know; if you need more than {groups.sizes.passing[-1]} frames, "
            "add that size to groups.sizes."
        )
    more = actions.remarked(groups.records)
    if groups.given:
        more += f"{WITH_THE_MODEL} "
    if groups.repeated:
        name = groups.repeated.group
        joined = "and" if groups.overruled else "or"
        more += f"Give this model more draws, {joined} smaller steps, than {name} had (`sampler.extended.draws`, `sampler.target_accept`). "
    if not groups.records[0].asked.cut:
        return f"{more}Compare what the model recovers with what you know: draw from its posterior predictive, and fit data made by the model."
    return f"{more}Run the model at the size that you need (groups.max_T and groups.max_K null), and compare what it recovers with what you know."
