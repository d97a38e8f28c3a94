"""Which variables, held, make a model sample, and what is between them.

Holding is the experiment; the curvature and the modes say why it helps.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from faultline.core.sections.ablation import Ablation
from faultline.criteria import thresholds as limit
from faultline.criteria.run_statistics import in_modes
from faultline.findings import funnel, ridge
from faultline.findings.ablation_effects import GAIN_BEYOND_DOUBT, GAIN_HELPS, held_gains
from faultline.findings.finding import SCORE_LADDER, SCORE_UNDECIDED, Finding
from faultline.findings.words import Advice

# Suspects of each kind, at most, that nothing confirms: a longer list helps nobody.
SUSPECTED = 3

NO_REASON = ", and no single reason stands out"


def suspects(apart: Ablation, *, longer_passes: bool) -> list[Finding]:
    """Variables that help when held, with the reason; what the curvature shows where no fit confirms it.

    Where the model passes once it is sampled longer, only a gain beyond doubt counts, and one whose reason is known or that another
    variable shares: holding all that matters leaves a few values, which any sampler draws well.
    """
    gains = held_gains(apart)
    least = GAIN_BEYOND_DOUBT if longer_passes else GAIN_HELPS
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
    single = {names[0]: gain for names, gain in gains.items() if len(names) == 1 and gain >= GAIN_HELPS}
    for pair in itertools.combinations(single, 2):
        factor = next((factor for factor, read in reads.items() if set(pair) <= set(read)), None)
        if factor and pair[:1] in strong:
            note = f"{factor} depends on both {' and '.join(pair)}, and fixing either helps; {_held_words(single, pair)}"
            return [_helps("holding", pair, single[pair[0]], note)]
    return []


def has_reason(finding: Finding) -> bool:
    """Whether more is known than that holding the variables helps."""
    return not finding.note.endswith(NO_REASON)


def _suspected(apart: Ablation) -> list[Finding]:
    """What the curvature shows where no fit under a condition confirms it: several faults at once, or fits too slow to tell."""
    open_still = "which unconverged chains neither confirm nor refute"
    kinds = (
        funnel.unconfirmed(
            funnel.pairs(apart.curvature), funnel.BENDS_ALONE, "{by} sets", "which no fit confirms"
        ),
        ridge.unconfirmed(apart.curvature.null),
        funnel.unconfirmed(apart.bends_in_prior, funnel.BENDS, "in the prior {by} sets", open_still),
    )
    found: dict[frozenset[str], Finding] = {}
    for kind in kinds:
        for finding in list(kind)[:SUSPECTED]:
            found.setdefault(frozenset(finding.names), finding)
    return list(found.values())


def _explained(apart: Ablation, helped: Mapping[tuple[str, ...], float]) -> tuple[Finding, set[str]]:
    """The strongest explanation among the variables that help, and all variables whose gain it explains."""
    single = {names[0]: gain for names, gain in helped.items() if len(names) == 1}
    best, gain = next(iter(helped.items()))
    if in_modes(apart) and single:
        names = (best[0], *(name for name in _set_apart(apart) if name in single and name != best[0]))[:3]
        note = f"the chains settle in {apart.modes.places} different places, which differ in {' and '.join(names)}; {_held_words(single, names)}"
        return _helps("modes", names, gain, note), set(names)
    if names := _unheld(apart, single, best):
        note = (
            f"{' and '.join(names)} can grow without limit while the fit to the data keeps improving (the likelihood has no maximum, as when "
            f"a predictor separates two classes), so only the prior sets a limit; {_held_words(single, names)}"
        )
        about = (max(single.get(name, 0.0) for name in names), GAIN_HELPS, note)
        return Finding("likelihood_peaks", names, "b", SCORE_LADDER, *about), set(names)
    if bend := funnel.strongest(apart, single):
        names = (bend["by"], bend["bent"])
        gain = max(single.get(name, 0.0) for name in names)
        note = f"{funnel.said(apart, bend)}; {_held_words(single, names)}"
        return _helps("bends", names, gain, note), set(names)
    names, moving = ridge.longest(apart, single)
    if names:
        return _helps("holding", names, gain, f"{ridge.said(names)}; {_held_words(single, names)}"), moving
    note = f"with {' and '.join(best)} held fixed, ESS per gradient evaluation is {_times(gain)} times as large{NO_REASON}"
    return _helps("holding", best, gain, note), set(best)


def _helps(check: str, names: tuple[str, ...], gain: float, note: str) -> Finding:
    return Finding(check, names, "a", SCORE_LADDER, gain, GAIN_HELPS, note)


def _unheld(apart: Ablation, single: Mapping[str, float], best: Sequence[str]) -> tuple[str, ...]:
    """The variables that the likelihood lets run away, the best among them: that their widths change on the way is no funnel."""
    rows = (row["names"] for row in apart.unheld if set(best) & set(row["names"]))
    return tuple(sorted(next(rows, ()), key=lambda name: -single.get(name, 0.0)))


def _set_apart(apart: Ablation) -> list[str]:
    """The variables that tell the places of chains apart, the clearest first."""
    return [row["name"] for row in apart.modes.variables if row["apart"] > limit.CHAINS_APART]


def _times(gain: float) -> str:
    """``68,000``: two digits are all that fits of this length tell."""
    return f"{float(f'{gain:.2g}'):,g}"


def _held_words(single: Mapping[str, float], names: Sequence[str]) -> str:
    gains = [
        f"{_times(single[name])} times as large with {name} held fixed" for name in names if name in single
    ]
    return f"ESS per gradient evaluation is {', '.join(gains)}"


def _unexplained(apart: Ablation) -> Finding:
    note = "the model samples badly, and fixing none of the variables and pairs that were tried makes it sample well"
    return Finding("holding", (), None, SCORE_UNDECIDED, None, GAIN_HELPS, note)


# --- What to do --------------------------------------------------------------------------------------------------


ADVICE: Advice = {
    "modes": "Give {names} a single mode: order what can be exchanged (an ordered transform), fix a sign, or give the modes "
    "different priors.",
    "likelihood_peaks": "Give {names} a prior on the scale of plausible effects (Normal(0, 2.5) for a coefficient of a standardized predictor, instead of a Cauchy "
    "or a wide prior), and look for a predictor that separates the classes, or a group without any events.",
}
