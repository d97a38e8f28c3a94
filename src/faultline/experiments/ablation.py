"""Taking a model apart: a model without components is searched for the variables and factors that make it fail.

Cheap looks come first, and what could not change the answer is not run: a model that samples well is only asked whether
its priors agree with its data. All fits share one compilation. The record says what ran, and what time did not allow.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.core.sections.ablation import Ablation as Found
from faultline.criteria.run_statistics import in_modes, passes
from faultline.engine.backend import over_draws
from faultline.engine.conditional import Conditional, NotConditional
from faultline.engine.draws import completed, write_draws
from faultline.experiments.base_run import BASE, BASE_SHARE, LONGER, BaseRun
from faultline.experiments.discrete_steps import as_it_stands, rest_samples_well
from faultline.experiments.earlier_run import passed_run
from faultline.experiments.model_context import Subject, large
from faultline.experiments.model_target import prepare
from faultline.probes import completed as completions
from faultline.probes.bends import bends_in_prior
from faultline.probes.build import reads
from faultline.probes.curvature import curvature
from faultline.probes.discontinuities import cliffs
from faultline.probes.fixed_variables import RUN as HELD
from faultline.probes.fixed_variables import Conditions, Fit, brief, figures
from faultline.probes.joint_normalization import between
from faultline.probes.leave_one_prior_out import relax
from faultline.probes.likelihoods import custom_counts, outside
from faultline.probes.missing_data_jacobian import warped
from faultline.probes.modes import modes
from faultline.probes.normalization import custom_distributions
from faultline.probes.prior_data_conflict import conflict
from faultline.probes.tail_decay import endless
from faultline.probes.unbounded_density import far
from faultline.probes.unheld import unheld
from faultline.remedies import variants
from faultline.remedies.apply import candidates

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

    from faultline.core.recorder import Recorder
    from faultline.remedies.rewrite import Step

__all__ = ["measure", "prepare"]


RELAXED_SHARE = 0.15
"""Share of the budget for fits without single priors."""

HELD_AT = (0.3, 0.7)
"""Quantiles of the log-density whose draws say where variables are held: typical places, not one lucky one."""

CONTROLS = 2
"""Fits with nothing held, to see how much fits differ by chance."""

PAIRS_OF = 5
"""Variables whose pairs are tried where no single one helps."""

SLOW_FITS = 2
"""Variables held where draws take long."""

CONFLICT_DRAWS = 200
"""Draws from which medians of posteriors are taken."""


def measure(recorder: Recorder, subject: Subject) -> None:
    """The model taken apart; draws are kept for the pictures. The groups before looked at the start."""
    spec = recorder.spec
    if not subject.model.free_RVs or large(recorder, subject):
        return
    with recorder.stage("logp"):
        # What NumPy raises for, such as an index in a loop that leaves its array, XLA may not.
        factors = subject.factors.plain()
        factors.totals(factors.layout.vector())
    with recorder.stage("import_arviz"):
        importlib.import_module("arviz_stats")
    seconds = min(spec["limits"]["apart"], recorder.seconds_left())
    ablation = Ablation(recorder, subject, seconds)
    draws = ablation.run()
    if draws is not None:
        layout = None if ablation.judged is None else ablation.layout
        write_draws(completed(draws, subject.model, layout), spec["draws"])


class Ablation(BaseRun):
    """One model being taken apart, within a budget of seconds."""

    def run(self) -> xr.DataTree | None:
        """Measure what is worth it; everything goes to the record's ``apart``. Returns the draws for the pictures."""
        model, draws = self.subject.model, None
        if model.discrete_value_vars and model.continuous_value_vars:
            draws = as_it_stands(self, BASE, LONGER, BASE_SHARE * self.budget, passed_run(self.recorder.spec))
            if draws is None or passes(self.recorder.record.content["apart"]["whole"]):
                return draws
        try:
            self._compile()
        except NotConditional as reason:
            self.skip("everything" if draws is None else "everything else", str(reason))
            return draws
        if draws is not None and rest_samples_well(self, draws, LONGER, HELD_AT):
            return draws
        self._search()
        return draws if self.judged is None else self.judged.tree(self.layout, self.known or draws)

    def _search(self) -> None:
        """What makes the model fail, its discrete variables held if there are any."""
        base = self.base_run()
        if base is None:
            return
        if not np.isfinite(base.lp).any():
            self.skip("everything else", "the log-probability is not finite where the chains are")
            return
        if self.subject.model.potentials:
            middle, wide = np.median(base.positions, axis=(0, 1)), base.positions.std(axis=(0, 1))
            self.look(
                "completed", lambda: completions.completed(self.density, middle, np.maximum(wide, 1e-9))
            )
        whole = self.recorder.record.content["apart"].get("completed") or ()
        if self.start_at is None:
            self.look("conflict", lambda: [r for r in self._conflict(base) if r["name"] not in whole])
        plain = self.density.look()
        layout, positions = self.layout, base.positions
        self.look("modes", lambda: modes(layout, lambda at: plain(at)[0], positions, base.lp))
        flat = positions.reshape(-1, positions.shape[-1])
        factors = self.subject.factors
        self.look("custom_distributions", lambda: custom_distributions(factors, flat))
        self.look("custom_counts", lambda: custom_counts(factors, flat, seed=self.seed))
        self.look("outside_sums", lambda: outside(factors, flat, seed=self.seed))
        self.look("warped", lambda: warped(factors, flat, seed=self.seed))
        self.look("between_observed", lambda: between(factors, flat))
        found = self.recorder.record.content["apart"]
        if self.runs["longer"] is None:
            self.skip("priors left out in turn", "draws take too long for more than a few fits")
        else:
            seconds = RELAXED_SHARE * self.budget
            self.look(
                "relaxed",
                lambda: relax(
                    self.conditions,
                    base,
                    found["conflict"],
                    seed=self.seed + 30,
                    seconds=seconds,
                    expected=passes(found["base"]),
                    leave=whole,
                ),
            )
        if passes(found["base"]):
            self.skip("what only explains a failure", "the model samples well")
            return
        self.look("remedies", self._remedies)
        places = found["modes"]["chains"] if in_modes(Found.of(found)) else []
        self.look(
            "curvature",
            lambda: {
                **curvature(layout, lambda at: plain(at)[1], positions, places=places),
                "reads": reads(self.subject.model),
            },
        )
        if places:  # the draws do not tell what the chains had to come through
            self.look("bends_in_prior", lambda: bends_in_prior(self.density, seed=self.seed))
        spread = np.maximum(flat.std(axis=0), 1e-9)
        typical = self._typical(base, 1)[0]
        self.look("far", lambda: far(self.density, typical, spread, seed=self.seed))
        self.look("endless", lambda: endless(self.density, typical, flat, spread))
        self.look("unheld", lambda: unheld(self.density, typical, flat, spread))
        self.look("cliffs", lambda: cliffs(self.density, positions, self._typical(base, 24), seed=self.seed))
        self._hold(base)

    def _remedies(self) -> list[Step]:
        """Changes that the model allows, and the case's own."""
        subject, spec = self.subject, self.recorder.spec
        choices = {name: variant.choices for name, variant in subject.case.signature.variants.items()}

        def build(chosen: Mapping[str, str]) -> pm.Model:
            return subject.case.build(subject.dataset, spec["components"], chosen)

        def start(chosen: Mapping[str, str]) -> str:
            return subject.case.ask("start", spec["components"], chosen).get("init", subject.strategy)

        own = variants.candidates(subject.model, choices, spec["variants"], build, start)
        return [*own, *candidates(subject.model)]

    def _compile(self) -> None:
        with self.recorder.stage("compile_conditions"):
            self.density = Conditional.of(self.subject.factors, on_stage=self.recorder.enter)
            self.conditions = Conditions(self.density, on_stage=self.recorder.enter)

    def _hold(self, base: Fit) -> None:
        """Every variable held at typical draws, its own factor kept and dropped; then pairs, if no single one helps."""
        starts, places = self._starts(base), self._typical(base, len(HELD_AT))
        ordered, rows = self._suspicious(), []
        if self.runs["longer"] is None:
            self.skip(
                f"holding more than {SLOW_FITS} variables", "draws take too long for more than a few fits"
            )
            with self.recorder.stage("holding"):
                for i, name in enumerate(ordered[:SLOW_FITS]):
                    self._one(rows, (name,), places[0], starts, SLOW_FITS - i)
            return
        controls = []
        with self.recorder.stage("controls"):
            for i in range(CONTROLS):
                at = self._starts(base, -1 - i * (base.positions.shape[1] // 2))
                seconds = self.share(4)
                fit = self.conditions.fit(at, run=HELD, seed=self.seed + 10 + i, seconds=seconds)
                controls.append(brief(figures(self.layout, fit)))
            self.keep(controls=controls)
        with self.recorder.stage("holding"):
            wanted = [((name,), place) for place in places for name in ordered]
            for i, (names, place) in enumerate(wanted):
                self._one(rows, names, place, starts, len(wanted) - i)
            if not self._helped(rows, controls) and len(ordered) > 2:
                top = ordered[:PAIRS_OF]
                pairs = [(a, b) for i, a in enumerate(top) for b in top[i + 1 :]]
                for i, names in enumerate(pairs):
                    self._one(rows, names, places[0], starts, len(pairs) - i)
        with self.recorder.stage("dropping"):
            for i, name in enumerate(self._droppable()):
                self._one(rows, (), None, starts, len(self._droppable()) - i, drop=(name,))

    def _starts(self, base: Fit, draw: int = -1) -> np.ndarray:
        """A draw of every chain, those first that stand for different places: fewer chains must not miss one."""
        places = (self.recorder.record.content["apart"].get("modes") or {}).get("chains") or [0] * len(
            base.lp
        )
        turn = [places[:chain].count(place) for chain, place in enumerate(places)]
        return base.positions[np.argsort(turn, kind="stable"), draw]

    def _one(
        self,
        rows: list[dict[str, Any]],
        names: tuple[str, ...],
        place: np.ndarray | None,
        starts: np.ndarray,
        remaining: int,
        drop: tuple[str, ...] = (),
    ) -> None:
        if self.left < 1:
            self.skip(
                f"holding {' and '.join(names) or 'nothing without ' + drop[0]}", "the budget was used up"
            )
            return
        fit = self.conditions.fit(
            starts,
            hold=names,
            held=place,
            drop=drop,
            run=self.runs["held"],
            seed=self.seed + 20,
            seconds=self.share(remaining),
        )
        rows.append({"held": list(names), "dropped": list(drop), **brief(figures(self.layout, fit, names))})
        self.keep(conditions=rows)

    def _helped(self, rows: list[dict[str, Any]], controls: list[dict[str, Any]]) -> bool:
        best = max((c.get("ess_per_1000") or 0.0 for c in controls), default=0.0)
        return any((row.get("ess_per_1000") or 0.0) > 5 * best for row in rows)

    def _suspicious(self) -> list[str]:
        """Variables, those first that the cheap looks make suspicious: a budget may end before the last."""
        found = self.recorder.record.content["apart"]
        score = dict.fromkeys((block.name for block in self.layout.blocks), 0.0)
        for row in (found.get("curvature") or {}).get("bends", []):
            for name in (row["by"], row["bent"]):
                score[name] = max(score[name], row["slope"])
        for row in (found.get("curvature") or {}).get("null", [])[:1]:
            for part in row["share"]:
                score[part["name"]] += part["share"]
        return sorted(score, key=lambda name: -score[name])

    def _droppable(self) -> list[str]:
        model = self.subject.model
        names = [variable.name for variable in [*model.potentials, *model.observed_RVs]]
        return names if len(names) > 1 else []

    def _typical(self, base: Fit, count: int) -> np.ndarray:
        """Draws (count, n) with an ordinary log-density."""
        flat, order = base.positions.reshape(-1, base.positions.shape[-1]), np.argsort(base.lp.ravel())
        return flat[order[np.quantile(np.arange(len(order)), np.linspace(*HELD_AT, count)).astype(int)]]

    def _conflict(self, base: Fit) -> list[dict[str, Any]]:
        model, names = self.subject.model, [rv.name for rv in self.subject.model.free_RVs]
        outputs, vector = self.layout.join(model, model.replace_rvs_by_values(model.free_RVs))
        own_units = over_draws([vector], outputs, model)
        flat = base.positions.reshape(-1, base.positions.shape[-1])
        chosen = flat[np.linspace(0, len(flat) - 1, CONFLICT_DRAWS).astype(int)]
        return conflict(model, dict(zip(names, own_units(chosen), strict=True)))
