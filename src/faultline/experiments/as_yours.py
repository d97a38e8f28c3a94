"""The model sampled as its user did: by ``pm.sample``, with the arguments that the user gave; and which of them make it fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from faultline.criteria.own_run import passes
from faultline.engine.draws import completed, write_draws
from faultline.engine.freeze import with_all_data
from faultline.experiments import model_target
from faultline.experiments.model_context import Subject, undefined
from faultline.probes.given_draws import read_draws, settings_of
from faultline.probes.own_run import at_fault, attempted, changed, check_names, moves, row_of

if TYPE_CHECKING:
    import pymc as pm

    from faultline.core.recorder import Recorder
    from faultline.targets.opened import Opened


def prepare(recorder: Recorder, opened: Opened) -> Subject | None:
    """The model that the spec asks for. What the user does not say of the run, draws of it tell.

    One that draws minibatches is sampled as well, though it has no one log-probability: PyMC does not refuse it.
    """
    spec = recorder.spec
    if given := spec.get("idata"):
        with recorder.stage("load"):
            spec["as_yours"] = {**settings_of(read_draws(given["path"])), **spec["as_yours"]}
    subject = model_target.described(recorder, opened)
    return None if undefined(recorder, subject) and not _in_minibatches(recorder) else subject


def _in_minibatches(recorder: Recorder) -> bool:
    """Whether all that makes the log-probability random is ``pm.Minibatch``."""
    rows = recorder.record.content.get("probes", {}).get("random") or []
    return bool(rows) and all(row["kind"] == "minibatch" for row in rows)


def measure(recorder: Recorder, subject: Subject) -> None:
    """The run as the user made it; where it does not pass, runs with other arguments, until it is known which of them cure it."""
    spec, model = recorder.spec, subject.model
    arguments, seed = spec["as_yours"], spec["seed"]
    if not model.free_RVs:
        return
    check_names(model, arguments)
    about = {"arguments": arguments, "moves": moves(model, arguments)}
    if _in_minibatches(recorder):
        _with_and_without_minibatches(recorder, model, about)
        return
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


def _with_and_without_minibatches(recorder: Recorder, model: pm.Model, about: dict[str, Any]) -> None:
    """The run with all of the data, which says whether the minibatch is why it fails; then as the user made it. Draws of the second are
    of no distribution, and are not kept.
    """
    spec, arguments = recorder.spec, about["arguments"]
    recorder.keep(as_yours=about)
    for stage, what, made in (
        ("other_arguments", "with_all_data", lambda: with_all_data(model)),
        ("as_yours", "with_minibatch", lambda: model),
    ):
        with recorder.stage(stage):
            figures = attempted(made(), arguments, spec["seed"])[0]
            recorder.keep(as_yours={what: row_of({}, figures, passes(figures, about["moves"]))})
