"""The measurements of a live model that cannot be pickled, made in this process; the workflow then finds them in the store."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faultline.jobs.progress import called
from faultline.jobs.stages import make
from faultline.plan.config import load
from faultline.plan.designs import groups
from faultline.plan.requests import Planner
from faultline.store.objects import Store
from faultline.targets.case import read_signature


def measure_here(
    store: Store,
    case: Path,
    idata: str | None,
    settings: Mapping[str, Any],
    deadline: float | None,
    show: bool,
) -> None:
    """Measure all groups of a model, as the workflow plans them with these settings.

    Parameters
    ----------
    case
        The file that stands for it: `targets.pickled.kept_here`.
    idata
        The user's draws, a netCDF file.
    settings
        Others, by their dotted names.
    deadline
        By ``time.monotonic()``: no measurement begins after it.
    show
        Whether to say on standard error which group is measured.

    Raises
    ------
    InputError
        For a mistake in the settings or in the model.
    TimeoutError
        The deadline has passed before all was measured.
    """
    config = load(_nested({"case": str(case), "dataset": None, "idata": idata, **settings}))
    signature = read_signature(config.case)
    ladder = groups(signature, config.components, config.groups.sizes, own_runs=config.own_runs)
    planner = Planner(store, config, signature, signature.choose_variants(config.variants))
    plan = planner.plan(ladder)
    planner.write({planned.measured: planned.group.label for planned in plan.groups.values()})
    for planned in plan.groups.values():
        if plan.requests[planned.measured]["case"] != config.case:
            continue  # draws of the user's, which any process can read
        if deadline is not None and time.monotonic() > deadline:
            raise TimeoutError(
                f"the time is used up; {planned.group.name} and what follows are not measured."
            )
        if show:
            print(f"{called(planned.group.label)}: measuring in this process", file=sys.stderr, flush=True)
        make(store, planned.measured)
    store.digests.save()


def _nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """``{"sampler": {"draws": 500}}`` for ``{"sampler.draws": 500}``."""
    found: dict[str, Any] = {}
    for place, value in settings.items():
        *parents, key = place.split(".")
        block = found
        for parent in parents:
            block = block.setdefault(parent, {})
        block[key] = value
    return found
