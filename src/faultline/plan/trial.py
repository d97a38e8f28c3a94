"""A trial: what a request asks for, whatever it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from faultline.core.commits import Commit
from faultline.experiments import Experiment, experiment


@dataclass(frozen=True)
class Change:
    """What a trial does to its target beside switching components: nothing by default.

    Parameters
    ----------
    variants
        Choices of variants, over those of the suite.
    held
        Name of a free variable or Deterministic -> the value at which it is held, in its own units.
    dropped
        Observed variables and potentials whose terms are left out.
    start
        Name of a free variable -> where its chains start, in its own units; the others start as the model says.
    sampler
        Settings of the sampler, over those of the suite.
    rewritten
        How the model is written another way once it is built: steps of `faultline.remedies`, one after another.
    """

    variants: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, Any] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    start: Mapping[str, Any] = field(default_factory=dict)
    sampler: Mapping[str, Any] = field(default_factory=dict)
    rewritten: tuple[Mapping[str, Any], ...] = ()

    def __post_init__(self) -> None:
        """Arrays as lists: a request is JSON, and changes are compared."""
        for name in ("held", "start"):
            values = {
                key: getattr(value, "tolist", lambda value=value: value)()
                for key, value in getattr(self, name).items()
            }
            object.__setattr__(self, name, values)

    def to_model(self) -> dict[str, Any]:
        """The part that is done to the model once it is built, as a request has it; empty if there is none."""
        found = {"held": dict(self.held), "dropped": list(self.dropped), "start": dict(self.start)}
        found["rewritten"] = list(self.rewritten)
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True)
class Trial:
    """A target with changes, and the experiment that is done on it.

    With the data of its suite, and the seed and the budget unless it has its own, it has one request, one key and one outcome.

    Parameters
    ----------
    kind
        The experiment.
    components
        Each component of the target: whether it is switched on.
    size
        Size to which the data are cut; None: as the suite has them.
    change
        What else is changed.
    seeds
        Independent replicates, of an experiment that makes them, or one seed; where it is empty those from the suite's seed on.
    replicates
        How many these are then.
    screens
        Whether the first seed decides if the others are tried.
    limits
        Limits of its own, over those of the suite: ``{"total": 60.0}``.
    scenario, explain
        Of a pipeline: its scenario (None: the suite's), and whether to find out what made its first value that is not finite.
    dataset
        Of a model: the name or the path of its data (`plan.trials.NO_DATA`: none); None: the suite's.
    revision
        The revision of the case's code, and of the choices that are not named here the defaults of that revision; None: the suite's.
    reads
        What the experiment calls an earlier result -> the trial whose measurement that is.
    """

    kind: str
    components: Mapping[str, bool]
    size: int | None = None
    change: Change = Change()
    seeds: tuple[int, ...] = ()
    replicates: int = 1
    screens: bool = False
    limits: Mapping[str, float] = field(default_factory=dict)
    scenario: str | None = None
    explain: bool = True
    dataset: str | None = None
    revision: Commit | None = None
    reads: Mapping[str, Trial] = field(default_factory=dict)

    @property
    def experiment(self) -> Experiment:
        return experiment(self.kind)
