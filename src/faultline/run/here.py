"""A measurement in the process that asks for it, of a model that cannot be sent to another.

Nothing ends it if it hangs, fills the memory or crashes. What it has to change in the process for the time, such as the precision of JAX,
is as before when it ends.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from faultline.core.errors import InternalError
from faultline.core.recorder import Progress, Recorder


class Here:
    """What the supervisor asks of a `Watch`, where there is nobody to watch."""

    abandoned = False
    peak_mb = None

    def __init__(self, folder: Path):
        self._folder, self._began = folder, time.monotonic()
        self.mistake = ""

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._began

    def until_the_end(self, lock: int) -> None:
        """Measure. What the model raises is in the record; interrupting goes through."""
        from faultline.run.worker import attempted

        spec = json.loads((self._folder / "spec.json").read_text(encoding="utf-8"))
        with as_it_was():
            ended = attempted(Recorder(spec, Progress(spec["events"])), KeyboardInterrupt)
        if "broken" in ended:
            raise InternalError(ended["broken"])
        self.mistake = ended.get("mistake", "")

    def accident(self, error: Mapping[str, Any] | None) -> None:
        """Nothing from outside ends it without ending this process, too."""
        return None

    def say(self, text: str) -> None:
        """Nobody listens for how it ended: the record says it."""


@contextmanager
def as_it_was() -> Iterator[None]:
    """Measure as a worker does (in double precision, without a C compiler), then set back what that has changed."""
    import jax
    import pytensor

    from faultline.engine import jax_cache

    precision = type(pytensor.config).floatX
    before = precision._apply, pytensor.config.floatX, jax.config.jax_enable_x64, os.getcwd(), list(sys.path)
    try:
        with pytensor.config.change_flags(cxx=""):
            jax_cache.prepare()
            jax.config.update("jax_enable_x64", True)  # it prepares once in a process
            yield
    finally:
        precision._apply, floatX, x64, folder, sys.path[:] = before
        pytensor.config.floatX = floatX
        jax.config.update("jax_enable_x64", x64)
        os.chdir(folder)
