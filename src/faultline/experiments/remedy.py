"""A change that may cure a model: the model written another way, or sampled with other settings.

It is screened with the first seed. Where that passes, it is sampled with the fresh ones. Where all of these pass, it is asked whether the
posterior is still the same, and which lines of the user's file make the change.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.criteria.remedies import MORE_DRAWS, passes
from faultline.experiments import model_target
from faultline.experiments.model_context import Subject
from faultline.experiments.seeded_runs import all_broken, run_all
from faultline.remedies.apply import rewritten
from faultline.remedies.identity import check
from faultline.remedies.rewrite import NotApplicable, Rewrite
from faultline.remedies.written import in_file

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

    from faultline.core.recorder import Recorder
    from faultline.targets.loading import Case
    from faultline.targets.opened import Opened

MOST_ELEMENTS = 64
"""Elements of a variable up to which each has its mean and its interval in the record."""

POINTS = 16
"""Draws at which a change is proved."""

Values = dict[str, np.ndarray]
"""Variable -> draws of it."""


@dataclass
class Changed(Subject):
    """The model with the change; ``before`` is the one that was built, and ``rewrites`` are the steps from that."""

    before: pm.Model
    rewrites: list[Rewrite]


def prepare(recorder: Recorder, opened: Opened) -> Changed | None:
    """The model with the change; None where there is none, and the record says why."""
    built: list[pm.Model] = []
    rewrites: list[Rewrite] = []

    def changed(recorder: Recorder, case: Case, dataset: Any, model: pm.Model) -> pm.Model:
        built.append(model)
        try:
            rewrites.extend(rewritten(model, recorder.spec.get("rewritten", ())))
        except NotApplicable as reason:
            recorder.keep(remedy={"refused": str(reason)})
            raise
        return rewrites[-1].after if rewrites else model

    try:
        subject = model_target.prepare(recorder, opened, changed)
    except NotApplicable:
        return None
    if subject is None:
        recorder.keep(readings=all_broken(recorder))
        return None
    return Changed(**vars(subject), before=built[0], rewrites=rewrites)


def measure(recorder: Recorder, subject: Changed) -> None:
    """Sample, and where every run passes, prove the change and write it down."""
    wanted = [variable.name for variable in (*subject.before.free_RVs, *subject.before.deterministics)]
    own = {rv.name for rv in subject.model.free_RVs}
    screens = len(recorder.spec.get("seeds", ())) > 1 and bool(recorder.spec.get("screens"))
    drawn = run_all(
        recorder,
        subject,
        goes_on=(lambda rows: passes(rows[0]) is True) if screens else (lambda rows: True),
        deterministics=[name for name in wanted if name not in own],
        settle=MORE_DRAWS,
        keep=partial(_kept, wanted=wanted),
    )
    fresh = drawn[1:] if screens else drawn
    if fresh:
        recorder.keep(remedy={"quantities": _quantities([values for values, _ in fresh], wanted)})
    if not screens or not subject.rewrites or not _all_pass(recorder):
        return  # further seeds of a change that was proved with the first ones
    with recorder.stage("identity"):
        found = [
            check(step, _points_of(fresh[0][1], step.after), seed=recorder.spec["seed"])
            for step in subject.rewrites
        ]
    recorder.keep(remedy={"identity": [each.as_dict() for each in found]})
    with recorder.stage("code"):
        spec = recorder.spec
        recorder.keep(
            remedy={"code": in_file(subject.case, subject.dataset, spec, subject.rewrites, spec["rewritten"])}
        )


def _all_pass(recorder: Recorder) -> bool:
    rows = recorder.record.content["readings"]
    return len(rows) == len(recorder.spec.get("seeds", ())) and all(passes(row) is True for row in rows)


def _kept(draws: xr.DataTree, wanted: list[str]) -> tuple[Values, Values]:
    """Of the variables ``wanted`` that are small enough all draws, (chain, draw, ...); of every variable some draws, (point, ...)."""
    drawn = draws["posterior"].to_dataset()
    values = {name: each.transpose("chain", "draw", ...).values for name, each in drawn.data_vars.items()}
    count = drawn.sizes["chain"] * drawn.sizes["draw"]
    flat = {name: each.reshape(count, *each.shape[2:]) for name, each in values.items()}
    chosen = np.linspace(0, count - 1, POINTS).astype(int)
    small = {
        name: values[name]
        for name in wanted
        if name in values
        and math.prod(values[name].shape[2:]) <= MOST_ELEMENTS
        and np.issubdtype(values[name].dtype, np.number)
    }
    return small, {name: each[chosen] for name, each in flat.items()}


def _points_of(points: Values, model: pm.Model) -> list[Values]:
    """Points of the free variables of a model on the way to the one that was sampled; none where they are not all known."""
    names = [rv.name for rv in model.free_RVs]
    if not set(names) <= set(points):
        return []
    return [{name: points[name][i] for name in names} for i in range(POINTS)]


def _quantities(runs: list[Values], names: list[str]) -> list[dict[str, Any]]:
    """Mean, standard deviation and 90 % interval of each element, over all of these runs together."""
    found = []
    for name in names:
        if not all(name in values for values in runs):
            continue
        flat = np.concatenate(
            [values[name].reshape(math.prod(values[name].shape[:2]), -1) for values in runs]
        )
        low, high = np.quantile(flat, (0.05, 0.95), axis=0)
        found.append(
            {
                "name": name,
                "shape": list(runs[0][name].shape[2:]),
                "mean": flat.mean(axis=0).tolist(),
                "sd": flat.std(axis=0).tolist(),
                "low": low.tolist(),
                "high": high.tolist(),
            }
        )
    return found
