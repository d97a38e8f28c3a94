"""Every stage of a measurement has words, and every job of the workflow has its line."""

import logging
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from faultline.core.record import write_json
from faultline.jobs import progress, screen
from faultline.plan.planned import Plan
from faultline.report import terminal
from faultline.store.suite import Suite
from snakemake_logger_plugin_faultline import LogHandler

SOURCE = Path(progress.__file__).parents[1]
ENTERED = re.compile(r"\b(?:stage|enter|on_stage|look)\(\s*\"(\w+)\"")
BY_VARIABLE = {"sample", "sample_extended", "whole", "longer", "start"}


def test_every_stage_that_is_entered_has_words_and_no_other():
    entered = {name for path in SOURCE.rglob("*.py") for name in ENTERED.findall(path.read_text())}
    assert entered | BY_VARIABLE == set(progress.IN_WORDS)


def test_a_stage_of_a_case_s_own_is_said_by_its_name():
    assert progress.in_words("my_own_stage") == "my own stage"


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """A screen that was told of two groups."""
    monkeypatch.setattr(screen, "_shown", None)
    plan = Plan()
    for number, name in ((3, "group_3_sampling_baseline_minimal"), (10, "group_10_sampling_size_80")):
        group = SimpleNamespace(name=name, target=f"group_{number}")
        plan.groups[name] = SimpleNamespace(
            group=group, measured=f"m{number}", judged=f"j{number}", plotted=f"p{number}", published="k"
        )
    screen.show(SimpleNamespace(dag_settings=None), str(tmp_path), plan)


def test_what_would_run_is_one_line_for_each_group_in_their_order(shown):
    jobs = [
        ("judge", {"key": "j10"}),
        ("sample", {"key": "m10"}),
        ("summarise", {}),
        ("report_summary", {}),
        ("publish_sampling", {"group": "group_3_sampling_baseline_minimal"}),
        ("make_dataset", {"key": "other"}),
    ]
    assert screen.planned(jobs) == [
        "  dataset: simulate",
        "  group 3: report",
        "  group 10: sample, judge",
        "  summary: write",
    ]


def test_a_wrong_target_is_answered_with_the_nearest_and_with_all(shown):
    said = screen.no_target("grup_3")
    assert said.startswith("there is no target grup_3. Did you mean group_3?")
    assert "group_10" in said and "report_summary" in said


def test_the_answer_of_a_summary_is_printed_whole(shown, tmp_path, monkeypatch):
    said = {
        "outcome": "fail",
        "headline": "geometry: the core of the model fails with every component off",
        "also": ["a bug: the same evidence counted twice, in `y` (group_10_sampling_size_80)"],
        "part": ["core model"],
        "look_first": [],
        "cause": "bad geometry or parameterization",
        "change": ["Do this."],
        "sure": "medium",
        "why": "no remedy has been tried",
        "shown": [],
        "story": "",
        "pictures": [],
        "groups": [],
    }
    write_json(tmp_path / "results" / "summary.json", {"answer": said})
    monkeypatch.setattr(screen._shown.plan, "summary", "k")
    Suite(tmp_path).ask("summary", {"key": "k"})
    with Suite(tmp_path).publishing("summary", "k"):
        pass
    lines = screen.answer()
    assert lines[1:3] == [
        "verdict: FAIL",
        "answer:  geometry: the core of the model fails with every component off",
    ]
    assert lines[3] == "also:    a bug: the same evidence counted twice, in `y` (group 10)"
    assert lines[5] == "sure:    medium: no remedy has been tried"


def test_showing_an_answer_imports_no_heavy_library():
    code = "import sys, faultline.jobs.screen; print({'numpy', 'pymc', 'jinja2', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_without_a_record_there_is_no_answer(shown):
    assert screen.answer() == []


@pytest.mark.parametrize("height", (6, 10, 22))
def test_an_answer_fits_one_screen(monkeypatch, height):
    monkeypatch.setenv("LINES", str(height + 3))
    answer = ["verdict: FAIL", *["next:    word"], *["         word"] * 30, "page:    x.html"]
    lines = terminal.fitted(answer)
    assert len(lines) <= height and lines[-1] == answer[-1] and lines[0] == answer[0]
    assert "more on the page" in lines[-2]
    assert terminal.fitted(answer[:3]) == answer[:3]


class Heard:
    """A handler that was told these records, and what it printed when all was over."""

    def __init__(self, capsys, *records, **settings):
        given = dict.fromkeys(
            ("nocolor", "verbose", "debug_dag", "stdout", "dryrun", "printshellcmds"), False
        )
        handler = LogHandler(SimpleNamespace(quiet=None, show_failed_logs=False, **given | settings), None)
        for level, message, facts in records:
            record = logging.LogRecord("snakemake", level, __file__, 1, message, None, None)
            record.__dict__.update(facts)
            handler.emit(record)
        handler.close()
        handler.close()
        self.err = capsys.readouterr().err
        self.lines = self.err.splitlines()


@pytest.fixture
def unread(monkeypatch):
    """Snakemake before it has read a Snakefile, with an environment of its own."""
    monkeypatch.setattr(screen, "_shown", None)
    monkeypatch.setenv("FAULTLINE_SCREEN", "")
    monkeypatch.delenv("FAULTLINE_PLAIN", raising=False)


def test_what_the_plugin_does_not_know_is_said(unread, capsys):
    heard = Heard(
        capsys,
        (logging.WARNING, "a warning of a new kind", {}),
        (logging.ERROR, "an error of a new kind", {}),
        (logging.ERROR, "Traceback of Snakemake itself", {"event": "error", "exception": "KeyError"}),
        (logging.INFO, "Building DAG of jobs...", {}),
    )
    assert heard.lines == [
        "a warning of a new kind",
        "an error of a new kind",
        "Traceback of Snakemake itself",
    ]


def failed(log: Path, jobid: int = 1) -> tuple:
    facts = {"event": "job_error", "rule_name": "sample", "jobid": jobid, "log": [str(log)]}
    return logging.ERROR, "Error in rule sample", facts


def test_a_mistake_of_several_jobs_is_said_once_and_last(unread, capsys, tmp_path):
    log = tmp_path / "measure.log"
    log.write_text("group 3: loading PyMC (1 s, 30 MB)\nerror: case x.py cannot be imported; fix that.\n")
    consequence = "RuleException:\nCalledProcessError in file ..."
    heard = Heard(
        capsys,
        (logging.ERROR, consequence, {"event": "error", "exception": "RuleException"}),
        failed(log),
        failed(log, 2),
        (
            logging.ERROR,
            "WorkflowError:\nAt least one job did not complete successfully.",
            {"event": "error"},
        ),
    )
    assert heard.lines == ["error: case x.py cannot be imported; fix that."]


def test_a_job_that_a_second_try_mended_is_no_mistake(unread, capsys, monkeypatch, tmp_path):
    log = tmp_path / "measure.log"
    log.write_text("error: the shared folder was slow.\n")
    consequence = "RuleException:\nCalledProcessError in file ..."
    done = (logging.INFO, "Finished jobid: 1", {"event": "job_finished", "job_id": 1})
    monkeypatch.setattr(screen, "is_shown", lambda: True)
    heard = Heard(capsys, failed(log), (logging.ERROR, consequence, {"event": "error"}), done)
    assert heard.lines == []


def test_a_job_that_ends_without_a_sentence_leads_to_its_log(unread, capsys, tmp_path):
    log = tmp_path / "measure.log"
    log.write_text("Traceback (most recent call last):\n  ...\nKeyError: 'x'\n")
    assert Heard(capsys, failed(log)).lines == [
        f"error: sample ended without a result: KeyError: 'x'; see {log}"
    ]


def test_an_error_inside_faultline_has_its_traceback_above_its_sentence(unread, capsys, tmp_path):
    log = tmp_path / "measure.log"
    sentence = "error: an error inside Faultline, which says nothing about the model (KeyError: 'x'); please report it with the lines above."
    trace = ["Traceback (most recent call last):", "  ...", "KeyError: 'x'"]
    log.write_text("\n".join([*trace, sentence, ""]))
    assert Heard(capsys, failed(log)).lines == [*trace, sentence]


def test_snakemake_s_own_words_are_one_variable_away(unread, capsys, monkeypatch):
    monkeypatch.setenv("FAULTLINE_PLAIN", "1")
    heard = Heard(capsys, (logging.INFO, "Building DAG of jobs...", {}))
    assert "Building DAG of jobs..." in heard.err


def test_another_workflow_with_the_same_profile_keeps_snakemake_s_words(unread, capsys):
    done = (logging.INFO, "", {"event": "progress", "done": 1, "total": 2})
    assert Heard(capsys, done).lines == ["1 of 2 steps (50%) done"]
