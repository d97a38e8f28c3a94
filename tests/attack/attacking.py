"""What every attack has in common: how many inputs, how an input may end, and what must not happen meanwhile."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings

from faultline.core.errors import LONGEST, InputError

FULL = os.environ.get("FAULTLINE_ATTACK", "quick") == "full"
CPU_SECONDS = 10
"""Of one input. Seconds of the processor: how busy the machine is must not fail a test."""
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
FORBIDDEN = {
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "subprocess.Popen",
    "pickle.find_class",
    "socket.connect",
}
CHANGES = {
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "os.link",
    "os.truncate",
    "shutil.rmtree",
}


def inputs(full: int) -> settings:
    """Settings for a test of ``full`` generated inputs; the quick profile makes a twelfth of them, always the same ones."""
    return settings(
        max_examples=full if FULL else max(full // 12, 5),
        derandomize=not FULL,
        deadline=None,  # wall time; see CPU_SECONDS
        database=None,
        suppress_health_check=list(HealthCheck),
    )


class Hang(AssertionError):
    """An input took more than its processor time."""


class Watch:
    """Hears what Python does: which files are opened to be written, and whether anything is run."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.wrong: list[str] = []
        sys.addaudithook(self._hear)

    @contextlib.contextmanager
    def only_in(self, folder: Path) -> Iterator[None]:
        """Fail if anything is written outside ``folder``, or run."""
        self.folder, self.wrong = folder.resolve(), []
        try:
            yield
        finally:
            self.folder = None
        assert not self.wrong, self.wrong

    def _hear(self, event: str, arguments: tuple) -> None:
        if self.folder is None:
            return
        if event in FORBIDDEN:
            self.wrong.append(f"{event} {arguments!r:.200}")
        elif (
            event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES
        ) or event in CHANGES:
            self._check(event, arguments[0])

    def _check(self, event: str, path: Any) -> None:
        with contextlib.suppress(TypeError, ValueError):
            place = Path(os.path.abspath(os.fsdecode(path)))
            if (
                place != Path(os.devnull)
                and "__pycache__" not in place.parts
                and not place.is_relative_to(self.folder)
            ):
                self.wrong.append(f"{event} {place}")


WATCH = Watch()


@contextlib.contextmanager
def in_time() -> Iterator[None]:
    def ring(*_: Any) -> None:
        raise Hang(f"more than {CPU_SECONDS} s of processor time")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def ends(folder: Path, call: Callable[..., Any], *arguments: Any) -> Any:
    """The value of a call, or None where it refuses its input in a sentence; nothing else is allowed."""
    try:
        with WATCH.only_in(folder), in_time():
            return call(*arguments)
    except InputError as mistake:
        check_sentence(str(mistake))
        return None


def check_sentence(sentence: str) -> None:
    assert 10 < len(sentence) <= LONGEST and sentence.isprintable(), sentence
    assert sentence.endswith((".", "?", ")")), sentence


def command(folder: Path, main: Callable[[list[str]], int], argv: list[str]) -> int:
    """The exit code of a command line: 0; or 1 and a sentence, the last line; or 2 and the usage of argparse."""
    out, err = io.StringIO(), io.StringIO()
    try:
        with (
            WATCH.only_in(folder),
            in_time(),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main(argv)
    except SystemExit as end:
        code = end.code
    said = err.getvalue()
    assert code in (0, 1, 2), f"exit code {code}: {said[-3000:]}"
    assert not any(line.startswith("Traceback") for line in said.splitlines()), said[-3000:]
    if code == 1:
        last = said.rstrip().splitlines()[-1]
        assert last.startswith("error: "), said[-1000:]
        check_sentence(last.removeprefix("error: "))
    return code
