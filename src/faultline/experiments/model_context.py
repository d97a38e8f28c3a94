"""The model under test, and the looks at it that groups of several kinds begin with."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

# Imported for the time it takes: the worker's stage "import" is the one that pays for it.
import numpy as np
import pymc as pm

from faultline.criteria.thresholds import GRAPH_SECONDS, GRAPH_TERM_SECONDS
from faultline.engine.density import LogpGradient, logp_and_gradient
from faultline.engine.factors import Factors
from faultline.probes.build import start_facts
from faultline.probes.gradient import described, gradient_facts
from faultline.probes.graph_cost import graph_cost
from faultline.probes.indices import indices
from faultline.probes.logp import log_probability
from faultline.probes.randomness import random_numbers
from faultline.targets.loading import Case

if TYPE_CHECKING:
    from faultline.core.recorder import Recorder


@dataclass
class Subject:
    """The model under test, with what its case says about it."""

    case: Case
    dataset: Any
    model: pm.Model
    factors: Factors
    strategy: str


def large(recorder: Recorder, subject: Subject) -> bool:
    """Whether the graph alone is the finding: every look at its parts would compile for minutes what is to be rewritten."""
    with recorder.stage("graph_cost"):
        found = graph_cost(subject.factors)
        recorder.keep(model={"graph": found})
    alone = (found.get("costliest") or {}).get("cpu_seconds") or 0.0
    return alone > GRAPH_TERM_SECONDS or (found.get("cpu_seconds") or 0.0) > GRAPH_SECONDS


def undefined(recorder: Recorder, subject: Subject) -> bool:
    """Whether there is no one log-probability that anything else could be said of.

    A term draws random numbers; or an index leaves its array, where NumPy raises and XLA takes another element.
    """
    with recorder.stage("logp"):  # runs code of the user's, which may raise
        if found := random_numbers(subject.factors):
            recorder.keep(probes={"random": found})
            return True
    with recorder.stage("indices"):
        found = indices(subject.factors) if subject.factors.graphs else []
        recorder.keep(probes={"indices": found})
    return any(row["n_outside"] for row in found)


def look_at_start(recorder: Recorder, subject: Subject) -> LogpGradient:
    """Log-probability and gradient at the start: what every later figure rests on."""
    model, factors, seed = subject.model, subject.factors, recorder.spec["seed"]
    with recorder.stage("logp"):
        plain = factors.plain()
        recorder.keep(logp=log_probability(model, factors=plain, seed=seed, pairs=False))
        recorder.keep(model={"start": start_facts(model, plain, subject.strategy)})
    with recorder.stage("gradient"):
        began = time.perf_counter()

        def keep_first(logp: float, gradient: np.ndarray) -> None:
            seconds = time.perf_counter() - began
            recorder.keep(
                gradient=described(factors.layout, logp, gradient), timings={"first_gradient": seconds}
            )

        function = logp_and_gradient(
            model, layout=factors.layout, on_stage=recorder.enter, on_first=keep_first
        )
        keep_costs(recorder, gradient_facts(function, seed=seed, on_stage=recorder.enter))
    return function


def compile_terms(recorder: Recorder, factors: Factors) -> None:
    """Compile now what the next probe evaluates, so that the limit for compiling is not charged with evaluations."""
    stage, start = recorder.at, factors.layout.vector()
    factors.totals(start)
    factors.jacobian(start)
    recorder.enter(stage)


def keep_costs(recorder: Recorder, found: dict[str, Any]) -> None:
    """Keep what a probe found, its seconds and its backend named so that a look and sampling do not overwrite each other."""
    looked = "gradient" in found
    timings, used = dict(found["timings"]), found["backend"]
    if looked:
        recorder.keep(gradient=found["gradient"])
    else:
        timings["compile_sampler"] = timings.pop("compile")
    fallbacks = [*recorder.record.content.get("backend", {}).get("fallbacks", []), *used["fallbacks"]]
    role = "look" if looked else "sample"
    recorder.keep(
        timings=timings, backend={role: used[role], **({"fallbacks": fallbacks} if fallbacks else {})}
    )
