"""``faultline diagnose MODEL``: the whole ladder on a model, from any folder. Snakemake does the work as a child."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from faultline.cli import INTERRUPTED
from faultline.cli.places import of_faultline, settle
from faultline.core.errors import INTERNAL

if TYPE_CHECKING:
    from faultline.cli.board import Board
    from faultline.cli.settings import Asked

CODES = {"pass": 0, "fail": 3, "inconclusive": 4, "error": 5}
"""With --check: outcome -> exit code. What is not known is not a pass."""
UNKNOWN = CODES["inconclusive"]
AGAIN = "Run the same command to continue."


@click.command()
@click.argument("model", required=False)
@click.option(
    "--idata", metavar="FILE.nc", help="Draws that you have: judged beside MODEL, or alone, in seconds."
)
@click.option("--data", metavar="FILE", help="Data for the model: the first argument of build.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting, such as sampler.draws=500 (repeatable).",
)
@click.option(
    "--with",
    "toggles",
    multiple=True,
    metavar="NAME=CHOICE",
    help="A part of the model, such as use_slope=false, or one of its variants (repeatable).",
)
@click.option(
    "--works",
    metavar="REVISION",
    help="A branch, tag or commit of MODEL's git repository at which it worked: find the commit that breaks it.",
)
@click.option("--cores", type=click.IntRange(1), default=os.cpu_count, help="Cores to use (default: all).")
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    help="Stop after this time. What was measured by then is kept.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Show no progress.")
@click.option("--open", "opens", is_flag=True, help="Open the report in the browser.")
@click.option("--dry-run", "-n", is_flag=True, help="Show what would run, and run nothing.")
@click.option(
    "--check",
    is_flag=True,
    help="Exit with 0 for a pass, 3 for a fail, 4 if inconclusive, 5 if the model ends with an error.",
)
def command(
    model: str | None,
    idata: str | None,
    data: str | None,
    settings: tuple[str, ...],
    toggles: tuple[str, ...],
    works: str | None,
    cores: int,
    minutes: float | None,
    as_json: bool,
    quiet: bool,
    opens: bool,
    dry_run: bool,
    check: bool,
) -> int:
    """Find the part of MODEL that is at fault.

    MODEL is a Python file whose function build returns a pm.Model. Another function, or a model at the top level of the file, has its name
    after a colon: models.py:make_model. The answer is printed on standard output, progress on standard error.
    Results go to faultline-results/ in the current folder. Running the same command again makes only what is missing or out of date.

    \b
      faultline diagnose model.py
      faultline diagnose model.py --idata draws.nc
      faultline diagnose pipeline.py --works v1.2
      faultline diagnose model.py --data data.csv --set sampler.draws=500 --minutes 5
    """
    began = time.monotonic()
    settle()
    from faultline.cli.settings import asked

    own = [f"idata={idata}"] if model is not None and idata is not None else []
    own += [f"compare.works.revision={works}"] if works is not None else []
    wanted = asked(_one_of(model, idata), data, [*settings, *own], toggles)
    run = Run(wanted, quiet=quiet or dry_run, minutes=minutes, began=began)
    code = run.go(_command(wanted, cores, dry_run))
    if code or dry_run:
        return code
    return run.say(as_json, check, opens)


def _one_of(model: str | None, idata: str | None) -> str:
    """The case: a model, or draws."""
    from faultline.core.errors import InputError
    from faultline.targets.source import DRAWS

    if idata is not None and not idata.endswith(DRAWS):
        raise InputError(
            f"--idata {idata} is no netCDF file; give one that ends in {DRAWS}, as idata.to_netcdf writes it."
        )
    if model is None and idata is None:
        raise click.UsageError("Missing argument 'MODEL'.")
    return idata if model is None else model


def _command(wanted: Asked, cores: int, dry_run: bool) -> list[str]:
    """Snakemake on the workflow that comes with Faultline."""
    command = [sys.executable, "-P", "-m", "snakemake", "report_summary"]
    command += ["-s", str(of_faultline("workflow") / "Snakefile")]
    command += ["--workflow-profile", str(of_faultline("profiles") / "default"), "--cores", str(cores)]
    command += ["--dry-run"] * dry_run
    # Snakemake reads values as YAML, of which JSON is a part: what is in quotes stays text.
    return [*command, "--config", *(f"{key}={json.dumps(value)}" for key, value in wanted.settings.items())]


class Run:
    """A diagnosis from its first event to its answer."""

    def __init__(self, wanted: Asked, quiet: bool, minutes: float | None, began: float):
        from faultline.cli.board import board
        from faultline.cli.times import Times

        self.wanted, self.minutes, self.began = wanted, minutes, began
        self.times = Times(wanted.folder.name, wanted.titles)
        self.board: Board = board(quiet, wanted.titles, self.times.expected, minutes)
        self.mistakes: list[str] = []
        self.trace: list[str] = []
        self.answer: list[str] = []
        self.out_of_time = False

    def go(self, command: list[str]) -> int:
        """Run Snakemake, and say what went wrong, if anything did. Returns the exit code, 0 also if time ran out."""
        from faultline.cli.engine import Engine

        if not self.wanted.folder.parent.exists():
            _keep_out_of_git(self.wanted.folder.parent)
        _keep_out_of_git(self.wanted.folder)
        _keep_out_of_git(Path(".snakemake"))  # Snakemake's own notes
        deadline = self.began + 60 * self.minutes if self.minutes else None
        engine = Engine(command, self._hear, self.board.tick, deadline)
        with self.board:
            code = engine.run()
        self.times.keep(self.board.seconds, time.monotonic() - self.began if code == 0 else None)
        self.out_of_time = engine.out_of_time
        if engine.interrupted:
            print(f"Interrupted. {AGAIN}", file=sys.stderr)
            return INTERRUPTED
        if self.out_of_time:
            missing = self._missing()
            said = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
            if not missing:
                said = "nothing had been planned yet"
            print(
                f"The time of {self.minutes:g} min is used up; {said}, and finished measurements are kept. {AGAIN}",
                file=sys.stderr,
            )
            return 0
        return self._failed(engine.words) if code or self.mistakes else 0

    def _hear(self, event: dict[str, Any]) -> bool:
        """Take an event; a mistake of the user's ends the run, because every other step would only repeat it."""
        if "answer" in event:
            self.answer.append(event["answer"])
        elif "trace" in event:
            self.trace.append(event["trace"])
        elif "planned" in event:
            print(event["planned"])
        elif "mistake" in event or "failed" in event:
            sentence = event.get("mistake") or event["failed"]
            if "\nTraceback" in sentence:  # Snakemake's, of what the workflow's own code raised
                self.trace.append(sentence)
                sentence = f"error: {INTERNAL}: {sentence.splitlines()[0]}"
            if sentence.startswith("error: ") and sentence not in self.mistakes:
                self.mistakes.append(sentence)
            elif not sentence.startswith(("error: ", "Stopped on request")):
                self.trace.append(sentence)
            return "mistake" in event or not _is_users(sentence)
        else:
            self.board.hear(event)
        return True

    def _failed(self, words: list[str]) -> int:
        """The mistakes as the last lines, each once."""
        said = [word for word in words if word.strip()] + self.trace
        if not self.mistakes:
            self.mistakes = [said.pop() if said else f"{INTERNAL}: Snakemake ended without a word."]
        users = all(map(_is_users, self.mistakes))
        if not users:
            print(*said, sep="\n", file=sys.stderr)
        for sentence in self.mistakes:
            print(f"error: {sentence.removeprefix('error: ')}", file=sys.stderr)
        return 1 if users else os.EX_SOFTWARE

    def _missing(self) -> list[str]:
        """What there is no report of yet; nothing before it is known."""
        if not self.board.planned:
            return []
        states = {label: row.state for label, row in self.board.rows.items()}
        return [label for label, state in states.items() if state in ("waiting", "running")] or [
            "the summary"
        ]

    def say(self, as_json: bool, check: bool, opens: bool) -> int:
        """Print the answer; returns the exit code."""
        import webbrowser

        from faultline.core.record import read_json
        from faultline.report.terminal import fitted

        if not self.answer:  # time ran out
            if as_json:
                print(json.dumps({"outcome": None, "missing": self._missing()}))
            return UNKNOWN if check else 0
        summary = self.wanted.folder / "results" / "summary.json"
        if as_json:
            content = json.loads(summary.read_text(encoding="utf-8"))
            print(json.dumps({**content, "folder": str(self.wanted.folder)}))
        else:
            print(*fitted(self.answer[1:]), sep="\n")
        if opens:
            webbrowser.open((self.wanted.folder / "report_summary.html").resolve().as_uri())
        return CODES.get(read_json(summary).get("outcome"), UNKNOWN) if check else 0


def _is_users(sentence: str) -> bool:
    """Whether a mistake is the user's, by the sentence that a command ends with."""
    return INTERNAL not in sentence and " ended without a result" not in sentence


def _keep_out_of_git(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / ".gitignore").exists():
        (folder / ".gitignore").write_text("*\n")
