"""A pipeline, run stage by stage with each of several seeds. A stage that was made before from the same is taken from the store."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faultline.core.record import read_json
from faultline.core.sections.pipeline import PipelineRun
from faultline.criteria.data_contract import pairs
from faultline.criteria.trials.readings import of_pipeline
from faultline.engine import jax_cache
from faultline.experiments.array_summary import shared_rows
from faultline.experiments.stage_order import BEFORE, asked_for, believed, what_holds, with_inputs
from faultline.experiments.stage_pictures import drawn
from faultline.experiments.stage_requests import StageRequests
from faultline.experiments.stage_runs import Made, StageRuns, Subject
from faultline.store.objects import Store
from faultline.targets import scenarios
from faultline.targets.case import Signature
from faultline.targets.loading import load_case
from faultline.targets.opened import Opened
from faultline.targets.pipeline import WORKFLOW, Stage
from faultline.targets.pipeline_keys import Sources
from faultline.targets.pipeline_run import Output
from faultline.targets.revisions import home
from faultline.targets.source import find_source

if TYPE_CHECKING:
    from faultline.core.recorder import Recorder


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
    order = _order(signature, code, spec["scenario"], asked_for(spec, signature))
    before = spec["reads"].get(BEFORE)
    known = read_json(before["measured.json"])["pipeline"]["faults"] if before else []
    stage_runs = StageRuns(recorder, subject, store, code, known)
    for seed in spec.get("seeds", [spec["seed"]]):
        runs.append({"seed": seed, "stages": []})
        made: dict[str, Made] = {}
        for scenario, stages in order:
            last, made = made, {}
            for stage in stages:
                made[stage.name] = stage_runs.one(stage, scenario, seed, made, last)
                if scenario == spec["scenario"]:
                    runs[-1]["stages"].append(made[stage.name].row)
                if not made[stage.name].row.get("reused"):
                    recorder.keep(pipeline={"runs": runs})
                recorder.check_limit(recorder.at)
        if spec["explain"]:
            left = {name: each.output for name, each in made.items() if each.output is not None}
            runs[-1]["shared_rows"] = _shared(left)
    recorder.keep(pipeline={"runs": runs})
    if "only" in spec:
        recorder.keep(pipeline={"faults": stage_runs.faults})
        return
    # A run is read whole: one that was cut short has no readings, and is no run of a trial.
    found = PipelineRun.of(recorder.record.content["pipeline"])
    recorder.keep(readings=of_pipeline(found, believed(held)))
    keys = {row["name"]: row["key"] for row in runs[0]["stages"] if "key" in row}
    if spec["explain"] and signature.draws and keys:
        with recorder.stage("pictures"):
            recorder.keep(pipeline={"pictures": drawn(recorder, keys)})


def _order(
    signature: Signature, code: StageRequests, scenario: str | None, asked: Sequence[Stage]
) -> list[tuple[str | None, Sequence[Stage]]]:
    """What runs in which scenario: in the one that is asked for, which comes last, and in those before it what the next one goes on from."""
    found: list[tuple[str | None, Sequence[Stage]]] = [(scenario, asked)]
    for earlier in scenarios.before(signature.predecessors, scenario):
        read = {stage.name for stage in found[0][1] if code.goes_on(stage)}
        if not read:
            break
        found.insert(0, (earlier, with_inputs(signature.stages, read)))
    return found


def declared(signature: Signature, held: Mapping[str, Any]) -> dict[str, Any]:
    """What a case says of its stages, as judging needs it beside what was measured. ``held``: the literals that say what has to hold."""
    return {
        "file": signature.path.name,
        "stages": [
            {
                "name": stage.name,
                "inputs": list(stage.inputs),
                "toggles": list(stage.toggles),
                "line": stage.line if stage.name != WORKFLOW else None,
            }
            for stage in signature.stages
        ],
        "criteria": held.get("CRITERIA", {}),
        "oracles": held.get("ORACLES", {}),
        "contract": held.get("CONTRACT", {}),
        "inputs": list(signature.inputs),
        **({"build": signature.build} if signature.build else {}),
    }


def _shared(outputs: Mapping[str, Output]) -> dict[str, dict[str, int]]:
    """Array for testing -> the rows of it that its stage's array for training has, too."""
    found = {}
    for stage, output in outputs.items():
        for train, test in pairs(output.arrays):
            if (rows := shared_rows(output.arrays[train], output.arrays[test])) is not None:
                found[f"{stage}.{test}"] = rows
    return found
