"""Section 4 of a group that takes a model apart: what was tried, what helps, and what is between the variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from faultline.core.sections.ablation import Ablation
from faultline.core.sections.record import Record
from faultline.core.sections.run import Run
from faultline.findings.ablation_effects import controls, least_gain, typical_gain
from faultline.report import labels
from faultline.report.markdown import codes, known, number, percent, plural, seconds, table, text
from faultline.report.sections import suspects

_FIGURES = (
    ("divergences", number),
    ("max_rhat", number),
    ("min_ess", number),
    ("min_ebfmi", number),
    ("max_treedepth_fraction", percent),
    ("n_steps_mean", number),
)
_FITS = ["", "draws", "divergences", "R-hat", "ESS", "E-BFMI", "at max depth", "gradients per draw", "time"]


def section(record: Record, pictures: Mapping[str, str]) -> str:
    """``pictures`` maps a file name to its Markdown."""
    apart = record.apart
    if not (apart.base.n_draws or apart.whole.n_draws):
        return "\n\n".join(["The model was not tested part by part: nothing was sampled.", *_skipped(apart)])
    parts = [
        *_as_it_stands(apart),
        labels.checks_table(record.checks),
        *_holding(apart, least_gain(record), pictures.get("held.png", "")),
        pictures.get("suspects.png", ""),
        *suspects.rises(apart.far),
        *suspects.endless(apart.endless),
        *suspects.modes(apart.modes),
        *suspects.bends(apart),
        *suspects.ridges(apart.curvature),
        *suspects.cliffs(apart.cliffs),
        *suspects.priors(apart),
        *_skipped(apart),
    ]
    return "\n\n".join(part for part in parts if part)


def _as_it_stands(apart: Ablation) -> list[str]:
    names = codes(apart.discrete)
    base = f"{names} held at the last of these" if apart.whole else "as it stands"
    named = (
        ("as it stands", apart.whole),
        *((f"{names} held at a draw", fit) for fit in apart.discrete_held),
        (base, apart.base),
        ("longer, smaller steps", apart.longer),
    )
    rows = [
        [
            label,
            number(fit.n_draws),
            *(show(getattr(fit, key)) for key, show in _FIGURES),
            seconds(fit.seconds),
        ]
        for label, fit in named
        if fit.n_draws
    ]
    lead = "The model, sampled again with other chains (figures are over the values that the sampler moves; for a positive one, its logarithm):"
    if apart.whole.sampled_before:
        how = f"PyMC updates {names}, which NUTS cannot move, with other step methods."
        return [
            f"The model passed when it was sampled, and was not sampled again. {how} That run:",
            table(_FITS, rows, right=range(1, len(_FITS))),
        ]
    if apart.base.sampled_before:
        lead = (
            "The model passed when it was sampled, and was not sampled again: short chains from other starts ended in the same place. "
            "That run (figures are over the values that the sampler moves; for a positive one, its logarithm):"
        )
    if names:
        lead += (
            f" PyMC updates {names}, which NUTS cannot move, with other step methods. With these held at draws of ordinary energy, NUTS "
            "alone samples what is left."
        )
        if apart.base:
            lead += f" Everything else on this page is measured with {names} held."
    return [lead, table(_FITS, rows, right=range(1, len(_FITS)))]


def _holding(apart: Ablation, least: float, picture: str) -> list[str]:
    fits: dict[str, list[Run]] = {}
    for fit in apart.conditions:
        done = f"{codes(fit.held)} held" if fit.held else f"without {codes(fit.dropped)}"
        fits.setdefault(done, []).append(fit)
    plain = controls(apart)
    if not fits or not plain:
        return [picture]
    held = {name for fit in apart.conditions for name in fit.held}
    dropped = {name for fit in apart.conditions for name in fit.dropped}
    tried = f"{plural(len(held), 'variable')} held at typical draws"
    if dropped:
        tried += f", {plural(len(dropped), 'factor')} of the log-probability left out"
    lead = (
        f"What was tried, one condition at a time: {tried}. A part contributes to the failure if holding it fixed makes the rest sample "
        "well. The gain is the ESS per gradient evaluation, divided by that of the best fit with nothing held. It is taken for the "
        "worst value that is left or for one that samples badly with nothing held, whichever gains more. It counts from "
        f"{number(least)} times on, and only where the chains agree."
    )
    gains = {done: typical_gain(apart, each) for done, each in fits.items()}
    rows = [["nothing held", "", *_fit(plain)]]
    rows += [
        [done, _times(gains[done]), *_fit(fits[done])] for done in sorted(fits, key=lambda done: -gains[done])
    ]
    header = ["condition", "gain", "effective draws per 1000 gradients", "divergences", "R-hat"]
    return [lead, picture, table(header, rows, right=range(1, len(header)))]


def _fit(fits: Sequence[Run]) -> list[str]:
    """Medians over the places of a condition."""
    figures = (("ess_per_1000", suspects.short), ("divergent_share", percent), ("max_rhat", number))
    return [show(_median(fits, key)) for key, show in figures]


def _median(fits: Sequence[Run], key: str) -> float | None:
    values = [value for fit in fits if known(value := getattr(fit, key))]
    return median(values) if values else None


def _times(gain: float) -> str:
    return f"× {suspects.short(gain)}" if gain else "none"


def _skipped(apart: Ablation) -> list[str]:
    rows = [f"- {text(row['what'])}: {text(row['reason'])}" for row in apart.skipped]
    return ["Not done:\n\n" + "\n".join(rows)] if rows else []
