"""Groups that only look, at the model as it is built and at its gradient: the cheap looks first."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from faultline.subject import Subject, compile_terms, large, look_at_start

if TYPE_CHECKING:
    from faultline.worker import Worker


def build(worker: Worker, subject: Subject) -> None:
    """Every term at the start, then what holds at random points, then the structure."""
    # A few dozen points: the plain linker is done with them before XLA has compiled.
    model, factors, seed = subject.model, subject.factors.plain(), worker.spec["seed"]
    if large(worker, subject):
        return
    with worker.stage("logp"):
        worker.keep(logp=log_probability(model, factors=factors, seed=seed, pairs=False))
    with worker.stage("equal_terms"):
        compile_terms(worker, factors)
        worker.keep(logp={"equal_terms": equal_terms(factors, seed=seed)})
    with worker.stage("domains"):
        worker.keep(probes={"domains": domains(factors, seed=seed)})
    with worker.stage("densities"):
        worker.keep(probes={"densities": densities(factors, seed)})
    with worker.stage("cut"):
        worker.keep(probes={"cut": cut(factors, seed=seed)})
    with worker.stage("shapes"):
        worker.keep(probes={"shapes": shapes(factors)})
    with worker.stage("data"):
        worker.keep(probes={"data": data_scan(model, factors, seed)})
    with worker.stage("structure"):
        worker.keep(model=model_facts(model, factors=factors, strategy=subject.strategy, seed=seed))


def gradient(worker: Worker, subject: Subject) -> None:
    """The gradient and its cost, the gradient against finite differences, and what each component adds to the cost."""
    factors = subject.factors
    if large(worker, subject):
        return
    look_at_start(worker, subject)
    with worker.stage("structure"):
        worker.keep(
            model={
                "custom_ops": custom_ops(factors),
                "disconnected": disconnected(factors),
            }
        )
    with worker.stage("finite_differences"):
        compile_terms(worker, factors)
        differences = finite_differences(factors, seed=worker.spec["seed"])
        worker.keep(gradient={"finite_differences": differences})
    with worker.stage("second_backend"):
        worker.keep(probes={"second_backend": second_backend(factors, seed=worker.spec["seed"])})
    with worker.stage("comparison"):
        _compare(worker, subject)


def _compare(worker: Worker, subject: Subject) -> None:
    """Each component that is on, switched off alone."""
    spec, record = worker.spec, worker.record.content
    on = {
        "n_values": record["gradient"]["n"],
        "n_free_rvs": len(subject.model.free_RVs),
        **{key: record["timings"][key] for key in ("build", "graph", "compile", "first", "steady")},
        "backend": record["backend"]["look"],
    }
    rows = []
    for name in [name for name, is_on in spec["components"].items() if is_on]:
        worker.enter("build")
        off = subject.case.build(subject.dataset, {**spec["components"], name: False}, spec["variants"])
        rows.append(component_comparison(name, off, on, on_stage=worker.enter))
        worker.keep(component_comparison=rows)
