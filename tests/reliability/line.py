"""A project that counts how often it measures, and what its published record says."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from harness import Project

GROUP = "group_1_build_only_sanity"
REPORT = f"tests/diagnostics/line/report_{GROUP}.html"
CASE = Path(__file__).parent / "cases" / "line.py"


class Line(Project):
    """A project with the model ``line.py``, and a count of how often it was measured."""

    @classmethod
    def made(cls, root: Path) -> Line:
        project = cls(Project.new(root).root)
        shutil.copy2(CASE, root / "model.py")
        limits = {"total": 120, "apart": 5, "compile": 100, "memory_mb": 3000}
        project.configure({"suite": "line", "limits": limits})
        return project

    def copy(self, root: Path) -> Line:
        return Line(super().copy(root).root)

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "TEST_COUNT": str(self.root / "count")}

    @property
    def store(self) -> Path:
        return self.root / "tests" / "diagnostics" / ".store"

    def run(self, *arguments: str, fails: bool | None = False, **environment: str) -> str:
        """Run Snakemake for the report of group 1, or other targets; what it said. ``fails`` may be unknown: None."""
        targets = [] if arguments and not arguments[0].startswith("-") else ["group_1"]
        done = subprocess.run(
            self.command(*targets, *arguments),
            cwd=self.root,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=500,
        )
        said = done.stdout + done.stderr
        assert done.returncode in ((0, 1) if fails is None else (int(fails),)), said
        assert "Traceback" not in said or fails, said
        return said

    def by_hand(self, *arguments: str, **environment: str) -> None:
        """Run the script of group 1 on the same suite."""
        limits = ["--limit_total", "120", "--limit_apart", "5", "--limit_compile", "100"]
        command = [
            self.command()[0],
            "scripts/run_group.py",
            "--group",
            "1",
            "--case",
            "model.py",
            "--suite",
            "line",
        ]
        quick = ["--dataset_name", "none", *limits, "--limit_memory_mb", "3000", *arguments]
        environment = {**self.environment, "PYTHONPATH": str(self.root / "src"), **environment}
        subprocess.run([*command, *quick], cwd=self.root, env=environment, check=True, capture_output=True)

    @contextlib.contextmanager
    def started(self, *arguments: str, **environment: str) -> Iterator[subprocess.Popen]:
        """Snakemake at work, in a session of its own; what is left of it is ended afterwards."""
        with open(self.root / "said", "w") as said:
            process = subprocess.Popen(
                self.command("group_1", *arguments),
                cwd=self.root,
                env={**self.environment, **environment},
                stdout=said,
                stderr=said,
                start_new_session=True,
                preexec_fn=heed_signals,
            )
        try:
            yield process
            process.wait(300)
        finally:
            for left in [process.pid, *(other.pid for other in self.processes())]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(left, signal.SIGKILL)
            process.wait(60)

    def processes(self, *words: str) -> list[psutil.Process]:
        """Processes that were started in this folder, whose command line has these words."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                line = " ".join(process.cmdline())
                if Path(process.cwd()) == self.root.resolve() and all(word in line for word in words):
                    found.append(process)
        return found

    def at_work(self, *words: str, seconds: float = 200) -> psutil.Process:
        """The process with these words once it is there: the Python itself, not the shell that started it."""

        def python() -> list[psutil.Process]:
            return [p for p in self.processes(*words) if Path(p.cmdline()[0]).name.startswith("python")]

        return wait_for(python, seconds)[-1]

    def level(self, level: float) -> None:
        """Another model."""
        path = self.root / "model.py"
        path.write_text(re.sub(r"^LEVEL = .*$", f"LEVEL = {level}", path.read_text(), flags=re.MULTILINE))

    def shown(self) -> tuple[float, int]:
        """What the published report answers: the model's level as its log-probability has it, and the seed.

        Record, report and the suite's request have to name one and the same measurement.
        """
        record = json.loads((self.suite / "results" / f"results_{GROUP}.json").read_text())
        report = (self.suite / f"report_{GROUP}.md").read_text()
        assert record["request"] in report
        assert record["request"] in (self.suite / f"report_{GROUP}.html").read_text()
        assert self.asked(GROUP)["measured"] == record["request"]
        request = json.loads((self.store / "requests" / f"{record['request']}.json").read_text())
        assert record["asked"]["seed"] == request["seed"]
        assert record["fingerprints"]["model_source"] == request["sources"]
        return level_of(record), record["asked"]["seed"]

    def record(self) -> dict:
        return json.loads((self.suite / "results" / f"results_{GROUP}.json").read_text())

    def measured(self) -> int:
        """How often the model was built to be measured."""
        path = self.root / "count"
        return len(path.read_text().splitlines()) if path.exists() else 0


def heed_signals() -> None:
    """Of a process that is started by one in the background: which ignores Ctrl-C, and so would its children."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def level_of(record: dict) -> float:
    """The observed level, from the density of a standard normal variable around the start, which is 0."""
    (row,) = [row for row in record["logp"]["terms"] if row["name"] == "level"]
    return round(math.sqrt(-2 * row["value"] - math.log(2 * math.pi)), 6)


def wait_for(condition, seconds: float = 200):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found
