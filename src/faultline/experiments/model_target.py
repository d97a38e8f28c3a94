"""The target that is a PyMC model: the case is loaded, its model built and described."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymc as pm

from faultline.core.errors import InputError, owner, shown
from faultline.core.record import is_json
from faultline.engine.factors import Factors
from faultline.engine.freeze import freeze, leave_out, start_at
from faultline.engine.precision import keep_double
from faultline.experiments.model_context import Subject, undefined
from faultline.probes.build import describe
from faultline.targets.loading import Case, load_case

if TYPE_CHECKING:
    from faultline.core.recorder import Recorder
    from faultline.targets.opened import Opened

Changed = Callable[["Recorder", Case, Any, pm.Model], pm.Model]


def prepare(recorder: Recorder, opened: Opened, changed: Changed | None = None) -> Subject | None:
    """The model that the spec asks for, or None where its log-probability is not defined: the record says so then.

    ``changed`` gives the model that is measured in place of the one that was built.
    """
    subject = described(recorder, opened, changed)
    return None if undefined(recorder, subject) else subject


def described(recorder: Recorder, opened: Opened, changed: Changed | None = None) -> Subject:
    """The model that the spec asks for, whether it has a log-probability or not. The record says what it consists of."""
    spec = recorder.spec
    case, dataset, model = _built(recorder, opened)
    with opened.watching():
        if changed:
            model = changed(recorder, case, dataset, model)
        model = _as_asked(recorder, model)
    strategy = case.ask("start", spec["components"], spec["variants"]).get("init", "jitter+adapt_diag")
    if not isinstance(strategy, str):
        raise InputError(
            f"start of case {spec['case']} returned {shown(strategy)} as init; return the name of one of PyMC's methods, such as "
            "'adapt_diag'."
        )
    subject = Subject(case, dataset, model, Factors(model, on_stage=recorder.enter), strategy)
    recorder.keep(model=describe(model, subject.factors))
    return subject


def _built(recorder: Recorder, opened: Opened) -> tuple[Case, Any, pm.Model]:
    """The case, its dataset and its model, while it is watched which files they read."""
    spec = recorder.spec
    with recorder.stage("load"), opened.watching():
        asked = keep_double()
        data = spec["dataset"]
        path = data and os.path.abspath(data.get("file") or data["path"])
        case = load_case(spec["case"], in_its_folder=True)
        dataset = case.load_dataset(path, spec["max_T"], spec["max_K"])
        if (found := _description(dataset, recorder.folders)) is not None:
            recorder.keep(data=found)
    with recorder.stage("build"), opened.watching():
        model = case.build(dataset, spec["components"], spec["variants"])
    if taken := {"chain", "draw"} & set(model.named_vars):
        raise InputError(
            f"a variable is named {shown(min(taken))}, which is reserved for a dimension of the draws; rename it."
        )
    if asked:
        recorder.keep(environment={"floatX": f"float64 ({asked[-1]} was asked for)"})
    return case, dataset, model


def _as_asked(recorder: Recorder, model: pm.Model) -> pm.Model:
    """The model with what the trial changes in it once it is built (`plan.trial.Change`)."""
    spec, idle = recorder.spec, []
    if held := spec.get("held"):
        model, idle = freeze(model, held)
    if dropped := spec.get("dropped"):
        model, others = leave_out(model, dropped)
        idle += others
    if start := spec.get("start"):
        model = start_at(model, start)
    if idle:
        recorder.keep(model={"idle": idle})
    return model


def _description(dataset: Any, folders: Sequence[Path]) -> dict[str, Any] | None:
    """What a dataset says of itself, if its class is the case's own: a data frame of a library has a ``describe``, too."""
    module = sys.modules.get(type(dataset).__module__)
    own = owner(getattr(module, "__file__", None) or "", folders)
    found = dataset.describe() if own and hasattr(dataset, "describe") else None
    return found if isinstance(found, dict) and is_json(found) else None
