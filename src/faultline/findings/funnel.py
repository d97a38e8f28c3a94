"""Funnels: one variable sets the scale of another, so that no step size fits everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from faultline.core.sections.ablation import Ablation, Curvature
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.findings import ridge
from faultline.findings.finding import SCORE_UNDECIDED, Finding
from faultline.findings.words import Advice

# Change of the logarithm of one value's curvature, per standard deviation of another, from which the second sets the scale of the
# first. Log-scale priors give 2 in a funnel; data that inform the scale leave 0.3 or less.
BENDS = 0.5

# BENDS where nothing else confirms it.
BENDS_ALONE = 1.0

# Ratio of a variable's widths at the two ends of another variable's range, up to which its width counts as constant. A slope of BENDS
# gives 2.3, and quantiles of a few hundred draws that mix badly scatter by a fifth.
ONE_WIDTH = 1.5

# Values of a level up to which they say little about its scale.
FEW = 5


def strongest(apart: Ablation, single: Mapping[str, float]) -> Row | None:
    """The pair in which one variable sets the scale of another and that helps most: by the lesser gain of the two ends, for holding
    either end of a funnel cures it. Where only one end helps, the prior of the other must read it, or its own the other.
    """
    curved = apart.curvature

    def helps(row: Row) -> tuple[float, float, bool]:
        ends = [single.get(row[end], 0.0) for end in ("by", "bent")]
        return min(ends), max(ends), _direct(curved, row)

    rows = [
        row
        for row in pairs(curved)
        if (row["slope"] >= BENDS or _direct(curved, row)) and not ridge.costs_more(apart, row)
    ]
    both = [row for row in rows if row["by"] in single and row["bent"] in single]
    one = [row for row in rows if _direct(curved, row) and (row["by"] in single or row["bent"] in single)]
    return max(both or one, key=helps, default=None)


def said(apart: Ablation, bend: Row) -> str:
    """A funnel in words."""
    by, bent = bend["by"], bend["bent"]
    return (
        f"{by} sets the scale of {bent}{_mechanism(apart, by, bent)}: across the middle 90 % of the draws of {by}, with all else "
        f"fixed, the width of {bent} changes by a factor of {bend['width']:.2g}, so no single step size works everywhere"
    )


def _mechanism(apart: Ablation, by: str, bent: str) -> str:
    """Which factor reads the scale, in words."""
    reads = apart.curvature.reads
    if by in reads.get(bent, ()):
        return f", whose prior depends on {by}"
    both = next((factor for factor, names in reads.items() if {by, bent} <= set(names)), None)
    return f", because {both} depends on both" if both else ""


def unconfirmed(rows: Sequence[Row], threshold: float, sets: str, known: str) -> Iterator[Finding]:
    """Pairs, whichever of the two sets the other's scale more."""
    told: set[frozenset[str]] = set()
    for row in rows:
        names = (row["by"], row["bent"])
        if row["slope"] >= threshold and frozenset(names) not in told:
            told.add(frozenset(names))
            note = f"{sets.format(by=row['by'])} the scale of {row['bent']} (its log curvature changes by {row['slope']:.2g} per standard deviation), {known}"
            yield Finding("bends", names, "a", SCORE_UNDECIDED, row["slope"], threshold, note)


def pairs(curved: Curvature) -> list[Row]:
    """Pairs in which the width of one changes over the range of the other, all else being fixed. Where its own prior does not read that
    one, its draws must show it too: a mean of many effects is bound by each of them, and as wide whatever their scale.
    """
    found = []
    for row in curved.bends:
        widths = [row.get("width"), *([] if _direct(curved, row) else [row.get("width_of_draws")])]
        if all(width is not None and width >= ONE_WIDTH for width in widths):
            found.append(row)
    return found


def _direct(curved: Curvature, row: Row) -> bool:
    """Whether the prior of one reads the other."""
    return row["by"] in curved.reads.get(row["bent"], ())


# --- What to do --------------------------------------------------------------------------------------------------


def _unbend(names: Sequence[str], record: Record) -> str:
    """How to write a variable whose scale another one sets, by how it is written now."""
    by, bent = names
    rows = {row["name"]: row for row in record.model.free_rvs}
    if by in rows.get(bent, {}).get("parents", ()):
        return (
            f"Use a non-centered parameterization for `{bent}`, which is centered now: its prior depends on `{by}`. Give a new variable the "
            f"prior with scale 1, and make `{bent}` the Deterministic that multiplies it by the scale that `{by}` gives and adds the mean."
        )
    if observed := _noise(by, bent, record):
        return (
            f"`{by}` is the noise scale of `{observed}` around `{bent}`, which has a value for every datum. Where these follow the data, only "
            f"its prior keeps `{by}` away from 0. Fix `{by}` if it is known, give it a prior that stays away from 0 (InverseGamma or "
            f"LogNormal instead of HalfNormal), or repeat measurements, so that several data share a value of `{bent}`."
        )
    if level := _level(by, bent, rows.values()):
        return (
            f"`{by}` and `{bent}` are the scale and the location of `{level['name']}`, whose {level['size']} values say little about a scale. Give `{by}` a "
            "prior on the scale of plausible differences (HalfNormal or Exponential instead of HalfCauchy or a wide Uniform), or drop this level."
        )
    reads, potentials = record.apart.curvature.reads, record.model.potentials
    if potential := next((name for name in potentials if {by, bent} <= set(reads.get(name, ()))), None):
        return (
            f"`{potential}` makes `{by}` the scale of `{bent}`. Use a non-centered parameterization: make `{bent}` the Deterministic that "
            f"multiplies a new variable with scale 1 by what `{by}` gives, and remove from `{potential}` what the prior of the new variable counts."
        )
    if ridge.of_product(by, bent, record):
        return ridge.center(by, bent)
    return f"Find out how `{by}` sets the scale of `{bent}`, and use the quantity that the two determine together as the variable."


def _noise(by: str, bent: str, record: Record) -> str | None:
    """The observed variable whose scale is `by` and whose place `bent`, with as many values as data."""
    sizes = {row["name"]: row.get("size") or 0 for row in record.model.free_rvs}
    for row in record.model.observed_parameters:
        apart = [set(names) & {by, bent} for names in row["parameters"]]
        if {by} in apart and {bent} in apart and 1 < (row["size"] or 0) <= sizes.get(bent, 0):
            return row["name"]
    return None


def _level(by: str, bent: str, rows: Iterable[Row]) -> Row | None:
    """The variable of few values whose prior reads both."""
    found = (row for row in rows if {by, bent} <= set(row.get("parents") or ()) and 1 < row["size"] <= FEW)
    return next(found, None)


ADVICE: Advice = {"bends": _unbend}
