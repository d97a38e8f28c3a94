"""What the runs of all changes say: the content of ``remedies.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faultline.criteria.remedies import UNCHANGED, VARIANT, Asked, Remedy, judgment, passes
from faultline.criteria.trials.of_sampling import SAME_EFFICIENCY
from faultline.diagnosis.remedies.agreement import compared

CURES, HELPS, FAILS, UNDECIDED = "cures", "helps", "does not cure", "undecided"
_FIGURES = ("divergences", "n_draws", "max_rhat", "min_ess", "n_steps_mean", "min_ebfmi", "seconds")


def judged(rows: Sequence[Mapping[str, Any]], left_out: Sequence[str]) -> dict[str, Any]:
    """The content of ``remedies.json``.

    Parameters
    ----------
    rows
        For each measurement its ``remedy`` as JSON text, whether it is ``more``, its ``request``, ``runs``, ``record`` and ``error``.
    left_out
        Changes that there was no room for, as JSON text.
    """
    outcomes = {
        Asked(Remedy(row["remedy"]), row["more"]): [passes(run) for run in row["runs"]] for row in rows
    }
    tried = [
        _tried(Remedy(row["remedy"]), rows, outcomes)
        for row in rows
        if not row["more"] and row["remedy"] != UNCHANGED.text
    ]
    tried = compared(tried, CURES, HELPS)
    unchanged = _arm(UNCHANGED, rows, screens=False)
    return {
        "schema_version": 1,
        "unchanged": unchanged,
        "tried": tried,
        "left_out": [_parts(Remedy(text)) for text in left_out],
        "cure": _best(tried, CURES),
        "help": _best(tried, HELPS),
    }


def _parts(remedy: Remedy) -> dict[str, Any]:
    return {"steps": remedy.steps, "sampler": remedy.sampler}


def _tried(
    remedy: Remedy, rows: Sequence[Mapping[str, Any]], outcomes: Mapping[Asked, Any]
) -> dict[str, Any]:
    arm = _arm(remedy, rows, screens=True)
    says = judgment(remedy, outcomes)
    identity = arm.pop("identity")
    return {
        **_parts(remedy),
        **arm,
        "outcome": {"cures": CURES, "helps": HELPS, "fails": FAILS}.get(says, UNDECIDED),
        "equivalent": _equivalent(remedy, identity),
        "identity": identity,
    }


def _equivalent(remedy: Remedy, identity: Sequence[Mapping[str, Any]] | None) -> bool | None:
    """Whether the posterior is the same; None: not known, as of a variant of the case's own."""
    if not remedy.steps:
        return True
    if not identity:
        return None
    holds = [row["holds"] for row in identity] + [None for step in remedy.steps if step["kind"] == VARIANT]
    return False if False in holds else None if None in holds else True


def _arm(remedy: Remedy, rows: Sequence[Mapping[str, Any]], screens: bool) -> dict[str, Any]:
    """The runs of one change: the first is the screening, where there is one."""
    mine = [row for row in rows if row["remedy"] == remedy.text]
    runs = [run for row in mine for run in row["runs"]]
    figures = {figure["seed"]: figure for row in mine for figure in row["record"].get("replicates", ())}
    about = mine[0]["record"].get("remedy", {}) if mine else {}
    fresh = [run for run in runs if run is not runs[0]] if screens else runs
    return {
        "requests": [row["request"] for row in mine],
        "runs": [
            {
                "seed": run["seed"],
                "passes": passes(run),
                "raised": run["raised"],
                **{name: figures.get(run["seed"], {}).get(name) for name in _FIGURES},
            }
            for run in runs
        ],
        "passes": sum(passes(run) is True for run in fresh),
        "fresh": len(fresh),
        "quantities": about.get("quantities", []),
        "identity": about.get("identity"),
        "code": about.get("code"),
        "refused": about.get("refused"),
        "error": next((row["error"] for row in mine if row["error"]), None),
    }


def _best(tried: Sequence[Mapping[str, Any]], outcome: str) -> int | None:
    """The change of this outcome that is shown first: an equivalent rewrite rather than a setting; then, of those that sample about as well as
    the best of their kind, the one with the fewest parts.
    """
    rows = [(number, row) for number, row in enumerate(tried) if row["outcome"] == outcome]
    if not rows:
        return None

    def kind(row: Mapping[str, Any]) -> tuple[bool, bool]:
        return row["equivalent"] is not True, not row["steps"]

    def efficiency(row: Mapping[str, Any]) -> float:
        return min(efficiencies(row["runs"]), default=0.0)

    first = min(kind(row) for _, row in rows)
    rows = [(number, row) for number, row in rows if kind(row) == first]
    most = max(efficiency(row) for _, row in rows)
    rows = [(number, row) for number, row in rows if 2**SAME_EFFICIENCY * efficiency(row) >= most]
    return min(rows, key=lambda pair: (parts(pair[1]), -efficiency(pair[1])))[0]


def parts(row: Mapping[str, Any]) -> int:
    """How many things a change changes."""
    return len(row["steps"]) + len(row["sampler"])


def efficiencies(runs: Sequence[Mapping[str, Any]]) -> list[float]:
    """Effective draws of the worst quantity for 1000 gradient evaluations, of each run where they are known."""
    return [
        1000 * run["min_ess"] / (run["n_draws"] * run["n_steps_mean"])
        for run in runs
        if run["min_ess"] and run["n_draws"] and run["n_steps_mean"]
    ]
