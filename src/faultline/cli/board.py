"""What one sees while a diagnosis runs: each group with its state, its stage in words, its draws, and its time."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from faultline.jobs.progress import heard

MEASURING = ("examining the model", "sampling")
"""What the first job of a group does; its time is that of the group."""
WAITING, STANDS = "waiting", "up to date"


@dataclass
class Row:
    """One group, or what else is made."""

    title: str = ""
    state: str = WAITING
    doing: str = ""
    draws: str = ""
    began: float | None = None
    seconds: float | None = None
    expected: float | None = None

    @property
    def elapsed(self) -> float | None:
        return time.monotonic() - self.began if self.began and self.seconds is None else self.seconds


class Board:
    """Hears the events of a run. As it is it shows nothing.

    Parameters
    ----------
    titles
        Label of each group and its title: ``{"group 3": "Sampling the model as it stands"}``.
    expected
        Seconds that each will take by earlier runs, as far as that is known; ``all`` is the whole run.
    minutes
        Limit for the whole run.
    """

    def __init__(self, titles: Mapping[str, str], expected: Mapping[str, float], minutes: float | None):
        self.rows = {label: Row(title, expected=expected.get(label)) for label, title in titles.items()}
        self.began, self.expected, self.minutes = time.monotonic(), expected.get("all"), minutes
        self.planned = False
        """Whether it is known which groups have to run."""

    def hear(self, event: Mapping[str, Any]) -> None:
        """Take note of an event, and show it."""
        if "needed" in event:
            self.planned = True
            for label, row in self.rows.items():
                if row.state in (WAITING, STANDS):
                    row.state = WAITING if label in event["needed"] else STANDS
        elif "doing" in event:
            self._doing(*event["doing"])
        elif "line" in event:
            self._line(event["line"])
        elif "published" in event:
            label, _, outcome = event["published"].partition(": ")
            if row := self.rows.get(label):
                row.state, row.doing, row.seconds = outcome, "", row.elapsed
            self.said(event["published"], label)
        elif "said" in event:
            self.said(event["said"])

    def _doing(self, label: str, doing: str) -> None:
        if doing in MEASURING:  # also a group that a later round has asked for
            self.rows.setdefault(label, Row())
        row = self.rows.get(label)
        if doing and row:
            row.state, row.doing = "running", doing
            if doing in MEASURING:
                row.began, row.seconds = time.monotonic(), None
        if doing and not (row and doing == "reporting"):
            self.said(f"{label}: {doing}" if label else doing, label)

    def _line(self, line: str) -> None:
        news = heard(line)
        if news and (row := self.rows.get(news.label)):
            row.draws = news.draws or (row.draws if news.doing in ("", row.doing) else "")
            row.doing = news.doing
            if news.ended:
                row.seconds = row.elapsed
        self.said(line, news.label if news else "", heartbeat=True)

    def said(self, line: str, label: str = "", heartbeat: bool = False) -> None:
        """Show a line about a group, or about the run."""

    def tick(self) -> None:
        """Show what time it is."""

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *of_error: object) -> None:
        pass

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds of each group that was measured in this run."""
        return {label: row.seconds for label, row in self.rows.items() if row.began and row.seconds}

    def clock(self) -> str:
        text = f"{in_time(time.monotonic() - self.began)} elapsed"
        if self.expected:
            text += f", {in_time(self.expected)} expected"
        return text + (f", {self.minutes:g} min allowed" if self.minutes else "")


class Lines(Board):
    """A line for each piece of news, for a log."""

    def said(self, line: str, label: str = "", heartbeat: bool = False) -> None:
        row = self.rows.get(label)
        begins = row and row.expected and row.doing in MEASURING and not heartbeat
        usual = f" ({in_time(row.expected)} expected)" if begins else ""
        print(f"{in_time(time.monotonic() - self.began):>6}  {line}{usual}", file=sys.stderr, flush=True)


class Table(Board):
    """A table that stays in its place, on a terminal; it goes when the run has ended."""

    def __enter__(self) -> Table:
        from rich.console import Console
        from rich.live import Live

        self.console = Console(stderr=True, highlight=False)
        self.open = ExitStack()
        self.live = self.open.enter_context(
            Live(self._table(), console=self.console, transient=True, auto_refresh=False)
        )
        return self

    def __exit__(self, *of_error: object) -> None:
        self.open.close()

    def said(self, line: str, label: str = "", heartbeat: bool = False) -> None:
        if not label and not heartbeat:
            self.console.print(line, markup=False)
        self.tick()

    def tick(self) -> None:
        self.live.update(self._table(), refresh=True)

    def _table(self) -> Any:
        from rich.table import Table as Rows
        from rich.text import Text

        rows = Rows(
            box=None,
            padding=(0, 1, 0, 0),
            width=min(self.console.width, 110),
            caption=self.clock(),
            caption_justify="left",
        )
        for name, justify, width in (
            ("group", "left", max(map(len, self.rows), default=0)),
            ("state", "left", 12),
            ("stage", "left", None),
            ("draws", "right", 9),
            ("time", "right", 5),
            ("expected", "right", 8),
        ):
            rows.add_column(name, justify=justify, width=width, ratio=None if width else 1, no_wrap=True)
        for label, row in self.rows.items():
            elapsed, expected = row.elapsed, row.expected
            stage = row.doing or row.title
            rows.add_row(
                label,
                row.state,
                Text(stage),
                row.draws,
                in_time(elapsed) if elapsed is not None else "",
                in_time(expected) if expected else "",
                style={"running": "bold", WAITING: "dim", STANDS: "dim"}.get(row.state, ""),
            )
        return rows


def board(
    quiet: bool, titles: Mapping[str, str], expected: Mapping[str, float], minutes: float | None
) -> Board:
    """The way of showing that suits standard error."""
    terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    kind = Board if quiet else Table if terminal else Lines
    return kind(titles, expected, minutes)


def in_time(seconds: float) -> str:
    """``35 s``, ``2:05``."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60}:{whole % 60:02d}"
