"""Every mistake of tests/mistakes.yaml: one sentence, the last on the screen and said once, and its exit code."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from harness import ROOT, Project

from faultline import __main__ as commands
from faultline.cli import engine
from faultline.core.record import SUITES

MISTAKES = yaml.safe_load((ROOT / "tests" / "mistakes.yaml").read_text(encoding="utf-8"))


def each(part: str):
    return pytest.mark.parametrize("mistake", MISTAKES[part], ids=lambda mistake: mistake["command"])


def lay_out(folder: Path) -> None:
    for name, content in MISTAKES["files"].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


def check(mistake: dict, code: int, screen: str) -> None:
    """The last line is the sentence; nothing else on the screen says the same."""
    sentence = ".*".join(map(re.escape, mistake["sentence"].split("...")))
    lines = [line for line in screen.splitlines() if line.strip()]
    assert re.fullmatch(sentence, lines[-1]), screen
    said = lines[-1].removeprefix("error: ")
    assert screen.count(said) == 1 and "Traceback" not in screen, screen
    assert code == mistake["code"], screen


@each("at_once")
def test_a_mistake_is_found_before_anything_runs(mistake, tmp_path, monkeypatch, capfd):
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAULTLINE_SUITES", SUITES)
    monkeypatch.setenv("FAULTLINE_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(engine.Engine, "run", lambda self: pytest.fail("a run began"))
    try:
        code = commands.main(shlex.split(mistake["command"])[1:])
    except SystemExit as end:  # argparse
        code = end.code
    out, err = capfd.readouterr()
    assert out == ""
    check(mistake, code, err)


@pytest.mark.slow
@each("while_running")
def test_a_mistake_that_only_running_shows_ends_the_run(mistake, tmp_path):
    lay_out(tmp_path)
    environment = {**os.environ, "FAULTLINE_STORE": str(tmp_path / "store")}
    words = [sys.executable, "-P", "-m", *shlex.split(mistake["command"]), "--cores", "2"]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    check(mistake, done.returncode, done.stderr)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Project:
    project = Project.new(tmp_path_factory.mktemp("mistakes") / "project")
    lay_out(project.root)
    return project


@pytest.mark.slow
@each("with_snakemake")
def test_a_mistake_on_snakemake_s_command_line(mistake, checkout):
    words = [sys.executable, "-m", *shlex.split(mistake["command"])]
    environment = {name: value for name, value in checkout.environment.items() if name != "FAULTLINE_PLAIN"}
    done = subprocess.run(
        words,
        cwd=checkout.root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    check(mistake, done.returncode, done.stdout)
