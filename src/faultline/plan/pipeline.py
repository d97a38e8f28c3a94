"""The design for pipelines: the failing configuration, and the repaired one, each with a few seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from faultline.core.errors import InputError
from faultline.plan.ladder import Group
from faultline.plan.trial import Change, Trial
from faultline.targets.case import Signature
from faultline.targets.pipeline import PIPELINE
from faultline.targets.scenarios import before

REPLICATES = 3
"""Seeds of a configuration: a figure of a random stage differs from seed to seed, and one seed may be the odd one."""


def raised(
    signature: Signature, limits: Mapping[str, float], seeds: int, scenario: str | None = None
) -> dict[str, float]:
    """The limits of a measurement with room for the stages that ``RESOURCES`` names.

    Its seconds are for all other stages together: each that is named may take its minutes beside them, with each seed, in the scenario
    and in each one before it. Memory is that of the stage that needs most. Nothing is lowered.
    """
    rows = signature.literals.get("RESOURCES", {}).values()
    minutes = sum(row.get("minutes", 0) for row in rows)
    rounds = 1 + len(before(signature.predecessors, scenario))
    return {
        **limits,
        "total": limits["total"] + math.ceil(60 * minutes * seeds * rounds),
        "memory_mb": max(limits["memory_mb"], *(math.ceil(row.get("mem_mb", 0)) for row in rows), 0),
    }


def groups(signature: Signature, components: dict[str, bool] | None, sizes: Sequence[int]) -> list[Group]:
    """The stages as they stand; where the case names a configuration that works, the stages of that one."""
    signature.choose_components(components)
    if sizes:
        raise InputError(
            f"case {signature.ref} is a pipeline, which has no size ladder; leave groups.sizes empty."
        )
    trials = [("stages", "The stages as they stand", Trial(PIPELINE, {}, replicates=REPLICATES))]
    if signature.repaired is not None:
        change = Change(variants=signature.repaired)
        trials.append(
            (
                "stages_repaired",
                "The repaired stages",
                Trial(PIPELINE, {}, change=change, replicates=REPLICATES),
            )
        )
    return [
        Group(number, f"group_{number}_{description}", title, trial)
        for number, (description, title, trial) in enumerate(trials, start=1)
    ]
