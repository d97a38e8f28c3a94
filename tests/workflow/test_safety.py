"""What exists is safe: older artifacts, the pipeline's fits, the runs kept by run id, and what it costs to look."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

HEAVY = {"pymc", "arviz", "matplotlib", "pandas"}


def contents(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_legacy_files_fits_and_earlier_runs_survive_a_run(project):
    legacy = {project.suite / "results" / "results_tg1.json": "{}", project.suite / "report_tg1.md": "# old"}
    for path, text in legacy.items():
        path.write_text(text)
    fits = project.root / "tests" / "pipeline" / "fits"
    fits.mkdir(parents=True)
    (fits / "fit.nc").write_text("a fit")
    kept = {p: p.read_bytes() for p in project.suite.rglob("*group_1_*__*")}
    assert len(kept) == 3  # record, Markdown, HTML

    project.configure({"seed": 5, "run_id": "second"})
    project.snakemake("group_1")
    assert {path: path.read_text() for path in legacy} == legacy
    assert contents(fits) == {"fit.nc": hashlib.sha256(b"a fit").hexdigest()}
    assert {path: path.read_bytes() for path in kept} == kept
    assert (project.suite / "results" / "results_group_1_build_only_sanity__second.json").is_file()

    project.snakemake("archive_legacy")
    assert {path.name: path.read_text() for path in (project.suite / "archive").iterdir()} == {
        path.name: text for path, text in legacy.items()
    }
    assert not any(path.exists() for path in legacy)


def test_a_run_id_in_use_needs_overwrite(project):
    project.configure({"seed": 5, "run_id": "mine"})
    project.snakemake("group_1")
    before = contents(project.suite)
    project.configure({"seed": 6})
    refused = project.snakemake("group_1", fails=True)
    assert (
        refused.stderr.strip()
        .splitlines()[-1]
        .startswith("run id mine already holds a different measurement of group_1_build_only_sanity")
    )
    assert contents(project.suite) == before  # refused before anything is touched
    project.configure({"seed": 5})
    assert project.planned("group_1") == set()
    project.configure({"seed": 6})
    project.snakemake("group_1", "--config", "overwrite=True")


def test_parsing_imports_nothing_heavy(fresh):
    """Beyond what Snakemake imports by itself: an executor plugin that is installed may bring pandas."""

    def imported(*arguments: str) -> set[str]:
        command = [sys.executable, "-X", "importtime", *fresh.command(*arguments)[1:]]
        done = subprocess.run(
            command, cwd=fresh.root, env=fresh.environment, capture_output=True, text=True, check=True
        )
        return set(re.findall(r"^import time:.*\| +(\w+)$", done.stderr, re.MULTILINE))

    parsing = imported("-n", "report_summary")
    assert "faultline" in parsing
    assert not HEAVY & (parsing - imported("--version"))
