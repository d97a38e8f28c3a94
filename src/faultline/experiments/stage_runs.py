"""One stage of a pipeline with one seed: from the store where it was made before from the same, or run."""

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
from faultline.core.sections.pipeline import stage_name
from faultline.engine.backend import cache_directory
from faultline.experiments.array_summary import summary
from faultline.experiments.stage_objects import content_of, kept, recalled
from faultline.experiments.stage_order import what_holds
from faultline.experiments.stage_requests import StageRequests
from faultline.store.objects import Store
from faultline.targets.case import Signature
from faultline.targets.opened import Opened, content
from faultline.targets.pipeline import PREVIOUS, WORKFLOW, Stage
from faultline.targets.pipeline_run import Output, Run
from faultline.targets.snakefile import run_workflow
from faultline.targets.source import Source

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


@dataclass(frozen=True)
class Made:
    """What became of a stage in a scenario with a seed.

    Parameters
    ----------
    row
        What the record has of it.
    output
        What it left, if it left anything.
    fault
        Else why not: what was raised, with the ``stage`` that raised it and the ``scenario``.
    bad
        The first value that is not finite of all that was logged on the way to it, with its ``stage`` and ``scenario``.
    """

    row: dict[str, Any]
    output: Output | None = None
    fault: dict[str, Any] | None = None
    bad: dict[str, Any] | None = None


class StageRuns:
    """Runs stages, or takes them from the store.

    Parameters
    ----------
    known
        The ``faults`` of the jobs before: a stage that raised there is not run again.

    Attributes
    ----------
    faults
        Every stage that raised, with its seed and its scenario.
    """

    def __init__(
        self,
        recorder: Recorder,
        subject: Subject,
        store: Store,
        code: StageRequests,
        known: Sequence[Mapping[str, Any]] = (),
    ):
        self._recorder, self._subject, self._store, self._code = recorder, subject, store, code
        self.faults = list(known)

    def one(
        self,
        stage: Stage,
        scenario: str | None,
        seed: int,
        made: Mapping[str, Made],
        before: Mapping[str, Made],
    ) -> Made:
        """One stage. ``made``, ``before``: what became of those that ran already, in this scenario and in the one before.

        Raises
        ------
        InputError
            It returns no output, or reads a file that another one wrote.
        """
        for known in self.faults:
            if (known["seed"], known["scenario"], known["row"]["name"]) == (seed, scenario, stage.name):
                return Made(known["row"], fault=known["fault"], bad=known["bad"])
        predecessor = self._subject.signature.predecessors.get(scenario)
        goes_on = predecessor is not None and self._code.goes_on(stage)
        found = self._made(stage, scenario, seed, made, before, predecessor if goes_on else None)
        earlier = before[stage.name].bad if goes_on else None
        taken = (made[name].bad for name in stage.inputs)
        own = found.row.get("first_bad")
        bad = earlier or next(filter(None, taken), None)
        if own and not bad:
            bad = {**own, "stage": stage.name, "scenario": scenario}
        row = {**found.row, **({"bad_before": earlier} if earlier else {})}
        if found.fault and (found.fault["stage"], found.fault["scenario"]) == (stage.name, scenario):
            self.faults.append(
                {"seed": seed, "scenario": scenario, "row": row, "fault": found.fault, "bad": bad}
            )
        return Made(row, found.output, found.fault, bad)

    def _made(
        self,
        stage: Stage,
        scenario: str | None,
        seed: int,
        made: Mapping[str, Made],
        before: Mapping[str, Made],
        predecessor: str | None,
    ) -> Made:
        """The same, of this stage alone. ``predecessor``: the scenario that it goes on from, if it reads what it left there."""
        goes_on = predecessor is not None
        row = {"name": stage.name, **({PREVIOUS: predecessor} if goes_on else {})}
        if lacks := [name for name in stage.inputs if made[name].output is None]:
            return Made({**row, "needs": lacks}, fault=made[lacks[0]].fault)
        if goes_on and (fault := before[stage.name].fault):
            return Made({**row, "error": fault}, fault=fault)
        inputs = {name: made[name].output for name in stage.inputs}
        previous = before[stage.name].output if goes_on else None
        contents = {name: made[name].row["content"] for name in stage.inputs}
        request = self._code.request(
            stage,
            seed,
            self._recorder.spec,
            (scenario, self._subject.signature.entries(scenario)),
            contents,
            before[stage.name].row["content"] if goes_on else None,
        )
        key = self._store.ask(request)
        with self._recorder.stage(stage_name(stage.name), writes=False), self._store.alone(key, print):
            known = _unchanged(self._subject, self._store, key)
            # What a stage does to the module beside what it returns is not in the store.
            runs = known is None or self._code.shares_state(stage)
            if runs:
                self._recorder.keep()  # what came before, should this one end the process
                run = self._run(stage, scenario, seed, key, previous)
                try:
                    output, seen = self._watched(stage, scenario, inputs, run)
                except (InputError, TimeLimit):
                    raise
                except (Exception, SystemExit) as error:
                    if is_internal(error, self._recorder.folders):
                        raise
                    told = described(error, self._recorder.folders)
                    print(told["traceback"], file=sys.stderr)
                    fault = {**told, "stage": stage.name, "scenario": scenario}
                    return Made({**row, "error": told, **_history(run)}, fault=fault)
                if known is None or content_of(known[0]) != content_of(output):
                    known = None
                    kept(self._store, key, output, _history(run), seen)
                shutil.rmtree(run.folder, ignore_errors=True)
            output, about, _ = known or recalled(self._store, key)
        return Made({**row, **self._described(stage, key, output), "reused": not runs, **about}, output)

    def _run(self, stage: Stage, scenario: str | None, seed: int, key: str, previous: Output | None) -> Run:
        """What a stage is given, with a folder that is empty."""
        spec, signature = self._recorder.spec, self._subject.signature
        work = self._store.running(key) / "work"
        shutil.rmtree(work, ignore_errors=True)  # of a run that was killed
        work.mkdir(parents=True)
        return Run(
            stage,
            seed=seed,
            choices=spec["variants"],
            scenario_name=scenario,
            scenario=signature.entries(scenario),
            folder=work,
            predecessor=signature.predecessors.get(scenario),
            previous=None if previous is None else _copied(previous),
            inputs=tuple(signature.inputs.values()),
            folders=self._recorder.folders,
            explain=spec["explain"],
        )

    def _watched(
        self, stage: Stage, scenario: str | None, inputs: Mapping[str, Output], run: Run
    ) -> tuple[Output, dict[str, str]]:
        """What a stage leaves, and the content of each file that it has read."""
        spec, subject, store = self._recorder.spec, self._subject, self._store
        ignored = [store.objects, store.running(""), cache_directory()]
        where = "" if scenario == spec["scenario"] else f" in scenario {scenario}"
        with subject.opened.during(ignored, f"{stage.name}{where}") as read:
            output = _called(subject, stage, spec["variants"], inputs, run)
        if not isinstance(output, Output):
            raise InputError(
                f"stage {stage.name} of {spec['case']} returned {type(output).__name__}; end it with return run.output(...)."
            )
        if passed := sorted(subject.opened.passed.items()):
            path, writer = passed[0]
            is_same = writer.split()[0] == stage.name
            here = f"read run.{PREVIOUS}.files" if is_same else "take that stage as an argument"
            raise InputError(
                f"stage {stage.name} of {spec['case']} reads {path}, which stage {writer} wrote; return it there with run.output(files=...), "
                f"and {here}."
            )
        # What was imported late may be used by any stage from then on.
        read |= subject.loaded
        read |= {path for name, path in subject.opened.modules().items() if name not in self._code.modules}
        return output, {subject.named(path): content(path) for path in sorted(read)}

    def _described(self, stage: Stage, key: str, output: Output) -> dict[str, Any]:
        """What the record has of an output."""
        spec = self._recorder.spec
        contract = what_holds(spec, self._subject.signature).get("CONTRACT", {})
        return {
            "key": key,
            "content": content_of(output),
            "arrays": {
                name: summary(values, rows=spec["explain"] or f"{stage.name}.{name}" in contract)
                for name, values in output.arrays.items()
            },
            "facts": dict(output.facts),
            "files": {name: path.stat().st_size for name, path in output.files.items()},
        }


def _called(
    subject: Subject,
    stage: Stage,
    chosen: Mapping[str, str],
    inputs: Mapping[str, Output],
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
    taken = {name: _copied(output) for name, output in inputs.items()}
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
