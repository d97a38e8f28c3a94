"""The record of one group, as judging and reporting read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from faultline.core.sections.ablation import Ablation
from faultline.core.sections.case_checks import CaseSection
from faultline.core.sections.model import Gradient, Logp, Model
from faultline.core.sections.own_run import OwnRun
from faultline.core.sections.pipeline import PipelineRun
from faultline.core.sections.probes import Probes
from faultline.core.sections.run import Run
from faultline.core.sections.section import Row, Section
from faultline.core.size import is_cut


@dataclass(frozen=True, kw_only=True)
class Asked(Section):
    """What was asked for."""

    case: str | None = None
    dataset: str | None = None
    components: Mapping[str, bool] = field(default_factory=dict)
    variants: Mapping[str, str] = field(default_factory=dict)
    max_T: int | None = None
    max_K: int | None = None
    scenario: str | None = None
    size: int | None = None
    seed: int | None = None
    sampler: Row = field(default_factory=dict)
    freeze: Row = field(default_factory=dict)
    as_yours: Row | None = None
    held: Row = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    start: Row = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    limits: Row = field(default_factory=dict)

    @property
    def cut(self) -> bool:
        """Whether the case was asked for a part of its data."""
        return is_cut(self.max_T, self.max_K)


@dataclass(frozen=True, kw_only=True)
class Frozen(Section):
    """The latent variables that were held: their names in the case and in the model, and where their values are from."""

    variables: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    source: str | None = None
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Error(Section):
    """How the measurement ended, if not by itself. ``factor``: name, type, shapes, fit, observed of a term that raises."""

    stage: str | None = None
    type: str | None = None
    message: str | None = None
    traceback: str | None = None
    where: str | None = None
    signal: str | None = None
    accident: str | None = None
    stands: bool = False
    factor: Row | None = None
    seconds_in_stage: float | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict(Section):
    """What the checks of one group mean."""

    outcome: str = "not_run"
    status: str | None = None
    component: str | None = None
    cause_class: str | None = None
    interpretation: str | None = None
    next_action: str | None = None


@dataclass(frozen=True, kw_only=True)
class Record(Section):
    """All of a group. Of what a case's own probes have measured it holds the sections that the case declares.

    ``not_run``: why there is no such group; only of what stands for it in a summary.
    """

    group: str | None = None
    number: int | None = None
    kind: str | None = None
    title: str | None = None
    run_id: str | None = None
    request: str | None = None
    timestamp: str | None = None
    asked: Asked = Asked()
    reference: Row = field(default_factory=dict)
    data: Row = field(default_factory=dict)
    model: Model = Model()
    logp: Logp = Logp()
    gradient: Gradient = Gradient()
    probes: Probes = Probes()
    component_comparison: tuple[Row, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    peak_memory_mb: float | None = None
    backend: Row = field(default_factory=dict)
    sampling: Run = Run()
    sampling_extended: Run = Run()
    frozen: Frozen = Frozen()
    as_yours: OwnRun = OwnRun()
    apart: Ablation = Ablation()
    pipeline: PipelineRun = PipelineRun()
    truth: Row = field(default_factory=dict)
    case_checks: Mapping[str, CaseSection] = field(default_factory=dict)
    environment: Row = field(default_factory=dict)
    fingerprints: Row = field(default_factory=dict)
    error: Error = Error()
    checks: tuple[Row, ...] = ()
    verdict: Verdict = Verdict()
    not_run: str | None = None

    @classmethod
    def of(cls, content: Mapping[str, Any] | Self | None) -> Self:
        """The record in what JSON holds: what was measured in a section that the case declares goes to its declaration."""
        if isinstance(content, Mapping) and (declared := content.get("case_checks")):
            measured = {name: content[name] for name in declared if isinstance(content.get(name), Mapping)}
            about = {name: {**declared[name], "found": found} for name, found in measured.items() if found}
            content = {**content, "case_checks": about}
        return super().of(content)

    @property
    def judged_run(self) -> Run:
        """The run that verdicts and figures rest on: the longer one, unless it was stopped before it had as many draws."""
        longer = self.sampling_extended
        return longer if longer.outlasts(self.sampling) else self.sampling
