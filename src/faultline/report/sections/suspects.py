"""What the looks at a model taken apart found, in words: places, scales, ridges, cliffs, priors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from faultline.core.sections.ablation import Ablation, Cliffs, Curvature, Modes
from faultline.core.sections.section import Row
from faultline.criteria import thresholds as limit
from faultline.engine.names import element_of
from faultline.findings.ablation_effects import elsewhere, prior_cost, surprise
from faultline.findings.density import CONFLICT_REMARK, PRIOR_COSTS
from faultline.findings.funnel import BENDS
from faultline.findings.ridge import RIDGE
from faultline.report.markdown import code, codes, known, number, percent, table, text

MOST = 10


def short(value: Any) -> str:
    """A figure to two digits, such as a gain."""
    return number(float(f"{value:.2g}")) if known(value) else number(value)


def rises(far: Sequence[Row]) -> list[str]:
    return [
        f"**Improper posterior:** the log-probability rises by {short(row['rise'])} as {code(row['variable'])} moves out to "
        f"1e{row['decades']} standard deviations, because of {code(row['factor'])}."
        for row in far
        if row["rise"] > limit.RISES
    ]


def endless(lines: Sequence[Row]) -> list[str]:
    return [
        f"**Improper posterior:** on a line along {'the logarithm of ' * row['logarithm']}{codes(row['names'])}, whose prior is flat, the log-probability "
        f"changes by {short(row['profile'][-1])} in {row['distances'][-1]:.5g} and does not fall off."
        for row in lines
    ]


def modes(modes: Modes) -> list[str]:
    parts = []
    apart = [row for row in modes.variables if row["n"]]
    if modes.places > 1:
        label = ", ".join(
            f"{code(row['name'])} ({number(row['apart'], 2)} standard deviations)" for row in apart
        )
        levels = ", ".join(
            f"chain {i} in place {place} (mean log-probability {number(lp)})"
            for i, (place, lp) in enumerate(zip(modes.chains, modes.lp, strict=True))
        )
        parts.append(
            f"**The chains stay in {modes.places} different places**, furthest apart in {label}: {levels}."
        )
    change = {"exchange": "exchanging elements of", "sign": "flipping the sign of"}
    for row in modes.symmetries:
        leads = (
            "and leads to another place"
            if row["separates"]
            else "and leads to the same place, so it is harmless"
        )
        parts.append(
            f"**Symmetry:** {change[row['kind']]} {codes(row['names'])} leaves the density unchanged {leads}."
        )
    return parts


def bends(apart: Ablation) -> list[str]:
    lead = (
        "Where one variable sets the scale of another, no single step size works everywhere (a funnel is an example). When the "
        "first moves by one standard deviation, with all else fixed, the width of the second changes by:"
    )
    in_prior = (
        "One variable also sets the scale of another in the prior, which the unconverged chains must cross:"
    )
    return [*_bends(apart.curvature.bends, lead), *_bends(apart.bends_in_prior, in_prior)]


def _bends(rows: Sequence[Row], lead: str) -> list[str]:
    lines = [
        [
            code(element_of(row, "by", "by_")),
            code(element_of(row, "bent", "bent_")),
            f"× {short(math.exp(row['slope'] / 2))}",
        ]
        for row in rows
        if row["slope"] >= BENDS
    ]
    header = ["sets the scale", "of", "width changes"]
    return [lead, table(header, lines[:MOST], right=[2])] if lines else []


def ridges(curvature: Curvature) -> list[str]:
    return [
        f"**A ridge:** {', '.join(f'{code(part["name"])} ({percent(part["share"])})' for part in row['share'])} can change together "
        f"with almost no effect on the density, which is {short(1 / math.sqrt(row['ratio']))} times as long in that direction as in "
        "its narrowest."
        if row["ratio"] > 0
        else f"**A flat direction:** along {codes(part['name'] for part in row['share'])} the density does not fall off at all on average."
        for row in curvature.null
        if row["ratio"] < RIDGE
    ]


def cliffs(cliffs: Cliffs) -> list[str]:
    lines = [
        [
            code(row["name"]),
            codes(row["variables"]),
            _turn(row),
            f"{number(row['distance'], 2)} sd",
            f"{number(row['n_cliff'])} of {number(cliffs.lines)}",
        ]
        for row in cliffs.factors
        if row["n_cliff"]
    ]
    if not lines:
        return []
    header = ["factor", "along", "what happens", "nearest to a draw", "lines"]
    lead = "Factors that end, jump or lose their gradient abruptly, on straight lines from draws:"
    return [lead, table(header, lines, right=[4])]


def _turn(row: Row) -> str:
    if row["to"] == "no gradient":
        return f"{number(row['before'])}, without a gradient"
    return f"from {number(row['before'])} to {number(row['to']) if known(row['to']) else text(row['to'])}"


def priors(apart: Ablation) -> list[str]:
    gains = {row["name"]: row for row in apart.relaxed}
    rows = [
        row
        for row in apart.conflict
        if (known(row["log10_tail"]) and surprise(row) < CONFLICT_REMARK)
        or _costly(apart, gains.get(row["name"]))
    ]
    if not rows:
        return []
    lines = [
        [
            code(element_of(row)),
            " to ".join(number(q, 3) for q in row["prior"][::2]) if row.get("prior") else "",
            f"{number(row['posterior_median'], 3)} ± {number(row['posterior_sd'], 2)}",
            _tail(row["log10_tail"]),
            _without(gains.get(row["name"]), row["index"]),
            number(gains[row["name"]]["gain"]) if row["name"] in gains else "not tried",
        ]
        for row in rows
    ]
    header = [
        "variable",
        "prior, 90 %",
        "posterior",
        "tail of the prior",
        "without this prior",
        "cost of this prior",
    ]
    lead = (
        "Priors that disagree with the data. The last column is the increase of the log-density of the rest of the model without that prior; "
        f"{number(PRIOR_COSTS)} for each value is a prior-data conflict:"
    )
    return [lead, table(header, lines, right=[1, 2, 3, 4, 5])]


def _tail(log10: Any) -> str:
    """A probability by its logarithm: it may be too small for a number."""
    if not known(log10):
        return number(log10)
    return f"1e{log10:.0f}" if log10 < -2 else number(10**log10, 2)


def _without(row: Row | None, index: list[int]) -> str:
    """Where all the rest puts the same element."""
    return number(row["without"][1], 3) if row and row["without"] and row["index"] == index else ""


def _costly(apart: Ablation, row: Row | None) -> bool:
    return row is not None and (prior_cost(apart, row) > PRIOR_COSTS or elsewhere(apart, row))
