"""The checks of a model's structure: values that nothing informs, and terms that no gradient goes through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faultline.verdict.check import Check, equals


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
