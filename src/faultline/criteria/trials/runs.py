"""What was asked of the trials of one case, and what their runs gave: the input of the next round and of the labels.

It imports no NumPy: planning reads it as well as judging.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import batched
from typing import Any, Literal

from faultline.core.commits import Commit
from faultline.core.configuration import SCENARIO, Configuration, changed

# Runs on fresh seeds that a label of pass and fail rests on, all of which have to agree. Fewer prove little: a fault that shows in
# half of the runs would pass two fresh ones with probability 1/4.
FRESH_RUNS = 3

# Further seeds that votes may use: a vote takes at most 9 in a configuration, and as many verify it.
MORE_RUNS = 18


@dataclass(frozen=True)
class Reading:
    """One figure of one run, held against what was declared of it.

    Parameters
    ----------
    passed
        Whether it holds; None: not known.
    value
        The metric, in its own units; None where there is none. Not finite is as none.
    digest
        Of the output of the stage that the figure is of; None: not known, and then never called identical.
    finite
        Whether the figure itself is finite. Other output of the stage may be what it likes.
    """

    passed: bool | None = None
    value: float | None = None
    digest: str | None = None
    finite: bool = True

    @property
    def metric(self) -> float | None:
        """The value where it is a finite number."""
        return self.value if self.value is not None and math.isfinite(self.value) else None


@dataclass(frozen=True)
class Raised:
    """The exception that ended a run: its type, and the stage that raised it; what it says is for readers and tells no two apart."""

    type: str | None = None
    stage: str | None = None
    message: str | None = field(default=None, compare=False)

    @property
    def words(self) -> str:
        """``ValueError in stage fit``."""
        place = f" in stage {self.stage}" if self.stage else ""
        return f"{self.type or 'an exception'}{place}"


@dataclass(frozen=True)
class Run:
    """One run of one configuration.

    Parameters
    ----------
    seed
        Its seed. Runs of two configurations are paired by it.
    readings
        By name: the criteria, the oracles, and what else a hypothesis predicts. One that is missing was not reached.
    digest
        Of all outputs of all stages; None: not known.
    raised
        Whether an exception ended it, of the case's own doing. An accident (a kill, a limit) is no run.
    larger
        Whether it was made at the larger budget.
    error
        The exception.
    """

    seed: int
    readings: Mapping[str, Reading] = field(default_factory=dict)
    digest: str | None = None
    raised: bool = False
    larger: bool = False
    error: Raised = Raised()

    def reading(self, name: str) -> Reading:
        return self.readings.get(name, Reading(finite=False))

    def holds(self, name: str) -> bool | None:
        """Whether a criterion holds; it does not where an exception ended the run before it could be read. None: not known."""
        passed = self.reading(name).passed
        return False if passed is None and self.broken(name) else passed

    def broken(self, name: str) -> bool:
        """Whether an exception ended the run before this figure could be read."""
        return self.raised and self.reading(name).passed is None


Results = Mapping[Configuration, Sequence[Run]]
"""Configuration -> its runs, in any order; one that has none may be missing."""


@dataclass(frozen=True)
class Criterion:
    """What has to hold of one figure.

    Parameters
    ----------
    name
        As in ``Run.readings``.
    better
        Which way its metric gets better; None: it has no metric, or no direction is better.
    margin
        How much the metric may differ, in its own units, and the difference still count as none; declared before anything runs.
        None: none was declared, and "no effect" cannot be shown.
    """

    name: str
    better: Literal["lower", "higher"] | None = None
    margin: float | None = None

    @property
    def has_metric(self) -> bool:
        """Whether it is more than a yes or no."""
        return self.better is not None or self.margin is not None


@dataclass(frozen=True)
class Toggle:
    """A switch of the case, with all of its choices."""

    name: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Hypothesis:
    """What the authors of a case believe.

    Parameters
    ----------
    name
        What it is called.
    changes
        Toggle -> choice: what is changed, all at once.
    predicts
        What that does: ``cures``, ``no_effect`` or ``harms``, the direction of a metric, or that it ``holds`` its limit.
    metric
        With a direction or a limit: the name in ``Run.readings``; else the criterion that it is about, and None is the symptom.
    background
        What is changed: the ``failing`` configuration or the ``repaired`` one.
    margin
        Of a direction: how much the metric may differ and still count as unchanged. None: that of the criterion of this name.
    says, severity, place
        The authors' words, how severe they call it, and where it stands: for readers.
    status
        ``correct`` where the authors say that what it is about is as it should be; else empty.
    """

    name: str
    changes: Mapping[str, str]
    predicts: Literal["cures", "no_effect", "harms", "up", "down", "unchanged", "holds"]
    metric: str | None = None
    background: Literal["failing", "repaired"] = "failing"
    margin: float | None = None
    says: str = ""
    severity: str = ""
    place: str = ""
    status: str = ""

    @classmethod
    def of(cls, declared: Mapping[str, Any]) -> Hypothesis:
        """One entry of a case's ``HYPOTHESES``, which was checked before."""
        predicts = declared["predicts"]
        metric = None
        if isinstance(predicts, Mapping):
            metric = predicts.get("holds") or predicts["metric"]
            predicts = predicts.get("direction", "holds")
        more = {
            name: declared[name]
            for name in ("background", "margin", "says", "severity", "place", "status")
            if name in declared
        }
        return cls(declared["name"], dict(declared["changes"]), predicts, metric, **more)


@dataclass(frozen=True)
class Study:
    """The trials of one case: what is changed, in what, and what has to hold.

    Parameters
    ----------
    toggles
        What may be changed, each with all of its choices.
    failing
        The failing configuration.
    repaired
        The one that works; None: there is none, or it must not be used.
    criteria
        In the order of importance.
    screening
        The seed with which every configuration is tried first; None where any change gives other output, so that fresh seeds tell no later.
    fresh
        At least three other seeds, which labels rest on.
    larger
        Whether there is a larger budget at which a cure or a harm can be repeated.
    oracles
        Names in ``Run.readings`` that are checks independent of the choices.
    tried_in
        Toggle -> the configuration, declared by the case, in which its choices change what some stage returns.
    hypotheses
        What the authors believe.
    exit_criteria
        What has to be known and to hold before the case is called repaired, as it declares it.
    compares
        Whether ``repaired`` and ``failing`` are two scenarios that are compared, and the toggles what they differ in.
    commits
        Where they are two revisions: the commits from the one that works, or where its history parts from the other's, to the one
        that fails, in this order. Empty where nothing is to be searched for between them.
    commits_backward
        Whether the newest comes first: the one that works is a descendant of the one that fails.

    Raises
    ------
    ValueError
        Fewer than three fresh seeds, one of them twice, or one that is the screening seed.
    """

    toggles: tuple[Toggle, ...]
    failing: Configuration
    repaired: Configuration | None
    criteria: tuple[Criterion, ...]
    screening: int | None
    fresh: tuple[int, ...]
    larger: bool = False
    oracles: tuple[str, ...] = ()
    tried_in: Mapping[str, Configuration] = field(default_factory=dict)
    hypotheses: tuple[Hypothesis, ...] = ()
    exit_criteria: tuple[Mapping[str, Any], ...] = ()
    compares: bool = False
    commits: tuple[Commit, ...] = ()
    commits_backward: bool = False

    def __post_init__(self) -> None:
        if len(set(self.fresh)) < max(FRESH_RUNS, len(self.fresh)) or self.screening in self.fresh:
            raise ValueError(f"at least {FRESH_RUNS} fresh seeds, none of them the screening seed")

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Study:
        """The study that JSON holds, as `dataclasses.asdict` gives it."""
        about = {
            **content,
            "toggles": tuple(Toggle(row["name"], tuple(row["choices"])) for row in content["toggles"]),
            "failing": _pairs(content["failing"]),
            "repaired": content["repaired"] and _pairs(content["repaired"]),
            "criteria": tuple(Criterion(**row) for row in content["criteria"]),
            "fresh": tuple(content["fresh"]),
            "oracles": tuple(content["oracles"]),
            "tried_in": {name: _pairs(pairs) for name, pairs in content["tried_in"].items()},
            "hypotheses": tuple(Hypothesis(**row) for row in content["hypotheses"]),
            "exit_criteria": tuple(content["exit_criteria"]),
            "commits": tuple(Commit(**row) for row in content["commits"]),
        }
        return cls(**about)

    def elsewhere(self) -> list[Configuration]:
        """The repaired configuration in the other scenarios that an exit criterion is about."""
        if self.repaired is None:
            return []
        names = [name for row in self.exit_criteria for name in row.get("scenarios", ())]
        return [changed(self.repaired, {SCENARIO: name}) for name in dict.fromkeys(names)]

    def background(self, hypothesis: Hypothesis) -> Configuration | None:
        """The configuration in which a hypothesis is tried; None: there is none."""
        return {"failing": self.failing, "repaired": self.repaired}[hypothesis.background]

    def batches(self) -> list[tuple[int, ...]]:
        """The seeds as they are run, each batch as one job: that of the screening, the fresh ones, and more where votes need them."""
        last = max(*self.first, *self.fresh)
        more = range(last + 1, last + 1 + MORE_RUNS)
        return [batch for batch in (self.first, self.fresh, *batched(more, FRESH_RUNS)) if batch]

    @property
    def searching(self) -> list[int]:
        """The seeds in the order in which searches use them: the one that changes were screened with comes last."""
        return [seed for batch in self.batches() for seed in batch if seed != self.screening] + [*self.first]

    @property
    def first(self) -> tuple[int, ...]:
        """The seed of the screening, if there is one."""
        return () if self.screening is None else (self.screening,)

    def alternatives(
        self, background: Configuration, toggles: Iterable[Toggle] | None = None
    ) -> list[Configuration]:
        """Each other choice of each toggle, as one change of a background."""
        chosen = dict(background)
        return [
            ((toggle.name, choice),)
            for toggle in (self.toggles if toggles is None else toggles)
            for choice in toggle.choices
            if choice != chosen.get(toggle.name)
        ]


@dataclass(frozen=True)
class Wanted:
    """Runs that are asked for.

    Parameters
    ----------
    configuration
        What to run.
    seeds
        With which seeds.
    larger
        Whether at the larger budget.
    """

    configuration: Configuration
    seeds: tuple[int, ...]
    larger: bool = False

    def apart(self, study: Study) -> tuple[Wanted, ...]:
        """Whole batches of seeds, so that what was run is not run again among others."""
        return tuple(replace(self, seeds=batch) for batch in study.batches() if set(batch) & set(self.seeds))

    def unknown(self) -> list[Run]:
        """These runs, where they could not be made and tell nothing."""
        return [Run(seed, larger=self.larger) for seed in self.seeds]


def _pairs(content: Sequence[Sequence[str]]) -> Configuration:
    return tuple((name, choice) for name, choice in content)


def runs_of(
    results: Results, configuration: Configuration, seeds: Iterable[int], larger: bool = False
) -> dict[int, Run]:
    """The runs of a configuration at these seeds and this budget, by seed; those that are missing are left out."""
    wanted = set(seeds)
    return {
        run.seed: run for run in results.get(configuration, ()) if run.seed in wanted and run.larger == larger
    }
