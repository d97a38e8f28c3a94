"""Changes in words. Names of the model stand in backticks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faultline.criteria.remedies import VARIANT
from faultline.diagnosis.headlines import KINDS
from faultline.diagnosis.remedies.judging import efficiencies, parts
from faultline.findings.words import listed

Tried = Mapping[str, Any]
"""A row of ``tried`` in ``remedies.json``, or one of ``left_out``."""

_KINDS = {
    "non_centered": ("non-center {names}", "non-centering {names}"),
    "increments": (
        "write {names} as the sum of its increments",
        "writing {names} as the sum of its increments",
    ),
    "innovations": (
        "write {names} in terms of its innovations",
        "writing {names} in terms of its innovations",
    ),
    "centered": ("center {names}", "centering {names}"),
    "rotated": (
        "rotate {names} along the principal axes of their predictors",
        "rotating {names} along the principal axes of their predictors",
    ),
    "signs": ("keep {names} positive", "keeping {names} positive"),
    "half_turn": ("keep {names} positive", "keeping {names} positive"),
    "cut": (
        "begin the interval of {names} half its width further",
        "beginning the interval of {names} half its width further",
    ),
    "ordered": ("keep {names} in increasing order", "keeping {names} in increasing order"),
    VARIANT: (
        "choose `{choice}` for the variant `{variant}`",
        "choosing `{choice}` for the variant `{variant}`",
    ),
}
"""Kind of a step -> what to do, and the doing of it."""


_FAULTS = {
    "non_centered": "a funnel: another variable sets the scale of {names}",
    "increments": "a funnel: another variable sets the scale of the steps of {names}",
    "innovations": "a funnel: another variable sets the scale of the steps of {names}",
    "centered": "a ridge: only the product of {names} and its scale is identified",
    "rotated": "a ridge: only a combination of {names} is identified",
    "signs": "several modes: the sign of {names} can be turned around",
    "half_turn": "several modes: half a turn of `{angle}` undoes the sign of {names}",
    "cut": "several modes: the interval of {names} ends within the posterior",
    "ordered": "several modes: the labels of {names} can be exchanged",
}
"""Kind of a step -> the fault that it cures."""


def faults(row: Tried) -> list[str]:
    """What is at fault where these steps cure, as a headline says it, for each of them."""
    return [
        f"{KINDS['a']}: "
        + _FAULTS[step["kind"]].format(
            angle=step.get("angle"),
            names=("the elements of " if step["kind"] == "rotated" and len(step["names"]) == 1 else "")
            + " and ".join(f"`{name}`" for name in step["names"]),
        )
        for step in row["steps"]
        if step["kind"] in _FAULTS
    ]


def imperative(row: Tried) -> str:
    """``Non-center `theta`, and sample with `target_accept` at 0.99``."""
    return capital(_said(row, 0, "sample with"))


def gerund(row: Tried) -> str:
    """``non-centering `theta```."""
    return _said(row, 1, "" if not row["steps"] else "sampling with")


def _said(row: Tried, form: int, sampling: str) -> str:
    steps = [
        _KINDS[step["kind"]][form].format(**{**step, "names": listed(_named(step))}) for step in row["steps"]
    ]
    settings = listed([_setting(name, value) for name, value in row["sampler"].items()])
    return listed([*steps, *([f"{sampling} {settings}".strip()] if settings else [])])


def _setting(name: str, value: Any) -> str:
    if name == "metric":
        return f'a {value} metric (in `pm.sample`: `nuts_sampler="numpyro", nuts_sampler_kwargs={{"dense_mass": True}}`)'
    return f"`{name}` at {value}"


def _named(step: Mapping[str, Any]) -> list[str]:
    """The variables that a step changes, or what it keeps positive of them."""
    anchors = [name for name, _ in step.get("anchors", ())]
    whole = [name for name, at in step.get("anchors", ()) if at is None] if anchors else step["names"]
    sums = dict.fromkeys(name for name in anchors if name not in whole)
    one = "a weighted sum of", "weighted sums of"
    return [
        *(f"the logarithm of `{name}`" if name in step.get("logs", ()) else f"`{name}`" for name in whole),
        *(f"{one[anchors.count(name) > 1]} `{name}`" for name in sums),
    ]


def figures(remedies: Mapping[str, Any], row: Tried) -> str:
    """What the runs show: how many pass, with the change and without, and their figures before and after, in a sentence or two."""
    before, after = remedies["unchanged"], fresh(row)
    it = "them" if parts(row) > 1 else "it"
    return (
        f"With {it} {row['passes']} of {row['fresh']} fresh runs pass, and {before['passes'] or 'none'} of {before['fresh']} as the model "
        f"stands. {_figures(before['runs'], after)}."
    )


def fresh(row: Tried) -> list[Mapping[str, Any]]:
    """The runs of a change that did not serve to choose it."""
    return list(row["runs"][1:])


def _figures(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        f"Divergent draws: {share(before)} before, {share(after)} after",
        f"largest R-hat: {span(before, 'max_rhat', '.3g')} before, {span(after, 'max_rhat', '.3g')} after",
        f"effective draws per 1000 gradient evaluations: {efficiency(before)} before, {efficiency(after)} after",
    ]
    return "; ".join(rows)


def share(runs: Sequence[Mapping[str, Any]]) -> str:
    """Divergent draws in percent, over seeds."""
    found = [100 * run["divergences"] / run["n_draws"] for run in runs if run["n_draws"]]
    return _range(found, ".2g", " %")


def efficiency(runs: Sequence[Mapping[str, Any]]) -> str:
    """Effective draws for 1000 gradient evaluations, over seeds."""
    return _range([float(f"{each:.2g}") for each in efficiencies(runs)], "g")


def span(runs: Sequence[Mapping[str, Any]], name: str, form: str) -> str:
    """Smallest and largest of a figure, over seeds."""
    return _range([run[name] for run in runs if run[name] is not None], form)


def _range(values: Sequence[float], form: str, unit: str = "") -> str:
    if not values:
        return "not known"
    low, high = format(min(values), form), format(max(values), form)
    return f"{low}{unit}" if low == high else f"{low} to {high}{unit}"


def capital(words: str) -> str:
    """With a capital at its start."""
    return words[:1].upper() + words[1:]
