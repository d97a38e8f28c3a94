"""The stages: each takes the key of its request and leaves an object in the store, or publishes what stands there.

The same functions serve the workflow's jobs and the scripts run by hand. What a stage computes is in the modules that
`faultline.plan.requests.modules_of` names; here is only where it comes from and where it goes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from faultline.core.errors import InputError
from faultline.core.record import named, read_json, write_json
from faultline.core.sections.record import Error
from faultline.experiments import experiment
from faultline.experiments.stage_order import BEFORE
from faultline.jobs.progress import called, in_words
from faultline.plan.stage_keys import (
    DESCRIBE_DATASET,
    JUDGE,
    JUDGE_REMEDIES,
    JUDGE_TRIALS,
    MAKE_DATASET,
    MEASURE,
    PARTS,
    PLOT,
    PLOT_SIZES,
    PLOT_TRIALS,
    SAMPLE,
    code_digest,
    inputs_digests,
    sources_digest,
)
from faultline.store.keys import file_digest, state
from faultline.store.objects import NOTES, Store
from faultline.targets import bundled, pickled
from faultline.targets.case import known_files, read_signature
from faultline.targets.opened import read_log

MEASURED, JUDGED, DRAWS, MANIFEST = "measured.json", "results.json", "draws.nc", "artifacts_manifest.json"
LOG, PICTURE, FACTS = "output.log", "picture.png", "facts.json"
FROM_OUTSIDE = ("TimeLimit", "MemoryLimit", "MemoryError", "Interrupted", "KeyboardInterrupt")
"""Types of errors that say how a measurement ended, and nothing of what was measured."""
READINGS, TRIALS, REMEDIES = "readings.json", "trials.json", "remedies.json"


def make(store: Store, key: str, forked: bool = False) -> int:
    """Make the object of a key, unless it stands there. Returns the exit code: 0 if it stands then.

    Raises
    ------
    InputError
        For a mistake of the user, or if what was read is no longer what the request names.
    """
    request = store.request(key)
    stage, label = request["stage"], called(store.label(key))

    def say(text: str) -> None:
        print(f"{label}: {text}", flush=True)

    with store.alone(key, say) as lock:
        reads = {other: store.fingerprint(other) for other in inputs(request)}
        known = store.contents(key)
        if known is not None and known["reads"] == reads:
            return 0
        folder = store.running(key)
        check_code(store, request)
        if stage in (MEASURE, SAMPLE):
            code, files = _measured(store, key, request, folder, lock, label, forked)
        else:
            code, files = 0, _STAGES[stage](store, request, folder)
        if code == 0:
            check_code(store, request)
            store.keep(key, files, reads)
    return code


def check_code(store: Store, request: Mapping[str, Any]) -> None:
    """Raise ``InputError`` if the code of a stage is not the one that was asked for: its result would stand under a wrong key."""
    if code_digest(request["stage"], store, request.get("kind") or request.get("case")) != request["code"]:
        raise InputError("Faultline has changed since this run was planned; run the command again.")


def inputs(request: Mapping[str, Any]) -> list[str]:
    """Keys of the objects that a stage reads."""
    several = request.get("records") or []
    dataset = request.get("dataset") or {}
    single = [request.get("record"), request.get("draws"), dataset.get("key")]
    return list(dict.fromkeys([*filter(None, single), *request.get("reads", {}).values(), *several]))


def dataset_file(store: Store, dataset: Mapping[str, Any]) -> Path:
    """Where a request's dataset is read: a bundled one in the store."""
    if "key" in dataset:
        return store.read(dataset["key"], Path(dataset["path"]).name)
    return Path(dataset["path"])


def _measured(
    store: Store, key: str, request: dict[str, Any], folder: Path, lock: int, label: str, forked: bool
) -> tuple[int, dict[str, Path]]:
    """Measure, and hold what was read against what the request names: before, and after in case it changed meanwhile."""
    if cut := _cut_short(store, request):
        return 0, _as_cut(store, key, cut, folder)
    from faultline.run import supervisor  # NumPy comes with it, which neither planning nor judging needs

    spec = {**request, "request": key}
    if dataset := request["dataset"]:
        spec["dataset"] = {**dataset, "file": str(dataset_file(store, dataset))}
    spec["store"] = str(store.root.resolve())
    if idata := request.get("idata"):
        spec["idata"] = {**idata, "path": str(store.place_of(idata["sha256"]))}
    spec["reads"] = {name: _left(store, other) for name, other in request.get("reads", {}).items()}
    files = known_files(spec, read_signature(request["case"]))
    before = {path: state(path) for path in files}
    _check_asked(store, request)
    here = pickled.lives_here(request["case"])
    code = supervisor.run(key, spec, folder, lock, label, in_words, forked, here)
    if code:
        return code, {}
    opened, changed = read_log(folder / supervisor.OPENED)
    changed += [str(path) for path in files if not path.exists() or state(path) != before[path]]
    named = request.get("opened") or {}
    changed += [path for path, digest in opened.items() if named.get(path, digest) != digest]
    if changed:
        raise InputError(f"{changed[0]} changed while the model was measured; run the command again.")
    _check_asked(store, request)
    record = read_json(folder / MEASURED)
    note: dict[str, Any] = {"opened": opened} if opened else {}
    if accident := Error.of(record.get("error")).accident:
        note["accident"] = accident
        record["error"]["stands"] = bool(request.get("after_accident"))
        write_json(folder / MEASURED, record)
    if experiment(request["kind"]).replicates:
        runs = record.pop("readings", None) or _ended(record, request)
        write_json(folder / READINGS, {"runs": runs})
        write_json(folder / MEASURED, record)
    if note:
        store.note(key, **note)
        write_json(folder / NOTES, store.notes(key))
    pictures = [row["file"] for row in record.get("pipeline", {}).get("pictures", ()) if "file" in row]
    names = (MEASURED, DRAWS, LOG, READINGS, *pictures, *([NOTES] if note else []))
    return 0, {name: folder / name for name in names if (folder / name).is_file()}


def _cut_short(store: Store, request: Mapping[str, Any]) -> str | None:
    """The key of the job that ran stages for this measurement, if it did not come to its end."""
    key = request.get("reads", {}).get(BEFORE)
    return key if key and store.read_json(key, MEASURED)["error"] else None


def _as_cut(store: Store, key: str, before: str, folder: Path) -> dict[str, Path]:
    """The files of a measurement that ended in the job before: where it ended is what is known of it."""
    folder.mkdir(parents=True, exist_ok=True)
    names = (MEASURED, LOG, READINGS, NOTES)
    there = [name for name in names if name in store.contents(before)["files"]]
    for name in there:
        shutil.copyfile(store.read(before, name), folder / name)
    write_json(folder / MEASURED, {**store.read_json(before, MEASURED), "request": key})
    return {name: folder / name for name in there}


def _ended(record: Mapping[str, Any], request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The runs of a measurement that the case's own code ended: an exception with every seed. An end from outside is no run."""
    error = Error.of(record.get("error"))
    if not error or error.signal or error.accident or error.type in FROM_OUTSIDE:
        return []
    from faultline.criteria.trials.readings import ended

    return ended(request.get("seeds", [request["seed"]]), record["error"])


def _left(store: Store, key: str) -> dict[str, str]:
    """Where a measurement's files are, by their names."""
    files = (MEASURED, DRAWS) if store.request(key)["stage"] == SAMPLE else (MEASURED,)
    return {name: str(store.read(key, name).resolve()) for name in files}


def _check_asked(store: Store, request: Mapping[str, Any]) -> None:
    """Raise ``InputError`` if the model or the dataset is not what the request names."""
    signature = read_signature(request["case"])
    dataset = request["dataset"] or {}
    if sources_digest(signature, store) != request["sources"]:
        raise InputError(
            f"case {request['case']} has been edited since this run was planned; run the command again."
        )
    if inputs_digests(signature, store) != request.get("inputs", {}):
        raise InputError(
            f"the files that INPUTS of case {request['case']} names have changed since this run was planned; run the command again."
        )
    if idata := request.get("idata"):
        store.place_of(idata["sha256"])
    if "sha256" in dataset and store.digests.of(dataset["path"]) != dataset["sha256"]:
        raise InputError(
            f"dataset {dataset['path']} has changed since this run was planned; run the command again."
        )


def _judged(store: Store, request: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    from faultline.diagnosis.rules import judged

    record = named(store.read_json(request["record"], MEASURED), request["group"], request["reference"])
    write_json(folder / JUDGED, judged(record))
    return {JUDGED: folder / JUDGED}


def _plotted(store: Store, request: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    from faultline.report.plots.stage import draw_all

    key = request["record"]
    judged = store.request(key)["stage"] == JUDGE
    record = store.read_json(key, JUDGED if judged else MEASURED)
    draws = request["draws"] and store.read(request["draws"], DRAWS)
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    for row in record.get("pipeline", {}).get("pictures", ()):  # what the case itself has drawn
        if "file" in row:
            shutil.copyfile(store.read(key, row["file"]), pictures / row["file"])
    manifest = draw_all(named(record, request["group"]), draws, pictures)
    return {name: pictures / name for name in manifest["files"]}


def _trials_judged(store: Store, request: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    from faultline.criteria.trials.readings import ended
    from faultline.diagnosis.trials.judging import judged

    rows = []
    for key, about in zip(request["records"], request["trials"], strict=True):
        there = READINGS in (store.contents(key) or {"files": ()})["files"]
        content = store.read_json(key, READINGS)["runs"] if there else []
        rows.append(
            {**about, "request": key, "runs": content, "error": store.read_json(key, MEASURED)["error"]}
        )
    for about in request["left_out"]:
        content = ended(about["seeds"], None)
        error = {"type": "InputError", "message": about["why"]}
        rows.append({**about, "request": None, "runs": content, "error": error})
    write_json(folder / TRIALS, judged(request["study"], rows))
    return {TRIALS: folder / TRIALS}


def _remedies_judged(store: Store, request: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    from faultline.diagnosis.remedies.judging import judged

    rows = []
    for key, about in zip(request["records"], request["remedies"], strict=True):
        there = READINGS in (store.contents(key) or {"files": ()})["files"]
        content = store.read_json(key, READINGS)["runs"] if there else []
        record = store.read_json(key, MEASURED)
        rows.append({**about, "request": key, "runs": content, "record": record, "error": record["error"]})
    write_json(folder / REMEDIES, judged(rows, request["left_out"]))
    return {REMEDIES: folder / REMEDIES}


def _trials_plotted(store: Store, request: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    from faultline.report.plots.trials import draw_trials

    draw_trials(store.read_json(request["record"], TRIALS), folder / PICTURE)
    return {PICTURE: folder / PICTURE}


def _sizes_plotted(store: Store, request: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    from faultline.report.plots.size import draw_sizes

    draw_sizes([store.read_json(key, JUDGED) for key in request["records"]], folder / PICTURE)
    return {PICTURE: folder / PICTURE}


def _dataset_made(store: Store, request: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    path = folder / f"{request['name']}.npz"
    bundled.module(request["case"], PARTS[MAKE_DATASET]).make(request["name"], path)
    return {path.name: path}


def _dataset_described(store: Store, request: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    path = dataset_file(store, request["dataset"])
    facts = bundled.module(request["case"], PARTS[DESCRIBE_DATASET]).describe(path, folder / PICTURE)
    write_json(folder / FACTS, facts)
    if "sha256" in request["dataset"] and file_digest(path) != request["dataset"]["sha256"]:
        raise InputError(f"dataset {path} changed while it was read; run the command again.")
    return {name: folder / name for name in (FACTS, PICTURE)}


_STAGES: dict[str, Callable[[Store, Mapping[str, Any], Path], dict[str, Path]]] = {
    JUDGE: _judged,
    PLOT: _plotted,
    PLOT_SIZES: _sizes_plotted,
    JUDGE_TRIALS: _trials_judged,
    JUDGE_REMEDIES: _remedies_judged,
    PLOT_TRIALS: _trials_plotted,
    MAKE_DATASET: _dataset_made,
    DESCRIBE_DATASET: _dataset_described,
}
