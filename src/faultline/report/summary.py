"""The summary of a suite: what is wrong, how sure that is, what shows it, and what to do next. Then the groups one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from faultline import __version__
from faultline.core.errors import InputError, shown
from faultline.core.record import read_json, save_text, validate, write_json
from faultline.core.sections.record import Record
from faultline.diagnosis.answer import Answer
from faultline.diagnosis.sizes import is_size
from faultline.diagnosis.summarise import summarise
from faultline.experiments import experiment
from faultline.report import first_screen, html
from faultline.report.sections import overview
from faultline.store.suite import EMBEDDED, Suite


def write_summary(
    suite_dir: str | Path,
    records: Iterable[Mapping[str, Any] | Record],
    trials: Mapping[str, Any] | None = None,
    remedies: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write ``report_summary.md``, ``report_summary.html`` and ``results/summary.json`` of these judged records, and in
    ``embedded/`` the page as it goes inside another one. ``trials`` is what the trials found, and ``remedies`` what the changes
    did that were tried, if there are any.

    Returns the summary.
    """
    suite, judged = Path(suite_dir), [Record.of(record) for record in records]
    summary = {**summarise(judged, trials, remedies), "faultline": __version__}
    shown = replace(Answer.of(summary["answer"]), pictures=first_screen.pictures(summary, suite))
    summary["answer"] = shown.as_dict()
    page = overview.markdown(summary, judged, suite, trials)
    write_json(suite / "results" / "summary.json", summary)
    save_text(suite / "report_summary.md", f"{page}\n{html.MADE_BY}\n")
    for folder, links in ((suite, True), (suite / EMBEDDED, False)):
        save_text(folder / "report_summary.html", html.page(overview.title(summary), page, suite, links))
    return summary


def read_records(suite_dir: str | Path, groups: Sequence[str] | None = None) -> list[Record]:
    """The records that a suite shows, in order.

    ``groups`` are the names of the groups that should have run, in order (default: those that have results). One without
    a valid record is listed as not run, with the reason; so is one whose record answers another request than the suite's.
    """
    suite = Path(suite_dir)
    names = list(groups) if groups is not None else _found(suite)
    records = [_read(suite, name) for name in names]
    asked = Suite(suite).asked("summary").get("groups", {})
    usual = _usual([record for record in records if not record.not_run])
    return [_of_another_request(record, asked, usual) or record for record in records]


def _of_another_request(
    record: Record, asked: Mapping[str, Mapping[str, str]], usual: Mapping[str, Any]
) -> Record | None:
    """What stands for a record that answers something else than the summary is about; None for one that belongs to it.

    That is what the suite was last asked for, or, where only scripts were run by hand, what most of its groups answer.
    """
    if record.not_run:
        return None
    differs = [
        f"{name} {shown(value)}, not {shown(usual[name])}"
        for name, value in _question(record).items()
        if value != usual[name]
    ]
    if asked and record.group not in asked:
        return _left_out(record.group, "the suite does not ask for it", "Ask for it, or leave it")
    wanted = asked.get(record.group, {}).get("measured")
    if wanted == record.request if wanted else not differs:
        return None
    details = f" ({'; '.join(differs)})" if differs else ""
    return _left_out(
        record.group, f"its record answers another request{details}", "Run it with the suite's settings"
    )


def _left_out(name: str, reason: str, action: str) -> Record:
    """What stands for a record that is there and does not belong to the rest."""
    number = overview.group_number(name)
    return _absent(name, reason, f"This group is left out: {reason}.", f"{action}, group {number}.")


def _question(record: Record) -> dict[str, Any]:
    """What a record answers, but for what its place in the ladder decides."""
    if experiment(record.kind).given:
        return {}  # draws that were given are a target of their own
    names = ("case", "dataset", "variants", "max_K", "seed")
    cut = {} if is_size(record) else {"max_T": record.asked.max_T}
    return {
        **{name: getattr(record.asked, name) for name in names},
        **cut,
        "content of the dataset": record.fingerprints.get("dataset"),
        "source of the model": record.fingerprints.get("model_source"),
    }


def _usual(records: Sequence[Record]) -> dict[str, Any]:
    """For each part of the question what most records say; of equals, the one measured last."""
    found: dict[str, Any] = {}
    latest = sorted(records, key=lambda record: str(record.timestamp), reverse=True)
    questions = [_question(record) for record in latest]
    for name in {name for question in questions for name in question}:
        values = [question[name] for question in questions if name in question]
        found[name] = max(values, key=values.count)
    return found


def _found(suite: Path) -> list[str]:
    """Groups with results, by their number; the copies by run id are not groups."""
    names = [path.stem.removeprefix("results_") for path in (suite / "results").glob("results_group_*.json")]
    latest = [name for name in names if not any(name.startswith(f"{other}__") for other in names)]
    return sorted(latest, key=lambda name: (overview.group_number(name), name))


def _read(suite: Path, name: str) -> Record:
    """A group's record, or what stands for it where there is no valid one: outcome ``not_run`` and the reason."""
    path = suite / "results" / f"results_{name}.json"
    if not path.exists():
        return _not_run(name, "there is no record of it")
    try:
        record = read_json(path)
    except InputError as mistake:
        return _not_run(name, f"its record cannot be read ({mistake})")
    if problems := validate(record):
        return _not_run(name, f"its record is not valid ({problems[0]})")
    return Record.of(record)


def _not_run(name: str, reason: str) -> Record:
    number = overview.group_number(name)
    return _absent(name, reason, f"This group did not run: {reason}.", f"Run group {number} again.")


def _absent(name: str, reason: str, interpretation: str, action: str) -> Record:
    verdict = {"outcome": "not_run", "interpretation": interpretation, "next_action": action}
    number = overview.group_number(name)
    return Record.of({"group": name, "number": number, "not_run": reason, "verdict": verdict})
