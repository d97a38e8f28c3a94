"""The checks of a model's structure: values that nothing informs, and terms that no gradient goes through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faultline import thresholds as limit
from faultline.verdict.check import Check, at_most, equals


def informed(model: Mapping[str, Any]) -> Check:
    """Free values that touch nothing but their own prior: a remark, for they cost a dimension and answer nothing."""
    rows = model.get("prior_only")
    about: dict[str, Any] = {"role": "remark", "cause_class": "b"}
    if rows is None:
        return equals(
            "values_informed", None, 0, note="which values only a prior informs was not measured", **about
        )
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["name"]] = counts.get(row["name"], 0) + (row.get("n") or 1)
    total, note = sum(counts.values()), "no free value is left to its prior alone"
    if counts:
        listed = ", ".join(f"{name} ({n})" for name, n in counts.items())
        note = f"{total} free values touch nothing but their own prior: {listed}"
    return equals("values_informed", total, 0, note=note, names=tuple(counts), **about)


def proper(model: Mapping[str, Any]) -> list[Check]:
    """Values that neither data nor prior hold: the posterior does not exist."""
    names = tuple(row["name"] for row in model.get("prior_only") or [] if row.get("improper"))
    if not names:
        return []
    note = f"nothing in the model reads {', '.join(names)}, and the prior is flat: the posterior is improper"
    return [equals("posterior_proper", len(names), 0, note=note, cause_class="b", names=names)]


def domains(record: Mapping[str, Any]) -> list[Check]:
    """Parameters that their prior lets leave their domain."""
    rows = (record.get("probes") or {}).get("domains") or []
    broken = [row for row in rows if row["violated"] > limit.OUT_OF_DOMAIN]
    worst: dict[str, Mapping[str, Any]] = {}
    for row in broken:
        names = row["variables"] if len(row["variables"]) <= 2 else [row["factor"]]
        if row["violated"] > worst.get(names[0], {"violated": 0.0})["violated"]:
            worst[names[0]] = {**row, "names": tuple(names)}
    return [
        at_most(
            "parameters_in_domain",
            row["violated"],
            limit.OUT_OF_DOMAIN,
            note=f"{row['factor']} requires {row['requires']}, which {100 * row['violated']:.0f} % of the draws from the prior of "
            f"{' and '.join(row['variables'])} do not meet",
            cause_class="b",
            names=row["names"],
        )
        for row in worst.values()
    ]


def felt(model: Mapping[str, Any]) -> list[Check]:
    """Values that other terms read but do not feel: a saturated start, or a step without slope."""
    rows = model.get("flat")
    if rows is None:
        return []
    count, note = (
        sum(row["n"] for row in rows),
        "every value that other terms read has a slope somewhere near the start",
    )
    if rows:
        listed = ", ".join(f"{row['name']} ({row['n']})" for row in rows)
        note = f"the gradient of every other term is exactly 0 by {count} free values, at the start and around it: {listed}"
    names = tuple(row["name"] for row in rows)
    return [equals("values_felt", count, 0, note=note, role="remark", names=names)]


def connected(model: Mapping[str, Any]) -> list[Check]:
    """Terms whose gradient is missing are a fault; a custom Op that has one is a prime suspect, no more."""
    found = []
    ops = model.get("custom_ops")
    if ops is not None:
        blind = [op for op in ops if op.get("has_gradient") is False]
        meant = blind or ops
        note = "no custom Op in the graph"
        if meant:
            what = "without a gradient" if blind else "(prime suspects where a gradient is wrong)"
            note = f"custom Ops {what}: {', '.join(op['op'] for op in meant)}"
        names = tuple(dict.fromkeys(name for op in meant for name in op.get("factors") or []))
        role = "fault" if blind else "remark"
        found.append(equals("custom_ops", len(meant), 0, note=note, role=role, cause_class="c", names=names))
    if cut := model.get("disconnected"):
        names = tuple(dict.fromkeys(row["factor"] for row in cut))
        listed = ", ".join(f"{row['factor']} by {row['name']} ({row['reason']})" for row in cut)
        note = f"terms whose value follows a variable while their gradient does not: {listed}"
        found.append(equals("gradient_connected", len(cut), 0, note=note, cause_class="c", names=names))
    return found
