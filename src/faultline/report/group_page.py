"""The report of one group: seven sections in Markdown, the same page as HTML, and a copy of both for the run id."""

from __future__ import annotations

import os
from pathlib import Path

from faultline.core.record import pictures_of, read_record, save_text
from faultline.core.sections.record import Error, Record
from faultline.experiments import experiment
from faultline.report import html
from faultline.report.markdown import code, image, known, link, paragraph, seconds, text
from faultline.report.sections import apart, gradient, header, model, pipeline, sampling
from faultline.report.templates import render
from faultline.store.suite import EMBEDDED, Suite

SUMMARY = "report_summary.md"
MANIFEST = "artifacts_manifest.json"
SECTIONS = (
    "Interpretation",
    "Next action",
    "Sampling summary",
    "Gradient checks",
    "Model checks",
    "Artifacts",
    "Header",
)
"""The seven sections, as a group that samples has them; any other begins its checks with those that it is about."""

_ABOUT = {"model": "Model checks", "gradient": "Gradient checks"}


def write_report(record_path: str | Path, plots_dir: str | Path, suite_dir: str | Path) -> dict[str, Path]:
    """Write ``report_<group>.md`` and ``.html`` into ``suite_dir``, and the ``__<run_id>`` copies, byte for byte the same;
    in ``embedded/`` the page as it goes inside another one.

    Returns the five paths: ``md``, ``html``, ``md_run``, ``html_run``, ``embedded``.
    """
    suite = Path(suite_dir)
    record = Record.of(read_record(record_path))
    stem = f"report_{record.group}"
    run = f"{stem}__{record.run_id}"
    paths = {
        "md": suite / f"{stem}.md",
        "html": suite / f"{stem}.html",
        "md_run": suite / f"{run}.md",
        "html_run": suite / f"{run}.html",
    }
    words = markdown(record, Path(record_path), Path(plots_dir), suite)
    page = html.page(_title(record), words, suite)
    for key, path in paths.items():
        save_text(path, page if key.startswith("html") else f"{words}\n{html.MADE_BY}\n")
    paths["embedded"] = suite / EMBEDDED / f"{stem}.html"
    save_text(paths["embedded"], html.page(_title(record), words, suite, links=False))
    return paths


def markdown(record: Record, record_path: Path, plots_dir: Path, suite: Path) -> str:
    """The report's text. Links are relative to ``suite``; only files that exist are linked."""
    pictures = {
        name: image(title, _relative(plots_dir / name, suite)) for name, title in _pictures(plots_dir).items()
    }
    shown_in = experiment(record.kind).section
    bodies = {
        "Interpretation": paragraph(record.verdict.interpretation or "This group has not been judged yet."),
        "Next action": paragraph(
            record.verdict.next_action or "Judge the record, then read this section again."
        ),
        **_about(shown_in, record, pictures),
        "Artifacts": _artifacts(record, record_path, plots_dir, suite),
        "Header": header.section(record),
    }
    return render(
        "group.md",
        title=text(_title(record)),
        verdict=header.verdict_line(record),
        error=_error(record.error) if record.error else "",
        # The workflow writes its summary after the groups.
        summary=link("Summary of all groups", SUMMARY)
        if Suite(suite).asked("summary") or (suite / SUMMARY).is_file()
        else "",
        sections=[(title, bodies[title]) for title in _order(shown_in)],
    )


def _about(shown_in: str, record: Record, pictures: dict[str, str]) -> dict[str, str]:
    """The sections about what was measured."""
    if shown_in == "pipeline":
        return pipeline.sections(record, pictures)
    return {
        "Sampling summary": (apart if shown_in == "apart" else sampling).section(record, pictures),
        "Gradient checks": gradient.section(record, pictures.get("gradient.png", "")),
        "Model checks": model.section(record, pictures.get("logp_terms.png", "")),
    }


def _order(shown_in: str) -> list[str]:
    if shown_in == "pipeline":
        return [*SECTIONS[:2], *pipeline.TITLES, *SECTIONS[-2:]]
    about = _ABOUT.get(shown_in, "Sampling summary")
    first = [*SECTIONS[:2], about]
    return [*first, *(title for title in SECTIONS if title not in first)]


def _title(record: Record) -> str:
    return f"Group {record.number}: {record.title or record.group}"


def _pictures(plots_dir: Path) -> dict[str, str]:
    """File name -> title of the pictures that the manifest lists and that exist, in its order."""
    manifest = plots_dir / MANIFEST
    listed = pictures_of(manifest) if manifest.is_file() else []
    return {row["file"]: row["title"] for row in listed if (plots_dir / row["file"]).is_file()}


def _artifacts(record: Record, record_path: Path, plots_dir: Path, suite: Path) -> str:
    group = record.group
    listed = [
        ("results", record_path),
        ("results of this run", record_path.with_name(f"{record_path.stem}__{record.run_id}.json")),
        ("measurements before judging", record_path.with_name(f"measured_{group}.json")),
        ("draws (netCDF)", suite / "debug_outputs" / group / "draws.nc"),
        *((title, plots_dir / name) for name, title in _pictures(plots_dir).items()),
        ("list of the plots", plots_dir / MANIFEST),
    ]
    lines = [f"- {text(label)}: {_file(_relative(path, suite))}" for label, path in listed if path.is_file()]
    return "\n".join([*lines, f"- this report as a page: {_file(f'report_{group}.html')}"])


def _file(target: str) -> str:
    return link(code(target), target)


def _relative(path: Path, suite: Path) -> str:
    return Path(os.path.relpath(path.resolve(), suite.resolve())).as_posix()


def _error(error: Error) -> str:
    """Stage, type and message as a quotation, and the traceback in a block that the HTML page folds."""
    signal = f", ended by signal {text(error.signal)}" if error.signal is not None else ""
    if known(error.seconds_in_stage):
        signal += f", {seconds(error.seconds_in_stage)} into it"
    said = f"> Stopped at stage **{text(error.stage)}**{signal}: {code(error.type)}: {text(error.message or 'no message')}"
    trace = (error.traceback or "").strip("\n")
    if not trace:
        return said
    fence = "`" * max(3, 1 + _longest_run(trace))
    return f"{said}\n\n{fence}{html.FOLDED}\n{trace}\n{fence}"


def _longest_run(words: str) -> int:
    longest = current = 0
    for sign in words:
        current = current + 1 if sign == "`" else 0
        longest = max(longest, current)
    return longest
