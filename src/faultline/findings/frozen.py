"""The group in which the latent variables stand still: which of what is left mixes, and which does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from faultline.core.check import finite
from faultline.core.sections.record import Record
from faultline.core.sections.run import Run
from faultline.core.sections.section import Row
from faultline.criteria import thresholds as limit
from faultline.findings.ablation_effects import CURED_RHAT
from faultline.findings.parts import OBSERVATION


@dataclass(frozen=True)
class Mixing:
    """The free variables of a frozen model, by whether their chains mix; each a row of the record's ``variables``."""

    well: Sequence[Row]
    badly: Sequence[Row]

    @property
    def parts(self) -> bool:
        """Whether some mix and others do not: then not all that is left is to blame."""
        return bool(self.well) and bool(self.badly)


def mixing(record: Record) -> Mixing:
    """Which variables mix in the run that was judged; the worst first."""
    run = record.judged_run
    enough = _enough(run)
    well = [row for row in run.variables if _mixes(row, enough)]
    badly = [row for row in run.variables if row not in well]
    return Mixing(
        well, sorted(badly, key=lambda row: -row["rhat_max"] if finite(row.get("rhat_max")) else 0.0)
    )


def accused(record: Record) -> tuple[str, ...]:
    """What a failing frozen group accuses: the variables that do not mix, or the observation model where all or none do."""
    found = mixing(record)
    return tuple(row["name"] for row in found.badly) if found.parts else (OBSERVATION,)


def said(record: Record) -> str:
    """What it means that this group fails."""
    lead = "With the latent variables held fixed only the observation model is left"
    found = mixing(record)
    if not found.badly and found.well:
        return (
            f"{lead}: it is the culprit, although each of its variables mixes ({_figures(found.well)}): what fails is how the "
            "sampler moves, not where it ends up."
        )
    if not found.parts:
        return f"{lead}: it is the culprit."
    names = [row["name"] for row in found.badly]
    text = (
        f"{lead}, but not all of it is at fault: {_quoted(row['name'] for row in found.well)} "
        f"{'mixes' if len(found.well) == 1 else 'mix'} ({_figures(found.well)}), {_quoted(names)} "
        f"{'does' if len(names) == 1 else 'do'} not ({'; '.join(_figure(row) for row in found.badly)})."
    )
    return f"{text} {_implied(record, names)}"


def _implied(record: Record, names: Sequence[str]) -> str:
    """Where to look: in the terms that read what does not mix, and not in those that do not read it."""
    reads = record.model.reads
    where = [row["name"] for row in reads if set(row["variables"]) & set(names)]
    clear = [row["name"] for row in reads if row["name"] not in where]
    if not where:
        return f"So look at how {_quoted(names)} {'is' if len(names) == 1 else 'are'} written, and at the terms that read {'it' if len(names) == 1 else 'them'}."
    text = f"So look at {_quoted(where)}, which {'reads' if len(where) == 1 else 'read'} {'it' if len(names) == 1 else 'them'}, and at how {'it is' if len(names) == 1 else 'they are'} written."
    return f"{text} Nothing here speaks against {_quoted(clear)}." if clear else text


def _enough(run: Run) -> float:
    """Effective draws of a variable that mixes: what a pass needs of four chains, or where there are few draws a fourth of them."""
    return min(limit.ESS_MIN * (run.chains or 0) / 4, (run.n_draws or 0) / 4)


def _mixes(row: Row, enough: float) -> bool:
    """For R-hat by the limit of a cure: one variable that is stuck stirs the others."""
    ess = [row.get("ess_bulk_min"), row.get("ess_tail_min")]
    known = not row.get("n_undefined") and finite(row.get("rhat_max")) and all(map(finite, ess))
    return known and row["rhat_max"] <= CURED_RHAT and min(ess) >= enough


def _figures(rows: Sequence[Row]) -> str:
    rhat, ess = max(row["rhat_max"] for row in rows), min(row["ess_bulk_min"] for row in rows)
    return f"R-hat at most {rhat:.3g}, bulk ESS at least {ess:.0f}"


def _figure(row: Row) -> str:
    if not finite(row.get("rhat_max")):
        return f"`{row['name']}` has no R-hat: it never moved"
    ess = f"{row['ess_bulk_min']:.0f}" if finite(row.get("ess_bulk_min")) else "unknown"
    return f"R-hat {row['rhat_max']:.3g}, bulk ESS {ess}"


def _quoted(names: Any) -> str:
    *most, last = [f"`{name}`" for name in names]
    return f"{', '.join(most)} and {last}" if most else last
