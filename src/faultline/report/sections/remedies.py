"""The changes that were tried, and what the cure does to each quantity."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from faultline.diagnosis.remedies.words import efficiency, fresh, gerund, imperative, share, span
from faultline.report.markdown import number, paragraph, table

_MOST_QUANTITIES = 12
_SAME = {True: "yes", False: "no", None: "not known"}


def section(remedies: Mapping[str, Any] | None) -> str:
    """The section of the summary; empty where nothing was tried."""
    if not remedies:
        return ""
    parts = [_table(remedies)]
    parts += [paragraph(said) for said in _agreements(remedies["tried"])]
    if left := [imperative(row) for row in remedies["left_out"]]:
        parts.append(paragraph(f"Not tried, for want of room (`limits.remedies`): {'; '.join(left)}."))
    if remedies["cure"] is not None:
        parts.append(_matters(remedies, remedies["tried"][remedies["cure"]]))
    return "\n\n".join(filter(None, parts))


def _table(remedies: Mapping[str, Any]) -> str:
    before = remedies["unchanged"]
    rows = [
        [
            "as the model stands",
            f"{before['passes']} of {before['fresh']}",
            *_figures(before["runs"]),
            "",
            "",
        ],
        *(
            [
                paragraph(imperative(row)),
                _passing(row),
                *_figures(fresh(row) or row["runs"]),
                _SAME[row["equivalent"]] if row["identity"] or not row["steps"] else "not checked",
                row["outcome"],
            ]
            for row in remedies["tried"]
        ),
    ]
    header = [
        "change",
        "runs that pass",
        "divergent draws",
        "largest R-hat",
        "ESS per 1000 gradients",
        "same posterior",
        "outcome",
    ]
    said = (
        "Each change was tried with one seed. Where that run passes, three fresh ones decide, beside three of the model as it stands. "
        "Figures are ranges over runs."
    )
    return f"{said}\n\n{table(header, rows)}"


def _agreements(tried: Sequence[Mapping[str, Any]]) -> list[str]:
    """Whether changes that cure lead to the same posterior means, a sentence each."""
    found = []
    for row in tried:
        if not (said := row.get("agreement")):
            continue
        one, other = gerund(row), gerund(tried[said["with"]])
        seen = f"{number(said['seen'], 2)} would have been seen"
        if said["agrees"]:
            found.append(
                f"The posterior means are the same with {one} and with {other}: they differ by at most {number(said['largest'], 2)} posterior "
                f"sd, and a difference of {seen}."
            )
        else:
            then = (
                "Trust neither before you know why."
                if row["steps"]
                else f"So the runs with {one} do not reach all of the posterior."
            )
            found.append(
                f"The posterior means are not the same with {one} and with {other}: that of `{said['name']}` differs by "
                f"{number(said['largest'], 2)} posterior sd, where {seen}. {then}"
            )
    return found


def _passing(row: Mapping[str, Any]) -> str:
    if row["refused"]:
        return f"not made: {paragraph(row['refused'])}"
    if row["error"]:
        return f"none: {row['error']['type']}"
    if not row["fresh"]:
        return "not the first one" if row["runs"] else "none"
    return f"{row['passes']} of {row['fresh']}"


def _figures(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    return [share(runs), span(runs, "max_rhat", ".3g"), efficiency(runs)]


def _matters(remedies: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """How far each quantity moves: the runs before did not converge, so theirs are what a user would have read off."""
    before = {each["name"]: each for each in remedies["unchanged"]["quantities"]}
    rows = []
    for after in row["quantities"]:
        was = before.get(after["name"])
        if was is None or was["shape"] != after["shape"]:
            continue
        moved = [
            abs(new - old) / sd if sd and math.isfinite(sd) else 0.0
            for new, old, sd in zip(after["mean"], was["mean"], after["sd"], strict=True)
        ]
        if not moved:
            continue
        at = max(range(len(moved)), key=moved.__getitem__)
        name = after["name"] + (
            f"[{', '.join(map(str, _index(at, after['shape'])))}]" if after["shape"] else ""
        )
        rows.append(
            (
                moved[at],
                [paragraph(f"`{name}`"), _interval(was, at), _interval(after, at), number(moved[at], 2)],
            )
        )
    if not rows:
        return ""
    rows.sort(key=lambda pair: -pair[0])
    header = [
        "quantity",
        "90 % interval as it was",
        "90 % interval cured",
        "shift of the mean, in posterior sd",
    ]
    said = "What it changes in the results, the largest shift first; of an array the element that moves most."
    return f"**Does it matter?** {said}\n\n{table(header, [cells for _, cells in rows[:_MOST_QUANTITIES]], right=(3,))}"


def _interval(row: Mapping[str, Any], at: int) -> str:
    return f"{number(row['low'][at], 3)} to {number(row['high'][at], 3)}"


def _index(flat: int, shape: Sequence[int]) -> list[int]:
    found = []
    for length in reversed(shape):
        found.append(flat % length)
        flat //= length
    return found[::-1]
