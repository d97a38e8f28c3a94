"""Which variables, held, make a model sample, and what is between them.

Holding is the experiment; the curvature and the modes say why it helps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from faultline import thresholds as limit
from faultline.gains import held_gains, in_modes
from faultline.verdict.finding import Apart, Finding

_NO_REASON = ", and no single reason stands out"

SUSPECTED = 3
"""Suspects of each kind, at most, that nothing confirms: a longer list helps nobody."""


def suspects(apart: Apart, *, longer_passes: bool) -> list[Finding]:
    """Variables that help when held, with the reason; what the curvature shows where no fit confirms it.

    Where the model passes once it is sampled longer, only a gain beyond doubt counts.
    """
    gains = held_gains(apart)
    least = limit.GAIN_BEYOND_DOUBT if longer_passes else limit.GAIN_HELPS
    helped = {names: gain for names, gain in gains.items() if gain >= least}
    found: list[Finding] = []
    taken: set[str] = set()
    while helped:
        finding = _explained(apart, helped)
        found.append(finding)
        taken |= set(finding.names)
        helped = {names: gain for names, gain in helped.items() if not taken & set(names)}
    if not found and not longer_passes:
        found = [_unexplained(apart), *_suspected(apart)]
    return found


def has_reason(finding: Finding) -> bool:
    """Whether more is known than that holding the variables helps."""
    return not finding.note.endswith(_NO_REASON)


def _suspected(apart: Apart) -> list[Finding]:
    """What the curvature shows where no fit under a condition confirms it: several faults at once, or fits too slow to tell."""
    curved = apart.get("curvature") or {}
    open_still = "which chains that have not settled neither confirm nor refute"
    kinds = (
        _bends(curved.get("bends") or [], limit.BENDS_ALONE, "{by} sets", "which no fit confirms"),
        _ridges(curved.get("null") or []),
        _bends(apart.get("bends_in_prior") or [], limit.BENDS, "in the prior {by} sets", open_still),
    )
    found: dict[frozenset[str], Finding] = {}
    for kind in kinds:
        for finding in list(kind)[:SUSPECTED]:
            found.setdefault(frozenset(finding.names), finding)
    return list(found.values())


def _bends(rows: list[Mapping[str, Any]], threshold: float, sets: str, known: str) -> Iterator[Finding]:
    """Pairs, whichever of the two sets the other's scale more."""
    told: set[frozenset[str]] = set()
    for row in rows:
        names = (row["by"], row["bent"])
        if row["slope"] >= threshold and frozenset(names) not in told:
            told.add(frozenset(names))
            note = f"{sets.format(by=row['by'])} the scale of {row['bent']} (by {row['slope']:.2g} per spread), {known}"
            yield Finding("bends", names, "a", limit.SCORE_UNDECIDED, row["slope"], threshold, note)


def _ridges(rows: list[Mapping[str, Any]]) -> Iterator[Finding]:
    """Ridges, the longest first, that name a variable which no longer one has named."""
    told: set[str] = set()
    for row in rows:
        names = tuple(part["name"] for part in row["share"] if part["share"] >= limit.RIDGE_SHARE)
        if row["ratio"] < limit.RIDGE and not set(names) <= told:
            told |= set(names)
            note = f"a ridge along {' and '.join(names)} (curvature {row['ratio']:.2g} of the largest), which no fit confirms"
            yield Finding("holding", names, "a", limit.SCORE_UNDECIDED, row["ratio"], limit.RIDGE, note)


def _explained(apart: Apart, helped: Mapping[tuple[str, ...], float]) -> Finding:
    """The strongest explanation among the variables that help."""
    single = {names[0]: gain for names, gain in helped.items() if len(names) == 1}
    best, gain = next(iter(helped.items()))
    said = f"holding {{}} gives {_times(gain)} times as many effective draws per gradient"
    if in_modes(apart) and single:
        names = (best[0], *(name for name in _set_apart(apart) if name in single and name != best[0]))[:3]
        note = f"chains settle in {apart['modes']['places']} different places, set apart by {' and '.join(names)}; {_held_words(single, names)}"
        return Finding("modes", names, "a", limit.SCORE_LADDER, gain, limit.GAIN_HELPS, note)
    bend = _bend(apart, single)
    if bend:
        names = (bend["by"], bend["bent"])
        gain = max(single.get(name, 0.0) for name in names)
        wider = math.exp(bend["slope"] / 2)  # a width goes with the root of the curvature
        note = (
            f"{bend['by']} sets the scale of {bend['bent']}: when {bend['by']} moves by its spread, the width of {bend['bent']} changes "
            f"by a factor of {wider:.2g}, so that no step size fits everywhere; {_held_words(single, names)}"
        )
        return Finding("bends", names, "a", limit.SCORE_LADDER, gain, limit.GAIN_HELPS, note)
    ridge = _ridge(apart, single)
    if ridge:
        names = ridge
        note = (
            f"{' and '.join(names) if len(names) > 1 else f'the elements of {names[0]}'} can change together with hardly any effect (a ridge: only a combination of them is known); "
            f"{_held_words(single, names)}"
        )
        return Finding("holding", names, "a", limit.SCORE_LADDER, gain, limit.GAIN_HELPS, note)
    note = f"{said.format(' and '.join(best))}{_NO_REASON}"
    return Finding("holding", best, "a", limit.SCORE_LADDER, gain, limit.GAIN_HELPS, note)


def _set_apart(apart: Apart) -> list[str]:
    """The variables that tell the places of chains apart, the clearest first."""
    return [row["name"] for row in apart["modes"]["variables"] if row["apart"] > limit.CHAINS_APART]


def _bend(apart: Apart, single: Mapping[str, float]) -> Mapping[str, Any] | None:
    """The strongest pair in which one variable sets the scale of another: both help when held, or one and the other is bent."""
    curved = apart.get("curvature") or {}
    rows = [row for row in curved.get("bends") or [] if row["slope"] >= limit.BENDS]
    rows = [row for row in rows if not _beside_ridge(row, curved.get("null") or [])]
    both = [row for row in rows if row["by"] in single and row["bent"] in single]
    one = [row for row in rows if row["by"] in single or row["bent"] in single]
    return next(iter([*both, *one]), None)


def _beside_ridge(bend: Mapping[str, Any], null: list[Mapping[str, Any]]) -> bool:
    """Whether the two variables make a ridge that costs more steps than their bend, or one of them alone one that costs many more.

    Moving one alone leaves the ridge of both, for where curvatures differ but no draw is.
    """
    pair, widths = (
        {bend["by"], bend["bent"]},
        math.exp(2 * bend["slope"]),
    )  # over four spreads, the widest to the narrowest
    for row in null:
        names, length = set(_spanning(row)), max(row["ratio"], 1e-300) ** -0.5
        outweighs = 1.0 if pair <= names else limit.RIDGE_OUTWEIGHS if names < pair else math.inf
        if row["ratio"] < limit.RIDGE and length > outweighs * widths:
            return True
    return False


def _ridge(apart: Apart, single: Mapping[str, float]) -> tuple[str, ...]:
    """The variables that span the longest direction which a variable that helps takes part in."""
    for row in (apart.get("curvature") or {}).get("null") or []:
        names = _spanning(row)
        if row["ratio"] < limit.RIDGE and any(name in single for name in names):
            return tuple(sorted(names, key=lambda name: -single.get(name, 0.0))[:3])
    return ()


def _spanning(row: Mapping[str, Any]) -> list[str]:
    return [part["name"] for part in row["share"] if part["share"] >= limit.RIDGE_SHARE]


def _times(gain: float) -> str:
    """``68,000``: two digits are all that fits of this length tell."""
    return f"{float(f'{gain:.2g}'):,g}"


def _held_words(single: Mapping[str, float], names: Sequence[str]) -> str:
    told = [f"{name} {_times(single[name])} times" for name in names if name in single]
    return f"effective draws per gradient when held: {', '.join(told)}"


def _unexplained(apart: Apart) -> Finding:
    note = "the model samples badly, and holding no variable and no pair of those tried makes it sample well"
    return Finding("holding", (), None, limit.SCORE_UNDECIDED, None, limit.GAIN_HELPS, note)
