"""How long each group took the last time: for the eye only, nothing depends on it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from faultline.core.errors import InputError
from faultline.core.reading import read_json_file
from faultline.core.record import write_json
from faultline.store.objects import Store

WHOLE = "all"


class Memory:
    """Seconds by suite and label, in the store, because suites come and go."""

    def __init__(self, suite: str):
        self.suite, self.path = suite, Store().root / "cache" / "seconds.json"
        self.known: dict[str, Any] = {}
        with suppress(InputError):
            self.known = read_json_file(self.path, "list of times")

    @property
    def expected(self) -> dict[str, float]:
        """What the groups of this suite took, where they were measured before; ``all`` is a whole run."""
        found = self.known.get(self.suite)
        found = found if isinstance(found, dict) else {}
        return {label: seconds for label, seconds in found.items() if isinstance(seconds, int | float)}

    def keep(self, seconds: dict[str, float], whole: float | None) -> None:
        """Remember a run that measured something."""
        if seconds:
            whole_run = {WHOLE: whole} if whole else {}
            self.known[self.suite] = {**self.expected, **seconds, **whole_run}
            write_json(self.path, self.known)
