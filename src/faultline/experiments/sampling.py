"""Groups that sample: a look at the start, the sampler, and what the case itself can say about the draws."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import xarray as xr
from pymc.exceptions import SamplingError

from faultline.core.errors import InputError, shown
from faultline.core.record import OWN_SECTIONS
from faultline.criteria.run_statistics import judged_section, sample_on
from faultline.engine import backend
from faultline.engine.density import LogpGradient
from faultline.engine.draws import completed, write_draws
from faultline.engine.samplers.in_xla import start_vector
from faultline.experiments.model_context import Subject, keep_costs, look_at_start
from faultline.experiments.model_target import prepare
from faultline.probes.line_integral import adds_up
from faultline.probes.prior_data_conflict import conflict
from faultline.probes.sampling import sample_with_extension

if TYPE_CHECKING:
    from faultline.core.recorder import Recorder

__all__ = ["measure", "prepare"]


WRONG_GRADIENT_SECONDS = 30.0
"""For a sampler that follows a wrong gradient: its draws are of no posterior, and a look at how it fails is enough."""

ADDS_UP_STARTS = 8
"""Jittered starts through which the gradient is followed."""


def measure(recorder: Recorder, subject: Subject) -> None:
    """A look at the start, then the sampler, then what the case itself can say about the draws."""
    spec = recorder.spec
    look = look_at_start(recorder, subject)
    _ask_the_case(recorder, subject, None)
    if not subject.model.continuous_value_vars:
        return
    runs: dict[str, Any] = {}

    def keep(key: str, figures: dict[str, Any], draws: Any) -> None:
        if draws is not None:
            runs[key] = draws
            recorder.keep(**{key: figures})
            write_draws(completed(_together(runs, recorder.record.content), subject.model), spec["draws"])

    with recorder.stage("gradient_along_lines"):
        follows = _adds_up(subject, look, spec["seed"])
        recorder.keep(gradient={"adds_up": follows})
    sampler = {**spec["sampler"], "init": subject.strategy}
    found = sample_with_extension(
        subject.model,
        sampler,
        # Of a wrong gradient's draws, more tell no more.
        lambda figures: sample_on(figures) if figures["complete"] and follows is not False else None,
        seed=spec["seed"],
        seconds=recorder.seconds_left(),
        run_seconds=WRONG_GRADIENT_SECONDS if follows is False else None,
        look=look,
        deterministics=subject.case.recovered,
        selected=subject.case.signature.literals.get("SELECTED", ()),
        progress=partial(_tell, recorder),
        on_stage=recorder.enter,
        keep=keep,
    )
    keep_costs(recorder, found)
    if runs:
        _against_priors(recorder, subject, *list(runs.items())[-1])
        _ask_the_case(recorder, subject, list(runs.values())[-1])
    recorder.check_limit("sample_extended" if "sampling_extended" in found else "sample")


def _against_priors(recorder: Recorder, subject: Subject, key: str, draws: Any) -> None:
    """Where the last run's draws lie in the priors that they have to themselves."""
    with recorder.stage("priors"):
        posterior, names = draws["posterior"].to_dataset(), [rv.name for rv in subject.model.free_RVs]
        drawn = {name: posterior[name].transpose("chain", "draw", ...).values for name in names}
        values = {name: values.reshape(-1, *values.shape[2:]) for name, values in drawn.items()}
        recorder.keep(**{key: {"priors": conflict(subject.model, values)}})


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
    longer = judged_section(record) == "sampling_extended"
    other = {"sampling": "first_run/"} if longer else {"sampling_extended": "longer_run/"}
    return xr.DataTree.from_dict(
        {
            f"{other.get(key, '')}{name}": node.to_dataset()
            for key, tree in runs.items()
            for name, node in tree.children.items()
        }
    )


def _ask_the_case(recorder: Recorder, subject: Subject, draws: Any) -> None:
    """What only the case knows: whether the truth was recovered, and probes of its own."""
    spec, case = recorder.spec, subject.case
    if case.hook("recovery") and draws is not None and spec["kind"] == "sampling":
        with recorder.stage("recovery"):
            if found := case.figures("recovery", subject.dataset, draws):
                recorder.keep(truth=found)
    if case.hook("group_probes"):
        with recorder.stage("group_probes"):
            asked = (spec["kind"], subject.model, subject.dataset, draws, backend.evaluate)
            found = case.figures("group_probes", *asked)
            if own := sorted(OWN_SECTIONS & set(found)):
                raise InputError(
                    f"group_probes of case {spec['case']} returned section {own[0]}, a name that Faultline uses itself; choose another name."
                )
            for name, section in found.items():
                if section is not None and not isinstance(section, Mapping):
                    raise InputError(
                        f"group_probes of case {spec['case']} returned {shown(section)} as {name}; a section must be a mapping of names to values."
                    )
            checks = case.signature.literals.get("CHECKS", {})
            declared = {name: checks[name] for name in checks if name in found}
            recorder.keep(**found, **({"case_checks": declared} if declared else {}))


def _tell(recorder: Recorder, done: int, total: int, divergences: int) -> None:
    recorder.progress.tell(done=done, total=total, divergences=divergences)
