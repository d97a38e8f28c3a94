"""Damage is one sentence where it is read, and the next command repairs it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from line import GROUP

pytestmark = pytest.mark.reliability

KINDS = {"measured": "measured.json", "judged": "results.json", "plotted": "artifacts_manifest.json"}


def truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def ask_for_a_new_page(project) -> None:
    """A changed sentence of the report: publishing reads the store."""
    project.edit("src/faultline/report/group_page.py")


@pytest.mark.parametrize(
    ("kind", "harm"),
    [("measured", truncate), ("measured", flip), ("judged", truncate), ("plotted", Path.unlink)],
)
def test_a_damaged_object_is_said_once_and_then_made_anew(project, kind, harm):
    key = project.asked(GROUP)[kind]
    harm(project.store / "objects" / key / KINDS[kind])
    ask_for_a_new_page(project)
    said = project.run(fails=True)
    # What planning reads is found damaged before anything runs.
    again = [line for line in said.splitlines() if "run the same command again" in line]
    (sentence,) = {line.removeprefix("error: ") for line in again}
    assert KINDS[kind] in sentence and len(sentence) <= 400
    assert "Traceback" not in said
    project.run()
    assert project.shown() == (1.0, 123)
    assert project.measured() == (kind == "measured")
    assert "Nothing to be done" in project.run()


@pytest.mark.parametrize("harm", [truncate, Path.unlink])
def test_a_damaged_list_of_digests_is_noticed_and_the_object_made_anew(project, harm):
    harm(project.store / "objects" / project.asked(GROUP)["measured"] / "digests.json")
    ask_for_a_new_page(project)
    project.run()
    assert (project.shown(), project.measured()) == ((1.0, 123), 1)
    assert "Nothing to be done" in project.run()


def damaged(project, *parts: str) -> None:
    for part in parts:
        for path in (project.store / part).rglob("*.*"):
            truncate(path)


def lost(project, *parts: str) -> None:
    for part in parts:
        shutil.rmtree(project.store / part, ignore_errors=True)


@pytest.mark.parametrize("harm", [lost, damaged])
@pytest.mark.parametrize("parts", [["receipts"], ["requests"], ["labels", "notes", "logs", "cache"]])
def test_what_is_beside_the_objects_is_written_anew(project, harm, parts):
    harm(project, *parts)
    ask_for_a_new_page(project)
    project.run()
    assert (project.shown(), project.measured()) == ((1.0, 123), 0)
    assert "Nothing to be done" in project.run()


def test_lost_objects_are_measured_again_when_they_are_needed(project):
    """Their receipts are still there. What is published is whole without them."""
    lost(project, "objects")
    assert "Nothing to be done" in project.run()
    ask_for_a_new_page(project)
    project.run()
    assert (project.shown(), project.measured()) == ((1.0, 123), 1)


def test_damaged_copies_are_published_anew_by_the_same_command(project):
    """The record, its report and pictures; the list of what was published; the request."""
    for path in (
        project.suite / "results" / f"results_{GROUP}.json",
        project.suite / f"report_{GROUP}.md",
        project.suite / "plots" / GROUP / "logp_terms.png",
        project.suite / "requests" / f"{GROUP}.published.json",
        project.suite / "requests" / f"{GROUP}.json",
    ):
        sound = path.read_bytes()
        truncate(path)
        project.run()
        assert (project.shown(), project.measured()) == ((1.0, 123), 0)
        if "requests" not in path.parts:
            assert len(path.read_bytes()) == len(sound)


def test_draws_that_were_damaged_are_sampled_again(project):
    """Pictures read the draws, and so does publishing."""
    quick = {
        "tune": 20,
        "draws": 10,
        "confirm": {"tune": 20, "draws": 20},
        "extended": {"chains": 2, "tune": 20, "draws": 20},
    }
    project.configure({"sampler": quick})
    project.run("group_3")
    group = "group_3_sampling_baseline_minimal"
    truncate(project.store / "objects" / project.asked(group)["measured"] / "draws.nc")
    project.edit("src/faultline/report/plots/energy.py")
    said = project.run("group_3", fails=True)
    assert "draws.nc is damaged and has been set aside; run the same command again" in said
    assert "Traceback" not in said
    project.run("group_3")
    assert project.measured() == 2
    assert "Nothing to be done" in project.run("group_3")


def script(project, name: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, project.root / "scripts" / name, *arguments],
        cwd=project.root,
        env={**project.environment, "PYTHONPATH": str(project.root / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["judge_group.py", "plot_group.py", "report_group.py"])
def test_a_record_that_was_damaged_is_one_sentence_for_the_scripts(project, name):
    record = project.suite / "results" / f"{'measured' if 'judge' in name else 'results'}_{GROUP}.json"
    truncate(record)
    done = script(project, name, *record_arguments(name, record))
    assert done.returncode == 1 and done.stderr.startswith("error: record ")
    assert len(done.stderr.splitlines()) == 1


def record_arguments(name: str, record: Path) -> list[str]:
    return [
        "--record",
        str(record),
        *(["--output", str(record.with_name("new.json"))] if "judge" in name else []),
    ]


def test_drawing_deletes_only_what_its_own_manifest_lists(project, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    (folder / "old.png").write_text("an earlier picture")
    (folder / "artifacts_manifest.json").write_text(json.dumps({"files": ["old.png", "../outside.txt"]}))
    (tmp_path / "outside.txt").write_text("kept")
    record = project.suite / "results" / f"results_{GROUP}.json"
    done = script(project, "plot_group.py", "--record", str(record), "--plots_dir", str(folder))
    assert done.returncode == 0, done.stderr
    assert (folder / "thesis.tex").read_text() == "years of work"
    assert (tmp_path / "outside.txt").is_file()
    assert not (folder / "old.png").exists()


@pytest.mark.parametrize("name", ["plot_group.py", "report_group.py"])
def test_a_record_cannot_lead_outside_its_suite(project, name):
    path = project.suite / "results" / f"results_{GROUP}.json"
    path.write_text(json.dumps({**project.record(), "group": "../../x"}))
    done = script(project, name, "--record", str(path))
    assert done.returncode == 1 and done.stderr.startswith("error: ")
    assert not list(project.root.rglob("*x.md")) and not (project.root / "tests" / "x").exists()


@pytest.mark.parametrize(
    "folder", ["results", "debug_outputs", "embedded", f"plots/{GROUP}", f"debug_outputs/{GROUP}"]
)
def test_a_link_in_the_suite_that_leads_elsewhere_is_refused(project, tmp_path, folder):
    fits = tmp_path / "tests" / "pipeline" / "fits"
    fits.mkdir(parents=True)
    shutil.rmtree(project.suite / folder)
    os.symlink(fits, project.suite / folder)
    said = project.run(fails=True)
    assert "leads outside suite" in said
    assert list(fits.iterdir()) == []
