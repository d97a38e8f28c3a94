"""The command lines: what they accept, what they refuse in one sentence, and what they leave alone."""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from measure_toys import BUILD, ENVIRONMENT, LINE, MEASURED, SCRIPTS, measured, run

from faultline import __main__ as commands
from faultline.cli import diagnose, engine
from faultline.core.record import SUITES
from faultline.plan.planned import Planned

SUITE = "tests/diagnostics/toy"
GROUPS = sorted(SCRIPTS.glob("test_group_*.py"))
TOY = """
from typing import Literal

PRESETS = {"better": {"scale": "log"}}

def build(*, part: bool = True, scale: Literal["plain", "log"] = "plain"):
    raise ValueError("never built here")
"""


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Import a script by name; the working directory is a fresh one with a case ``toy.py``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(SCRIPTS))
    (tmp_path / "toy.py").write_text(TOY)
    return importlib.import_module


@pytest.fixture
def asked(script):
    """What ``run_group.py`` would measure with these options, and where it would publish it."""

    def ask(options: str) -> tuple[dict, Planned]:
        from faultline.cli import by_hand

        parser = argparse.ArgumentParser()
        parser.add_argument("--group")
        by_hand.add_group_options(parser)
        arguments = parser.parse_args(["--case", "toy.py", *options.split()])
        found = by_hand.asked_by_hand(arguments, [arguments.group])
        return found.planner.requests[found.wanted[0].measured], found.wanted[0]

    return ask


@pytest.mark.parametrize("path", GROUPS, ids=lambda path: path.stem)
def test_every_group_has_a_script_with_the_seeds_options_and_defaults(path, script, capsys):
    number = int(path.stem.split("_")[2])
    with pytest.raises(SystemExit) as end:
        script("run_group").main(
            ["--help"], number=number, description=importlib.import_module(path.stem).__doc__
        )
    assert end.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for option in (
        "dataset_name",
        "max_T",
        "max_K",
        "seed",
        "run_id",
        "overwrite",
        "case",
        "suite",
        "variant",
        "draws",
    ):
        assert f"--{option}" in text
    for default in ("v0.2.1_L00_minimal", "80", "8", "123"):
        assert f"(default: {default})" in text
    assert f"main(number={number}," in path.read_text()


def test_there_are_seven_group_scripts_named_as_the_groups_of_the_bundled_case():
    from faultline.plan.ladder import groups
    from faultline.targets.case import read_signature

    assert [path.stem for path in GROUPS] == [
        f"test_{group.name}" for group in groups(read_signature("gimbal"))
    ]


def test_the_seeds_defaults(asked):
    request, planned = asked("--group 3")
    assert request["seed"] == 123
    # A case without a load_dataset has nothing to be cut.
    assert (request["max_T"], request["max_K"]) == (None, None)
    assert {key: request["sampler"][key] for key in ("chains", "tune", "draws")} == {
        "chains": 2,
        "tune": 300,
        "draws": 100,
    }
    assert request["kind"] == "sampling" and request["components"] == {"part": False}
    assert request["dataset"] is None and planned.stage == "sample"


def test_options_reach_the_request_and_names_do_not(asked):
    request, planned = asked(
        "--group group_1 --max_T none --max_K 3 --component part=false --variants better --suite mine"
        " --run_id first --seed 7 --limit_compile 9 --limit_total 99 --limit_memory_mb 900"
    )
    assert (request["max_T"], request["seed"]) == (None, 7)
    assert request["components"] == {"part": False} and request["variants"] == {"scale": "log"}
    assert request["limits"] == {"compile": 9, "total": 99, "memory_mb": 900}
    assert (request["sampler"], request["freeze"]) == (None, None) and planned.stage == "measure"
    assert not {"mine", "first", planned.group.name, planned.group.title} & set(map(str, request.values()))
    both, _ = asked("--group 1 --variants better --variant scale=plain")
    assert both["variants"] == {"scale": "plain"}


def test_without_data_nothing_is_cut(asked, tmp_path):
    loading = "\ndef load_dataset(path, max_T, max_K): ...\n"
    (tmp_path / "toy.py").write_text(TOY.replace("build(*", "build(dataset=None, *") + loading)
    request, _ = asked("--group 3 --dataset_name null")
    assert (request["dataset"], request["max_T"], request["max_K"]) == (None, None, None)


def test_a_size_by_hand_is_the_request_of_as_many_frames(asked, tmp_path):
    loading = "\ndef load_dataset(path, max_T, max_K): ...\n"
    (tmp_path / "toy.py").write_text(TOY.replace("build(*", "build(dataset=None, *") + loading)
    (tmp_path / "data.npz").touch()
    size, planned = asked("--group sampling_size_200 --max_T 80 --dataset_name data.npz")
    assert (planned.group.name, planned.group.number) == ("group_5_sampling_size_200", 5)
    assert (size["max_T"], size["max_K"]) == (200, 8)
    truncated, other = asked(
        "--group sampling_full_truncated --max_T 200 --dataset_name data.npz".replace(
            "sampling_full_truncated", "4"
        )
    )
    assert other.group.name == "group_4_sampling_full_truncated"
    assert truncated == size and other.measured == planned.measured and other.judged != planned.judged


MISTAKES = {
    "--run_id a/b": "run_id",
    "--run_id ''": "run_id",
    "--draws 2": "at least 4",
    "--seed x": "whole number",
    "--group 9": "no group",
    "--group sampling_size_200": "takes no dataset",
    "--variant scale": "NAME=VALUE",
    "--variant scale=bent": "plain, log",
    "--variants worse": "better",
    "--component gone=true": "no component",
    "--component part=maybe": "true or false",
    "--case nowhere.py": "no such file",
    "--suite_dir tests/pipeline/fits/v0.2.1_L00_minimal": "fits",
}


@pytest.mark.parametrize("options", MISTAKES)
def test_a_mistake_is_one_sentence(options, script, capsys):
    words = ["" if word == "''" else word for word in options.split()]
    assert script("run_group").main(["--case", "toy.py", "--group", "1", *words]) == 1
    error = capsys.readouterr().err
    assert MISTAKES[options] in error and error.count("\n") == 1 and error.startswith("error: ")


def test_a_group_by_hand_goes_all_the_way_and_keeps_what_has_a_name(tmp_path):
    words = {"script": "test_group_1_build_only_sanity.py", "group": None, "stage": "all"}
    done = run(tmp_path, LINE, "--run_id", "first", **words)
    assert done.returncode == 0, done.stderr
    suite = tmp_path / SUITE
    report, verdict = done.stdout.splitlines()[-2:]
    assert (
        report == f"report: {SUITE}/report_{BUILD}.md"
        and (tmp_path / report.removeprefix("report: ")).is_file()
    )
    assert verdict.startswith("verdict: pass")
    latest, named = (suite / "results" / f"results_{BUILD}{run_id}.json" for run_id in ("", "__first"))
    assert latest.read_bytes() == named.read_bytes()

    again = run(tmp_path, LINE, "--run_id", "first", **words)
    assert again.returncode == 0 and "group 1: " not in again.stdout, (
        "it is in the store: nothing is measured"
    )

    kept = {path: path.read_bytes() for path in suite.rglob("*") if path.is_file()}
    other = "def build():\n    raise ValueError\n"
    refused = run(tmp_path, other, "--run_id", "first", **words)
    assert refused.returncode == 1 and "--overwrite" in refused.stderr and refused.stderr.count("\n") == 1
    assert {path: path.read_bytes() for path in suite.rglob("*") if path.is_file()} == kept

    replaced = run(tmp_path, other, "--run_id", "first", "--overwrite", **words)
    assert replaced.returncode == 0 and "verdict: error" in replaced.stdout
    assert json.loads(named.read_text())["error"]["type"] == "ValueError"

    measured_again = run(tmp_path, other, "--run_id", "first", "--again", **words)
    assert measured_again.returncode == 1 and "--overwrite" in measured_again.stderr
    measured_again = run(tmp_path, other, "--again", **words)
    assert measured_again.returncode == 0 and "group 1: ended while" in measured_again.stdout


def test_a_mistake_that_only_the_worker_sees_leaves_the_outputs_alone(tmp_path):
    np.savez(tmp_path / "broken.npz", y=np.array([None]))
    before = tmp_path / MEASURED.format(BUILD)
    before.parent.mkdir(parents=True)
    before.write_text("an earlier record")
    done = run(tmp_path, "def build(dataset):\n    return dataset\n", "--dataset_name", "broken.npz")
    assert done.returncode == 1
    assert (
        done.stderr.startswith(f"error: dataset {tmp_path / 'broken.npz'}: 'y' holds Python objects")
        and done.stderr.count("\n") == 1
    )
    assert before.read_text() == "an earlier record"


def test_judging_again_needs_no_measuring(tmp_path, script):
    run(tmp_path, "def build():\n    raise ValueError('no')\n", "--run_id", "first")
    measured(tmp_path)
    results = tmp_path / SUITE / "results"
    words = [
        "--record",
        str(results / f"measured_{BUILD}.json"),
        "--output",
        str(results / f"results_{BUILD}.json"),
    ]
    assert script("judge_group").main(words) == 0
    record = json.loads((results / f"results_{BUILD}__first.json").read_text())
    assert record["verdict"]["outcome"] == "error"
    assert script("judge_group").main(["--record", "nowhere.json", "--output", words[3]]) == 1


def test_archiving_moves_legacy_files_and_overwrites_none(tmp_path, script, capsys):
    suite = tmp_path / SUITE
    (suite / "archive").mkdir(parents=True)
    (suite / "results").mkdir()
    (suite / "archive" / "report_tg1.md").write_text("older")
    for name in ("report_tg1.md", "results/results_tg1.json", "report_group_1_x.md"):
        (suite / name).write_text(name)
    assert script("archive_legacy").main(["--suite_dir", str(suite)]) == 0
    assert {path.name: path.read_text() for path in (suite / "archive").iterdir()} == {
        "report_tg1.md": "older",
        "report_tg1__2.md": "report_tg1.md",
        "results_tg1.json": "results/results_tg1.json",
    }
    assert (suite / "report_group_1_x.md").exists() and not (suite / "report_tg1.md").exists()
    assert script("archive_legacy").main(["--suite_dir", "nowhere"]) == 1
    assert script("archive_legacy").main(["--suite_dir", "tests/pipeline/fits/x"]) == 1


def test_the_supervisor_and_the_command_line_import_nothing_heavy():
    heavy = ["pymc", "pytensor", "arviz", "jax", "matplotlib", "pandas", "xarray"]
    code = f"import sys; import faultline.cli.group, faultline.run.supervisor; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_help_imports_nothing_that_takes_time():
    slow = [
        "rich",
        "psutil",
        "yaml",
        "numpy",
        "snakemake",
        "asyncio",
        "faultline.plan",
        "faultline.core.record",
    ]
    code = f"import sys; from faultline.__main__ import main; main(['--help']); print([n for n in {slow} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_the_commands_of_jobs_start_without_click():
    code = "import sys; from faultline.__main__ import main; main(['stage', 'x', 'y']); print('click' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def test_a_diagnosis_is_snakemake_on_the_workflow_of_the_package(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAULTLINE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("FAULTLINE_SUITES", SUITES)
    (tmp_path / "toy.py").write_text(TOY)
    results = Path(SUITES)
    results.mkdir(parents=True)
    (results / ".gitignore").write_text("mine")
    asked = []
    monkeypatch.setattr(engine.Engine, "run", lambda self: asked.append(self.command) or 0)
    options = ["--set", "sampler.draws=50", "--set", "sampler.tune=60", "--cores", "3"]
    assert commands.main(["diagnose", "toy.py", *options, "--with", "part=true", "--with", "scale=log"]) == 0
    (words,) = asked
    assert (
        words[1:5] == ["-P", "-m", "snakemake", "report_summary"] and words[words.index("--cores") + 1] == "3"
    )
    assert sorted(words[words.index("--config") + 1 :]) == [
        'case="toy.py"',
        'components={"part": "true"}',
        "dataset=null",
        'sampler={"draws": "50", "tune": "60"}',
        'suite="toy"',
        'variants={"scale": "log"}',
    ]
    assert all(Path(words[words.index(option) + 1]).exists() for option in ("-s", "--workflow-profile"))
    assert (results / ".gitignore").read_text() == "mine"


def test_an_unknown_command_is_a_mistake_of_usage_and_help_lists_those_that_there_are(capsys):
    assert commands.main(["dream"]) == 2
    assert "There is no command 'dream'" in capsys.readouterr().err.splitlines()[-1]
    assert commands.main(["--help"]) == 0
    listed = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")}
    helpers = {"__init__", "by_hand", "commands", "engine", "board", "times", "settings", "places", "pages"}
    assert {
        path.stem for path in Path(diagnose.__file__).parent.glob("*.py") if path.stem not in helpers
    } <= listed
