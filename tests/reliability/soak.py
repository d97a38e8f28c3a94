"""Run after run in which something is killed at a random moment, and after each the same command once more.

    python tests/reliability/soak.py --minutes 30 --seed 1

Whatever was killed (a worker, a supervisor, a judge, a plot, a publisher, Snakemake, everything at once), the run ends with
what was asked for, or the next command completes it. Counted are lies (exit code 0 and something else is shown than what was
asked for, or figures that differ from those of an undisturbed run), losses (what stood in the store is gone), runs that do
not end, and processes that are left. Prints the counts; the exit code is 1 if there is any.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "workflow")]
from line import GROUP, Line, heed_signals, level_of  # noqa: E402

from faultline.core.errors import InputError  # noqa: E402
from faultline.core.record import validate  # noqa: E402
from faultline.store.objects import Store  # noqa: E402

TARGETS = ("group_1", "group_3")
SAMPLING = "group_3_sampling_baseline_minimal"
PATIENCE = 300.0
QUESTIONS = [(1.0, 1), (2.0, 1), (1.0, 2)]


def main() -> int:
    """Command line of the soak."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        soak = Soak(Line.made(Path(folder) / "project"), random.Random(arguments.seed))
        soak.learn()
        deadline = time.monotonic() + 60 * arguments.minutes
        while time.monotonic() < deadline:
            soak.round()
            print(dict(soak.counts), flush=True)
    counts = soak.counts
    print(", ".join(f"{name} {counts[name]}" for name in sorted(counts)))
    bad = (
        counts["lies"] + counts["losses"] + counts["hangs"] + counts["left at work"] + counts["not completed"]
    )
    print(f"{counts['runs']} runs, {counts['kills']} kills: {counts['lies']} lies, {counts['losses']} losses")
    return int(bad > 0)


class Soak:
    """A project that is disturbed, and what an undisturbed run of each question shows."""

    def __init__(self, project: Line, chance: random.Random):
        self.project, self.chance = project, chance
        self.counts: Counter[str] = Counter()
        self.known: dict[tuple[float, int], list] = {}
        self.seconds = 30.0

    def learn(self) -> None:
        """An undisturbed run of each question, each with an empty store."""
        for question in QUESTIONS:
            shutil.rmtree(self.project.store, ignore_errors=True)
            began = time.monotonic()
            self.project.level(question[0])
            self.project.run(*self.command(question))
            self.seconds = time.monotonic() - began
            self.known[question] = self.figures()

    def command(self, question: tuple[float, int]) -> list[str]:
        return [*TARGETS, "--config", f"seed={question[1]}"]

    def round(self) -> None:
        """Another question, one to three runs in which something is killed, and then runs that are left alone."""
        question = self.chance.choice(QUESTIONS)
        self.project.level(question[0])
        if self.chance.random() < 0.6:
            shutil.rmtree(self.project.store, ignore_errors=True)
        stood = self.intact()
        for _ in range(self.chance.randint(1, 3)):
            code = self.disturbed(question)
            self.check(question, code, accidents=True)
        for attempt in range(3):  # a killed worker is tried once more
            code = self.undisturbed(question)
            if code == 0 and self.check(question, code, accidents=attempt < 2):
                break
        else:
            self.count("not completed", question)
        if lost := stood - self.intact():
            self.count("losses", lost)

    def disturbed(self, question: tuple[float, int]) -> int | None:
        """The exit code of a run in which something is killed; None if it did not end."""
        self.counts["runs"] += 1
        with open(self.project.root / "said", "w") as said:
            running = subprocess.Popen(
                self.project.command(*self.command(question)),
                cwd=self.project.root,
                env={**self.project.environment, "PYTHONFAULTHANDLER": "1"},
                stdout=said,
                stderr=said,
                start_new_session=True,
                preexec_fn=heed_signals,
            )
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(0.5 + self.seconds * self.chance.random() ** 3)  # most runs have little to do
        if running.poll() is None:
            self.kill(running)
        return self.ended(running)

    def kill(self, running: subprocess.Popen) -> None:
        """Kill something of a run, chosen by chance among what is at work."""
        others = [p for p in self.project.processes() if p.pid != running.pid]
        ways = ["one"] * 3 + ["snakemake", "everything", "terminate", "interrupt", "hang up"]
        way = self.chance.choice(ways)
        with contextlib.suppress(Exception):
            match way:
                case "one" if others:
                    victim = self.chance.choice(others)
                    line = " ".join(victim.cmdline())
                    victim.kill()
                    names = ("faultline.run.worker", "faultline stage", "faultline publish")
                    way = next((name for name in names if name in line), "shell or guard")
                case "everything":
                    for process in [*others, running]:
                        process.send_signal(signal.SIGKILL)
                case "terminate":
                    running.terminate()
                case "interrupt":
                    os.killpg(running.pid, signal.SIGINT)
                case "hang up":
                    os.killpg(running.pid, signal.SIGHUP)
                case _:
                    running.kill()
        self.counts["kills"] += 1
        self.counts[f"killed: {way}"] += 1

    def undisturbed(self, question: tuple[float, int]) -> int | None:
        self.counts["runs"] += 1
        with open(self.project.root / "said", "w") as said:
            running = subprocess.Popen(
                self.project.command(*self.command(question)),
                cwd=self.project.root,
                env={**self.project.environment, "PYTHONFAULTHANDLER": "1"},
                stdout=said,
                stderr=said,
            )
        return self.ended(running)

    def ended(self, running: subprocess.Popen) -> int | None:
        """Wait for a run, and then for all that it started."""
        try:
            code = running.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGABRT)  # says where every thread stands (PYTHONFAULTHANDLER)
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(10)
            running.kill()
            # Snakemake's handler of SIGTERM waits for a lock that the thread which it interrupts may hold.
            in_handler = "in exit_gracefully" in (self.project.root / "said").read_text()
            self.count("stood still after SIGTERM" if in_handler else "hangs", running.args)
            code = None
        deadline = time.monotonic() + PATIENCE
        while left := self.project.processes():
            if time.monotonic() > deadline:
                self.count("left at work", [p.cmdline() for p in left])
                for process in left:
                    process.kill()
                break
            time.sleep(0.2)
        return code

    def check(self, question: tuple[float, int], code: int | None, accidents: bool) -> bool:
        """Whether what is shown is what was asked for. After exit code 0 anything else is a lie, but for an accident."""
        try:
            shown = self.figures()
        except Exception as error:
            if code == 0:
                self.count("lies", f"nothing to read: {error!r}")
            return False
        right = self.known[question] == shown
        if code == 0 and not right and not (accidents and "accident" in json.dumps(shown)):
            self.count("lies", (question, shown, self.known[question]))
        return right

    def figures(self) -> list:
        """What the published records and reports of both groups say, but for times and run ids."""
        found = []
        for group in (GROUP, SAMPLING):
            record = json.loads((self.project.suite / "results" / f"results_{group}.json").read_text())
            if problems := validate(record):
                raise ValueError(problems[0])
            if self.project.asked(group)["measured"] != record["request"]:
                raise ValueError(f"{group} answers another request than the suite asks for")
            for ending in ("md", "html"):
                if record["request"] not in (self.project.suite / f"report_{group}.{ending}").read_text():
                    raise ValueError(f"the report of {group} shows another request")
            if error := record["error"]:
                found.append([error["type"], "accident" if "accident" in error else "finding"])
                continue
            sampled = record.get("sampling") or {}
            figures = [
                sampled.get(name) for name in ("min_ess", "divergences", "mean_step_size", "n_steps_mean")
            ]
            found.append([level_of(record) if group == GROUP else None, record["asked"]["seed"], figures])
        return found

    def intact(self) -> set[str]:
        """Keys of the store whose objects are whole."""
        store = Store(self.project.store)
        keys = [path.name for path in (store.root / "objects").glob("[!.]*")]
        whole = set()
        for key in keys:
            with contextlib.suppress(InputError, TypeError):
                if all(store.read(key, name) for name in store.contents(key)["files"]):
                    whole.add(key)
        return whole

    def count(self, what: str, why: object) -> None:
        self.counts[what] += 1
        said = (
            (self.project.root / "said").read_text()[-1500:] if (self.project.root / "said").exists() else ""
        )
        print(f"{what}: {why}\n{said}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
