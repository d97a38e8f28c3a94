"""What a suite is made of, by keys: its groups, its trials, and the requests of all their stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faultline.criteria.remedies import Asked
from faultline.criteria.trials.runs import Wanted
from faultline.experiments.stage_order import BEFORE
from faultline.plan.ladder import Group


@dataclass(frozen=True)
class Planned:
    """What one group is made of: the keys of its stages, and that of what is published for it.

    ``first``: the keys of the measurements that it reads, and what each is called while it runs.
    """

    group: Group
    stage: str
    measured: str
    judged: str
    plotted: str
    published: str
    first: Mapping[str, str]


@dataclass(frozen=True)
class PlannedTrials:
    """What the trials of a suite are made of: the runs that are asked for, by the keys of their measurements.

    A configuration that has the larger budget by itself is measured once, for two purposes. ``left_out``: those at a revision that
    cannot have what they ask for, and why.
    """

    measured: Mapping[str, Sequence[Wanted]]
    left_out: Mapping[Wanted, str]
    judged: str
    plotted: str
    published: str


@dataclass(frozen=True)
class PlannedRemedies:
    """What the changes that may cure are made of: the runs that are asked for, by the keys of their measurements."""

    measured: Mapping[str, Asked]
    judged: str


@dataclass
class Plan:
    """All that a suite asks for. ``requests`` is what the stages are given, by their keys."""

    groups: dict[str, Planned] = field(default_factory=dict)
    trials: PlannedTrials | None = None
    remedies: PlannedRemedies | None = None
    sizes: str | None = None
    summary: str | None = None
    dataset: str | None = None
    look: str | None = None
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)

    def labelled(self, labels: Mapping[str, str]) -> dict[str, str]:
        """Labels of keys, also for the jobs that run stages for a measurement: each has that of the first that waits for it."""
        found = dict(labels)
        for key, label in labels.items():
            for job in jobs_before(key, self.requests):
                found.setdefault(job, label)
        return found


def jobs_before(key: str, requests: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The keys of the jobs that run stages for a measurement, in the order in which they run."""
    found: list[str] = []
    while key := requests.get(key, {}).get("reads", {}).get(BEFORE, ""):
        found.insert(0, key)
    return found
