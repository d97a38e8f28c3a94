"""How long each group took: for the eye only, nothing depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from statistics import median
from typing import Any

from faultline.core.errors import InputError
from faultline.core.reading import read_json_file
from faultline.core.record import write_json
from faultline.store.objects import Store

WHOLE = "all"
"""Stands for a whole run, beside the labels of groups."""


class Times:
    """Seconds by suite and title of the group, in the store, because suites come and go.

    Parameters
    ----------
    suite
        Name of the suite.
    titles
        Label of each of its groups and its title.
    """

    def __init__(self, suite: str, titles: Mapping[str, str]):
        self.suite, self.titles = suite, titles
        self.path = Store().root / "cache" / "seconds.json"
        found: dict[str, Any] = {}
        with suppress(InputError):
            found = read_json_file(self.path, "list of times")
        self.known = {name: _seconds(times) for name, times in found.items()}

    @property
    def expected(self) -> dict[str, float]:
        """Label -> what the group took the last time, or else what such a group took in the middle of all suites; as far as known."""
        own = self.known.get(self.suite, {})
        expected = {
            label: own[title] for label, title in {**self.titles, WHOLE: WHOLE}.items() if title in own
        }
        for label, title in self.titles.items():
            others = [times[title] for times in self.known.values() if title in times]
            if others and label not in expected:
                expected[label] = median(others)
        return expected

    def keep(self, seconds: Mapping[str, float], whole: float | None) -> None:
        """Remember a run that measured these groups; ``whole`` is all of it, where it measured every group."""
        if seconds:
            new = {self.titles.get(label, label): time for label, time in seconds.items()}
            if whole and set(seconds) == set(self.titles):
                new[WHOLE] = whole
            self.known[self.suite] = {**self.known.get(self.suite, {}), **new}
            write_json(self.path, self.known)


def _seconds(times: Any) -> dict[str, float]:
    """What of a suite's entry is times."""
    items = times.items() if isinstance(times, dict) else ()
    return {title: seconds for title, seconds in items if isinstance(seconds, int | float)}
