"""Measure one model of the benchmark as the workflow would, group after group; or judge and summarise what was measured.

The same scripts as the workflow's, without its pictures and reports: these say nothing about who is right.

    python benchmarks/faults/diagnose.py measure --model schools_centered --written faulty --seed 1 --suite_dir D
    python benchmarks/faults/diagnose.py judge --suite_dir D
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks.faults.corpus import SETS, runs  # noqa: E402
from faultline.core.record import named, read_json, read_record, write_json  # noqa: E402
from faultline.plan.designs import groups  # noqa: E402
from faultline.plan.ladder import Group  # noqa: E402
from faultline.targets.case import read_signature  # noqa: E402

INTERRUPTED_AT = "sample"
"""The stage in which a run is broken off."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("measure", "judge"):
        sub = commands.add_parser(command)
        sub.add_argument("--suite_dir", type=Path, required=True)
        if command == "measure":
            sub.add_argument("--models", choices=SETS, default="all")
            sub.add_argument("--model", required=True)
            sub.add_argument("--written", choices=("faulty", "repaired", "sound"), required=True)
            sub.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.command == "judge":
        return judge(arguments.suite_dir)
    chosen = (arguments.model, arguments.written)
    wanted = next(run for run in runs(arguments.models) if (run.model, run.written) == chosen)
    return measure(wanted, arguments.seed, arguments.suite_dir)


def measure(run, seed: int, suite: Path) -> int:
    """Every group of the model's ladder, a process each; the seconds of all of it go to ``seconds.json``."""
    variant = [] if run.written == "sound" else ["--variant", f"written={run.written}"]
    began = time.monotonic()
    ladder = groups(read_signature(str(run.path)))
    # Who is interrupted asks for one group at a time: the signal would end all that follow.
    for together in [[group] for group in ladder] if run.interrupt else [ladder]:
        names = [group.name for group in together]
        stops = run.interrupt and any(group.trial.experiment.samples for group in together)
        command = [sys.executable, "-P", "-m", "faultline", "group", "--stage", "measure"]
        command += ["--group", *names, "--case", str(run.path), "--seed", str(seed)]
        command += [*variant, "--suite_dir", str(suite), "--run_id", "benchmark", "--overwrite"]
        code = _run(command, suite / ".store", interrupt=stops)
        if code:
            return code
        if stops:
            _keep_interrupted(suite, together[0])
            break  # as where a user stops the workflow: what would have read this run is not begun
    write_json(suite / "seconds.json", {"seconds": time.monotonic() - began})
    return 0


def _keep_interrupted(suite: Path, group: Group) -> None:
    """What an interrupted group had measured: it is in no store, for the same command goes on from there."""
    (left,) = (suite / ".store" / "running").glob("*/measured.json")
    name = {"name": group.name, "number": group.number, "title": group.title, "size": None}
    write_json(suite / "results" / f"measured_{group.name}.json", named(read_json(left), name))
    left.unlink()


def _run(command: list[str], store: Path, interrupt: bool) -> int:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONUNBUFFERED": "1",
        "FAULTLINE_STORE": str(store),
    }
    if not interrupt:
        return subprocess.run(command, env=environment, check=False).returncode
    with subprocess.Popen(command, env=environment) as process:
        while process.poll() is None and not _reached(store, INTERRUPTED_AT):
            time.sleep(0.01)
        if process.poll() is not None:  # it ended before it came there
            return process.returncode
        process.send_signal(signal.SIGTERM)
    return 0


def _reached(store: Path, stage: str) -> bool:
    """Whether a measurement at work has come to this stage."""
    return any(
        f'"stage": "{stage}"' in path.read_text() for path in (store / "running").glob("*/events.jsonl")
    )


def judge(suite: Path) -> int:
    """The verdict on every group, and the summary: what a user would read."""
    from faultline.diagnosis.rules import judged
    from faultline.diagnosis.summarise import summarise

    records = []
    for measured in sorted((suite / "results").glob("measured_*.json")):
        records.append(judged(read_record(measured)))
        write_json(measured.with_name(measured.name.replace("measured_", "results_")), records[-1])
    summary = {**summarise(records), "measuring": read_json(suite / "seconds.json")["seconds"]}
    write_json(suite / "summary.json", summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
