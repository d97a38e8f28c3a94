"""The trials in a few lines, and what they change in the answer of a suite. Names of the case stand in backticks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from faultline.core.commits import REVISION, Commit
from faultline.criteria.trials import labels as names
from faultline.criteria.trials.comparisons import REPAIRED
from faultline.criteria.trials.defects import YES
from faultline.diagnosis.answer import Answer
from faultline.diagnosis.trials.compared import (
    between,
    culprit,
    mixed,
    nothing_to_compare,
    of_commits,
    raises,
    to_look_at,
)
from faultline.findings.words import listed

TRIALS_PAGE = "report_trials.md"
ANOTHER_SIDE = "Name one side that works and one that fails, such as an older revision."
BUG = "a bug in the code"
"""The kind of cause where an independent check speaks against a choice."""
_MOST_BELIEFS = 6
"""Beliefs that a sentence lists; the page of the trials has all of them."""


def headlines(trials: Mapping[str, Any]) -> list[str]:
    """What the trials found, the cure first, a sentence each."""
    broken = trials["symptom"]
    if trials["compare"] and (said := nothing_to_compare(trials)):
        return [said]
    if not any(row["seeds"] for row in trials["trials"]):
        return ["No trial has run to its end."]
    if broken is None:
        if all(value is True for value in trials["failing_holds"].values()):
            return ["Every criterion holds in the configuration as it stands: there is nothing to explain."]
        return ["Too few trials have run to tell which criterion fails."]
    about_commits = list(filter(None, [of_commits(trials)]))
    if (culprit(trials) or between(trials)) and len(
        trials["choices"]
    ) == 1:  # all else would say the same of the revision
        return [*about_commits, *_of_defects(trials)]
    return [
        *about_commits,
        *_of_cures(trials),
        *_of_the_repaired(trials),
        *_of_defects(trials),
        *_of_beliefs(trials, "confirmed"),
        *_cleared(trials),
    ]


def amended(answer: Answer, trials: Mapping[str, Any] | None) -> Answer:
    """The answer, with what the trials found: the change that cures comes first, and how sure it is follows from what was tried."""
    if trials is not None and trials["compare"] and (said := nothing_to_compare(trials)):
        also = (answer.headline, *answer.also)
        return replace(answer, headline=said.rstrip("."), also=also, change=(ANOTHER_SIDE, *answer.change))
    if trials is None or trials["symptom"] is None or answer.outcome == "pass":
        return answer
    answer = replace(answer, cleared=tuple(_cleared(trials)))
    lines = [line for line in headlines(trials) if line not in answer.cleared]
    cures = _cures(trials)
    if {group.outcome for group in answer.groups} == {"pass"}:
        return _of_other_seeds(answer, trials, lines)
    if commit := culprit(trials):
        return _of_a_commit(answer, trials, commit, lines)
    if said := between(trials):
        return _of_commits_between(answer, trials, said, lines)
    if len(_toggles(cures)) == 1:
        return _of_one(answer, trials, cures, lines)
    if not cures and (together := _together(trials)):
        return _of_a_set(answer, trials, together, lines)
    return _of_several_or_none(answer, trials, cures, lines)


def _of_several_or_none(
    answer: Answer, trials: Mapping[str, Any], cures: list[Mapping[str, Any]], lines: list[str]
) -> Answer:
    """Where several toggles cure, each by itself, or none is known to."""
    if cures:
        ways = " or ".join(f"`{row['toggle']}` to `{row['choice']}`" for row in cures)
        first = f"Set {ways}: each cures {_what(trials)} alone."
    else:
        first = f"See in report_trials.md what each change does. None is known to cure {_what(trials)}: look for the cause in what no choice changes as well."
    others = (step for step in answer.change if TRIALS_PAGE not in step)  # what to do where there are none
    return replace(answer, change=(first, *others), story=_first(lines, answer.story))


def _of_other_seeds(answer: Answer, trials: Mapping[str, Any], lines: list[str]) -> Answer:
    """Where the groups pass, and a run of the same configuration with a seed of the trials does not."""
    what = _what(trials)
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
        headline=f"`{row['toggle']}` at `{row['stands']}` breaks {_what(trials)}",
        also=(),
        story=_first(lines, answer.story),
        part=(row["toggle"],),
        cause=BUG if row["toggle"] in _defects(trials) else answer.cause,
        change=(f"Set `{row['toggle']}` to {choices}.", *_for_the_others(trials, {row["toggle"]})),
        sure=sure,
        why=why,
    )


def _told(row: Mapping[str, Any]) -> bool:
    """Whether it is known that this change alone is no cure: also of a figure that is not finite, where no run with the change holds."""
    alone = row["alone"]
    if alone is None:
        return False
    fails = 0 < alone["n"] == alone["changed_fails"]
    return alone["label"] not in _UNSEEN or (alone["label"] == names.HIDDEN and fails)


def _of_a_commit(answer: Answer, trials: Mapping[str, Any], commit: Commit, lines: list[str]) -> Answer:
    """Where a search among commits has found one."""
    cause = BUG if REVISION in _defects(trials) else answer.cause
    sure, why = "high", "on fresh seeds, every run holds on the one side of it and none on the other"
    if mixed(trials):
        sure, why = "medium", "most runs hold on the one side of it and most fail on the other, but not all"
    if trials["bisection"]["not_monotone"]:
        sure, why = "medium", f"{why}, but it works and fails more than once between the two revisions"
    # What a model's own groups name is where to look in the commit. Those of a pipeline name the criterion once more.
    named = not any(answer.headline in each.note for each in answer.shown)
    change = (to_look_at(trials), *_for_the_others(trials, {REVISION}))
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
        change=(to_look_at(trials), *_for_the_others(trials, {REVISION})),
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
        headline=f"{listed(f'`{name}` at `{stands[name]}`' for name in together)} break {_what(trials)} together",
        also=(),
        story=_first(lines, answer.story),
        part=tuple(together),
        cause=BUG if _defects(trials) & set(together) else answer.cause,
        change=(f"Set {changes}.", *_for_the_others(trials, set(together))),
        sure="high",
        why="together these changes cure it on fresh seeds, and without any one of them it fails",
    )


def _for_the_others(trials: Mapping[str, Any], told: set[str]) -> tuple[str, ...]:
    """What the other criteria that fail need as well: a cure of the first may show another fault, which it hid."""
    steps: dict[tuple[str, ...], list[str]] = {}
    for criterion, needed in _needed(trials).items():
        if more := tuple(f"`{name}` to `{choice}`" for name, choice in needed.items() if name not in told):
            steps.setdefault(more, []).append(f"`{criterion}`")
    return tuple(
        f"For {listed(criteria)}, set {listed(changes)} as well." for changes, criteria in steps.items()
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


def _together(trials: Mapping[str, Any]) -> Mapping[str, str]:
    """The set that cures the symptom, where a search has found one and the larger budget shows the same."""
    found = [
        row["changes"]
        for row in trials["sets"]
        if row["criterion"] == trials["symptom"] and row["of"] == "repairs" and row["label"] == names.CURES
    ]
    return found[0] if found else {}


def _defects(trials: Mapping[str, Any]) -> set[str]:
    """Toggles that an independent check speaks against, as they stand."""
    return {row["toggle"] for row in trials["choices"] if row["defect"] == YES and row["is_repair"]}


_UNSEEN = (names.UNDECIDED, names.HIDDEN, names.NOT_TESTED)


def _what(trials: Mapping[str, Any]) -> str:
    return f"`{trials['symptom']}`"


def _cures(trials: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The changes that cure alone. One that an independent check speaks against hides the symptom, and is none."""
    return [row for row in trials["choices"] if _is(row["alone"], names.CURES) and not row["against_it"]]


def _toggles(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(row["toggle"] for row in rows))


def _of_cures(trials: Mapping[str, Any]) -> list[str]:
    hiding = [_of_one_that_hides(trials, row) for row in _hiding(trials)]
    return [*_of_right_cures(trials), *hiding] if _cures(trials) else [*hiding, *_of_right_cures(trials)]


def _hiding(trials: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The changes after which the symptom is gone, and that an independent check speaks against."""
    return [row for row in trials["choices"] if _is(row["alone"], names.CURES) and row["against_it"]]


def _of_one_that_hides(trials: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    checks, speak = (
        listed(f"`{name}`" for name in row["against_it"]),
        "speaks" if len(row["against_it"]) == 1 else "speak",
    )
    return f"{_change(row)} only hides {_what(trials)}: {checks} {speak} against that choice."


def _of_right_cures(trials: Mapping[str, Any]) -> list[str]:
    if cures := [_change(row) for row in _cures(trials)]:
        said = f"{listed(cures)} {'cures' if len(cures) == 1 else 'each cure'} {_what(trials)} alone."
        return [said, *(_but(row) for row in _cures(trials) if row["still_fails"])]
    delays = [_change(row) for row in trials["choices"] if _is(row["alone"], names.DELAYS)]
    more = f" {listed(delays)} only {'delays' if len(delays) == 1 else 'delay'} it." if delays else ""
    together = [f"`{name}` at `{choice}`" for name, choice in _together(trials).items()]
    if together:
        more += f" Together, {listed(together)} cure it, and none of them can be left out."
    none = "No other single change" if _hiding(trials) else "No single change"
    # Of one with which every run holds, and that is not said to cure, nothing is known.
    open_yet = not together and any(_may_cure(row["alone"]) for row in trials["choices"])
    return [f"{none} {'is known to cure' if open_yet else 'cures'} {_what(trials)}.{more}"]


def _but(row: Mapping[str, Any]) -> str:
    """What else fails with a change that cures: it may only hide the symptom, or there is another fault."""
    checks = listed(f"`{name}`" for name in row["still_fails"])
    return f"With {_change(row)}, {checks} still {'fails' if len(row['still_fails']) == 1 else 'fail'}: it may only hide the symptom."


def _may_cure(label: Mapping[str, Any] | None) -> bool:
    """Whether it is not decided that a change does not cure: it could not be judged, or every run holds with it."""
    if label is None or label["label"] not in (names.UNDECIDED, names.NOT_TESTED):
        return label is None
    return not label["n"] or label["changed_passes"] == label["n"]


def _of_the_repaired(trials: Mapping[str, Any]) -> list[str]:
    if not trials["repaired"]:
        return []
    if trials["repaired_holds"].get(trials["symptom"]) is not True:
        if how := raises(trials):
            return [f"{_repaired(trials)} {how}."]
        return [f"{_repaired(trials)} does not hold {_what(trials)} with every seed."]
    needed = [
        f"`{row['toggle']}` at `{row['choice']}`"
        for row in trials["choices"]
        if _is(row["put_back"], names.NEEDED) and row["is_repair"]
    ]
    if needed:
        return [f"{_repaired(trials)} needs {listed(needed)}."]
    return [f"{_repaired(trials)} holds, and no single choice of it is needed for that."]


def _repaired(trials: Mapping[str, Any]) -> str:
    return "The side that works" if trials["compare"] else "The repaired configuration"


def _of_defects(trials: Mapping[str, Any]) -> list[str]:
    stands = {row["toggle"]: row["stands"] for row in trials["choices"]}
    faulty = [f"`{name}` at `{stands[name]}`" for name in stands if name in _defects(trials)]
    return [f"An independent check speaks against {listed(faulty)}."] if faulty else []


def _of_beliefs(trials: Mapping[str, Any], outcome: str) -> list[str]:
    rows = [row["name"] for row in trials["hypotheses"] if row["outcome"] == outcome]
    return [f"Of what was believed, {outcome}: {_some(rows, '; ')}."] if rows else []


def _cleared(trials: Mapping[str, Any]) -> list[str]:
    """What is not the cause."""
    ruled = [f"`{name}`" for name in trials["ruled_out"]]
    said = [f"Ruled out as the cause of {_what(trials)}: {listed(ruled)}."] if ruled else []
    return [*_of_beliefs(trials, "refuted"), *said]


def _some(words: list[str], mark: str) -> str:
    """The first of them, and how many more there are."""
    more = len(words) - _MOST_BELIEFS
    return mark.join([*words[:_MOST_BELIEFS], *([f"and {more} more"] if more > 0 else [])])


def _change(row: Mapping[str, Any]) -> str:
    return f"`{row['toggle']}` set to `{row['choice']}`"


def _is(label: Mapping[str, Any] | None, name: str) -> bool:
    return label is not None and label["label"] == name
