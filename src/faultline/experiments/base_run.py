"""The run of a model as it stands, which decides whether it is searched: made anew, or the sampling group's taken over."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.criteria.run_statistics import passes, sample_on
from faultline.engine.samplers.in_xla import start_vector
from faultline.experiments.budget import Budget
from faultline.experiments.earlier_run import as_fit, in_one_place, passed_run
from faultline.probes.fixed_variables import RUN as HELD
from faultline.probes.fixed_variables import Fit, figures
from faultline.probes.line_integral import adds_up

if TYPE_CHECKING:
    from faultline.engine.density import LogpGradient

BASE = {"chains": 8, "tune": 800, "draws": 500, "target_accept": 0.8}
PILOT = {"chains": 8, "tune": 100, "draws": 20, "target_accept": 0.8}
SHORT = {"chains": 4, "tune": 250, "draws": 150, "target_accept": 0.8}
"""A first look at where chains go and how long draws take, and the run where they take long."""

LONGER = {"chains": 4, "tune": 2000, "draws": 4000, "target_accept": 0.9}
"""Eight chains, so that modes are not missed; and what decides where they neither pass nor fail: more draws, smaller steps."""

BASE_SHARE, LONGER_SHARE = 0.3, 0.15
"""Shares of the budget that these may take."""

WRONG_GRADIENT_SHARE = 1 / 3
"""Share of the budget for a model whose gradient is wrong."""


class BaseRun(Budget):
    """A model whose run as it stands comes first. ``runs`` says how long that and the fits after it may be."""

    runs: dict[str, Any]

    def base_run(self) -> Fit | None:
        """The model as it stands, once more with other chains; and longer where that decides nothing."""
        plain = self.density.look()
        starts = self.start_at
        if starts is None:
            strategy, seeds = self.subject.strategy, range(100, 100 + BASE["chains"])
            drawn = [start_vector(self.subject.model, plain, strategy, [self.seed, seed]) for seed in seeds]
            starts = np.array(drawn)
        with self.recorder.stage("gradient_along_lines"):
            follows = adds_up(plain, starts, self.seed)
        if follows is False:
            self._hurry()
        with self.recorder.stage("base"):
            pilot = self.conditions.fit(
                starts, run=PILOT, seed=self.seed, seconds=BASE_SHARE * self.budget / 2
            )
            self.runs = self._plan(pilot)
            base = self._passed(plain, pilot)
            if base is None:
                seconds = BASE_SHARE * self.budget
                base = self.conditions.fit(starts, run=self.runs["base"], seed=self.seed, seconds=seconds)
                self.keep(base=figures(self.layout, base))
        self.judged = base
        if base is None:
            self.skip("everything else", "no draw was made in time")
            return None
        if self.runs["longer"] and sample_on(self.recorder.record.content["apart"]["base"]):
            with self.recorder.stage("longer"):
                seconds, at = LONGER_SHARE * self.budget, base.positions[:, -1]
                longer = self.conditions.fit(at, run=self.runs["longer"], seed=self.seed + 1, seconds=seconds)
                self.keep(longer=figures(self.layout, longer))
            found = self.recorder.record.content["apart"]
            if passes(found["longer"]) and not passes(found["base"]):
                self.judged = longer
        return base

    def _hurry(self) -> None:
        """Fits that follow a wrong gradient say little: they get less time."""
        self.budget *= WRONG_GRADIENT_SHARE
        self.ends = min(self.ends, time.monotonic() + self.budget)
        self.skip("part of the time", "the gradient is not that of the log-probability")

    def _passed(self, plain: LogpGradient, pilot: Fit | None) -> Fit | None:
        """The sampling group's run, where it passed and chains from other starts end where it was."""
        run = None if self.start_at is not None else passed_run(self.recorder.spec)
        if run is None or pilot is None or not pilot.complete:
            return None
        fit = as_fit(run, self.subject.model, plain)
        if fit is None or not in_one_place(fit, pilot):
            return None
        found = {**figures(self.layout, fit), "sampled_before": True}
        if not passes(found):
            return None
        self.keep(base=found)
        self.known = run[1]
        return fit

    def _plan(self, pilot: Fit | None) -> dict[str, Any]:
        """How long the runs may be: short ones where a first look says that the others would not end in time."""
        if pilot is not None:
            per_draw = pilot.seconds / (PILOT["chains"] * (PILOT["tune"] + PILOT["draws"]))
            needed = per_draw * BASE["chains"] * (BASE["tune"] + BASE["draws"])
            if needed < BASE_SHARE * self.budget:
                return {"base": BASE, "longer": LONGER, "held": HELD}
        return {"base": SHORT, "longer": None, "held": SHORT}
