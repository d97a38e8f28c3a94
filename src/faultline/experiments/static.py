"""Groups that only look, at the model as it is built and at its gradient: the cheap looks first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faultline.experiments.model_context import Subject, compile_terms, large, look_at_start
from faultline.probes.backends import second_backend
from faultline.probes.build import custom_ops, disconnected, model_facts
from faultline.probes.compare import component_comparison
from faultline.probes.cut import cut
from faultline.probes.data import data_scan
from faultline.probes.densities import densities
from faultline.probes.domains import domains
from faultline.probes.equal_terms import equal_terms
from faultline.probes.finite_difference import finite_differences
from faultline.probes.logp import log_probability
from faultline.probes.shapes import shapes

if TYPE_CHECKING:
    from faultline.core.recorder import Recorder


def build(recorder: Recorder, subject: Subject) -> None:
    """Every term at the start, then what holds at random points, then the structure."""
    # A few dozen points: the plain linker is done with them before XLA has compiled.
    model, factors, seed = subject.model, subject.factors.plain(), recorder.spec["seed"]
    if large(recorder, subject):
        return
    with recorder.stage("logp"):
        recorder.keep(logp=log_probability(model, factors=factors, seed=seed, pairs=False))
    with recorder.stage("equal_terms"):
        compile_terms(recorder, factors)
        recorder.keep(logp={"equal_terms": equal_terms(factors, seed=seed)})
    with recorder.stage("domains"):
        recorder.keep(probes={"domains": domains(factors, seed=seed)})
    with recorder.stage("densities"):
        recorder.keep(probes={"densities": densities(factors, seed)})
    with recorder.stage("cut"):
        recorder.keep(probes={"cut": cut(factors, seed=seed)})
    with recorder.stage("shapes"):
        recorder.keep(probes={"shapes": shapes(factors)})
    with recorder.stage("data"):
        recorder.keep(probes={"data": data_scan(model, factors, seed)})
    with recorder.stage("structure"):
        recorder.keep(model=model_facts(model, factors=factors, strategy=subject.strategy, seed=seed))


def gradient(recorder: Recorder, subject: Subject) -> None:
    """The gradient and its cost, the gradient against finite differences, and what each component adds to the cost."""
    factors = subject.factors
    if large(recorder, subject):
        return
    look_at_start(recorder, subject)
    with recorder.stage("structure"):
        recorder.keep(
            model={
                "custom_ops": custom_ops(factors),
                "disconnected": disconnected(factors),
            }
        )
    with recorder.stage("finite_differences"):
        compile_terms(recorder, factors)
        differences = finite_differences(factors, seed=recorder.spec["seed"])
        recorder.keep(gradient={"finite_differences": differences})
    with recorder.stage("second_backend"):
        recorder.keep(probes={"second_backend": second_backend(factors, seed=recorder.spec["seed"])})
    with recorder.stage("comparison"):
        _compare(recorder, subject)


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
