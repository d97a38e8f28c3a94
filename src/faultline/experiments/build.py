"""The model as it is built: every term at the start, then what holds at random points, then the structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faultline.experiments.model_context import Subject, compile_terms, large
from faultline.experiments.model_target import prepare
from faultline.probes.build import model_facts
from faultline.probes.cut import cut
from faultline.probes.data import data_scan
from faultline.probes.densities import densities
from faultline.probes.domains import domains
from faultline.probes.equal_terms import equal_terms
from faultline.probes.logp import log_probability
from faultline.probes.shapes import shapes

if TYPE_CHECKING:
    from faultline.core.recorder import Recorder

__all__ = ["measure", "prepare"]


def measure(recorder: Recorder, subject: Subject) -> None:
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
