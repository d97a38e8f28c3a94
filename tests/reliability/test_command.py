"""``faultline diagnose`` as a process: what it prints where, its exit codes, and that whatever ends it leaves no process."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import psutil
import pytest
from harness import CASES
from wheel import OUTSIDE

pytestmark = pytest.mark.reliability
WAITS = """
import time
def build():
    time.sleep(100)
"""
"""A model that is still being built when the test ends the run."""
MARK = "FAULTLINE_TEST_RUN"


class Folder:
    """A folder of a user's, with models, and a store of its own."""

    def __init__(self, root: Path):
        self.root = root
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FAULTLINE_S")}
        self.environment = {**kept, "XDG_DATA_HOME": str(root / "data"), MARK: str(root)}
        (root / "work").mkdir()
        self.work = root / "work"
        (self.work / "outside.py").write_text(OUTSIDE)
        (self.work / "waits.py").write_text(WAITS)
        (self.work / "toy.py").write_text((CASES / "toy.py").read_text())

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "faultline", *arguments],
            cwd=self.work,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        with self.start(*arguments) as process:
            out, err = process.communicate()
        return process.returncode, out, err

    def processes(self) -> list[psutil.Process]:
        """What lives of all that was started here."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == str(self.root) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                pass
        return found

    def worker(self) -> None:
        """Wait until the model is being built."""
        deadline = time.monotonic() + 60
        while not any("faultline.run.worker" in process.cmdline() for process in self.processes()):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        time.sleep(2)


@pytest.fixture(scope="module")
def diagnosed(tmp_path_factory) -> Folder:
    """A folder in which a model with a wrong index has been diagnosed."""
    folder = Folder(tmp_path_factory.mktemp("diagnosed"))
    folder.first = folder.run("diagnose", "outside.py", "--cores", "2")
    return folder


@pytest.fixture
def folder(tmp_path) -> Folder:
    return Folder(tmp_path)


def test_the_verdict_is_on_standard_output_and_progress_on_standard_error(diagnosed):
    code, out, err = diagnosed.first
    assert code == 0, err
    assert out.startswith("verdict: FAIL") and out.splitlines()[-1].startswith("page:")
    assert len(out.splitlines()) <= 22 and max(map(len, out.splitlines())) <= 100
    assert "group 1: drawing" in err  # how often a stage is told depends on how long it takes
    assert "group 1: FAIL" in err and "verdict" not in err
    suite = diagnosed.work / "faultline-results" / "outside"
    assert (suite / "report_summary.html").is_file()
    assert (suite.parent / ".gitignore").read_text() == "*\n"
    assert (diagnosed.root / "data" / "faultline" / "store" / "objects").is_dir(), "one store for each user"


def test_again_it_measures_nothing_and_check_says_it_by_the_exit_code(diagnosed):
    code, out, err = diagnosed.run("diagnose", "outside.py", "--check", "--quiet")
    assert (code, out, err) == (3, diagnosed.first[1], "")


def test_json_is_the_summary(diagnosed):
    code, out, _ = diagnosed.run("diagnose", "outside.py", "--json")
    summary = diagnosed.work / "faultline-results" / "outside" / "results" / "summary.json"
    folder = {"folder": "faultline-results/outside"}
    assert code == 0 and json.loads(out) == json.loads(summary.read_text()) | folder


def test_a_dry_run_says_what_would_run(diagnosed):
    assert diagnosed.run("diagnose", "outside.py", "-n")[1:] == (
        "Nothing would run: everything is up to date.\n",
        "",
    )
    code, out, _ = diagnosed.run("diagnose", "toy.py", "--with", "use_slope=false", "-n")
    assert code == 0 and "  group 3: sample, judge, draw, report" in out.splitlines()
    assert not (diagnosed.work / "faultline-results" / "toy" / "results").exists()


def test_snakemake_with_the_same_store_measures_nothing(diagnosed):
    from faultline.cli.places import of_faultline

    store = diagnosed.root / "data" / "faultline" / "store"
    command = [sys.executable, "-P", "-m", "snakemake", "-n", "report_summary", "--config", "case=outside.py"]
    command += ["-s", str(of_faultline("workflow") / "Snakefile")]
    command += ["--workflow-profile", str(of_faultline("profiles") / "default")]
    environment = {**diagnosed.environment, "FAULTLINE_STORE": str(store)}
    done = subprocess.run(
        command, cwd=diagnosed.work, env=environment, capture_output=True, text=True, check=True
    )
    assert "examine" not in done.stdout and "sample" not in done.stdout, done.stdout
    assert "  group 1: report" in done.stdout.splitlines(), "only copies for a suite of its own"


def test_the_report_again_and_as_an_archive(diagnosed):
    code, out, _ = diagnosed.run("report", "--zip")
    assert code == 0 and out.startswith(diagnosed.first[1])
    archive = diagnosed.work / out.splitlines()[-1].removeprefix("archive: ")
    assert archive == diagnosed.work / "faultline-results" / "outside.zip"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(diagnosed.root / "elsewhere")
    pages = list((diagnosed.root / "elsewhere").rglob("*.html"))
    assert {"report_summary.html", "report_group_1_build_only_sanity.html"} <= {page.name for page in pages}
    links = [
        (page, link) for page in pages for link in re.findall(r'(?:href|src)="([^"#:]+)"', page.read_text())
    ]
    assert len(links) > 20 and all((page.parent / link).is_file() for page, link in links)


def test_a_report_of_which_a_file_is_missing_is_refused(diagnosed):
    suite = diagnosed.work / "faultline-results" / "outside"
    lost = suite / "results" / "summary.json"
    lost.rename(lost.with_suffix(".kept"))
    try:
        code, out, err = diagnosed.run("report")
    finally:
        lost.with_suffix(".kept").rename(lost)
    assert (code, out) == (1, "")
    assert err == (
        "error: faultline-results/outside/results/summary.json is missing; run faultline diagnose outside.py again.\n"
    )


ENDS = {"Ctrl-C": signal.SIGINT, "an end": signal.SIGTERM, "the terminal hangs up": signal.SIGHUP}


@pytest.mark.parametrize("how", ENDS)
def test_an_interrupted_run_says_so_in_one_line_and_leaves_no_process(folder, how):
    with folder.start("diagnose", "waits.py", "--cores", "2") as process:
        folder.worker()
        process.send_signal(ENDS[how])
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "Interrupted. Run the same command to continue."
    assert "request" not in err and "Traceback" not in err
    assert folder.processes() == []


def test_a_command_that_is_killed_leaves_no_process(folder):
    with folder.start("diagnose", "waits.py", "--cores", "2") as process:
        folder.worker()
        process.kill()
    deadline = time.monotonic() + 20
    while folder.processes() and time.monotonic() < deadline:
        time.sleep(0.5)
    assert folder.processes() == []


def test_when_the_minutes_are_used_up_what_is_missing_is_said(folder):
    code, out, err = folder.run("diagnose", "waits.py", "--minutes", "0.15", "--check", "--cores", "2")
    assert (code, out) == (4, ""), err
    last = err.splitlines()[-1]
    assert last.startswith("The time of 0.15 min is used up; group 1, ") and "Run the same command" in last
    assert folder.processes() == []


def test_after_the_minutes_the_same_command_goes_on(folder):
    """The limit is part of no key: what was measured in time stands, and is not made again."""

    def made() -> dict[str, tuple[int, int]]:
        found = (folder.root / "data" / "faultline" / "store" / "objects").glob("*/digests.json")
        return {path.parent.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}

    seconds = 0.0
    while not made():
        seconds += 10
        assert seconds < 100
        code, _, err = folder.run("diagnose", "outside.py", "--cores", "2", "--minutes", str(seconds / 60))
        assert code == 0, err
    before = made()
    code, out, err = folder.run("diagnose", "outside.py", "--cores", "2", "--minutes", "20")
    assert code == 0 and out.startswith("verdict: FAIL"), err
    assert before.items() <= made().items()


def test_a_second_run_in_a_suite_is_a_mistake(folder):
    with folder.start("diagnose", "waits.py", "--cores", "2") as process:
        folder.worker()
        code, out, err = folder.run("diagnose", "waits.py")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == (
        "error: another run is using suite faultline-results/waits; wait for it to end, or name another suite."
    )
