"""What Snakemake prints, in a modeller's words: progress, each mistake once, and the answer as the last lines.

Snakemake finds this module by its name; ``logger: faultline`` in a profile turns it on. It has nothing of Faultline's to
import: it starts before the Snakefile has said where Faultline's own code is. ``FAULTLINE_PLAIN=1`` leaves everything to
Snakemake's own words; its log file in .snakemake/log/ has them always. Where `faultline diagnose` has started Snakemake, it
is told everything instead, and nothing is printed.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from logging import ERROR, INFO, LogRecord
from pathlib import Path
from types import ModuleType
from typing import Any

from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

from snakemake_logger_plugin_faultline.caller import caller

PLAIN = "FAULTLINE_PLAIN"
SCREEN = "FAULTLINE_SCREEN"
"""Tells the jobs that a mistake of theirs, which their log holds, is said at the end."""
NOTHING = "Nothing to be done"
# What Snakemake says on its way, of use to who writes workflows.
SAID_ANYWAY = """
Assuming unrestricted shared|host: |Building DAG|Using shell|Provided |Rules claiming|Job stats|Select jobs|Execute |
Complete log|Elapsed time|Config file |Conda env|Singularity|Reasons:|This was a dry-run|Removing output files|
Shutting down|DAG of jobs|Updating checkpoint|The run involves checkpoint|Trying to restart|Would remove|Retrieving |Storing output|Finished jobid
"""
PROGRESS = ("job_info", "job_finished", "progress", "run_info", "shellcmd")
OF_THE_RUN = "At least one job did not complete"
OF_ANOTHER = (OF_THE_RUN, "CalledProcessError", "Exiting because a job execution failed")
"""Errors that only say that a job failed: its log says why, and trying again may have mended it."""
INTERNAL = "an error inside Faultline"
"""In the sentence of such an error: whoever reports it needs the traceback, which stands in the log before it."""
STOPPED = ("Terminating processes on user request", "Cancelling snakemake on user request")
NO_CORES = (
    "give the number of cores, as in: snakemake -j4 report_summary (-n shows what would run, without cores)."
)
_SAID_ANYWAY = re.compile("|".join(map(re.escape, SAID_ANYWAY.replace("\n", "").split("|"))))
_NO_RULE = re.compile(r"No rule to produce (\S+)")


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """There is nothing to set."""


class LogHandler(LogHandlerBase):
    """Prints to standard error, a dry run to standard output, as Snakemake itself does."""

    writes_to_stream, writes_to_file = True, False
    has_filter = has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        asked = self.common_settings
        self.stream = sys.stdout if asked.stdout else sys.stderr
        self.quiet = Quietness.ALL in (asked.quiet or ())
        self.own = _snakemakes_own(asked, self.stream)
        self.caller = caller()
        self.plain = bool(os.environ.get(PLAIN) or asked.verbose or asked.debug_dag)
        if self.plain:
            os.environ.pop(SCREEN, None)
        else:
            os.environ[SCREEN] = "1"
        self.jobs: dict[int, tuple[str, dict[str, str]]] = {}
        self.failed: dict[int, str] = {}
        self.mistakes: dict[str, None] = {}
        self.consequences: dict[str, None] = {}
        self.ran = self.nothing = self.stopped = self.closed = False

    def emit(self, record: LogRecord) -> None:
        """Say what a record of Snakemake's means, at once or at the end."""
        event = str(getattr(record, "event", None))
        # Of another workflow than Faultline's, with the same profile, there are no other words for what is done.
        if self.plain or (event in PROGRESS and _faultline() is None):
            if self.own.filter(record):
                self.own.emit(record)
            return
        try:
            self._hear(event, record)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Called when all is over, whatever happened, and more than once."""
        if not (self.plain or self.closed):
            self.closed = True
            try:
                kind, lines = self._ending()
                self._say(lines, kind)
            except Exception:  # Snakemake says nothing of what is raised here
                traceback.print_exc(file=self.stream)
        super().close()

    def _hear(self, event: str, record: LogRecord) -> None:
        facts = record.__dict__
        if event == "job_info":
            job = self.jobs[facts["jobid"]] = (facts["rule_name"], dict(facts["wildcards"] or {}))
            self._began(*job)
        elif event == "job_finished":
            self._finished(facts["job_id"])
        elif event == "job_error":
            self._failed(facts)
        elif event == "group_error":
            for job in facts["job_error_info"]:
                self._failed(job)
        elif event == "error":
            self.stopped |= any(sign in record.getMessage() for sign in STOPPED)
            self._note(self._understood(record.getMessage(), facts.get("exception")))
        elif event == "shellcmd":
            if self.common_settings.printshellcmds and (command := facts.get("cmd") or facts.get("shellcmd")):
                self._say([command])
        elif event == "run_info":
            self.ran = True
            if self.caller and (screen := _faultline()):
                self.caller.tell(needed=screen.needed())
        elif event == "None":
            self._words(record)

    def _words(self, record: LogRecord) -> None:
        message = record.getMessage()
        self.nothing |= message.startswith(NOTHING)
        self.stopped |= any(sign in message for sign in STOPPED)
        if record.levelno >= ERROR:
            self._note(self._understood(message, None))
        elif message.strip() in ("", "None") or _SAID_ANYWAY.match(message.strip()):
            return
        elif (
            not message.startswith(NOTHING)
            and not (self.caller and self.stopped)
            and (record.levelno > INFO or not self.quiet)
        ):
            self._say([message])

    def _began(self, rule: str, wildcards: dict[str, str]) -> None:
        screen = _faultline()
        if screen and not (self.common_settings.dryrun or self.quiet):
            subject, _, doing = screen.job(rule, wildcards)
            if self.caller:
                self.caller.tell(doing=[subject, doing])
                return
            # A group's report has its line when it stands.
            if doing and not (rule.startswith("publish_") and "group" in wildcards):
                self._say([f"{subject}: {doing}" if subject else doing])

    def _failed(self, facts: Mapping[str, Any]) -> None:
        if not self.stopped:
            jobid, rule = facts["jobid"], facts["rule_name"]
            self.failed[jobid] = _mistake_of(rule, facts["log"], self._called(jobid))
            if INTERNAL in self.failed[jobid]:
                self._say(_lines(facts["log"])[:-1], "trace")
            if self.caller:
                self.caller.tell(failed=self.failed[jobid])

    def _finished(self, jobid: int) -> None:
        self.failed.pop(jobid, None)  # it was tried again
        screen = _faultline()
        line = screen.published(*self.jobs[jobid]) if screen and jobid in self.jobs else ""
        if line and not self.quiet:
            self._say([line], "published")

    def _called(self, jobid: int) -> str:
        screen = _faultline()
        return screen.job(*self.jobs[jobid])[0] if screen and jobid in self.jobs else ""

    def _note(self, mistake: str) -> None:
        """Keep a mistake for the end: each once. What ends because a user stops it is none."""
        if mistake and not self.stopped:
            self.mistakes[mistake] = None

    def _understood(self, message: str, exception: Any) -> str:
        """A mistake of Snakemake's in Faultline's words, or as it is."""
        screen = _faultline()
        if exception == "ApiError" and "cores have to be specified" in message:
            return f"error: {NO_CORES}"
        if screen and exception == "MissingRuleException" and (found := _NO_RULE.search(message)):
            return f"error: {screen.no_target(found[1])}"
        if any(sign in message for sign in OF_ANOTHER):
            self.consequences[message.strip()] = None
            return ""
        return message.strip()

    def _ending(self) -> tuple[str, Iterable[str]]:
        """The lines that end a run, and what they are."""
        screen = _faultline()
        mistakes = list(dict.fromkeys([*self.mistakes, *self.failed.values()]))
        if self.stopped:
            return "mistake", [*mistakes, "Stopped on request. Run the same command to continue."]
        if mistakes or any(OF_THE_RUN in message for message in self.consequences):
            return "mistake", mistakes or self.consequences
        if screen is None:
            return "answer", []
        if self.common_settings.dryrun:
            if self.nothing:
                return "planned", ["Nothing would run: everything is up to date."]
            lines = screen.planned(self.jobs.values()) if self.ran else []
            return "planned", ["Dry run. These steps would run:", *lines] if lines else []
        up_to_date = ["Nothing to do: everything is up to date."] if self.nothing and not self.caller else []
        return "answer", [*up_to_date, *(screen.answer() if self.ran or self.nothing else [])]

    def _say(self, lines: Iterable[str], kind: str = "said") -> None:
        for line in lines:
            if self.caller:
                self.caller.tell(**{kind: line})
                continue
            try:
                self.stream.write(f"{line}\n")
            except UnicodeEncodeError:
                encoding = self.stream.encoding or "ascii"
                self.stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        self.stream.flush()


def _faultline() -> ModuleType | None:
    """`faultline.jobs.screen` as the Snakefile has loaded and told it; None before that."""
    screen = sys.modules.get("faultline.jobs.screen")
    return screen if screen and screen.is_shown() else None


def _mistake_of(rule: str, logs: Iterable[str], subject: str) -> str:
    """The sentence with which a job ended, from its log; where it ended without one, which log to read."""
    paths = [Path(log) for log in logs or ()]
    last = next((line.strip() for line in reversed(_lines(paths))), "")
    if last.startswith("error: "):
        return last
    about = f"{subject}, {rule}" if subject else rule
    said = f": {last}" if last else ""
    where = f"; see {', '.join(map(str, paths))}" if paths else ""
    return f"error: {about} ended without a result{said}{where}"


def _lines(logs: Iterable[str | Path]) -> list[str]:
    """The last lines of the first log that has any."""
    for path in logs or ():
        try:
            lines = Path(path).read_bytes()[-20_000:].decode(errors="replace").splitlines()
        except OSError:
            continue
        if found := [line for line in lines if line.strip()]:
            return found
    return []


def _snakemakes_own(asked: Any, stream: Any) -> ColorizingTextHandler:
    """The handler that Snakemake would have made itself."""
    chosen: Mapping[str, Any] = {
        name: getattr(asked, name) for name in ("quiet", "debug_dag", "verbose", "dryrun", "printshellcmds")
    }
    return ColorizingTextHandler(
        nocolor=asked.nocolor,
        stream=stream,
        formatter=DefaultFormatter(asked.quiet, asked.show_failed_logs),
        filter=DefaultFilter(**chosen),
    )
