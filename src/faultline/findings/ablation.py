"""What taking a model apart says: all suspects, the strongest first, and the checks that speak against them.

A model that samples well is accused of nothing but a prior that contradicts its data, and of modes that it cannot tell apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from faultline.core.check import Check, equals, finite
from faultline.core.sections.ablation import Ablation
from faultline.core.sections.record import Record
from faultline.core.sections.run import Run
from faultline.criteria import run_statistics
from faultline.criteria import thresholds as limit
from faultline.findings import density, discrete, geometry
from faultline.findings.ablation_effects import GAIN_HELPS, gain_of
from faultline.findings.finding import SCORE_EXPLAINS, SCORE_FOUND, SCORE_LADDER, Finding
from faultline.findings.parts import names_in
from faultline.findings.words import Advice, quoted

# Lines from draws on which a factor must end, jump or lose its gradient: one may have been an accident.
CLIFF_LINES = 2


def checks(record: Record) -> list[Check]:
    """The checks of a group that takes a model apart."""
    apart = record.apart
    run = decided(apart)
    if not run.n_draws:
        return []
    again = "again with other chains"
    if run is apart.longer:
        again = "again, with other chains and longer"
    elif run.sampled_before:
        again = "by an earlier group"
    note = f"the model as it stands, sampled {again}, {'passes' if samples_well(apart) else 'does not pass'}"
    well = equals("samples_well", samples_well(apart), True, note=note, role="standard", cause_class="a")
    return [well, *(finding.as_check() for finding in findings(apart))]


def samples_well(apart: Ablation) -> bool:
    """Whether the run that decides passes."""
    return run_statistics.passes(decided(apart))


def decided(apart: Ablation) -> Run:
    """The run of the model as it stands that decides: the longer one where it passes and the base run does not.

    Where there are discrete variables it is the one that moves them, too: in the others they are held.
    """
    if apart.whole:
        return apart.whole
    return apart.longer if _longer_passes(apart) and not run_statistics.passes(apart.base) else apart.base


def findings(apart: Ablation) -> list[Finding]:
    """All suspects, the strongest first."""
    found = [*density.conflicts(apart, samples_well(apart)), *density.unnormalised(apart), *_symmetric(apart)]
    fails = _fails(decided(apart) if apart.whole else apart.base)
    if steps := discrete.steps(apart) if fails else []:
        found += steps
    elif fails and _fails(apart.base):
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


def _held_too(apart: Ablation) -> str:
    return (
        f" (measured with the discrete {' and '.join(apart.discrete)} held fixed)" if apart.discrete else ""
    )


def _fails(base: Run) -> bool:
    """Whether a run does not pass; a short one must fail beyond doubt, since it cannot pass."""
    run = run_statistics.read(base)
    if run.long:
        return not run_statistics.passes(base)
    return any(check.passed is False for check in run_statistics.faults(run))


# --- Modes --------------------------------------------------------------------------------------------------------


def _symmetric(apart: Ablation) -> list[Finding]:
    words = {"exchange": "exchanging elements of", "sign": "flipping the sign of"}
    return [
        Finding(
            "modes",
            tuple(row["names"]),
            "a",
            SCORE_LADDER,
            float(apart.modes.places),
            1.0,
            f"{words[row['kind']]} {' and '.join(row['names'])} leaves the density unchanged and leads to a different place: modes that "
            "the model cannot distinguish",
        )
        for row in apart.modes.symmetries
        if row["separates"]
    ]


# --- Jumps and ends -----------------------------------------------------------------------------------------------


def _cliffs(apart: Ablation) -> list[Finding]:
    found = []
    for row in apart.cliffs.factors:
        if row["n_cliff"] < CLIFF_LINES:
            continue
        change = f"changes abruptly from {row['before']:.4g} to {_told(row['to'])}"
        if row["to"] == "no gradient":  # its value stays finite
            change = f"abruptly loses its gradient at {row['before']:.4g}"
        note = (
            f"{row['name']} {change}, {row['distance']:.2g} standard deviations "
            f"from a draw (on {row['n_cliff']} of {apart.cliffs.lines} lines, along {' and '.join(row['variables'])})"
        )
        score = SCORE_EXPLAINS if _without(apart, row["name"]) is not False else SCORE_FOUND
        if matrix := row.get("matrix"):
            note += (
                f": the Cholesky factorization of a {matrix['size']} x {matrix['size']} matrix fails there"
            )
        about = ((row["name"],), "c", score, float(row["n_cliff"]), 1.0, note)
        found.append(Finding("positive_definite" if matrix else "cliffs", *about))
    return found


def _led_to_cliffs(apart: Ablation) -> set[str]:
    """The factors that break and without which, as far as that was tried, the model samples well, and the variables along which they do."""
    breaking = [
        row
        for row in apart.cliffs.factors
        if row["n_cliff"] >= CLIFF_LINES and _without(apart, row["name"]) is not False
    ]
    return {name for row in breaking for name in (row["name"], *row["variables"])}


def _among(finding: Finding, names: set[str]) -> bool:
    return bool(finding.names) and set(finding.names) <= names


def _told(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _without(apart: Ablation, factor: str) -> bool | None:
    """Whether the model samples without this factor; None if that was not tried."""
    fits = [fit for fit in apart.conditions if fit.dropped == (factor,)]
    if not fits:
        return None
    return any(gain_of(apart, fit) >= GAIN_HELPS or _fewer_divergences(apart, fit) for fit in fits)


def _fewer_divergences(apart: Ablation, fit: Run) -> bool:
    before, after = apart.base.divergent_share or 0.0, fit.divergent_share
    return finite(after) and before > limit.BENIGN_DIVERGENT_SHARE and after < before / GAIN_HELPS


def _longer_passes(apart: Ablation) -> bool:
    return run_statistics.passes(apart.longer)


# --- What to do --------------------------------------------------------------------------------------------------


def _keep_off_cliff(names: Sequence[str], record: Record) -> str:
    """A likelihood that ends where a parameter reaches the data needs another prior; anything else another form."""
    row = next((row for row in record.apart.cliffs.factors if row["name"] in names), {})
    if row.get("to") == "-inf" and set(names) <= names_in(record.model.observed):
        bounding = quoted(row["variables"])
        return (
            f"{quoted(names)} has probability 0 beyond some value of {bounding}. If {bounding} bounds the data, let it begin where they end "
            "(truncate its prior there, or write it as the largest datum plus a positive variable), so that the sampler works on a "
            "scale that respects the bound. If it does not, the arithmetic breaks down there: write it in a stable form (log1p, "
            "logaddexp, a log-probability instead of its exponential)."
        )
    return (
        f"Write {quoted(names)} so that its value and gradient are finite wherever the sampler goes: use a transform instead of a hard "
        "limit, and a stable form (logaddexp, log1p, softplus) instead of one that overflows."
    )


ADVICE: Advice = {"cliffs": _keep_off_cliff}
