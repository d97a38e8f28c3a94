"""The model sampled as its user did: by ``pm.sample``, with the arguments that the user gave; and which of them make it fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from faultline.criteria.own_run import passes
from faultline.engine.draws import completed, write_draws
from faultline.experiments import model_target
from faultline.experiments.model_context import Subject
from faultline.probes.given_draws import read_draws, settings_of
from faultline.probes.own_run import at_fault, attempted, changed, check_names, moves

if TYPE_CHECKING:
    from faultline.core.recorder import Recorder
    from faultline.targets.opened import Opened


def prepare(recorder: Recorder, opened: Opened) -> Subject | None:
    """The model that the spec asks for. What the user does not say of the run, draws of it tell."""
    spec = recorder.spec
    if given := spec.get("idata"):
        with recorder.stage("load"):
            spec["as_yours"] = {**settings_of(read_draws(given["path"])), **spec["as_yours"]}
    return model_target.prepare(recorder, opened)


def measure(recorder: Recorder, subject: Subject) -> None:
    """The run as the user made it; where it does not pass, runs with other arguments, until it is known which of them cure it."""
    spec, model = recorder.spec, subject.model
    arguments, seed = spec["as_yours"], spec["seed"]
    if not model.free_RVs:
        return
    check_names(model, arguments)
    about = {"arguments": arguments, "moves": moves(model, arguments)}
    with recorder.stage("as_yours"):
        first, draws = attempted(model, arguments, seed)
    if draws is None:
        recorder.keep(as_yours={**about, "error": first["error"]})
    else:
        recorder.keep(sampling=first, as_yours=about)
        write_draws(completed(draws, model), spec["draws"])
    if passes(first, about["moves"]):
        return

    def attempt(change: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
        others = changed(arguments, change)
        figures = attempted(model, others, seed)[0]
        return figures, passes(figures, moves(model, others))

    recorder.keep(as_yours={"stopped": True})  # what ends it from outside leaves it so
    with recorder.stage("other_arguments"):
        found = at_fault(
            arguments,
            first,
            attempt,
            recorder.seconds_left,
            lambda rows: recorder.keep(as_yours={"tried": rows}),
        )
        recorder.keep(as_yours=found)
