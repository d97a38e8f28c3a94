"""One group being measured: the model is built, then what its kind measures runs; the record is on disk after every step."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pymc as pm

from faultline.apart import Apart
from faultline.case import Case, load_case
from faultline.errors import InputError
from faultline.looking import build, gradient
from faultline.probes.build import describe
from faultline.probes.factors import Factors
from faultline.probes.freeze import freeze
from faultline.probes.sampling import write_draws
from faultline.sampling import sample
from faultline.subject import Subject, large, undefined

if TYPE_CHECKING:
    from faultline.worker import Worker


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
    if not undefined(worker, subject):
        _KINDS[spec["kind"]](worker, subject)


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


def _apart(worker: Worker, subject: Subject) -> None:
    """The model taken apart; draws are kept for the pictures. The groups before looked at the start."""
    spec = worker.spec
    if not subject.model.free_RVs or large(worker, subject):
        return
    with worker.stage("logp"):
        # What NumPy raises for, such as an index in a loop that leaves its array, XLA may not.
        factors = subject.factors.plain()
        factors.totals(factors.layout.vector())
    with worker.stage("import_arviz"):
        importlib.import_module("arviz_stats")
    seconds = min(spec["limits"]["apart"], worker.seconds_left())
    draws = Apart(worker, subject, seconds).run()
    if draws is not None:
        write_draws(draws, spec["draws"])


_KINDS: dict[str, Callable[[Any, Subject], None]] = {
    "build": build,
    "gradient": gradient,
    "sampling": sample,
    "frozen": sample,
    "apart": _apart,
}
