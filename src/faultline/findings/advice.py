"""What to do about the checks that failed: each family of findings has the words for its own."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.core.check import Check
from faultline.core.sections.record import Record
from faultline.findings import (
    ablation,
    build,
    data,
    data_contract,
    density,
    discrete,
    evaluation,
    finite_differences,
    funnel,
    geometry,
    gradient,
    own_run,
    pipeline,
    priors,
    ridge,
    structure,
)
from faultline.findings.words import Advice, quoted

FAMILIES = (
    evaluation,
    build,
    structure,
    data,
    gradient,
    finite_differences,
    priors,
    density,
    geometry,
    funnel,
    ridge,
    discrete,
    ablation,
    own_run,
    data_contract,
    pipeline,
)
ADVICE: Advice = {check: advice for family in FAMILIES for check, advice in family.ADVICE.items()}


def has_remedy(name: str) -> bool:
    return name in ADVICE


def mend(guilty: Sequence[Check], record: Record) -> list[str]:
    """What to do about the checks that failed: a sentence each, or one for several variables alike."""
    told: list[Check] = []
    known = {check.name for check in guilty}
    outside = {name for check in guilty if check.name == "parameters_in_domain" for name in check.names}
    for check in guilty:
        if check.name == "finite_total" and "finite_terms" in known:
            continue  # the term is found
        if check.name == "start_exists" and check.names and set(check.names) <= outside:
            continue  # why there is none is found
        # The same of fewer names says nothing more.
        if not any(check.name == other.name and set(check.names) <= set(other.names) for other in told):
            told.append(check)
    steps: dict[tuple[str, ...], list[str]] = {}
    for check in told:
        advice = ADVICE[check.name]
        sentence = advice if isinstance(advice, str) else advice(check.names, record)
        # What is said of each alone is said of all of them at once.
        together = check.names if len(check.names) > 1 else ()
        steps.setdefault((sentence, *together), []).extend(check.names)
    return [
        sentence.replace("{names}", quoted(names) or "the model") for (sentence, *_), names in steps.items()
    ]
