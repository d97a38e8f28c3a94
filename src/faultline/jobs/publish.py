"""Publishing: what stands in the store is copied into a suite under fixed names, and its reports are written there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faultline.core.errors import InputError
from faultline.core.record import named, read_json
from faultline.jobs.stages import (
    DRAWS,
    FACTS,
    JUDGED,
    LOG,
    MANIFEST,
    MEASURED,
    PICTURE,
    REMEDIES,
    TRIALS,
    make,
)
from faultline.plan.planned import Plan, Planned, PlannedTrials
from faultline.plan.requests import Planner
from faultline.plan.stage_keys import group_key, summary_key, trials_key
from faultline.store.objects import Store
from faultline.store.suite import EMBEDDED, Publication, Suite

SUMMARY, LOOK, SIZES, CHANGES = "summary", "dataset", "size_ladder", "trials"


def group_request(planned: Planned) -> dict[str, Any]:
    """What is asked for under the name of a group."""
    return {
        "key": planned.published,
        "measured": planned.measured,
        "judged": planned.judged,
        "plotted": planned.plotted,
    }


def summary_request(plan: Plan) -> dict[str, Any]:
    """What is asked for as the summary: a judged record and its measurement for each group."""
    groups = {name: {"measured": p.measured, "judged": p.judged} for name, p in plan.groups.items()}
    trials = {"trials": plan.trials.judged} if plan.trials else {}
    remedies = {"remedies": plan.remedies.judged} if plan.remedies else {}
    return {"key": plan.summary, "groups": groups, "sizes": plan.sizes, **trials, **remedies}


def trials_request(planned: PlannedTrials) -> dict[str, Any]:
    """What is asked for as the report of the trials."""
    return {
        "key": planned.published,
        "judged": planned.judged,
        "plotted": planned.plotted,
        "measured": list(planned.measured),
    }


def _check_key(asked: str, now: str) -> None:
    if now != asked:
        raise InputError("Faultline has changed since this run was planned; run the command again.")


def publish_group(
    store: Store, suite: Suite, name: str, key: str, run_id: str | None, overwrite: bool
) -> Path:
    """Publish the record, the draws, the pictures and the report of a group. Returns the path of its report."""
    from faultline.report.group_page import write_report

    with suite.publishing(name, key) as publication:
        asked = suite.asked(name)
        _check_key(key, group_key(asked["judged"], asked["plotted"], store))
        record = store.read_json(asked["judged"], JUDGED)
        run_id = run_id or default_run_id(suite, record)
        check_run_id(suite, name, run_id, record["request"], overwrite)
        record = {**record, "run_id": run_id}
        _publish_measured(store, publication, asked["measured"], store.request(asked["judged"]), run_id)
        for stage in (asked["judged"], asked["plotted"]):
            _publish_logs(store, publication, stage, name)
        results = publication.write(f"results/results_{name}.json", record)
        publication.write(f"results/results_{name}__{run_id}.json", record)
        plots = suite.folder / "plots" / name
        manifest = store.read_json(asked["plotted"], MANIFEST)
        for file in manifest["files"]:
            if file != MANIFEST:
                publication.copy(store.read(asked["plotted"], file), f"plots/{name}/{file}")
        publication.write(f"plots/{name}/{MANIFEST}", {**manifest, "run_id": run_id})
        for stem in (f"report_{name}", f"report_{name}__{run_id}"):
            for ending in ("md", "html"):
                publication.place(f"{stem}.{ending}")
        publication.place(f"{EMBEDDED}/report_{name}.html")
        for path in write_report(results, plots, suite.folder).values():
            publication.note(str(path.relative_to(suite.folder)))
        publication.facts["run_id"] = run_id
    return suite.folder / f"report_{name}.md"


def publish_measured(store: Store, suite: Suite, planned: Planned, run_id: str | None) -> Path:
    """Publish what was measured for a group, and nothing that follows from it."""
    judged = store.request(planned.judged)
    record = store.read_json(planned.measured, MEASURED)
    with suite.writing() as publication:
        return _publish_measured(store, publication, planned.measured, judged, run_id or record["run_id"])


def _publish_measured(
    store: Store, publication: Publication, key: str, judged: Mapping[str, Any], run_id: str
) -> Path:
    name = judged["group"]["name"]
    record = named(store.read_json(key, MEASURED), judged["group"], judged["reference"])
    place = publication.write(f"results/measured_{name}.json", {**record, "run_id": run_id})
    debug = f"debug_outputs/{name}"
    for file in (DRAWS, LOG):
        if file in (store.contents(key) or {"files": ()})["files"]:
            publication.copy(store.read(key, file), f"{debug}/{file}")
    _publish_logs(store, publication, key, name)
    return place


def _publish_logs(store: Store, publication: Publication, key: str, name: str) -> None:
    """What a stage printed, and what Snakemake measured of it: for people, nothing depends on them."""
    for path in sorted(store.log_folder(key).glob("*")):
        publication.copy(path, f"debug_outputs/{name}/{path.name}")


def publish_summary(store: Store, suite: Suite, key: str) -> Path:
    """Write the summary from the judged records that it asks for."""
    from faultline.report.summary import write_summary

    with suite.publishing(SUMMARY, key) as publication:
        asked = suite.asked(SUMMARY)
        judged = {name: keys["judged"] for name, keys in asked["groups"].items()}
        _check_key(
            key, summary_key(judged, asked["sizes"], store, asked.get("trials"), asked.get("remedies"))
        )
        records = []
        for name, keys in asked["groups"].items():
            record = store.read_json(keys["judged"], JUDGED)
            records.append({**record, "run_id": suite.published(name).get("run_id", record["run_id"])})
        names = (
            "report_summary.md",
            "report_summary.html",
            f"{EMBEDDED}/report_summary.html",
            "results/summary.json",
        )
        for name in names:
            publication.place(name)
        trials = store.read_json(asked["trials"], TRIALS) if asked.get("trials") else None
        remedies = store.read_json(asked["remedies"], REMEDIES) if asked.get("remedies") else None
        if remedies:
            publication.copy(store.read(asked["remedies"], REMEDIES), f"results/{REMEDIES}")
        write_summary(suite.folder, records, trials, remedies)
        for name in names:
            publication.note(name)
    return suite.folder / names[0]


def publish_trials(store: Store, suite: Suite, key: str) -> Path:
    """Publish what the trials found, its picture and its page."""
    from faultline.report.trials_page import write_page

    with suite.publishing(CHANGES, key) as publication:
        asked = suite.asked(CHANGES)
        _check_key(key, trials_key(asked["judged"], asked["plotted"], store))
        publication.copy(store.read(asked["judged"], TRIALS), "results/trials.json")
        publication.copy(store.read(asked["plotted"], PICTURE), "plots/trials.png")
        names = ("report_trials.md", "report_trials.html", f"{EMBEDDED}/report_trials.html")
        for name in names:
            publication.place(name)
        write_page(suite.folder, store.read_json(asked["judged"], TRIALS))
        for name in names:
            publication.note(name)
    return suite.folder / names[0]


def publish_look(store: Store, suite: Suite, key: str) -> Path:
    """Publish the facts about the dataset and its picture."""
    with suite.publishing(LOOK, key) as publication:
        publication.copy(store.read(key, FACTS), "results/dataset.json")
        return publication.copy(store.read(key, PICTURE), "plots/dataset/dataset.png")


def publish_sizes(store: Store, suite: Suite, key: str) -> Path:
    """Publish the picture of the size ladder."""
    with suite.publishing(SIZES, key) as publication:
        return publication.copy(store.read(key, PICTURE), "plots/size_ladder.png")


def publish_dataset(store: Store, path: Path, key: str) -> Path:
    """Publish a bundled dataset at ``path``."""
    folder = Suite(path.parent)
    with folder.publishing(path.stem, key) as publication:
        return publication.copy(store.read(key, path.name), path.name)


def by_hand(
    store: Store,
    suite: Suite,
    planner: Planner,
    planned: Planned,
    *,
    run_id: str | None,
    overwrite: bool,
    everything: bool,
    forked: bool = False,
) -> tuple[int, Path | None]:
    """Make and publish one group without the workflow: what is in the store is not made again.

    ``everything``: up to the report; else only what was measured. Returns the exit code and what was published.
    """
    name = planned.group.name
    suite.check_free()
    if run_id:
        check_run_id(suite, name, run_id, planned.measured, overwrite)
    planner.write({**planned.first, planned.measured: planned.group.label})
    dataset = planner.requests[planned.measured]["dataset"] or {}
    suite.remember(planner.requests[planned.measured]["case"], dataset.get("path"))
    if "key" in dataset:
        make(store, dataset["key"])
        path = Path(dataset["path"])
        if not path.exists():
            Suite(path.parent).ask(path.stem, {"key": dataset["key"]})
            publish_dataset(store, path, dataset["key"])
    for key in (*planned.first, planned.measured):
        if code := make(store, key, forked):
            return code, None
    if not everything:
        return 0, publish_measured(store, suite, planned, run_id)
    for key in (planned.judged, planned.plotted):
        make(store, key)
    suite.check_free()  # a workflow may have begun meanwhile, and its requests stand
    suite.ask(name, group_request(planned))
    return 0, publish_group(store, suite, name, planned.published, run_id, overwrite)


def default_run_id(suite: Suite, record: Mapping[str, Any]) -> str:
    """The time of measurement; with the first digits of the request's key where that names another measurement already."""
    run_id = record["run_id"]
    taken = suite.folder / "results" / f"results_{record['group']}__{run_id}.json"
    return run_id if _request_of(taken) in (None, record["request"]) else f"{run_id}_{record['request'][:6]}"


def check_run_id(suite: Suite, name: str, run_id: str, measured: str, overwrite: bool) -> None:
    """Raise ``InputError`` if the group was published under this run id with another measurement."""
    path = suite.folder / "results" / f"results_{name}__{run_id}.json"
    if not overwrite and _request_of(path) not in (None, measured):
        raise InputError(
            f"run id {run_id} already holds a different measurement of {name} ({path}); choose another run id, or overwrite it "
            "(with --overwrite; in the workflow, --config overwrite=true)."
        )


def _request_of(path: Path) -> str | None:
    """The key of the measurement that a published record shows; None where there is no record, "" where it does not say."""
    if not path.is_file():
        return None
    try:
        return str(read_json(path).get("request", ""))
    except (InputError, AttributeError):
        return ""
