"""What taking a model apart says: all suspects, the strongest first, and the checks that speak against them.

A model that samples well is accused of nothing but a prior that contradicts its data, and of modes that it cannot tell apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from faultline.core.check import Check, equals, finite
from faultline.criteria import run_statistics
from faultline.findings import density, discrete, geometry
from faultline.findings import thresholds as limit
from faultline.findings.ablation_effects import gain_of
from faultline.findings.finding import Apart, Finding


def checks(record: Mapping[str, Any]) -> list[Check]:
    """The checks of a group that takes a model apart."""
    apart = record.get("apart") or {}
    if not decided(apart).get("n_draws"):
        return []
    run = decided(apart)
    again = "again with other chains"
    if run is apart.get("longer"):
        again = "again, with other chains and longer"
    elif run.get("sampled_before"):
        again = "by an earlier group"
    note = f"the model as it stands, sampled {again}, {'passes' if samples_well(apart) else 'does not pass'}"
    well = equals("samples_well", samples_well(apart), True, note=note, role="standard", cause_class="a")
    return [well, *(finding.as_check() for finding in findings(apart))]


def samples_well(apart: Apart) -> bool:
    """Whether the run that decides passes."""
    return run_statistics.passes(decided(apart))


def decided(apart: Apart) -> Mapping[str, Any]:
    """The run of the model as it stands that decides: the longer one where it passes and the base run does not.

    Where there are discrete variables it is the one that moves them, too: in the others they are held.
    """
    if apart.get("whole"):
        return apart["whole"]
    base = apart.get("base") or {}
    return apart["longer"] if _longer_passes(apart) and not run_statistics.passes(base) else base


def findings(apart: Apart) -> list[Finding]:
    """All suspects, the strongest first."""
    found = [*density.conflicts(apart, samples_well(apart)), *density.unnormalised(apart), *_symmetric(apart)]
    fails = _fails(decided(apart) if apart.get("whole") else apart.get("base") or {})
    if steps := discrete.steps(apart) if fails else []:
        found += steps
    elif fails and _fails(apart.get("base") or {}):
        endless = density.endless(apart)
        # A variable that leads to a cliff, or runs away, moves badly because of it.
        led_to = _led_to_cliffs(apart) | {name for finding in endless for name in finding.names}
        # So does what makes a detour around a prior that contradicts the rest.
        accused = any(finding.check == "prior_agrees" for finding in found)
        searched = [
            *density.unbounded(apart),
            *endless,
            *_cliffs(apart),
            *(
                f
                for f in geometry.suspects(apart, longer_passes=_longer_passes(apart))
                if not (
                    f.check == "holding" and (_among(f, led_to) or (accused and not geometry.has_reason(f)))
                )
            ),
        ]
        found += [replace(f, note=f.note + _held_too(apart)) for f in searched]
    return sorted(found, key=lambda finding: -finding.score)


def _held_too(apart: Apart) -> str:
    names = apart.get("discrete") or ()
    return f" (measured with {' and '.join(names)}, discrete, held)" if names else ""


def _fails(base: Mapping[str, Any]) -> bool:
    """Whether a run does not pass; a short one must fail beyond doubt, since it cannot pass."""
    run = run_statistics.read(base)
    if run.long:
        return not run_statistics.passes(base)
    return any(check.passed is False for check in run_statistics.faults(run))


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
        check = "cliffs"
        if matrix := row.get("matrix"):
            check = "positive_definite"
            note += f": a matrix of {matrix['size']} x {matrix['size']} loses its Cholesky root there"
        found.append(Finding(check, (row["name"],), "c", score, float(row["n_cliff"]), 1.0, note))
    return found


def _led_to_cliffs(apart: Apart) -> set[str]:
    """The factors that break and without which, as far as that was tried, the model samples well, and the variables along which they do."""
    rows = (apart.get("cliffs") or {}).get("factors") or []
    breaking = [
        row
        for row in rows
        if row["n_cliff"] >= limit.CLIFF_LINES and _without(apart, row["name"]) is not False
    ]
    return {name for row in breaking for name in (row["name"], *row["variables"])}


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


def _longer_passes(apart: Apart) -> bool:
    return run_statistics.passes(apart.get("longer") or {})
