"""What the trials found changes in the answer of a suite. Names of the case stand in backticks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from faultline.core.commits import REVISION, Commit
from faultline.core.sections.pipeline import PipelineRun
from faultline.criteria.trials import labels as names
from faultline.criteria.trials.comparisons import REPAIRED
from faultline.diagnosis.answer import Answer
from faultline.diagnosis.trials.compared import between, culprit, mixed, nothing_to_compare, to_look_at
from faultline.diagnosis.trials.found import (
    UNSEEN,
    checks_fail,
    cleared,
    cures_of,
    faulty_toggles,
    headlines,
    promising,
    repairs_of,
    symptom_of,
    toggles_of,
)
from faultline.findings.first_bad import made_in
from faultline.findings.pipeline import first_bad
from faultline.findings.words import listed

TRIALS_PAGE = "report_trials.md"
ANOTHER_SIDE = "Name one side that works and one that fails, such as an older revision."
BUG = "a bug in the code"
"""The kind of cause where an independent check speaks against a choice."""


def amended(answer: Answer, trials: Mapping[str, Any] | None) -> Answer:
    """The answer, with what the trials found: the change that cures comes first, and how sure it is follows from what was tried."""
    if trials is not None and trials["compare"] and (said := nothing_to_compare(trials)):
        also = (answer.headline, *answer.also)
        return replace(answer, headline=said.rstrip("."), also=also, change=(ANOTHER_SIDE, *answer.change))
    if trials is None or trials["symptom"] is None or answer.outcome == "pass":
        return answer
    answer = replace(answer, cleared=tuple(cleared(trials)))
    lines = [line for line in headlines(trials) if line not in answer.cleared]
    cures = cures_of(trials)
    if {group.outcome for group in answer.groups} == {"pass"}:
        return _of_other_seeds(answer, trials, lines)
    if commit := culprit(trials):
        return _of_a_commit(answer, trials, commit, lines)
    if said := between(trials):
        return _of_commits_between(answer, trials, said, lines)
    if len(toggles_of(cures)) == 1:
        return _of_one(answer, trials, cures, lines)
    if not cures and (together := repairs_of(trials)):
        return _of_a_set(answer, trials, together, lines)
    if not cures and (rows := promising(trials)):
        return _of_some_seeds(answer, trials, rows, lines)
    return _of_several_or_none(answer, trials, cures, lines)


def placed(answer: Answer, trials: Mapping[str, Any] | None, pipeline: PipelineRun) -> Answer:
    """The answer, its changes with the stages of the user's file that have these toggles as parameters."""
    if trials is None or trials["symptom"] is None or answer.outcome == "pass" or pipeline.file is None:
        return answer
    if not cures_of(trials) and not repairs_of(trials):
        answer = _from_the_line(answer, trials["symptom"], pipeline)
    wanted, taken = _to_change(trials), []
    judged = {figure.partition(".")[0] for figure in pipeline.criteria}
    read = {name for row in pipeline.stages for name in row["inputs"]}
    checks = {figure.partition(".")[0] for figure in pipeline.oracles} - judged - read
    for row in pipeline.stages:
        names = [f"`{name}`" for name in wanted if name in row["toggles"]]
        if names and row["line"] and row["name"] not in checks:
            taken.append(f"`{row['name']}` (line {row['line']}) takes {listed(names)}")
    return (
        replace(answer, change=(*answer.change, f"In {pipeline.file}, {'; '.join(taken)}."))
        if taken
        else answer
    )


def _from_the_line(answer: Answer, symptom: str, pipeline: PipelineRun) -> Answer:
    """The answer where no change is known to cure: begin at the line that makes the first bad value of the stage that has the symptom."""
    stage, bad = first_bad(pipeline) or ("", {})
    line = made_in(bad)
    if not line or stage != symptom.partition(".")[0]:
        return answer
    return replace(
        answer,
        change=(f"Begin with {line}: the first value that is not finite is made there.", *answer.change),
    )


def _to_change(trials: Mapping[str, Any]) -> list[str]:
    """Every toggle that the answer says to change."""
    first = toggles_of(cures_of(trials)) or list(repairs_of(trials)) or toggles_of(promising(trials))
    needed = [name for choices in _needed(trials).values() for name in choices]
    return list(dict.fromkeys([*first, *needed, *faulty_toggles(trials)]))


def _of_several_or_none(
    answer: Answer, trials: Mapping[str, Any], cures: list[Mapping[str, Any]], lines: list[str]
) -> Answer:
    """Where several toggles cure, each by itself, or none is known to."""
    if cures:
        ways = " or ".join(f"`{row['toggle']}` to `{row['choice']}`" for row in cures)
        first = f"Set {ways}: each cures {symptom_of(trials)} alone."
    else:
        first = f"See in report_trials.md what each change does. None is known to cure {symptom_of(trials)}: look for the cause in what no choice changes as well."
    others = (step for step in answer.change if TRIALS_PAGE not in step)  # what to do where there are none
    change = (first, *_of_faulty(trials, set(toggles_of(cures))), *others)
    return replace(answer, change=change, story=_first(lines, answer.story))


def _of_some_seeds(
    answer: Answer, trials: Mapping[str, Any], rows: list[Mapping[str, Any]], lines: list[str]
) -> Answer:
    """Where no change is known to cure, since the symptom shows with some seeds only, and shows with none of them after some changes."""
    what, n, holds = symptom_of(trials), rows[0]["alone"]["n"], rows[0]["alone"]["background_passes"]
    ways = " or ".join(f"`{row['toggle']}` to `{row['choice']}`" for row in rows)
    others = (step for step in answer.change if TRIALS_PAGE not in step)
    return replace(
        answer,
        headline=f"{what} fails with {n - holds} of {n} fresh seeds, and with none of them if you set {ways}",
        also=(answer.headline, *answer.also),
        story=_first(lines, answer.story),
        part=tuple(toggles_of(rows)),
        change=(f"Set {ways}.", *_of_faulty(trials, set()), *others),
        sure="low",
        why=f"{n} seeds are too few to judge a change where some of them hold without it",
    )


def _of_other_seeds(answer: Answer, trials: Mapping[str, Any], lines: list[str]) -> Answer:
    """Where the groups pass, and a run of the same configuration with a seed of the trials does not."""
    what = symptom_of(trials)
    return replace(
        answer,
        headline=f"{what} holds with the seeds of the groups, and fails with another seed",
        change=(
            f"See in report_trials.md what {what} is with each seed. If its limit leaves room for what the random numbers do, the seeds that fail show a fault.",
        ),
        sure="undecided",
        why="whether the criterion holds depends on the seed",
        story=_first(lines, answer.story),
    )


def _first(lines: list[str], story: str) -> str:
    return " ".join([*lines, story]).strip()


def _of_one(
    answer: Answer, trials: Mapping[str, Any], cures: list[Mapping[str, Any]], lines: list[str]
) -> Answer:
    """Where only one toggle cures."""
    row = cures[0]
    others = [each for each in trials["choices"] if each["toggle"] != row["toggle"]]
    if others and all(map(_told, others)):
        sure, why = "high", "this change cures it on fresh seeds, and no other change does"
    else:
        what = "not every other change could be judged" if others else "there was no other to compare it with"
        sure, why = "medium", f"this change cures it on fresh seeds, but {what}"
    if row["still_fails"]:
        sure, why = (
            "medium",
            "this change cures it on fresh seeds, but an independent check fails with it as well",
        )
    choices = " or ".join(f"`{each['choice']}`" for each in cures)
    return replace(
        answer,
        headline=f"`{row['toggle']}` at `{row['stands']}` breaks {symptom_of(trials)}",
        also=(),
        story=_first(lines, answer.story),
        part=(row["toggle"],),
        cause=BUG if row["toggle"] in faulty_toggles(trials) else answer.cause,
        change=(f"Set `{row['toggle']}` to {choices}.", *_also(trials, {row["toggle"]})),
        sure=sure,
        why=why,
    )


def _told(row: Mapping[str, Any]) -> bool:
    """Whether it is known that this change alone is no cure: also of a figure that is not finite, where no run with the change holds."""
    alone = row["alone"]
    if alone is None:
        return False
    fails = 0 < alone["n"] == alone["changed_fails"]
    return alone["label"] not in UNSEEN or (alone["label"] == names.HIDDEN and fails)


def _of_a_commit(answer: Answer, trials: Mapping[str, Any], commit: Commit, lines: list[str]) -> Answer:
    """Where a search among commits has found one."""
    cause = BUG if REVISION in faulty_toggles(trials) else answer.cause
    sure, why = "high", "on fresh seeds, every run holds on the one side of it and none on the other"
    if mixed(trials):
        sure, why = "medium", "most runs hold on the one side of it and most fail on the other, but not all"
    if trials["bisection"]["not_monotone"]:
        sure, why = "medium", f"{why}, but it works and fails more than once between the two revisions"
    # What a model's own groups name is where to look in the commit. Those of a pipeline name the criterion once more.
    named = not any(answer.headline in each.note for each in answer.shown)
    change = (to_look_at(trials), *_also(trials, {REVISION}))
    return replace(
        answer,
        headline=lines[0].rstrip("."),
        also=(answer.headline, *answer.also) if named else (),
        story=_first(lines[1:], answer.story),
        part=(commit.name,),
        cause=cause,
        change=(*change, *answer.change) if named else change,
        sure=sure,
        why=why,
    )


def _of_commits_between(answer: Answer, trials: Mapping[str, Any], said: str, lines: list[str]) -> Answer:
    """Where a search among commits has come as near as those that can be run allow."""
    return replace(
        answer,
        headline=said.rstrip("."),
        also=(),
        story=_first(lines[1:], answer.story),
        part=(),
        change=(to_look_at(trials), *_also(trials, {REVISION})),
        sure="medium",
        why="the commits between the two could not be judged",
    )


def _of_a_set(
    answer: Answer, trials: Mapping[str, Any], together: Mapping[str, str], lines: list[str]
) -> Answer:
    """Where several changes cure together, and none alone."""
    stands = {row["toggle"]: row["stands"] for row in trials["choices"]}
    changes = listed(f"`{name}` to `{choice}`" for name, choice in together.items())
    return replace(
        answer,
        headline=f"{listed(f'`{name}` at `{stands[name]}`' for name in together)} together break {symptom_of(trials)}",
        also=(),
        story=_first(lines, answer.story),
        part=tuple(together),
        cause=BUG if set(faulty_toggles(trials)) & set(together) else answer.cause,
        change=(f"Set {changes}.", *_also(trials, set(together))),
        sure="high",
        why="together these changes cure it on fresh seeds, and without any one of them it fails",
    )


def _also(trials: Mapping[str, Any], told: set[str]) -> tuple[str, ...]:
    """What to change besides what cures the symptom: a cure of the first fault may show another one, which it hid."""
    needed = {name for choices in _needed(trials).values() for name in choices}
    return (*_for_the_others(trials, told), *_of_faulty(trials, told | needed))


def _of_faulty(trials: Mapping[str, Any], told: set[str]) -> tuple[str, ...]:
    """What to change because an independent check fails with it, whether or not a criterion needs it."""
    faulty = [name for name in faulty_toggles(trials) if name not in told]
    if not faulty:
        return ()
    changes = listed(f"`{name}` to `{trials['repaired'][name]}`" for name in faulty)
    return (
        f"Also set {changes}: {checks_fail(len(faulty))} with {'it' if len(faulty) == 1 else 'them'} as things stand.",
    )


def _for_the_others(trials: Mapping[str, Any], told: set[str]) -> tuple[str, ...]:
    """What the other criteria that fail need, each change once."""
    criteria: dict[str, list[str]] = {}
    for criterion, needed in _needed(trials).items():
        for name, choice in needed.items():
            if name not in told:
                criteria.setdefault(f"`{name}` to `{choice}`", []).append(f"`{criterion}`")
    changes: dict[tuple[str, ...], list[str]] = {}
    for change, each in criteria.items():
        changes.setdefault(tuple(each), []).append(change)
    return tuple(
        f"Also set {listed(each)}: {listed(needing)} {'needs' if len(needing) == 1 else 'need'} "
        f"{'it' if len(each) == 1 else 'them'}."
        for needing, each in changes.items()
    )


def _needed(trials: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Criterion that fails as things stand -> the choices of the repaired configuration without which it fails there."""
    repaired = trials["repaired"] or {}
    found: dict[str, dict[str, str]] = {}
    for row in trials["labels"]:
        if row["background"] == REPAIRED and row["label"] == names.NEEDED and len(row["changes"]) == 1:
            toggle, put_back = next(iter(row["changes"].items()))
            fails = trials["failing_holds"].get(row["criterion"]) is False
            if fails and row["criterion"] != trials["symptom"] and trials["failing"].get(toggle) == put_back:
                found.setdefault(row["criterion"], {})[toggle] = repaired[toggle]
    return found
