"""The design for pipelines: the failing configuration, and the repaired one, each with a few seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from faultline.core.errors import InputError
from faultline.experiments.stage_order import asked_for, with_inputs
from faultline.plan.ladder import Group
from faultline.plan.trial import Change, Trial
from faultline.targets.case import Signature
from faultline.targets.pipeline import PIPELINE, Stage
from faultline.targets.pipeline_keys import ALL_CHOICES, Sources
from faultline.targets.scenarios import before
from faultline.targets.source import find_source

REPLICATES = 3
"""Seeds of a configuration: a figure of a random stage differs from seed to seed, and one seed may be the odd one."""


def jobs(
    request: Mapping[str, Any], signature: Signature, resources: Mapping[str, Mapping[str, float]]
) -> list[dict[str, Any]]:
    """The requests that a measurement of stages is made of, one after another: the last is the measurement itself.

    A stage that ``resources`` names is a job of its own, and so is what it takes, before it. Of such a job only what these stages
    read decides, so that several measurements share it. Only the stage that comes last needs no other job than the measurement.

    Raises
    ------
    InputError
        A stage that is named shares a state with another one: both have to run in one job.
    """
    stages = asked_for(request, signature)
    if not resources or not stages:
        return [dict(request)]
    sources = Sources(find_source(signature.ref))
    made: set[str] = set()
    found = []
    for stage in stages:
        if stage.name not in resources:
            continue
        if sources.shares_state(stage.name):
            raise InputError(
                f"case {signature.ref}: RESOURCES: {stage.name} shares a name whose value changes with another stage, so it cannot run in a job "
                "of its own; return what it leaves with run.output(...), or take it out of RESOURCES."
            )
        needed = {each.name for each in with_inputs(stages, [stage.name])}
        if needed - made - {stage.name}:
            found.append(_part(request, signature, stages, sources, stage.inputs))
        if stage is not stages[-1]:
            part = _part(request, signature, stages, sources, [stage.name])
            found.append(_with_room(part, signature, resources[stage.name]))
        made |= needed
    found.append(_with_room(dict(request), signature, resources.get(stages[-1].name, {})))
    return found


def _part(
    request: Mapping[str, Any],
    signature: Signature,
    stages: Sequence[Stage],
    sources: Sources,
    only: Sequence[str],
) -> dict[str, Any]:
    """The request for some stages. Choices that none of these reads are the case's own."""
    needed = with_inputs(stages, only)
    read = {name for each in needed for name in each.toggles}
    if any(sources.reads(each.name, ALL_CHOICES) for each in needed):
        read = set(request["variants"])
    variants = {
        name: chosen if name in read else signature.variants[name].default
        for name, chosen in request["variants"].items()
    }
    return {**request, "variants": variants, "only": list(only)}


def _with_room(request: dict[str, Any], signature: Signature, row: Mapping[str, float]) -> dict[str, Any]:
    """A request with limits that leave room for a stage that ``RESOURCES`` names.

    It may take its minutes beside the job's own time, with each seed, in the scenario and in each one before it. Nothing is lowered.
    """
    limits, runs = request["limits"], len(request.get("seeds", [None]))
    rounds = 1 + len(before(signature.predecessors, request["scenario"]))
    more = {
        "total": limits["total"] + math.ceil(60 * row.get("minutes", 0) * runs * rounds),
        "memory_mb": max(limits["memory_mb"], math.ceil(row.get("mem_mb", 0))),
    }
    return {**request, "limits": {**limits, **more}}


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
