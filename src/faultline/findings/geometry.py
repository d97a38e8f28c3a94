"""Which variables, held, make a model sample, and what is between them.

Holding is the experiment; the curvature and the modes say why it helps.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

from faultline.core.sections.ablation import Ablation, Curvature
from faultline.core.sections.section import Row
from faultline.criteria.run_statistics import in_modes
from faultline.findings import thresholds as limit
from faultline.findings.ablation_effects import held_gains
from faultline.findings.finding import Finding

_NO_REASON = ", and no single reason stands out"

SUSPECTED = 3
"""Suspects of each kind, at most, that nothing confirms: a longer list helps nobody."""


def suspects(apart: Ablation, *, longer_passes: bool) -> list[Finding]:
    """Variables that help when held, with the reason; what the curvature shows where no fit confirms it.

    Where the model passes once it is sampled longer, only a gain beyond doubt counts, and one whose reason is known or that another
    variable shares: holding all that matters leaves a few values, which any sampler draws well.
    """
    gains = held_gains(apart)
    least = limit.GAIN_BEYOND_DOUBT if longer_passes else limit.GAIN_HELPS
    strong = helped = {names: gain for names, gain in gains.items() if gain >= least}
    found: list[Finding] = []
    taken: set[str] = set()
    while helped:
        finding, told = _explained(apart, helped)
        # What shares a variable with a stronger suspect may help because of that one; so may what has no reason of its own.
        if not taken & told:
            found.append(finding)
        taken |= told
        helped = {names: gain for names, gain in helped.items() if not taken & set(names)}
    found = list(filter(has_reason, found)) or (_with_partner(apart, strong) if longer_passes else found)
    if not found and not longer_passes:
        found = [_unexplained(apart), *_suspected(apart)]
    return found


def _with_partner(apart: Ablation, strong: Mapping[tuple[str, ...], float]) -> list[Finding]:
    """A variable whose gain is beyond doubt, and another that helps as well when held alone, if one factor depends on both: the data know
    what the two make together, a product or a sum, and either is free only as the other is held.
    """
    gains, reads = held_gains(apart), apart.curvature.reads
    single = {names[0]: gain for names, gain in gains.items() if len(names) == 1 and gain >= limit.GAIN_HELPS}
    for pair in itertools.combinations(single, 2):
        factor = next((factor for factor, read in reads.items() if set(pair) <= set(read)), None)
        if factor and pair[:1] in strong:
            note = f"{factor} depends on both {' and '.join(pair)}, and holding either helps; {_held_words(single, pair)}"
            return [_helps("holding", pair, single[pair[0]], note)]
    return []


def has_reason(finding: Finding) -> bool:
    """Whether more is known than that holding the variables helps."""
    return not finding.note.endswith(_NO_REASON)


def _suspected(apart: Ablation) -> list[Finding]:
    """What the curvature shows where no fit under a condition confirms it: several faults at once, or fits too slow to tell."""
    open_still = "which chains that have not settled neither confirm nor refute"
    kinds = (
        _bends(_bent(apart.curvature), limit.BENDS_ALONE, "{by} sets", "which no fit confirms"),
        _ridges(apart.curvature.null),
        _bends(apart.bends_in_prior, limit.BENDS, "in the prior {by} sets", open_still),
    )
    found: dict[frozenset[str], Finding] = {}
    for kind in kinds:
        for finding in list(kind)[:SUSPECTED]:
            found.setdefault(frozenset(finding.names), finding)
    return list(found.values())


def _bends(rows: Sequence[Row], threshold: float, sets: str, known: str) -> Iterator[Finding]:
    """Pairs, whichever of the two sets the other's scale more."""
    told: set[frozenset[str]] = set()
    for row in rows:
        names = (row["by"], row["bent"])
        if row["slope"] >= threshold and frozenset(names) not in told:
            told.add(frozenset(names))
            note = f"{sets.format(by=row['by'])} the scale of {row['bent']} (by {row['slope']:.2g} per spread), {known}"
            yield Finding("bends", names, "a", limit.SCORE_UNDECIDED, row["slope"], threshold, note)


def _ridges(rows: Sequence[Row]) -> Iterator[Finding]:
    """Ridges, the longest first, that name a variable which no longer one has named."""
    told: set[str] = set()
    for row in rows:
        names = tuple(part["name"] for part in row["share"] if part["share"] >= limit.RIDGE_SHARE)
        if row["ratio"] < limit.RIDGE and not set(names) <= told:
            told |= set(names)
            note = f"a ridge along {' and '.join(names)} (curvature {row['ratio']:.2g} of the largest), which no fit confirms"
            yield Finding("holding", names, "a", limit.SCORE_UNDECIDED, row["ratio"], limit.RIDGE, note)


def _explained(apart: Ablation, helped: Mapping[tuple[str, ...], float]) -> tuple[Finding, set[str]]:
    """The strongest explanation among the variables that help, and all variables whose gain it explains."""
    single = {names[0]: gain for names, gain in helped.items() if len(names) == 1}
    best, gain = next(iter(helped.items()))
    if in_modes(apart) and single:
        names = (best[0], *(name for name in _set_apart(apart) if name in single and name != best[0]))[:3]
        note = f"chains settle in {apart.modes.places} different places, set apart by {' and '.join(names)}; {_held_words(single, names)}"
        return _helps("modes", names, gain, note), set(names)
    if names := _unheld(apart, single, best):
        note = (
            f"{' and '.join(names)} can run away without end and the data fit better and better (their likelihood has no maximum, as where a predictor separates "
            f"two classes): how far, only the prior says; {_held_words(single, names)}"
        )
        about = (max(single.get(name, 0.0) for name in names), limit.GAIN_HELPS, note)
        return Finding("likelihood_peaks", names, "b", limit.SCORE_LADDER, *about), set(names)
    bend = _bend(apart, single)
    if bend:
        names = (bend["by"], bend["bent"])
        gain = max(single.get(name, 0.0) for name in names)
        note = (
            f"{bend['by']} sets the scale of {bend['bent']}{_mechanism(apart, *names)}: over the middle 90 % of the draws of {bend['by']}, "
            f"{bend['bent']} is {bend['width']:.2g} times as wide at one end as at the other, all else being fixed, so that no step size fits everywhere; "
            f"{_held_words(single, names)}"
        )
        return _helps("bends", names, gain, note), set(names)
    names, moving = _ridge(apart, single)
    if names:
        note = (
            f"{' and '.join(names) if len(names) > 1 else f'the elements of {names[0]}'} can change together with hardly any effect (a ridge: only a combination of them is known); "
            f"{_held_words(single, names)}"
        )
        return _helps("holding", names, gain, note), moving
    note = f"holding {' and '.join(best)} gives {_times(gain)} times as many effective draws per gradient{_NO_REASON}"
    return _helps("holding", best, gain, note), set(best)


def _helps(check: str, names: tuple[str, ...], gain: float, note: str) -> Finding:
    return Finding(check, names, "a", limit.SCORE_LADDER, gain, limit.GAIN_HELPS, note)


def _unheld(apart: Ablation, single: Mapping[str, float], best: Sequence[str]) -> tuple[str, ...]:
    """The variables that the likelihood lets run away, the best among them: that their widths change on the way is no funnel."""
    rows = (row["names"] for row in apart.unheld if set(best) & set(row["names"]))
    return tuple(sorted(next(rows, ()), key=lambda name: -single.get(name, 0.0)))


def _set_apart(apart: Ablation) -> list[str]:
    """The variables that tell the places of chains apart, the clearest first."""
    return [row["name"] for row in apart.modes.variables if row["apart"] > limit.CHAINS_APART]


def _bend(apart: Ablation, single: Mapping[str, float]) -> Row | None:
    """The pair in which one variable sets the scale of another and that helps most: by the lesser gain of the two ends, for holding
    either end of a funnel cures it. Where only one end helps, the prior of the other must read it, or its own the other.
    """
    curved = apart.curvature

    def helps(row: Row) -> tuple[float, float, bool]:
        ends = [single.get(row[end], 0.0) for end in ("by", "bent")]
        return min(ends), max(ends), _direct(curved, row)

    rows = [
        row
        for row in _bent(curved)
        if (row["slope"] >= limit.BENDS or _direct(curved, row)) and not _beside_ridge(apart, row)
    ]
    both = [row for row in rows if row["by"] in single and row["bent"] in single]
    one = [row for row in rows if _direct(curved, row) and (row["by"] in single or row["bent"] in single)]
    return max(both or one, key=helps, default=None)


def _bent(curved: Curvature) -> list[Row]:
    """Pairs in which the width of one changes over the range of the other, all else being fixed. Where its own prior does not read that
    one, its draws must show it too: a mean of many effects is bound by each of them, and as wide whatever their scale.
    """
    found = []
    for row in curved.bends:
        widths = [row.get("width"), *([] if _direct(curved, row) else [row.get("width_of_draws")])]
        if all(width is not None and width >= limit.ONE_WIDTH for width in widths):
            found.append(row)
    return found


def _direct(curved: Curvature, row: Row) -> bool:
    """Whether the prior of one reads the other."""
    return row["by"] in curved.reads.get(row["bent"], ())


def _mechanism(apart: Ablation, by: str, bent: str) -> str:
    """Which factor reads the scale, in words."""
    reads = apart.curvature.reads
    if by in reads.get(bent, ()):
        return f", whose prior reads {by}"
    both = next((factor for factor, names in reads.items() if {by, bent} <= set(names)), None)
    return f", for {both} reads both" if both else ""


def _beside_ridge(apart: Ablation, bend: Row) -> bool:
    """Whether the two variables make a ridge that costs more steps than their bend, or a ridge of one of them alone or across others
    costs many more.

    Moving one alone leaves the ridge of both, for where curvatures differ but no draw is.
    """
    pair = {bend["by"], bend["bent"]}
    widths = math.exp(2 * bend["slope"])  # over four spreads, the widest to the narrowest
    for row in apart.curvature.null:
        names, length = set(_spanning(row)), max(row["ratio"], 1e-300) ** -0.5
        alone = names < pair or (len(_roots(apart, row)) > 1 and pair & set(_moving(row)))
        outweighs = 1.0 if pair <= names else limit.RIDGE_OUTWEIGHS if alone else math.inf
        if row["ratio"] < limit.RIDGE and length > outweighs * widths:
            return True
    return False


def _ridge(apart: Ablation, single: Mapping[str, float]) -> tuple[tuple[str, ...], set[str]]:
    """The variables at the top of the longest direction which a variable that helps takes part in, and all that move along it.

    An effect whose mean moves along is carried along: where several means do, only a combination of them is known.
    """
    for row in apart.curvature.null:
        moving = _moving(row)
        if row["ratio"] < limit.RIDGE and any(name in single for name in moving):
            roots = _roots(apart, row)
            names = roots if len(roots) > 1 else _spanning(row)
            return tuple(sorted(names, key=lambda name: -single.get(name, 0.0))[:3]), set(moving)
    return (), set()


def _roots(apart: Ablation, row: Row) -> list[str]:
    """Those that move along a ridge and whose prior reads nothing that does."""
    reads, moving = apart.curvature.reads, _moving(row)
    return [name for name in moving if not set(reads.get(name, ())) & set(moving)]


def _moving(row: Row) -> list[str]:
    """The variables that move along a ridge, far beyond their own widths."""
    most = max((part.get("moves") or 0.0 for part in row["share"]), default=0.0)
    least = max(limit.RIDGE_MOVES, limit.RIDGE_FOLLOWS * most)
    return [
        part["name"]
        for part in row["share"]
        if part["share"] >= limit.RIDGE_SHARE or (part.get("moves") or 0.0) >= least
    ]


def _spanning(row: Row) -> list[str]:
    return [part["name"] for part in row["share"] if part["share"] >= limit.RIDGE_SHARE]


def _times(gain: float) -> str:
    """``68,000``: two digits are all that fits of this length tell."""
    return f"{float(f'{gain:.2g}'):,g}"


def _held_words(single: Mapping[str, float], names: Sequence[str]) -> str:
    told = [f"{name} {_times(single[name])} times" for name in names if name in single]
    return f"effective draws per gradient when held: {', '.join(told)}"


def _unexplained(apart: Ablation) -> Finding:
    note = "the model samples badly, and holding no variable and no pair of those tried makes it sample well"
    return Finding("holding", (), None, limit.SCORE_UNDECIDED, None, limit.GAIN_HELPS, note)
