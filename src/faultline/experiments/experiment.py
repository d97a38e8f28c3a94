"""One group being measured: the model is built, then what its kind measures runs; the record is on disk after every step."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pymc as pm

from faultline.core.errors import InputError, owner, shown
from faultline.core.record import is_json
from faultline.engine.draws import completed, write_draws
from faultline.engine.factors import Factors
from faultline.engine.freeze import freeze
from faultline.engine.precision import keep_double
from faultline.experiments.ablation import Ablation
from faultline.experiments.model_context import Subject, large, undefined
from faultline.experiments.sampling import sample
from faultline.experiments.static import build, gradient
from faultline.probes.build import describe
from faultline.targets.case import Case, known_files, load_case, read_signature
from faultline.targets.opened import Opened

if TYPE_CHECKING:
    from faultline.core.recorder import Recorder


def measure(recorder: Recorder) -> None:
    """Measure the group that the worker's spec describes. What the model raises goes through."""
    spec = recorder.spec
    signature = read_signature(spec["case"])
    recorder.folders = signature.folders
    opened = Opened(spec["opened"], signature.folders, known_files(spec, signature))
    try:
        case, dataset, model = _built(recorder, opened)
    finally:
        opened.note_modules()
    if spec["kind"] == "frozen":
        with opened.watching():
            model = _frozen(recorder, case, dataset, model)
    strategy = case.ask("start", spec["components"], spec["variants"]).get("init", "jitter+adapt_diag")
    if not isinstance(strategy, str):
        raise InputError(
            f"start of case {spec['case']} returned {shown(strategy)} as init; return the name of one of PyMC's, such as "
            "'adapt_diag'."
        )
    subject = Subject(case, dataset, model, Factors(model, on_stage=recorder.enter), strategy)
    recorder.keep(model=describe(model, subject.factors))
    if not undefined(recorder, subject):
        _KINDS[spec["kind"]](recorder, subject)


def _built(recorder: Recorder, opened: Opened) -> tuple[Case, Any, pm.Model]:
    """The case, its dataset and its model, while it is watched which files they read."""
    spec = recorder.spec
    with recorder.stage("load"), opened.watching():
        asked = keep_double()
        case = load_case(spec["case"])
        data = spec["dataset"]
        dataset = case.load_dataset(data and (data.get("file") or data["path"]), spec["max_T"], spec["max_K"])
        if (found := _description(dataset, recorder.folders)) is not None:
            recorder.keep(data=found)
    with recorder.stage("build"), opened.watching():
        model = case.build(dataset, spec["components"], spec["variants"])
    if taken := {"chain", "draw"} & set(model.named_vars):
        raise InputError(
            f"a variable is called {shown(min(taken))}, as a dimension of all draws is; give it another name."
        )
    if asked:
        recorder.keep(environment={"floatX": f"float64 ({asked[-1]} was asked for)"})
    return case, dataset, model


def _description(dataset: Any, folders: Sequence[Path]) -> dict[str, Any] | None:
    """What a dataset says of itself, if its class is the case's own: a data frame of a library has a ``describe``, too."""
    module = sys.modules.get(type(dataset).__module__)
    own = owner(getattr(module, "__file__", None) or "", folders)
    found = dataset.describe() if own and hasattr(dataset, "describe") else None
    return found if isinstance(found, dict) and is_json(found) else None


def _frozen(recorder: Recorder, case: Case, dataset: Any, model: pm.Model) -> pm.Model:
    """The model with the case's latents held where the spec says."""
    asked = recorder.spec["freeze"]
    latents = {
        group: names
        for group, names in case.signature.latents.items()
        if group != "lengths" or asked["lengths"]
    }
    names = [name for group in latents.values() for name in group]
    with recorder.stage("freeze"):
        values = case.ask(asked["source"], dataset)
        if not values:
            raise InputError(
                f"there are no {asked['source']} values to freeze at: the case has no such hook, or the dataset carries "
                "none; choose the other --freeze_source."
            )
        if missing := [name for name in names if name not in values]:
            raise InputError(
                f"{asked['source']} of {case.signature.ref} gives no value for {', '.join(missing)}; add it."
            )
        for name in names:
            if np.asarray(values[name]).dtype.kind not in "fiub":
                raise InputError(
                    f"{asked['source']} of {case.signature.ref} gives {shown(values[name])} for {name}; give numbers."
                )
        frozen, dropped = freeze(model, {name: values[name] for name in names})
        recorder.keep(
            frozen={"variables": list(latents), "names": names, "source": asked["source"], "dropped": dropped}
        )
    return frozen


def _apart(recorder: Recorder, subject: Subject) -> None:
    """The model taken apart; draws are kept for the pictures. The groups before looked at the start."""
    spec = recorder.spec
    if not subject.model.free_RVs or large(recorder, subject):
        return
    with recorder.stage("logp"):
        # What NumPy raises for, such as an index in a loop that leaves its array, XLA may not.
        factors = subject.factors.plain()
        factors.totals(factors.layout.vector())
    with recorder.stage("import_arviz"):
        importlib.import_module("arviz_stats")
    seconds = min(spec["limits"]["apart"], recorder.seconds_left())
    apart = Ablation(recorder, subject, seconds)
    draws = apart.run()
    if draws is not None:
        layout = None if apart.judged is None else apart.layout
        write_draws(completed(draws, subject.model, layout), spec["draws"])


_KINDS: dict[str, Callable[[Any, Subject], None]] = {
    "build": build,
    "gradient": gradient,
    "sampling": sample,
    "frozen": sample,
    "apart": _apart,
}
