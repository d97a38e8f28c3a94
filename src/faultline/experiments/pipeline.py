"""A pipeline, run stage by stage with each of several seeds. A stage that was made before from the same is taken from the store."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import metadata
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.core.errors import InputError, TimeLimit, is_internal, message_of, place, trace_of
from faultline.core.sections.pipeline import PipelineRun
from faultline.criteria.trials.readings import of_pipeline
from faultline.engine import jax_cache
from faultline.experiments.stage_objects import content_of, kept, recalled
from faultline.store.keys import closure, digest
from faultline.store.objects import Store
from faultline.targets.case import Signature, read_signature
from faultline.targets.loading import load_case
from faultline.targets.pipeline import Stage
from faultline.targets.pipeline_keys import ALL_CHOICES, SCAN, Sources
from faultline.targets.pipeline_run import Output, Run
from faultline.targets.source import find_source

if TYPE_CHECKING:
    from faultline.core.recorder import Recorder
    from faultline.targets.opened import Opened

POINTS = 200
"""Steps of a history that the record keeps for its picture."""
WIDEST = 16
"""Elements of a logged term of which the record keeps each; of a wider one the smallest and the largest."""


def prepare(recorder: Recorder, opened: Opened) -> ModuleType:
    """The module with the stages, imported."""
    with recorder.stage("load"), opened.watching():
        module = load_case(recorder.spec["case"], in_its_folder=True).module
    if "jax" in sys.modules:
        jax_cache.seal()
    return module


def measure(recorder: Recorder, module: ModuleType) -> None:
    """Every stage with every seed. A stage that raises is a finding, and those that need it are not run."""
    spec = recorder.spec
    signature = read_signature(spec["case"])
    store, sources = Store(spec["store"]), Sources(find_source(spec["case"]))
    code = _Code(sources, spec, store)
    runs: list[dict[str, Any]] = []
    recorder.keep(pipeline={**declared(signature), "scenario": spec["scenario"], "runs": runs})
    for seed in spec.get("seeds", [spec["seed"]]):
        outputs: dict[str, Output] = {}
        runs.append({"seed": seed, "stages": []})
        for stage in signature.stages if spec["explain"] else _compared(signature):
            lacks = [name for name in stage.inputs if name not in outputs]
            if lacks:
                runs[-1]["stages"].append({"name": stage.name, "needs": lacks})
                continue
            row, output = _one(recorder, store, code, module, signature, stage, seed, outputs)
            if output is not None:
                outputs[stage.name] = output
            runs[-1]["stages"].append(row)
            recorder.keep(pipeline={"runs": runs})
            recorder.check_limit(stage.name)
    recorder.keep(pipeline={"runs": runs})
    # A run is read whole: one that was cut short has no readings, and is no run of a trial.
    found = PipelineRun.of(recorder.record.content["pipeline"])
    recorder.keep(readings=of_pipeline(found, _believed(signature)))


def _compared(signature: Signature) -> list[Stage]:
    """The stages that a trial is about: those that read a toggle or have a figure to be held against a limit, and what these take."""
    named = {
        figure.partition(".")[0]
        for literal in ("CRITERIA", "ORACLES")
        for figure in signature.literals.get(literal, {})
    }
    wanted = named | {figure.partition(".")[0] for figure in _believed(signature)}
    kept: list[Stage] = []
    for stage in reversed(signature.stages):
        if stage.toggles or stage.name in wanted:
            kept.insert(0, stage)
            wanted |= set(stage.inputs)
    return kept


def _believed(signature: Signature) -> list[str]:
    """The figures that hypotheses are about."""
    rows = [row["predicts"] for row in signature.literals.get("HYPOTHESES", ())]
    return [predicted["metric"] for predicted in rows if isinstance(predicted, Mapping)]


def declared(signature: Signature) -> dict[str, Any]:
    """What a case says of its stages, as judging needs it beside what was measured."""
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
        "criteria": signature.literals.get("CRITERIA", {}),
        "oracles": signature.literals.get("ORACLES", {}),
    }


class _Code:
    """What decides the result of a stage beside its inputs: sources, versions, and Faultline's own part in it."""

    def __init__(self, sources: Sources, spec: Mapping[str, Any], store: Store):
        self._sources = sources
        libraries = {name: version for name in sorted(sources.libraries()) if (version := _version(name))}
        own = closure(["faultline.targets.pipeline_run"], store.digests)
        self._common = digest([spec["versions"], libraries, own])

    def request(
        self,
        stage: Stage,
        seed: int,
        spec: Mapping[str, Any],
        scenario: Mapping[str, Any],
        inputs: Mapping[str, str],
    ) -> dict[str, Any]:
        """What is asked of a stage: equal requests have equal results."""
        chosen = spec["variants"]
        whole = self._sources.reads(stage.name, ALL_CHOICES)
        explained = {"explain": True} if spec["explain"] and self._sources.reads(stage.name, SCAN) else {}
        return {
            "stage": "pipeline_stage",
            "name": stage.name,
            "code": digest([self._sources.of_stage(stage.name), self._common]),
            "choices": dict(chosen) if whole else {name: chosen[name] for name in stage.toggles},
            "scenario": {"name": spec["scenario"], **scenario},
            "seed": seed,
            "inputs": dict(inputs),
            **explained,
        }


def _one(
    recorder: Recorder,
    store: Store,
    code: _Code,
    module: ModuleType,
    signature: Signature,
    stage: Stage,
    seed: int,
    outputs: Mapping[str, Output],
) -> tuple[dict[str, Any], Output | None]:
    """One stage with one seed: its row in the record, and what it left, if it left anything."""
    spec = recorder.spec
    scenario = signature.scenarios.get(spec["scenario"], {})
    inputs = {name: content_of(outputs[name]) for name in stage.inputs}
    request = code.request(stage, seed, spec, scenario, inputs)
    key = store.ask(request)
    with recorder.stage(stage.name), store.alone(key, print):
        made = store.contents(key) is None
        if made:
            folder = store.running(key)
            work = folder / "work"
            work.mkdir(parents=True, exist_ok=True)
            run = Run(
                stage,
                seed=seed,
                choices=spec["variants"],
                scenario_name=spec["scenario"],
                scenario=scenario,
                folder=work,
                folders=recorder.folders,
                explain=spec["explain"],
            )
            toggles = {name: signature.variants[name].value(spec["variants"][name]) for name in stage.toggles}
            try:
                output = getattr(module, stage.name)(
                    **{name: outputs[name] for name in stage.inputs}, **toggles, run=run
                )
            except (InputError, TimeLimit):
                raise
            except (Exception, SystemExit) as error:
                if is_internal(error, recorder.folders):
                    raise
                return {"name": stage.name, "error": _described(error, recorder), **_history(run)}, None
            if not isinstance(output, Output):
                raise InputError(
                    f"stage {stage.name} of {spec['case']} returned {type(output).__name__}; end it with return run.output(...)."
                )
            kept(store, key, output, _history(run))
        output, about = recalled(store, key)
    row = {
        "name": stage.name,
        "key": key,
        "reused": not made,
        "content": content_of(output),
        "arrays": {name: _array(values) for name, values in output.arrays.items()},
        "facts": dict(output.facts),
        "files": {name: path.stat().st_size for name, path in output.files.items()},
        **about,
    }
    return row, output


def _array(values: np.ndarray) -> dict[str, Any]:
    """An array in a few figures: what a contract between stages is about."""
    found: dict[str, Any] = {
        "shape": list(values.shape),
        "dtype": str(values.dtype),
        "size": int(values.size),
    }
    if not np.issubdtype(values.dtype, np.number) or not values.size:
        return found
    finite = np.isfinite(values)
    found["n_nonfinite"] = int(values.size - finite.sum())
    if found["n_nonfinite"]:
        found["first_nonfinite"] = [int(place) for place in np.argwhere(~finite)[0]]
    if finite.any() and not np.iscomplexobj(values):
        inside = values[finite]
        found |= {
            "min": float(inside.min()),
            "max": float(inside.max()),
            "mean": float(inside.mean(dtype=float)),
        }
        found["constant"] = bool(inside.size > 1 and inside.min() == inside.max())
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


def _described(error: BaseException, recorder: Recorder) -> dict[str, Any]:
    message = f"sys.exit({error.code!r}) was called" if isinstance(error, SystemExit) else message_of(error)
    print(trace_of(error), file=sys.stderr)
    return {
        "type": type(error).__name__,
        "message": message,
        "where": place(error, recorder.folders),
        "traceback": trace_of(error),
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except (metadata.PackageNotFoundError, ValueError):
        return None
