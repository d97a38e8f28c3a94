"""What a user reads on the terminal: what would run, one sentence for a mistake, and the answer as the last lines."""

import base64
import re

import pytest
from harness import Project

pytestmark = pytest.mark.slow


def shown(project: Project, *arguments: str, code: int = 0, cores: bool = True) -> tuple[list[str], str]:
    """The lines on the terminal, and all of them as one text; Snakemake's line about the profile is left out."""
    command = [word for word in project.command(*arguments) if cores or word != "-j4"]
    done = project.terminal(command)
    assert done.returncode == code, done.stdout
    lines = [line for line in done.stdout.splitlines() if line and "workflow specific profile" not in line]
    return lines, done.stdout


def labels(lines: list[str]) -> list[str]:
    return [found[1] for line in lines if (found := re.match(r"([a-z]+): +\S", line))]


def test_a_dry_run_says_what_would_run_in_one_line_for_each_group(fresh):
    lines, _ = shown(fresh, "-n", "report_summary")
    assert lines[0].startswith("Dry run.")
    assert "  group 3: sample, judge, draw, report" in lines and lines[-1] == "  summary: write"


def test_snakemake_s_own_dry_run_is_there_on_request(fresh):
    assert "rule measure:" in fresh.snakemake("-n").stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["-n", "grup_3"],
            "error: there is no target grup_3. Did you mean group_3? The targets are report_summary, ",
        ),
        (["-n", "--config", "seed=-1"], "config: seed must be at least 0, not -1."),
    ],
)
def test_a_mistake_is_the_only_line(fresh, arguments, sentence):
    lines, _ = shown(fresh, *arguments, code=1)
    assert len(lines) == 1 and lines[0].startswith(sentence)


def test_without_cores_the_sentence_says_what_to_write(fresh):
    lines, _ = shown(fresh, "report_summary", code=1, cores=False)
    assert lines == [
        "error: give the number of cores, as in: snakemake -j4 report_summary (-n shows what would run, without cores)."
    ]


def test_what_snakemake_is_asked_besides_is_answered(fresh):
    assert "good condition" in shown(fresh, "--lint")[1]
    assert "report_summary" in shown(fresh, "--list-rules")[1]


def test_the_answer_is_there_when_nothing_was_stale(project):
    lines, _ = shown(project, "report_summary")
    assert lines[0] == "Nothing to do: everything is up to date."
    assert labels(lines) == ["verdict", "answer", "shown", "next", "sure", "page"]
    assert lines[-1].split() == ["page:", "tests/diagnostics/toy/report_summary.html"]
    assert not re.search(r"\bgroup_\d|class \(", " ".join(lines[:-1])), "words, no names of files"


def test_a_group_has_its_own_verdict_and_page(project):
    lines, _ = shown(project, "group_3")
    assert labels(lines)[0] == "verdict" and lines[1].endswith("group 3")
    assert lines[-1].endswith("tests/diagnostics/toy/report_group_3_sampling_baseline_minimal.html")


def test_after_a_run_the_answer_is_last(project):
    (project.suite / "report_summary.md").unlink()
    lines, _ = shown(project, "report_summary")
    assert "summary: writing" in lines
    assert lines[-1].split()[0] == "page:"


def test_a_mistake_that_only_running_shows_is_said_once_and_last(project):
    project.edit("model.py", "\nimport no_such_library\n")
    lines, text = shown(project, "report_summary", code=1)
    assert "No module named 'no_such_library'" in lines[-1] and lines[-1].startswith("error: case model.py")
    assert text.count("no_such_library") == 1
    for noise in ("Traceback", "RuleException", "CalledProcessError", "input:", "verdict:"):
        assert noise not in text


def test_another_case_has_a_suite_of_its_own_and_a_named_one_is_refused(project):
    (project.root / "other.py").write_text((project.root / "model.py").read_text())
    lines, _ = shown(project, "-n", "--config", "case=other.py", "suite=toy", code=1)
    assert lines[-1].startswith(
        "suite tests/diagnostics/toy belongs to case model.py, but this run is for case other.py;"
    )
    _, text = shown(project, "-n", "--config", "case=other.py", "suite=toy", "overwrite=true")
    assert "group 3: sample" in text
    lines, _ = shown(project, "-n", "--config", "case=other.py", "suite=null")
    assert lines[0].startswith("Suite tests/diagnostics/other, named after case other.py;")


def test_a_page_to_pass_on_has_no_dead_link(project):
    shown(project, "--report", "report.html")
    report = (project.root / "report.html").read_text(encoding="utf-8")
    pages = [
        base64.b64decode(found).decode()
        for found in re.findall(r"data:text/html;[^,\"]*base64,([A-Za-z0-9+/=]+)", report)
    ]
    assert len(pages) == 9 and all("<h1>" in page for page in pages)
    assert not [link for page in pages for link in re.findall(r'href="([^"]*)"', page)]


def test_a_report_of_a_suite_that_has_none_says_which_has(project):
    lines, _ = shown(project, "--report", "report.html", "--config", "suite=elsewhere", code=1)
    assert lines[-1].startswith(
        "there is no summary in tests/diagnostics/elsewhere (these suites have one: toy);"
    )
