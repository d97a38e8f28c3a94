"""What the trials found, in a few sentences. Names of the case stand in backticks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from faultline.criteria.trials import labels as names
from faultline.criteria.trials.defects import YES
from faultline.diagnosis.trials.compared import between, culprit, nothing_to_compare, of_commits, raises
from faultline.findings.words import listed

UNSEEN = (names.UNDECIDED, names.HIDDEN, names.NOT_TESTED)
"""Labels that do not say whether a change cures."""
_MOST_BELIEFS = 6
"""Beliefs that a sentence lists; the page of the trials has all of them."""
_MOST_WORDS = 9
"""Words of its authors that a sentence quotes with each belief."""


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
        *cleared(trials),
    ]


def checks_fail(n: int) -> str:
    """Of one toggle or of several, the beginning of a sentence."""
    return "an independent check fails" if n == 1 else "independent checks fail"


def repairs_of(trials: Mapping[str, Any]) -> Mapping[str, str]:
    """The set that cures the symptom, where a search has found one and the larger budget shows the same."""
    found = [
        row["changes"]
        for row in trials["sets"]
        if row["criterion"] == trials["symptom"] and row["of"] == "repairs" and row["label"] == names.CURES
    ]
    return found[0] if found else {}


def faulty_toggles(trials: Mapping[str, Any]) -> list[str]:
    """Toggles with which an independent check fails, as they stand."""
    return toggles_of(row for row in trials["choices"] if row["defect"] == YES and row["is_repair"])


def symptom_of(trials: Mapping[str, Any]) -> str:
    """The first criterion that fails as things stand, in backticks."""
    return f"`{trials['symptom']}`"


def cures_of(trials: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The changes that cure alone. One that an independent check speaks against hides the symptom, and is none."""
    return [row for row in trials["choices"] if _is(row["alone"], names.CURES) and not row["against_it"]]


def toggles_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Those that choices are of, each once."""
    return list(dict.fromkeys(row["toggle"] for row in rows))


def _of_cures(trials: Mapping[str, Any]) -> list[str]:
    hiding = [_of_one_that_hides(trials, row) for row in _hiding(trials)]
    return [*_of_right_cures(trials), *hiding] if cures_of(trials) else [*hiding, *_of_right_cures(trials)]


def _hiding(trials: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The changes after which the symptom is gone, and that an independent check speaks against."""
    return [row for row in trials["choices"] if _is(row["alone"], names.CURES) and row["against_it"]]


def _of_one_that_hides(trials: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    checks = listed(f"`{name}`" for name in row["against_it"])
    fail = "fails" if len(row["against_it"]) == 1 else "fail"
    return f"{_change(row)} only hides {symptom_of(trials)}: {checks} {fail} with that choice."


def _of_right_cures(trials: Mapping[str, Any]) -> list[str]:
    if cures := [_change(row) for row in cures_of(trials)]:
        said = f"{listed(cures)} {'cures' if len(cures) == 1 else 'each cure'} {symptom_of(trials)} alone."
        return [said, *(_but(row) for row in cures_of(trials) if row["still_fails"])]
    delays = [_change(row) for row in trials["choices"] if _is(row["alone"], names.DELAYS)]
    more = f" {listed(delays)} only {'delays' if len(delays) == 1 else 'delay'} it." if delays else ""
    together = [f"`{name}` at `{choice}`" for name, choice in repairs_of(trials).items()]
    if together:
        more += f" Together, {listed(together)} cure it, and {'both' if len(together) == 2 else 'all of them'} are needed."
    none = "No other single change" if _hiding(trials) else "No single change"
    # Of one with which every run holds, and that is not said to cure, nothing is known.
    open_yet = not together and any(_may_cure(row["alone"]) for row in trials["choices"])
    return [f"{none} {'is known to cure' if open_yet else 'cures'} {symptom_of(trials)}.{more}"]


def _but(row: Mapping[str, Any]) -> str:
    """What else fails with a change that cures: it may only hide the symptom, or there is another fault."""
    checks = listed(f"`{name}`" for name in row["still_fails"])
    return f"With {_change(row)}, {checks} still {'fails' if len(row['still_fails']) == 1 else 'fail'}: it may only hide the symptom."


def _may_cure(label: Mapping[str, Any] | None) -> bool:
    """Whether it is not decided that a change does not cure: it could not be judged, or every run holds with it."""
    if label is None or label["label"] not in (names.UNDECIDED, names.NOT_TESTED):
        return label is None
    return not label["n"] or label["changed_passes"] == label["n"]


def promising(trials: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The choices with which the symptom holds with every fresh seed, where it holds with some of them as things stand: too few runs to tell."""
    undecided = [row for row in trials["choices"] if _is(row["alone"], names.UNDECIDED)]
    return [
        row
        for row in undecided
        if 0 < row["alone"]["background_passes"] < row["alone"]["changed_passes"] == row["alone"]["n"]
        and not row["against_it"]
    ]


def _of_the_repaired(trials: Mapping[str, Any]) -> list[str]:
    if not trials["repaired"]:
        return []
    if trials["repaired_holds"].get(trials["symptom"]) is not True:
        if how := raises(trials):
            return [f"{_repaired(trials)} {how}."]
        return [f"{_repaired(trials)} does not hold {symptom_of(trials)} with every seed."]
    needed = [
        f"`{row['toggle']}` at `{row['choice']}`"
        for row in trials["choices"]
        if _is(row["put_back"], names.NEEDED) and row["is_repair"]
    ]
    if needed:
        return [f"{_repaired(trials)} needs {listed(needed)}."]
    put_back = [row["put_back"] for row in trials["choices"] if row["is_repair"]]
    tells = all(each and 0 < each["n"] == each["changed_passes"] for each in put_back)
    known = "is needed" if tells else "is known to be needed"
    return [f"{_repaired(trials)} holds, and no single choice of it {known} for that."]


def _repaired(trials: Mapping[str, Any]) -> str:
    return "The side that works" if trials["compare"] else "The repaired configuration"


def _of_defects(trials: Mapping[str, Any]) -> list[str]:
    stands = {row["toggle"]: row["stands"] for row in trials["choices"]}
    faulty = [f"`{name}` at `{stands[name]}`" for name in faulty_toggles(trials)]
    return [f"{checks_fail(len(faulty)).capitalize()} with {listed(faulty)}."] if faulty else []


def _of_beliefs(trials: Mapping[str, Any], outcome: str) -> list[str]:
    """Those of the symptom first: a reader asks for its cause."""
    rows = [row for row in trials["hypotheses"] if row["outcome"] == outcome]
    rows.sort(key=lambda row: row["metric"] not in (None, trials["symptom"]))
    what = "hypothesis" if len(rows) == 1 else "hypotheses"
    return [f"{outcome.capitalize()} {what}: {_some(list(map(_belief, rows)), '; ')}."] if rows else []


def _belief(row: Mapping[str, Any]) -> str:
    """Its name, and where that is a label such as "A4", the beginning of what its authors say."""
    said = re.split(r"[:;.] | - ", row["says"].rstrip("."))[0] if any(map(str.isdigit, row["name"])) else ""
    words = said.split()
    more = "…" if len(words) > _MOST_WORDS else ""
    return f"{row['name']} (“{' '.join(words[:_MOST_WORDS])}{more}”)" if said else row["name"]


def cleared(trials: Mapping[str, Any]) -> list[str]:
    """What is not the cause."""
    ruled = [f"`{name}`" for name in trials["ruled_out"]]
    said = [f"Ruled out as the cause of {symptom_of(trials)}: {listed(ruled)}."] if ruled else []
    return [*_of_beliefs(trials, "refuted"), *said]


def _some(words: list[str], mark: str) -> str:
    """The first of them, and how many more there are."""
    more = len(words) - _MOST_BELIEFS
    return mark.join([*words[:_MOST_BELIEFS], *([f"and {more} more"] if more > 0 else [])])


def _change(row: Mapping[str, Any]) -> str:
    return f"`{row['toggle']}` set to `{row['choice']}`"


def _is(label: Mapping[str, Any] | None, name: str) -> bool:
    return label is not None and label["label"] == name
