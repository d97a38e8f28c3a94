"""What taking a model apart says: which variables, held, make it sample, and what is between them.

Holding is the experiment, the curvature, the modes and the cliffs say why it helps. A model that samples well is accused of
nothing but a prior that contradicts its data, and of modes that it cannot tell apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faultline import thresholds as limit
from faultline.gains import gain_of, held_gains, prior_cost
from faultline.verdict import figures
from faultline.verdict.check import Check, equals, finite

Apart = Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """One suspect of the model taken apart: a check that failed, in words, with how much it weighs."""

    check: str
    names: tuple[str, ...]
    cause_class: str | None
    score: float
    value: float | None
    threshold: float | None
    note: str

    def as_check(self) -> Check:
        role = "remark" if self.score <= limit.SCORE_WARNING else "fault" if self.names else "standard"
        comparison = "<=" if self.check != "prior_expects" else ">="
        about: dict[str, Any] = {
            "note": self.note,
            "role": role,
            "cause_class": self.cause_class,
            "names": self.names,
        }
        return Check(self.check, self.value, self.threshold, comparison, False, **about)


def checks(record: Mapping[str, Any]) -> list[Check]:
    """The checks of a group that takes a model apart."""
    apart = record.get("apart") or {}
    if not (apart.get("base") or {}).get("n_draws"):
        return []
    note = "the model as it stands, sampled again with other chains, " + (
        "passes" if samples_well(apart) else "does not pass"
    )
    well = equals("samples_well", samples_well(apart), True, note=note, role="standard", cause_class="a")
    return [well, *(finding.as_check() for finding in findings(apart))]


def samples_well(apart: Apart) -> bool:
    """Whether the base run passes, or else the longer one."""
    return figures.passes(apart.get("base") or {}) or _longer_passes(apart)


def findings(apart: Apart) -> list[Finding]:
    """All suspects, the strongest first."""
    found = [*_conflicts(apart), *_unnormalised(apart), *_symmetric(apart)]
    if _fails(apart.get("base") or {}):
        led_to = _led_to_cliffs(apart)
        # A variable that leads to a cliff moves badly because of it.
        found += [
            *_unbounded(apart),
            *_cliffs(apart),
            *(f for f in _geometry(apart) if not (f.check == "holding" and _among(f, led_to))),
        ]
    return sorted(found, key=lambda finding: -finding.score)


def _fails(base: Mapping[str, Any]) -> bool:
    """Whether a run does not pass; a short one must fail beyond doubt, since it cannot pass."""
    run = figures.read(base)
    if run.long:
        return not figures.passes(base)
    return any(check.passed is False for check in figures.faults(run))


# --- Priors against data ------------------------------------------------------------------------------------------


def _conflicts(apart: Apart) -> list[Finding]:
    rows = [row for row in apart.get("conflict") or [] if finite(row.get("log10_tail"))]
    costly = [row for row in apart.get("relaxed") or [] if _is_costly(row)]
    # Of priors that pull at each other, the one without which all the rest fits best.
    found = [_costs(row) for row in costly[:1]]
    names = {name for finding in found for name in finding.names}
    # What another prior costs the model may put a variable in a tail of its own: then that one comes first.
    remarks = [row for row in rows if row["log10_tail"] < limit.CONFLICT_REMARK and row["name"] not in names]
    return found + [_conflict(row, fails=not found and samples_well(apart)) for row in remarks]


def _is_costly(row: Mapping[str, Any]) -> bool:
    return prior_cost(row) > limit.PRIOR_COSTS or _no_density(row)


def _no_density(row: Mapping[str, Any]) -> bool:
    """Whether a potential rewards a variable for running away, and does not integrate to the same value as it does."""
    return bool(row["runs_away"] and (row.get("change_of_integral") or 0.0) > limit.INTEGRAL_CHANGES)


def _costs(row: Mapping[str, Any]) -> Finding:
    value, least = prior_cost(row), limit.PRIOR_COSTS
    if row["runs_away"] and row["potential"]:
        note = (
            f"nothing but its prior keeps {row['name']} from running away, and {row['factor']} gains {row['gain']:.4g} in log-probability "
            f"as it does: {row['factor']} lacks the term that would make it a density (a normalising constant, a Jacobian)"
        )
        return Finding("density_normalised", (row["factor"],), "c", limit.SCORE_EXPLAINS, value, least, note)
    note = (
        f"without the prior of {row['name']}{' and its bounds' if row['bounded'] else ''} all the rest of the model fits better by "
        f"{row['gain']:.4g} in log-probability: that prior and the data contradict each other"
    )
    return Finding("prior_agrees", (row["name"],), "b", limit.SCORE_EXPLAINS, value, least, note)


def _conflict(row: Mapping[str, Any], fails: bool) -> Finding:
    where = f"[{', '.join(map(str, row['index']))}]" if row["index"] else ""
    note = f"the data put {row['name']}{where} at {row['posterior_median']:.4g}, where its prior has a tail of 1e{row['log10_tail']:.0f}"
    tail = row["log10_tail"]
    if fails and tail < limit.CONFLICT_FAILS:
        about = (
            limit.SCORE_EXPLAINS,
            -tail,
            -limit.CONFLICT_FAILS,
            f"{note}: that prior and the data contradict each other",
        )
        return Finding("prior_agrees", (row["name"],), "b", *about)
    return Finding(
        "prior_expects", (row["name"],), "b", limit.SCORE_WARNING, tail, limit.CONFLICT_REMARK, note
    )


def _unnormalised(apart: Apart) -> list[Finding]:
    """Likelihoods of a user's own that are no densities of their data."""
    found = []
    for row in apart.get("custom_distributions") or []:
        if row["change"] > limit.INTEGRAL_CHANGES:
            note = (
                f"the integral of {row['name']} over its data changes by a factor of {math.exp(row['change']):.3g} and more as {row['variable']} moves: "
                f"it lacks a term that would make it a density (a normalising constant)"
            )
            about = (limit.SCORE_EXPLAINS, row["change"], limit.INTEGRAL_CHANGES, note)
            found.append(Finding("density_normalised", (row["name"],), "c", *about))
    return found


def _unbounded(apart: Apart) -> list[Finding]:
    """A density that keeps rising far away: the posterior does not exist."""
    rows = [row for row in apart.get("far") or [] if row["rise"] > limit.RISES]
    if not rows:
        return []
    row = rows[0]
    cause = "b" if row["kind"] == "observed" else "c"
    note = (
        f"the log-probability rises by {row['rise']:.3g} as {row['variable']} goes to 1e{row['decades']} times its spread, by {row['factor']}: "
        "there is no posterior"
    )
    return [
        Finding(
            "posterior_exists", (row["factor"],), cause, limit.SCORE_EXPLAINS, row["rise"], limit.RISES, note
        )
    ]


# --- Modes --------------------------------------------------------------------------------------------------------


def _symmetric(apart: Apart) -> list[Finding]:
    found = apart.get("modes") or {}
    words = {"exchange": "exchanging elements of", "sign": "changing the sign of"}
    return [
        Finding(
            "modes",
            tuple(row["names"]),
            "a",
            limit.SCORE_LADDER,
            float(found.get("places") or 1),
            1.0,
            f"{words[row['kind']]} {' and '.join(row['names'])} leaves the density as it is and leads somewhere else: modes that "
            "the model cannot tell apart",
        )
        for row in found.get("symmetries") or []
        if row["separates"]
    ]


# --- Jumps and ends -----------------------------------------------------------------------------------------------


def _cliffs(apart: Apart) -> list[Finding]:
    found = []
    for row in (apart.get("cliffs") or {}).get("factors") or []:
        if row["n_cliff"] < limit.CLIFF_LINES:
            continue
        note = (
            f"{row['name']} turns from {row['before']:.4g} into {_told(row['to'])} without warning, {row['distance']:.2g} spreads from a "
            f"draw (on {row['n_cliff']} of {apart['cliffs']['lines']} lines, along {' and '.join(row['variables'])})"
        )
        score = limit.SCORE_EXPLAINS if _without(apart, row["name"]) is not False else limit.SCORE_FOUND
        found.append(Finding("cliffs", (row["name"],), "c", score, float(row["n_cliff"]), 1.0, note))
    return found


def _led_to_cliffs(apart: Apart) -> set[str]:
    """The variables along which factors break without which the model samples well."""
    rows = (apart.get("cliffs") or {}).get("factors") or []
    breaking = [row for row in rows if row["n_cliff"] >= limit.CLIFF_LINES and _without(apart, row["name"])]
    return {name for row in breaking for name in row["variables"]}


def _among(finding: Finding, names: set[str]) -> bool:
    return bool(finding.names) and set(finding.names) <= names


def _told(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _without(apart: Apart, factor: str) -> bool | None:
    """Whether the model samples without this factor; None if that was not tried."""
    rows = [row for row in apart.get("conditions") or [] if row["dropped"] == [factor]]
    if not rows:
        return None
    return any(gain_of(apart, row) >= limit.GAIN_HELPS or _fewer_divergences(apart, row) for row in rows)


def _fewer_divergences(apart: Apart, row: Mapping[str, Any]) -> bool:
    before = apart["base"].get("divergent_share") or 0.0
    after = row.get("divergent_share")
    return finite(after) and before > limit.BENIGN_DIVERGENT_SHARE and after < before / limit.GAIN_HELPS


# --- Geometry -----------------------------------------------------------------------------------------------------


def _geometry(apart: Apart) -> list[Finding]:
    gains = held_gains(apart)
    least = limit.GAIN_BEYOND_DOUBT if _longer_passes(apart) else limit.GAIN_HELPS
    helped = {names: gain for names, gain in gains.items() if gain >= least}
    found: list[Finding] = []
    taken: set[str] = set()
    while helped:
        finding = _explained(apart, helped)
        found.append(finding)
        taken |= set(finding.names)
        helped = {names: gain for names, gain in helped.items() if not taken & set(names)}
    if not found and not _longer_passes(apart):
        found = [_unexplained(apart), *_suspected(apart)]
    return found


def _suspected(apart: Apart) -> list[Finding]:
    """What the curvature shows where no fit under a condition confirms it: several faults at once, or fits too slow to tell."""
    found: dict[frozenset[str], Finding] = {}
    curved = apart.get("curvature") or {}
    for row in curved.get("bends") or []:
        if row["slope"] >= limit.BENDS_ALONE:
            note = f"{row['by']} sets the scale of {row['bent']} (by {row['slope']:.2g} per spread), which no fit confirms"
            names = (row["by"], row["bent"])
            finding = Finding(
                "bends", names, "a", limit.SCORE_UNDECIDED, row["slope"], limit.BENDS_ALONE, note
            )
            found.setdefault(frozenset(names), finding)
    for row in curved.get("null") or []:
        names = tuple(part["name"] for part in row["share"] if part["share"] >= limit.RIDGE_SHARE)
        if row["ratio"] < limit.RIDGE and names:
            note = f"a ridge along {' and '.join(names)} (curvature {row['ratio']:.2g} of the largest), which no fit confirms"
            finding = Finding("holding", names, "a", limit.SCORE_UNDECIDED, row["ratio"], limit.RIDGE, note)
            found.setdefault(frozenset(names), finding)
    return list(found.values())[:6]


def _explained(apart: Apart, helped: Mapping[tuple[str, ...], float]) -> Finding:
    """The strongest explanation among the variables that help."""
    single = {names[0]: gain for names, gain in helped.items() if len(names) == 1}
    best, gain = next(iter(helped.items()))
    said = f"holding {{}} gives {_times(gain)} times as many effective draws per gradient"
    if _in_modes(apart.get("modes") or {}) and single:
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
            f"{' and '.join(names)} can change together with hardly any effect (a ridge: only a combination of them is known); "
            f"{_held_words(single, names)}"
        )
        return Finding("holding", names, "a", limit.SCORE_LADDER, gain, limit.GAIN_HELPS, note)
    note = f"{said.format(' and '.join(best))}, and no single reason stands out"
    return Finding("holding", best, "a", limit.SCORE_LADDER, gain, limit.GAIN_HELPS, note)


def _in_modes(found: Mapping[str, Any]) -> bool:
    """Whether chains are in different places with a valley between them: along a ridge they are apart without one."""
    return found.get("places", 1) > 1 and (found.get("valley") or 0.0) > limit.VALLEY


def _set_apart(apart: Apart) -> list[str]:
    """The variables that tell the places of chains apart, the clearest first."""
    return [row["name"] for row in apart["modes"]["variables"] if row["apart"] > limit.CHAINS_APART]


def _bend(apart: Apart, single: Mapping[str, float]) -> Mapping[str, Any] | None:
    """The strongest pair in which one variable sets the scale of another: both help when held, or one and the other is bent."""
    rows = [row for row in (apart.get("curvature") or {}).get("bends") or [] if row["slope"] >= limit.BENDS]
    both = [row for row in rows if row["by"] in single and row["bent"] in single]
    one = [row for row in rows if row["by"] in single or row["bent"] in single]
    return next(iter([*both, *one]), None)


def _ridge(apart: Apart, single: Mapping[str, float]) -> tuple[str, ...]:
    """The variables that span the longest direction which a variable that helps takes part in."""
    for row in (apart.get("curvature") or {}).get("null") or []:
        names = [part["name"] for part in row["share"] if part["share"] >= limit.RIDGE_SHARE]
        if row["ratio"] < limit.RIDGE and any(name in single for name in names):
            return tuple(sorted(names, key=lambda name: -single.get(name, 0.0))[:3])
    return ()


def _times(gain: float) -> str:
    """``68,000``: two digits are all that fits of this length tell."""
    return f"{float(f'{gain:.2g}'):,g}"


def _held_words(single: Mapping[str, float], names: Sequence[str]) -> str:
    told = [f"{name} {_times(single[name])} times" for name in names if name in single]
    return f"effective draws per gradient when held: {', '.join(told)}"


def _unexplained(apart: Apart) -> Finding:
    note = "the model samples badly, and holding no variable and no pair of those tried makes it sample well"
    return Finding("holding", (), None, limit.SCORE_UNDECIDED, None, limit.GAIN_HELPS, note)


def _longer_passes(apart: Apart) -> bool:
    return figures.passes(apart.get("longer") or {})
