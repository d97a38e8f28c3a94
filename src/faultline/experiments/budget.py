"""What looks at one model share: a budget of seconds, and the section ``apart`` of the record, with what was left out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.core.errors import is_internal
from faultline.core.recorder import Recorder
from faultline.engine.conditional import Conditional
from faultline.engine.layout import Layout
from faultline.experiments.model_context import Subject
from faultline.probes.fixed_variables import Conditions, Fit

if TYPE_CHECKING:
    import xarray as xr

FIT_SECONDS = 60.0
"""Longest fit."""


class Budget:
    """One model, the seconds that are left for it, and its density once that is compiled."""

    density: Conditional
    conditions: Conditions

    def __init__(self, recorder: Recorder, subject: Subject, seconds: float):
        self.recorder, self.subject = recorder, subject
        self.ends = time.monotonic() + seconds
        self.budget = seconds
        self.seed = recorder.spec["seed"]
        self.skipped: list[dict[str, str]] = []
        self.start_at: np.ndarray | None = None
        self.judged: Fit | None = None  # the run of the model as it stands that decides
        # Its draws in their own units, where the sampling group made it.
        self.known: xr.DataTree | None = None

    @property
    def left(self) -> float:
        return self.ends - time.monotonic()

    @property
    def layout(self) -> Layout:
        return self.density.layout

    def look(self, name: str, probe: Callable[[], Any]) -> None:
        if self.left < 1:
            self.skip(name, "the budget was used up")
            return
        try:
            with self.recorder.stage(name):
                self.keep(**{name: probe()})
        except Exception as error:  # one look that a model of its own kind breaks must not cost the others
            if is_internal(error, self.recorder.folders):
                raise
            line = next(iter(str(error).strip().splitlines()), "")
            self.skip(name, f"{type(error).__name__}: {line[:200]}")

    def share(self, remaining: int) -> float:
        return float(np.clip(self.left / max(remaining, 1), 1.0, FIT_SECONDS))

    def skip(self, what: str, reason: str) -> None:
        self.skipped.append({"what": what, "reason": reason})
        self.keep(skipped=self.skipped)

    def keep(self, **found: Any) -> None:
        self.recorder.keep(apart=found)
