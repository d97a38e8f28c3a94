"""What is said of two scenarios that are compared: whether there is anything to compare, and which commit is at fault. Names stand in backticks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from faultline.core.commits import REVISION, WORKING_TREE, Commit
from faultline.core.errors import one_line
from faultline.criteria.trials.bisection import BETWEEN, FOUND, UNDECIDED, Bisected
from faultline.criteria.trials.first_commit import first_commit
from faultline.criteria.trials.runs import Results, Study

_LONGEST = 120
"""Characters of an exception's message that a sentence repeats."""


def bisection(study: Study, results: Results) -> dict[str, Any] | None:
    """The search for the first commit that fails, as ``trials.json`` has it; None where there was none to be made."""
    sought, _ = first_commit(study, results)
    if sought is None:
        return None
    answer = sought.answer or Bisected(UNDECIDED, why="the search has not come to its end")
    row = study.commits
    first, last = row[0], row[-1]

    def shown(place: int | None) -> dict[str, str] | None:
        return None if place is None else asdict(row[place])

    return {
        "criterion": sought.criterion,
        "outcome": answer.outcome,
        "why": answer.why,
        "works": shown(answer.works),
        "fails": shown(answer.fails),
        "commits": len(row),
        "first": asdict(first),
        "last": asdict(last),
        "parted": first.name != dict(study.repaired or ()).get(REVISION),
        "repaired_later": study.commits_backward,
        "tried": [{**asdict(row[place]), **asdict(count)} for place, count in answer.counts],
        "undecided": [row[place].name for place in answer.undecided],
        "not_monotone": [[row[a].name, row[b].name] for a, b in answer.not_monotone],
        "between": answer.fails - answer.works - 1 if answer.outcome == BETWEEN else 0,
        "runs": answer.runs,
    }


def nothing_to_compare(trials: Mapping[str, Any]) -> str:
    """Why there is nothing to compare, in a sentence; empty where the one side works and the other fails."""
    broken = trials["symptom"]
    if broken is None:
        if trials["failing_holds"] and all(value is True for value in trials["failing_holds"].values()):
            return f"The side that fails{_having(trials, 'failing')} holds every criterion: there is nothing to compare."
        return ""
    holds = trials["repaired_holds"][broken]
    if holds is True:
        return ""
    said = f"The side that works{_having(trials, 'repaired')}"
    if how := raises(trials):
        return f"{said} {how}: there is nothing to compare."
    if holds is False:
        return f"{said} does not hold `{broken}` with every seed either: there is nothing to compare."
    changes = {
        name: choice for name, choice in trials["repaired"].items() if trials["failing"][name] != choice
    }
    errors = [
        row["error"]["message"] for row in trials["trials"] if row["error"] and row["changes"] == changes
    ]
    why = f" ({errors[0]})" if errors else ""
    return f"{said} gives no `{broken}`{why.rstrip('.')}: there is nothing to compare."


def raises(trials: Mapping[str, Any]) -> str:
    """What the repaired configuration, or the side that works, raises, as the end of a sentence; empty where it raises nothing."""
    changes = {
        name: choice for name, choice in trials["repaired"].items() if trials["failing"][name] != choice
    }
    for row in trials["trials"]:
        if (found := row["raised"]) and row["changes"] == changes and not row["larger"]:
            place = f" in stage `{found['stage']}`" if found["stage"] else ""
            seeds = (
                ""
                if found["runs"] == len(row["seeds"])
                else f" in {found['runs']} of {len(row['seeds'])} runs"
            )
            says = one_line(found["message"] or "no message", _LONGEST).rstrip(".")
            return f"raises {found['type'] or 'an exception'}{place}{seeds} ({says})"
    return ""


def of_commits(trials: Mapping[str, Any]) -> str:
    """Which commit is at fault, in a sentence; why it is not known, where a search was made; else empty."""
    found = trials["bisection"]
    if found is None:
        return ""
    what, works, fails = f"`{found['criterion']}`", found["works"], found["fails"]
    later = found["repaired_later"]
    if found["outcome"] == FOUND:
        changed, other = (works, fails) if later else (fails, works)
        does, did = ("cures", "fails") if later else ("breaks", "works")
        last = f"`{other['name']}` is the last {'commit ' * (changed['name'] == WORKING_TREE)}that {did}"
        if found["not_monotone"]:
            last = f"`{other['name']}` before it {did}, and others after it do as well"
        elif some := mixed(trials):
            last = ", and ".join(
                f"in `{row['name']}` it works in {row['holds']} of {row['holds'] + row['fails']} runs"
                for row in some
            )
        what_changed = (
            "What is not committed" if changed["name"] == WORKING_TREE else f"Commit {_commit(changed)}"
        )
        said = f"{what_changed} {does} {what}; {last}"
        return f"{said}."
    if found["outcome"] == BETWEEN:
        n = found["between"]
        open_yet = "the commit between them gives" if n == 1 else f"the {n} commits between them give"
        return f"{what} works in {_commit(works)} and fails in {_commit(fails)}; {open_yet} no answer."
    if found["parted"] and found["why"] == "the first one fails":
        return f"{what} fails in {_commit(found['first'])} already, where the two histories part: what works was repaired after that."
    return f"Which commit breaks {what} is not known: {found['why']}."


def culprit(trials: Mapping[str, Any]) -> Commit | None:
    """The commit that was found to be at fault, or the working tree; None where none was found."""
    found = trials["bisection"]
    if found is None or found["outcome"] != FOUND:
        return None
    return Commit(**(found["works"] if found["repaired_later"] else found["fails"]))


def mixed(trials: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Of the two commits on both sides of the fault, those in which some runs hold and others fail."""
    found = trials["bisection"]
    ends = {found[side]["name"] for side in ("works", "fails") if found[side]}
    return [row for row in found["tried"] if row["name"] in ends and row["holds"] and row["fails"]]


def between(trials: Mapping[str, Any]) -> str:
    """Between which two commits the fault begins, where those between them cannot be judged, in a sentence; else empty."""
    found = trials["bisection"]
    return of_commits(trials) if found and found["outcome"] == BETWEEN else ""


def to_look_at(trials: Mapping[str, Any]) -> str:
    """What to look at, where a commit was found."""
    found = trials["bisection"]
    one, other = found["works"]["name"], found["fails"]["name"]
    older, newer = (other, one) if found["repaired_later"] else (one, other)
    return f"Look at `git diff {older}{'' if newer == WORKING_TREE else f' {newer}'}`."


def _having(trials: Mapping[str, Any], side: str) -> str:
    """What a side has that the other has not."""
    other = trials["repaired" if side == "failing" else "failing"]
    own = [f"`{name}` `{choice}`" for name, choice in trials[side].items() if other[name] != choice]
    return f" ({', '.join(own)})"


def _commit(row: Mapping[str, str]) -> str:
    if row["name"] == WORKING_TREE:
        return "the working tree"
    return f'`{row["name"]}` ("{row["subject"].replace("`", "")}", {row["date"]})'
