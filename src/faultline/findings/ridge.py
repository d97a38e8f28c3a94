"""Ridges: variables that change together with hardly any effect, for only a combination of them is known."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from faultline.core.sections.ablation import Ablation
from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.criteria import thresholds as limit
from faultline.findings.ablation_effects import GAIN_HELPS, held_gains
from faultline.findings.finding import SCORE_UNDECIDED, Finding
from faultline.findings.words import Advice, quoted

# Curvature along a direction, relative to the largest, below which it is a ridge: trajectories need the square root of its
# inverse as many steps, ten here.
RIDGE = 0.01

# How many times more steps a ridge within one variable must cost than the bend between it and another, to be the reason. A random
# walk is a long ridge in itself (5 there), and its scale bends it all the same.
RIDGE_OUTWEIGHS = 20.0

# Part of a direction from which a variable counts as spanning it.
RIDGE_SHARE = 0.15

# Fraction of the largest move along a ridge, in conditional standard deviations (RIDGE_MOVES), from which a variable belongs to the ridge.
# As far as rounding and draws can tell, what moves less only follows.
RIDGE_FOLLOWS = 0.05


def longest(apart: Ablation, single: Mapping[str, float]) -> tuple[tuple[str, ...], set[str]]:
    """The variables at the top of the longest direction which a variable that helps takes part in, and all that move along it.

    An effect whose mean moves along is carried along: where several means do, only a combination of them is known.
    """
    for row in apart.curvature.null:
        moving = _moving(row)
        if row["ratio"] < RIDGE and any(name in single for name in moving):
            roots = _roots(apart, row)
            names = roots if len(roots) > 1 else _spanning(row)
            return tuple(sorted(names, key=lambda name: -single.get(name, 0.0))[:3]), set(moving)
    return (), set()


def said(names: Sequence[str]) -> str:
    """A ridge in words."""
    what = " and ".join(names) if len(names) > 1 else f"the elements of {names[0]}"
    return f"{what} can change together with almost no effect on the density (a ridge: only a combination of them is identified)"


def unconfirmed(rows: Sequence[Row]) -> Iterator[Finding]:
    """Ridges, the longest first, that name a variable which no longer one has named."""
    told: set[str] = set()
    for row in rows:
        names = tuple(_spanning(row))
        if row["ratio"] < RIDGE and not set(names) <= told:
            told |= set(names)
            note = f"a ridge along {' and '.join(names)} (curvature {row['ratio']:.2g} times the largest), which no fit confirms"
            yield Finding("holding", names, "a", SCORE_UNDECIDED, row["ratio"], RIDGE, note)


def costs_more(apart: Ablation, bend: Row) -> bool:
    """Whether the two variables make a ridge that costs more steps than their bend, or a ridge of one of them alone or across others
    costs many more.

    Moving one alone leaves the ridge of both, for where curvatures differ but no draw is: there a bend of two of which neither prior reads
    the other is no stronger than the draws show it.
    """
    pair = {bend["by"], bend["bent"]}
    bent = math.exp(2 * bend["slope"])  # over four spreads, the widest to the narrowest
    direct = bend["by"] in apart.curvature.reads.get(bend["bent"], ())
    drawn = bent if direct else min(bent, bend.get("width_of_draws") or bent)
    for row in apart.curvature.null:
        names, length = set(_spanning(row)), max(row["ratio"], 1e-300) ** -0.5
        alone = names < pair or (len(_roots(apart, row)) > 1 and pair & set(_moving(row)))
        widths = drawn if pair <= names else bent * (RIDGE_OUTWEIGHS if alone else math.inf)
        if row["ratio"] < RIDGE and length > widths:
            return True
    return False


def _roots(apart: Ablation, row: Row) -> list[str]:
    """Those that move along a ridge and whose prior reads nothing that does."""
    reads, moving = apart.curvature.reads, _moving(row)
    return [name for name in moving if not set(reads.get(name, ())) & set(moving)]


def _moving(row: Row) -> list[str]:
    """The variables that move along a ridge, far beyond their own widths."""
    most = max((part.get("moves") or 0.0 for part in row["share"]), default=0.0)
    least = max(limit.RIDGE_MOVES, RIDGE_FOLLOWS * most)
    return [
        part["name"]
        for part in row["share"]
        if part["share"] >= RIDGE_SHARE or (part.get("moves") or 0.0) >= least
    ]


def _spanning(row: Row) -> list[str]:
    return [part["name"] for part in row["share"] if part["share"] >= RIDGE_SHARE]


# --- What to do --------------------------------------------------------------------------------------------------


def _along_ridge(names: Sequence[str], record: Record) -> str:
    """How to write the variables of a ridge, where one says why holding them helps."""
    null = record.apart.curvature.null
    ridges = [{part["name"] for part in row["share"]} for row in null if row["ratio"] < RIDGE]
    if not any(set(names) <= ridge for ridge in ridges):
        return _center_product(names, record) or (
            "Look at the draws of {names}: the rest samples better with {names} held fixed, and none of the measurements explains why."
        )
    if len(names) > 1:
        return (
            f"Reparameterize {quoted(names)}: the data identify only a combination of them. Drop all but one (fix the others at 0), make the "
            "combination the variable, or add a constraint (a ZeroSumNormal for effects added to a mean)."
        )
    return (
        f"Reparameterize the elements of {quoted(names)}: the data identify only some combinations of them. Add a constraint that removes "
        "the free direction, or use the combinations that the data identify as the variables (a QR decomposition of correlated predictors, "
        "sums or increments along a series)."
    )


def _center_product(names: Sequence[str], record: Record) -> str:
    """What to do where either of two helps when held, and one parameter of a likelihood reads both; else empty."""
    gains = held_gains(record.apart)
    alone = sorted(gains.get((name,), 0.0) for name in names)
    if len(names) != 2 or alone[0] < GAIN_HELPS:
        return ""
    sizes = {row["name"]: row.get("size") or 1 for row in record.model.free_rvs}
    by, bent = sorted(names, key=lambda name: sizes.get(name, 1))
    return center(by, bent) if of_product(by, bent, record) else ""


def center(by: str, bent: str) -> str:
    return (
        f"The data inform `{by}` and `{bent}` together. If `{bent}` is multiplied by `{by}` (non-centered), the data inform the product "
        f"better than either factor: use a centered parameterization, with the product a variable whose prior has the scale `{by}`."
    )


def of_product(by: str, bent: str, record: Record) -> bool:
    """Whether one parameter of a likelihood reads both, so that a product of the two may stand in it."""
    rows = record.model.observed_parameters
    return any({by, bent} <= set(names) for row in rows for names in row["parameters"])


ADVICE: Advice = {"holding": _along_ridge}
