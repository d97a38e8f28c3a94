"""docs/add-your-model.md does what it says: its files are written and its commands are run, in a copy of the project."""

import re
import shlex
import subprocess
import sys

import pytest
from harness import ROOT, Project

from faultline.core.record import read_json

pytestmark = [pytest.mark.slow, pytest.mark.long]

PAGE = (ROOT / "docs" / "add-your-model.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def followed(tmp_path_factory) -> Project:
    """A project in which someone has followed the page from top to bottom, with short runs."""
    project = Project.new(tmp_path_factory.mktemp("page") / "project")
    # Bundled data by default, as a new checkout has it.
    project.configure({"dataset": "v0.2.1_L00_minimal", "limits": {"apart": 5}})
    for language, block in BLOCKS:
        if language == "python":
            name = re.match(r"# (\S+\.py)\n", block)[1]
            (project.root / name).write_text(block)
        for line in block.splitlines() if language == "sh" else ():
            program, *arguments = shlex.split(line)
            if program == "snakemake":
                project.snakemake(*arguments)
            else:
                subprocess.run([sys.executable, *arguments], cwd=project.root, check=True)
    return project


def summary(project: Project, suite: str) -> dict:
    return read_json(project.root / "tests" / "diagnostics" / suite / "results" / "summary.json")


def test_every_block_is_a_file_or_commands():
    assert [language for language, _ in BLOCKS].count("sh") >= 3
    assert {language for language, _ in BLOCKS} == {"python", "sh"}


def test_the_first_model_is_diagnosed(followed):
    kinds = [row["kind"] for row in summary(followed, "schools")["groups"]]
    assert kinds == ["build", "gradient", "sampling", "apart"]
    assert (followed.root / "tests" / "diagnostics" / "schools" / "report_summary.html").stat().st_size > 0


def test_its_twin_has_a_component_and_another_form(followed):
    """Ten draws are too few for any model, so the smallest that fails is taken apart."""
    found = summary(followed, "noncentered")
    assert [row["kind"] for row in found["groups"]] == ["build", "gradient", "sampling", "sampling", "apart"]
    assert "error" not in [row["outcome"] for row in found["groups"]]


def test_every_hook_that_is_read_is_on_the_page():
    from faultline.targets.literals import OF_PIPELINES, RULES

    hooks = {"load_dataset", "initial", "truth", "recovery", "start", "group_probes", *RULES, *OF_PIPELINES}
    pipelines = (ROOT / "docs" / "add-your-pipeline.md").read_text(encoding="utf-8")
    assert {name for name in hooks if f"`{name}" not in PAGE + pipelines} == set()
