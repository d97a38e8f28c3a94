"""Groups that sample: a look at the start, the sampler, and what the case itself can say about the draws."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import xarray as xr
from pymc.exceptions import SamplingError

from faultline import backend
from faultline.criteria.figures import sample_on
from faultline.density import LogpGradient
from faultline.errors import InputError
from faultline.probes.along import adds_up
from faultline.probes.conflict import conflict
from faultline.probes.draws import completed, write_draws
from faultline.probes.sampling import sample_with_extension
from faultline.record import OWN_SECTIONS, judged_run
from faultline.samplers.in_xla import start_vector
from faultline.subject import Subject, keep_costs, look_at_start

if TYPE_CHECKING:
    from faultline.worker import Worker


WRONG_GRADIENT_SECONDS = 30.0
"""For a sampler that follows a wrong gradient: its draws are of no posterior, and a look at how it fails is enough."""

ADDS_UP_STARTS = 8
"""Jittered starts through which the gradient is followed."""


def sample(worker: Worker, subject: Subject) -> None:
    """A look at the start, then the sampler, then what the case itself can say about the draws."""
    spec = worker.spec
    look = look_at_start(worker, subject)
    _ask_the_case(worker, subject, None)
    if not subject.model.continuous_value_vars:
        return
    runs: dict[str, Any] = {}

    def keep(key: str, figures: dict[str, Any], draws: Any) -> None:
        if draws is not None:
            runs[key] = draws
            worker.keep(**{key: figures})
            write_draws(completed(_together(runs, worker.record.content), subject.model), spec["draws"])

    with worker.stage("gradient_along_lines"):
        follows = _adds_up(subject, look, spec["seed"])
        worker.keep(gradient={"adds_up": follows})
    sampler = {**spec["sampler"], "init": subject.strategy}
    found = sample_with_extension(
        subject.model,
        sampler,
        # Of a wrong gradient's draws, more tell no more.
        lambda figures: sample_on(figures) if figures["complete"] and follows is not False else None,
        seed=spec["seed"],
        seconds=worker.seconds_left(),
        run_seconds=WRONG_GRADIENT_SECONDS if follows is False else None,
        look=look,
        deterministics=subject.case.recovered,
        selected=subject.case.signature.literals.get("SELECTED", ()),
        progress=partial(_tell, worker),
        on_stage=worker.enter,
        keep=keep,
    )
    keep_costs(worker, found)
    if runs:
        _against_priors(worker, subject, *list(runs.items())[-1])
        _ask_the_case(worker, subject, list(runs.values())[-1])
    worker.check_limit("sample_extended" if "sampling_extended" in found else "sample")


def _against_priors(worker: Worker, subject: Subject, key: str, draws: Any) -> None:
    """Where the last run's draws lie in the priors that they have to themselves."""
    with worker.stage("priors"):
        posterior, names = draws["posterior"].to_dataset(), [rv.name for rv in subject.model.free_RVs]
        drawn = {name: posterior[name].transpose("chain", "draw", ...).values for name in names}
        values = {name: values.reshape(-1, *values.shape[2:]) for name, values in drawn.items()}
        worker.keep(**{key: {"priors": conflict(subject.model, values)}})


def _adds_up(subject: Subject, look: LogpGradient, seed: int) -> bool | None:
    """Whether the gradient that the sampler is to follow is that of the log-probability; None where no start is finite."""
    try:
        starts = [
            start_vector(subject.model, look, subject.strategy, [seed, chain])
            for chain in range(ADDS_UP_STARTS)
        ]
    except SamplingError:  # the sampler will say so, and where
        return None
    return adds_up(look, starts, seed)


def _together(runs: Mapping[str, Any], record: Mapping[str, Any]) -> Any:
    """The run that verdicts rest on at the root of one tree; the other under ``first_run`` or ``longer_run``."""
    longer = judged_run(record) is record.get("sampling_extended")
    other = {"sampling": "first_run/"} if longer else {"sampling_extended": "longer_run/"}
    return xr.DataTree.from_dict(
        {
            f"{other.get(key, '')}{name}": node.to_dataset()
            for key, tree in runs.items()
            for name, node in tree.children.items()
        }
    )


def _ask_the_case(worker: Worker, subject: Subject, draws: Any) -> None:
    """What only the case knows: whether the truth was recovered, and probes of its own."""
    spec, case = worker.spec, subject.case
    if case.hook("recovery") and draws is not None and spec["kind"] == "sampling":
        with worker.stage("recovery"):
            if found := case.figures("recovery", subject.dataset, draws):
                worker.keep(truth=found)
    if case.hook("group_probes"):
        with worker.stage("group_probes"):
            asked = (spec["kind"], subject.model, subject.dataset, draws, backend.evaluate)
            found = case.figures("group_probes", *asked)
            if own := sorted(OWN_SECTIONS & set(found)):
                raise InputError(
                    f"group_probes of case {spec['case']} returned {own[0]}, which is a section of the record that Faultline writes; call it something else."
                )
            worker.keep(**found)


def _tell(worker: Worker, done: int, total: int, divergences: int) -> None:
    worker.progress.tell(done=done, total=total, divergences=divergences)
