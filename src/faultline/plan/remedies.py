"""The trial of a change that may cure a model."""

from __future__ import annotations

from dataclasses import replace

from faultline.criteria.remedies import UNCHANGED, VARIANT, Asked
from faultline.criteria.trials.runs import FRESH_RUNS
from faultline.plan.trial import Trial

REMEDY = "remedy"
"""The kind of experiment."""


def trial(asked: Asked, base: Trial, seed: int, seconds: float) -> Trial:
    """The request of runs that are asked for.

    Parameters
    ----------
    base
        The trial of the group that samples the failing model.
    seed
        That of the suite: a change is screened with it. The fresh ones follow.
    seconds
        What all runs of one change may take: as long as taking the model apart.
    """
    first = seed + 1 + (FRESH_RUNS if asked.more else 0)
    fresh = tuple(range(first, first + FRESH_RUNS))
    screens = asked.remedy != UNCHANGED and not asked.more
    own = [step for step in asked.remedy.steps if step["kind"] == VARIANT]
    change = replace(
        base.change,
        variants={**base.change.variants, **{step["variant"]: step["choice"] for step in own}},
        rewritten=tuple(step for step in asked.remedy.steps if step not in own),
        sampler={**base.change.sampler, **asked.remedy.sampler},
    )
    return Trial(
        REMEDY,
        base.components,
        change=change,
        seeds=(seed, *fresh) if screens else fresh,
        screens=screens,
        limits={"total": seconds},
    )
