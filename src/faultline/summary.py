"""The summary of a suite: what is wrong, how sure that is, what shows it, and what to do next. Then the groups one by one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from faultline import html
from faultline.errors import InputError
from faultline.record import read_json, save_text, validate, write_json
from faultline.sections import overview
from faultline.verdict import summarise


def write_summary(suite_dir: str | Path, groups: Sequence[str] | None = None) -> dict[str, Any]:
    """Write ``report_summary.md``, ``report_summary.html`` and ``results/summary.json``. Returns the summary.

    ``groups`` are the names of the groups that should have run, in order (default: those that have results). One without
    a valid record is listed as not run, with the reason.
    """
    suite = Path(suite_dir)
    names = list(groups) if groups is not None else _found(suite)
    records = [_read(suite, name) for name in names]
    summary = summarise(records)
    page = overview.markdown(summary, records, suite)
    write_json(suite / "results" / "summary.json", summary)
    save_text(suite / "report_summary.md", page)
    save_text(suite / "report_summary.html", html.page(overview.title(summary), page, suite))
    return summary


def _found(suite: Path) -> list[str]:
    """Groups with results, by their number; the copies by run id are not groups."""
    names = [path.stem.removeprefix("results_") for path in (suite / "results").glob("results_group_*.json")]
    latest = [name for name in names if not any(name.startswith(f"{other}__") for other in names)]
    return sorted(latest, key=lambda name: (overview.group_number(name), name))


def _read(suite: Path, name: str) -> dict[str, Any]:
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
    return record


def _not_run(name: str, reason: str) -> dict[str, Any]:
    verdict = {
        "outcome": "not_run",
        "component": None,
        "cause_class": None,
        "interpretation": f"This group did not run: {reason}.",
        "next_action": f"Run group {overview.group_number(name)} again.",
    }
    return {
        "group": name,
        "number": overview.group_number(name),
        "not_run": reason,
        "checks": [],
        "verdict": verdict,
    }
