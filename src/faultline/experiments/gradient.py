"""The gradient: at the start, against finite differences, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faultline.experiments.model_context import Subject, compile_terms, large, look_at_start
from faultline.experiments.model_target import prepare
from faultline.probes.at_draws import at_draws
from faultline.probes.backends import second_backend
from faultline.probes.build import custom_ops, disconnected
from faultline.probes.compare import component_comparison
from faultline.probes.finite_difference import finite_differences
from faultline.probes.given_draws import read_draws

if TYPE_CHECKING:
    import numpy as np

    from faultline.core.recorder import Recorder
    from faultline.engine.density import LogpGradient

__all__ = ["measure", "prepare"]


def measure(recorder: Recorder, subject: Subject) -> None:
    """The gradient and its cost, the gradient against finite differences, and what each component adds to the cost."""
    factors = subject.factors
    if large(recorder, subject):
        return
    look = look_at_start(recorder, subject)
    with recorder.stage("structure"):
        recorder.keep(
            model={
                "custom_ops": custom_ops(factors),
                "disconnected": disconnected(factors),
            }
        )
    drawn = _at_their_draws(recorder, subject, look) if "idata" in recorder.spec else []
    with recorder.stage("finite_differences"):
        compile_terms(recorder, factors)
        differences = finite_differences(factors, seed=recorder.spec["seed"], drawn=drawn)
        recorder.keep(gradient={"finite_differences": differences})
    with recorder.stage("second_backend"):
        found = second_backend(factors, seed=recorder.spec["seed"], drawn=drawn)
        recorder.keep(probes={"second_backend": found})
    with recorder.stage("comparison"):
        _compare(recorder, subject)


def _at_their_draws(recorder: Recorder, subject: Subject, look: LogpGradient) -> list[np.ndarray]:
    """The look at the draws that the user has given; those of them at which to compare the gradient."""
    with recorder.stage("at_draws"):
        compile_terms(recorder, subject.factors)
        draws = read_draws(recorder.spec["idata"]["path"])
        found, points = at_draws(look, subject.factors, draws, recorder.spec["seed"])
        recorder.keep(gradient={"at_draws": found})
    return points


def _compare(recorder: Recorder, subject: Subject) -> None:
    """Each component that is on, switched off alone."""
    spec, record = recorder.spec, recorder.record.content
    on = {
        "n_values": record["gradient"]["n"],
        "n_free_rvs": len(subject.model.free_RVs),
        **{key: record["timings"][key] for key in ("build", "graph", "compile", "first", "steady")},
        "backend": record["backend"]["look"],
    }
    rows = []
    for name in [name for name, is_on in spec["components"].items() if is_on]:
        recorder.enter("build")
        off = subject.case.build(subject.dataset, {**spec["components"], name: False}, spec["variants"])
        rows.append(component_comparison(name, off, on, on_stage=recorder.enter))
        recorder.keep(component_comparison=rows)
