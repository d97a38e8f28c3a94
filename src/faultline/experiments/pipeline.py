"""A pipeline, run stage by stage with each of several seeds. A stage that was made before from the same is taken from the store."""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.core.errors import InputError, TimeLimit, described, is_internal
from faultline.core.sections.pipeline import PipelineRun, stage_name
from faultline.criteria.data_contract import pairs
from faultline.criteria.trials.readings import of_pipeline
from faultline.engine import jax_cache
from faultline.engine.backend import cache_directory
from faultline.experiments.array_summary import shared_rows, summary
from faultline.experiments.stage_objects import content_of, kept, recalled
from faultline.experiments.stage_pictures import drawn
from faultline.experiments.stage_requests import StageRequests
from faultline.store.objects import Store
from faultline.targets.case import Signature
from faultline.targets.loading import load_case
from faultline.targets.opened import Opened, content
from faultline.targets.pipeline import WORKFLOW, Stage
from faultline.targets.pipeline_keys import Sources
from faultline.targets.pipeline_run import Output, Run
from faultline.targets.revisions import home
from faultline.targets.snakefile import run_workflow
from faultline.targets.source import Source, find_source

if TYPE_CHECKING:
    from faultline.core.recorder import Recorder

POINTS = 200
"""Steps of a history that the record keeps for its picture."""
WIDEST = 16
"""Elements of a logged term of which the record keeps each; of a wider one the smallest and the largest."""


@dataclass(frozen=True)
class Subject:
    """What is measured: the module with the stages, imported, its source, and what watches which files they read.

    ``home`` is what moves with the case from one copy or revision to another; ``loaded`` are the files that were read while the module
    was imported, from which any stage may know something.
    """

    module: ModuleType
    signature: Signature
    source: Source
    opened: Opened
    home: Path
    loaded: Collection[str]

    def named(self, path: str) -> str:
        """A file as the store names it: of a file that moves with the case its place, seen from the case's folder."""
        return (
            os.path.relpath(path, self.source.path.parent) if Path(path).is_relative_to(self.home) else path
        )

    def path(self, name: str) -> str:
        """Where the file is that the store names so."""
        return os.path.normpath(self.source.path.parent / name)


def prepare(recorder: Recorder, opened: Opened) -> Subject:
    """The module with the stages, imported."""
    spec = recorder.spec
    source = find_source(spec["case"])
    own = Path(spec["revision"]["place"]).resolve() if "revision" in spec else home(source.path)
    with recorder.stage("load"), opened.during([]) as loaded:
        case = load_case(spec["case"], in_its_folder=True)
    if "jax" in sys.modules:
        jax_cache.seal()
    return Subject(case.module, case.signature, source, opened, own, loaded)


def measure(recorder: Recorder, subject: Subject) -> None:
    """Every stage with every seed. A stage that raises is a finding, and those that need it are not run."""
    spec, signature = recorder.spec, subject.signature
    store = Store(spec["store"])
    code = StageRequests(Sources(subject.source), signature.workflow, spec, store, subject.opened.modules())
    held = what_holds(spec, signature)
    runs: list[dict[str, Any]] = []
    recorder.keep(pipeline={**declared(signature, held), "scenario": spec["scenario"], "runs": runs})
    for seed in spec.get("seeds", [spec["seed"]]):
        outputs: dict[str, tuple[Output, str]] = {}
        runs.append({"seed": seed, "stages": []})
        for stage in signature.stages if spec["explain"] else _compared(signature.stages, held):
            lacks = [name for name in stage.inputs if name not in outputs]
            if lacks:
                runs[-1]["stages"].append({"name": stage.name, "needs": lacks})
                continue
            row, output = _one(recorder, subject, store, code, stage, seed, outputs)
            if output is not None:
                outputs[stage.name] = output, row["content"]
            runs[-1]["stages"].append(row)
            recorder.keep(pipeline={"runs": runs})
            recorder.check_limit(recorder.at)
        if spec["explain"]:
            runs[-1]["shared_rows"] = _shared({name: output for name, (output, _) in outputs.items()})
    recorder.keep(pipeline={"runs": runs})
    # A run is read whole: one that was cut short has no readings, and is no run of a trial.
    found = PipelineRun.of(recorder.record.content["pipeline"])
    recorder.keep(readings=of_pipeline(found, _believed(held)))
    keys = {row["name"]: row["key"] for row in runs[0]["stages"] if "key" in row}
    if spec["explain"] and signature.draws and keys:
        with recorder.stage("pictures"):
            recorder.keep(pipeline={"pictures": drawn(recorder, keys)})


def _compared(stages: Sequence[Stage], held: Mapping[str, Any]) -> list[Stage]:
    """The stages that a trial is about: those that read a toggle or have a figure to be held against a limit, and what these take."""
    named = {
        figure.partition(".")[0]
        for literal in ("CRITERIA", "ORACLES", "CONTRACT")
        for figure in held.get(literal, {})
    }
    wanted = named | {figure.partition(".")[0] for figure in _believed(held)}
    kept: list[Stage] = []
    for stage in reversed(stages):
        if stage.toggles or stage.name in wanted:
            kept.insert(0, stage)
            wanted |= set(stage.inputs)
    return kept


def _believed(held: Mapping[str, Any]) -> list[str]:
    """The figures that hypotheses are about."""
    rows = [row["predicts"] for row in held.get("HYPOTHESES", ())]
    return [
        predicted["metric"] for predicted in rows if isinstance(predicted, Mapping) and "metric" in predicted
    ]


def what_holds(spec: Mapping[str, Any], signature: Signature) -> Mapping[str, Any]:
    """The literals that say what has to hold: of an earlier revision those of the case as it stands."""
    return spec.get("declared", signature.literals)


def declared(signature: Signature, held: Mapping[str, Any]) -> dict[str, Any]:
    """What a case says of its stages, as judging needs it beside what was measured. ``held``: the literals that say what has to hold."""
    return {
        "stages": [
            {
                "name": stage.name,
                "inputs": list(stage.inputs),
                "toggles": list(stage.toggles),
                "line": stage.line,
            }
            for stage in signature.stages
        ],
        "criteria": held.get("CRITERIA", {}),
        "oracles": held.get("ORACLES", {}),
        "contract": held.get("CONTRACT", {}),
        "inputs": list(signature.inputs),
    }


def _one(
    recorder: Recorder,
    subject: Subject,
    store: Store,
    code: StageRequests,
    stage: Stage,
    seed: int,
    outputs: Mapping[str, tuple[Output, str]],
) -> tuple[dict[str, Any], Output | None]:
    """One stage with one seed: its row in the record, and what it left, if it left anything."""
    spec = recorder.spec
    scenario = subject.signature.scenarios.get(spec["scenario"], {})
    inputs = {name: outputs[name][1] for name in stage.inputs}
    key = store.ask(code.request(stage, seed, spec, scenario, inputs))
    with recorder.stage(stage_name(stage.name)), store.alone(key, print):
        known = _unchanged(subject, store, key)
        # What a stage does to the module beside what it returns is not in the store.
        runs = known is None or code.shares_state(stage)
        if runs:
            work = store.running(key) / "work"
            shutil.rmtree(work, ignore_errors=True)  # of a run that was killed
            work.mkdir(parents=True)
            run = Run(
                stage,
                seed=seed,
                choices=spec["variants"],
                scenario_name=spec["scenario"],
                scenario=scenario,
                folder=work,
                inputs=tuple(subject.signature.inputs.values()),
                folders=recorder.folders,
                explain=spec["explain"],
            )
            try:
                ignored = [store.objects, store.running(""), cache_directory()]
                with subject.opened.during(ignored, stage.name) as read:
                    output = _called(subject, stage, spec["variants"], outputs, run)
            except (InputError, TimeLimit):
                raise
            except (Exception, SystemExit) as error:
                if is_internal(error, recorder.folders):
                    raise
                told = described(error, recorder.folders)
                print(told["traceback"], file=sys.stderr)
                return {"name": stage.name, "error": told, **_history(run)}, None
            if not isinstance(output, Output):
                raise InputError(
                    f"stage {stage.name} of {spec['case']} returned {type(output).__name__}; end it with return run.output(...)."
                )
            if passed := sorted(subject.opened.passed):
                raise InputError(
                    f"stage {stage.name} of {spec['case']} reads {passed[0]}, which another stage wrote; return it there with run.output(files=...), "
                    "and take that stage as an argument."
                )
            # What was imported late may be used by any stage from then on.
            read |= subject.loaded
            read |= {path for name, path in subject.opened.modules().items() if name not in code.modules}
            seen = {subject.named(path): content(path) for path in sorted(read)}
            if known is None or content_of(known[0]) != content_of(output):
                known = None
                kept(store, key, output, _history(run), seen)
            shutil.rmtree(work, ignore_errors=True)
        output, about, _ = known or recalled(store, key)
    contract = what_holds(spec, subject.signature).get("CONTRACT", {})
    row = {
        "name": stage.name,
        "key": key,
        "reused": not runs,
        "content": content_of(output),
        "arrays": {
            name: summary(values, rows=spec["explain"] or f"{stage.name}.{name}" in contract)
            for name, values in output.arrays.items()
        },
        "facts": dict(output.facts),
        "files": {name: path.stat().st_size for name, path in output.files.items()},
        **about,
    }
    return row, output


def _called(
    subject: Subject,
    stage: Stage,
    chosen: Mapping[str, str],
    outputs: Mapping[str, tuple[Output, str]],
    run: Run,
) -> Any:
    """What a stage returns."""
    variants = subject.signature.variants
    toggles = {name: variants[name].value(chosen[name]) for name in stage.toggles}
    if subject.signature.workflow and stage.name == WORKFLOW:
        return run_workflow(subject.signature.workflow, run, toggles, subject.signature.inputs)
    # Copies: what one stage changes in place, the next would see only where this one is not from the store.
    for seed in (random.seed, np.random.seed):
        seed(run.number("global"))  # for a stage that draws from what all share
    taken = {name: _copied(outputs[name][0]) for name in stage.inputs}
    return getattr(subject.module, stage.name)(**taken, **toggles, run=run)


def _copied(output: Output) -> Output:
    arrays = {name: values.copy() for name, values in output.arrays.items()}
    return Output(arrays, deepcopy(dict(output.facts)), dict(output.files))


def _unchanged(
    subject: Subject, store: Store, key: str
) -> tuple[Output, dict[str, Any], dict[str, str]] | None:
    """What stands under a key, if the files that the stage has read are what they were. They are files of this measurement as well."""
    if store.contents(key) is None:
        return None
    found = recalled(store, key)
    paths = {subject.path(name): digest for name, digest in found[2].items()}
    if any(content(path) != digest for path, digest in paths.items()):
        return None
    for path in paths:
        subject.opened.note(path)
    return found


def _shared(outputs: Mapping[str, Output]) -> dict[str, dict[str, int]]:
    """Array for testing -> the rows of it that its stage's array for training has, too."""
    found = {}
    for stage, output in outputs.items():
        for train, test in pairs(output.arrays):
            if (rows := shared_rows(output.arrays[train], output.arrays[test])) is not None:
                found[f"{stage}.{test}"] = rows
    return found


def _history(run: Run) -> dict[str, Any]:
    """What a stage logged, thinned: at most ``POINTS`` steps, the first and the last among them."""
    found: dict[str, Any] = {"first_bad": run.first_bad, "commands": run.commands}
    if not run.history.steps:
        return found
    n = len(run.history.steps)
    at = np.unique(np.linspace(0, n - 1, min(n, POINTS)).round().astype(int))
    columns = {}
    for name, values in run.history.arrays().items():
        flat = values.reshape(n, -1)
        if flat.shape[1] == 1:
            columns[name] = {"values": flat[at, 0].tolist()}
        elif flat.shape[1] <= WIDEST:
            columns[name] = {"values": flat[at].tolist()}
        else:
            columns[name] = {"min": flat[at].min(axis=1).tolist(), "max": flat[at].max(axis=1).tolist()}
        columns[name]["n_nonfinite"] = int((~np.isfinite(flat).all(axis=1)).sum())
    found["history"] = {"n_steps": n, "steps": [run.history.steps[place] for place in at], "terms": columns}
    return found
