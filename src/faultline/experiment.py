"""What each kind of group measures, in order, the cheap first; the record is on disk after every step."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

# Imported for the time it takes: the worker's stage "import" is the one that pays for it.
import pymc as pm
import xarray as xr
from pymc.exceptions import SamplingError

from faultline import backend
from faultline.apart import Apart
from faultline.case import Case, load_case
from faultline.density import LogpGradient, logp_and_gradient
from faultline.errors import InputError
from faultline.probes.along import adds_up
from faultline.probes.backends import second_backend
from faultline.probes.build import custom_ops, describe, disconnected, graph_size, model_facts, start_facts
from faultline.probes.compare import component_comparison
from faultline.probes.data import data_scan
from faultline.probes.densities import densities
from faultline.probes.domains import domains
from faultline.probes.factors import Factors
from faultline.probes.finite_difference import finite_differences
from faultline.probes.freeze import freeze
from faultline.probes.gradient import gradient_facts
from faultline.probes.logp import equal_terms, log_probability
from faultline.probes.sampling import sample_with_extension, write_draws
from faultline.probes.shapes import shapes
from faultline.samplers.in_xla import start_vector
from faultline.thresholds import GRAPH_DEPTH, GRAPH_NODES
from faultline.verdict.figures import sample_on

if TYPE_CHECKING:
    from faultline.worker import Worker


WRONG_GRADIENT_SECONDS = 30.0
"""For a sampler that follows a wrong gradient: its draws are of no posterior, and a look at how it fails is enough."""

ADDS_UP_STARTS = 8
"""Jittered starts through which the gradient is followed."""


@dataclass
class Subject:
    """The model under test, with what its case says about it."""

    case: Case
    dataset: Any
    model: pm.Model
    factors: Factors
    strategy: str


def measure(worker: Worker) -> None:
    """Measure the group that the worker's spec describes. What the model raises goes through."""
    spec = worker.spec
    with worker.stage("load"):
        case = load_case(spec["case"])
        worker.folders = case.signature.folders
        dataset = case.load_dataset(spec["dataset"], spec["max_T"], spec["max_K"])
        if hasattr(dataset, "describe"):
            worker.keep(data=dataset.describe())
    # A size beyond the data would be the same run under another name.
    if spec.get("size") and (worker.record.content.get("data") or {}).get("T", spec["size"]) < spec["size"]:
        return
    with worker.stage("build"):
        model = case.build(dataset, spec["components"], spec["variants"])
    if spec["kind"] == "frozen":
        model = _frozen(worker, case, dataset, model)
    start = case.hook("start")
    strategy = start(spec["components"], spec["variants"])["init"] if start else "jitter+adapt_diag"
    subject = Subject(case, dataset, model, Factors(model, on_stage=worker.enter), strategy)
    worker.keep(model=describe(model, subject.factors))
    _KINDS[spec["kind"]](worker, subject)


def _build(worker: Worker, subject: Subject) -> None:
    """Every term at the start, then what holds at random points, then the structure."""
    model, factors, seed = subject.model, subject.factors, worker.spec["seed"]
    if _large(worker, subject):
        return
    with worker.stage("logp"):
        worker.keep(logp=log_probability(model, factors=factors, seed=seed, pairs=False))
    with worker.stage("equal_terms"):
        _compile_terms(worker, factors)
        worker.keep(logp={"equal_terms": equal_terms(factors, seed=seed)})
    with worker.stage("domains"):
        worker.keep(probes={"domains": domains(factors, seed=seed)})
    with worker.stage("densities"):
        worker.keep(probes={"densities": densities(factors, seed)})
    with worker.stage("shapes"):
        worker.keep(probes={"shapes": shapes(factors)})
    with worker.stage("data"):
        worker.keep(probes={"data": data_scan(model, factors, seed)})
    with worker.stage("structure"):
        worker.keep(model=model_facts(model, factors=factors, strategy=subject.strategy, seed=seed))


def _gradient(worker: Worker, subject: Subject) -> None:
    """The gradient and its cost, the gradient against finite differences, and what each component adds to the cost."""
    factors = subject.factors
    if _large(worker, subject):
        return
    _start(worker, subject)
    with worker.stage("structure"):
        worker.keep(
            model={
                "custom_ops": custom_ops(factors),
                "disconnected": disconnected(factors),
                "graph": graph_size(factors),
            }
        )
    with worker.stage("finite_differences"):
        _compile_terms(worker, factors)
        differences = finite_differences(factors, seed=worker.spec["seed"])
        worker.keep(gradient={"finite_differences": differences})
    with worker.stage("second_backend"):
        worker.keep(probes={"second_backend": second_backend(factors, seed=worker.spec["seed"])})
    with worker.stage("comparison"):
        _compare(worker, subject)


def _sampling(worker: Worker, subject: Subject) -> None:
    """A look at the start, then the sampler, then what the case itself can say about the draws."""
    spec = worker.spec
    look = _start(worker, subject)
    _ask_the_case(worker, subject, None)
    if not subject.model.continuous_value_vars:
        return
    with worker.stage("import_arviz"):
        # Now, not when the draws are judged: its seconds would come out of what is reserved for statistics.
        importlib.import_module("arviz_stats")
    runs: dict[str, Any] = {}

    def keep(key: str, figures: dict[str, Any], draws: Any) -> None:
        if draws is not None:
            runs[key] = draws
            worker.keep(**{key: figures})
            write_draws(_together(runs), spec["draws"])

    follows = _adds_up(subject, look, spec["seed"])
    worker.keep(gradient={"adds_up": follows})
    sampler = {**spec["sampler"], "init": subject.strategy}
    found = sample_with_extension(
        subject.model,
        sampler,
        lambda figures: sample_on(figures) if figures["complete"] else None,
        seed=spec["seed"],
        seconds=worker.seconds_left(),
        run_seconds=WRONG_GRADIENT_SECONDS if follows is False else None,
        look=look,
        deterministics=_recoverable(subject.case),
        selected=subject.case.signature.literals.get("SELECTED", ()),
        progress=_progress(worker, sampler),
        on_stage=worker.enter,
        keep=keep,
    )
    last = worker.at
    _keep_costs(worker, found)
    if runs:
        _ask_the_case(worker, subject, list(runs.values())[-1])
    worker.check_limit(last)


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


def _apart(worker: Worker, subject: Subject) -> None:
    """The model taken apart; the base run's draws are kept for the pictures. The groups before looked at the start."""
    spec = worker.spec
    if not subject.model.free_RVs or _large(worker, subject):
        return
    with worker.stage("import_arviz"):
        importlib.import_module("arviz_stats")
    seconds = min(spec["limits"]["apart"], worker.seconds_left())
    base = Apart(worker, subject, seconds).run()
    if base is not None:
        write_draws(base.tree(subject.factors.layout), spec["draws"])


_KINDS: dict[str, Callable[[Any, Subject], None]] = {
    "build": _build,
    "gradient": _gradient,
    "sampling": _sampling,
    "frozen": _sampling,
    "apart": _apart,
}


def _large(worker: Worker, subject: Subject) -> bool:
    """Whether the graph alone is the finding: every look at its parts would compile for minutes what is to be rewritten."""
    with worker.stage("graph_size"):
        found = graph_size(subject.factors)
        worker.keep(model={"graph": found})
    return found["depth"] > GRAPH_DEPTH or found["n_nodes"] > GRAPH_NODES


def _start(worker: Worker, subject: Subject) -> LogpGradient:
    """Log-probability and gradient at the start: what every later figure rests on."""
    model, factors, seed = subject.model, subject.factors, worker.spec["seed"]
    with worker.stage("logp"):
        worker.keep(logp=log_probability(model, factors=factors, seed=seed, pairs=False))
        worker.keep(model={"start": start_facts(model, factors, subject.strategy)})
    with worker.stage("gradient"):
        function = logp_and_gradient(model, layout=factors.layout, on_stage=worker.enter)
        _keep_costs(worker, gradient_facts(function, seed=seed, on_stage=worker.enter))
    return function


def _compile_terms(worker: Worker, factors: Factors) -> None:
    """Compile now what the next probe evaluates, so that the limit for compiling is not charged with evaluations."""
    stage, start = worker.at, factors.layout.vector()
    factors.totals(start)
    factors.jacobian(start)
    worker.enter(stage)


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


def _keep_costs(worker: Worker, found: dict[str, Any]) -> None:
    """Keep what a probe found, its seconds and its backend named so that a look and sampling do not overwrite each other."""
    looked = "gradient" in found
    timings, used = dict(found["timings"]), found["backend"]
    if looked:
        worker.keep(gradient=found["gradient"])
    else:
        timings["compile_sampler"] = timings.pop("compile")
    fallbacks = [*worker.record.content.get("backend", {}).get("fallbacks", []), *used["fallbacks"]]
    role = "look" if looked else "sample"
    worker.keep(
        timings=timings, backend={role: used[role], **({"fallbacks": fallbacks} if fallbacks else {})}
    )


def _frozen(worker: Worker, case: Case, dataset: Any, model: pm.Model) -> pm.Model:
    """The model with the case's latents held where the spec says."""
    asked = worker.spec["freeze"]
    latents = {
        group: names
        for group, names in case.signature.latents.items()
        if group != "lengths" or asked["lengths"]
    }
    names = [name for group in latents.values() for name in group]
    with worker.stage("freeze"):
        hook = case.hook(asked["source"])
        values = hook(dataset) if hook else None
        if values is None:
            raise InputError(
                f"there are no {asked['source']} values to freeze at: the case has no such hook, or the dataset carries "
                "none; choose the other --freeze_source."
            )
        if missing := [name for name in names if name not in values]:
            raise InputError(
                f"{asked['source']} of {case.signature.ref} gives no value for {', '.join(missing)}; add it."
            )
        frozen, dropped = freeze(model, {name: values[name] for name in names})
        worker.keep(
            frozen={"variables": list(latents), "names": names, "source": asked["source"], "dropped": dropped}
        )
    return frozen


def _together(runs: dict[str, Any]) -> Any:
    """The run as asked at the root of one tree, the longer one under ``extended``."""
    trees = {"sampling": "", "sampling_extended": "extended/"}
    return xr.DataTree.from_dict(
        {
            f"{trees[key]}{name}": node.to_dataset()
            for key, tree in runs.items()
            for name, node in tree.children.items()
        }
    )


def _recoverable(case: Case) -> list[str]:
    """Deterministics that the case's ``recovery`` reads: its ``RECOVERED``, or all of its latents."""
    if not case.hook("recovery"):
        return []
    return list(
        case.hook("RECOVERED") or (name for names in case.signature.latents.values() for name in names)
    )


def _ask_the_case(worker: Worker, subject: Subject, draws: Any) -> None:
    """What only the case knows: whether the truth was recovered, and probes of its own."""
    spec, case = worker.spec, subject.case
    recovery, probes = case.hook("recovery"), case.hook("group_probes")
    if recovery and draws is not None and spec["kind"] == "sampling":
        with worker.stage("recovery"):
            if (found := recovery(subject.dataset, draws)) is not None:
                worker.keep(truth=found)
    if probes:
        with worker.stage("group_probes"):
            worker.keep(**probes(spec["group"], subject.model, subject.dataset, draws, backend.evaluate))


def _progress(worker: Worker, sampler: dict[str, Any]) -> Callable[[int, int, int], None]:
    runs = {"sample": sampler, "sample_extended": sampler["extended"]}

    def tell(done: int, chains: int, divergences: int) -> None:
        run = runs[worker.at]
        total = run["chains"] * (run["tune"] + run["draws"])
        worker.progress.tell(done=done, total=total, divergences=divergences)

    return tell
