"""The groups of a ladder beside each other: which configurations fail, and which of them are the smallest."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from faultline.verdict.parts import CORE, components_on, terms_in

Record = Mapping[str, Any]
Parts = frozenset[str]


class Groups:
    """Judged records in ladder order."""

    def __init__(self, records: Iterable[Record]):
        self.records: list[Record] = sorted(records, key=lambda record: record["number"])

    def of_kind(self, *kinds: str) -> list[Record]:
        return [record for record in self.records if record.get("kind") in kinds]

    @property
    def frozen(self) -> Record | None:
        return next(iter(self.of_kind("frozen")), None)

    @cached_property
    def sampled(self) -> dict[Parts, Record]:
        """The sampling group of each set of components: of several sizes the smallest."""
        found: dict[Parts, Record] = {}
        for record in sorted(self.of_kind("sampling"), key=size):
            found.setdefault(components_on(record), record)
        return found

    @property
    def enlarged(self) -> list[tuple[Record, Record]]:
        """Pairs of the smallest sampling group and a larger one with the same components."""
        pairs = ((self.sampled[components_on(record)], record) for record in self.of_kind("sampling"))
        return [(small, large) for small, large in pairs if small is not large]

    @cached_property
    def smallest_failing(self) -> list[Parts]:
        """Sets of components whose model fails while that of no subset is known to fail."""
        failing = [parts for parts, record in self.sampled.items() if failed(record)]
        smallest = [parts for parts in failing if not any(other < parts for other in failing)]
        return sorted(smallest, key=lambda parts: self.sampled[parts]["number"])

    def isolated(self, parts: Parts) -> bool:
        """Whether the contrast is measured: a model with less in it passes.

        For the core that is the model with its latent variables frozen; for components every smaller set that was
        sampled, the bare model and each component alone among them.
        """
        if not parts:
            return passed(self.frozen)
        needed = {frozenset(), *(frozenset([name]) for name in parts)} - {parts}
        smaller = {other for other in self.sampled if other < parts}
        return all(passed(self.sampled.get(other)) for other in needed | smaller)

    @property
    def contradictions(self) -> list[tuple[Record, Record]]:
        """Pairs (fails, passes) where the model that passes holds everything that the failing one does."""
        return [
            (self.sampled[parts], record)
            for parts in self.smallest_failing
            for other, record in self.sampled.items()
            if parts < other and passed(record)
        ]

    def owner(self, names: Sequence[str]) -> str | None:
        """The component that brings these terms: on wherever they are in the model, off wherever they are not."""
        described = [record for record in self.sampled.values() if terms_in(record)]
        has = [set(names) <= terms_in(record) for record in described]
        if not described or not names:
            return None
        if all(has):
            return CORE
        components = frozenset().union(*(components_on(record) for record in described))
        fitting = [
            name
            for name in sorted(components)
            if all(
                (name in components_on(record)) == there for record, there in zip(described, has, strict=True)
            )
        ]
        return fitting[0] if len(fitting) == 1 else None


def size(record: Record) -> float:
    """Frames used; without a limit, as many as there are."""
    frames = (record.get("data") or {}).get("T") or (record.get("asked") or {}).get("max_T")
    return math.inf if frames is None else frames


def outcome(record: Record) -> str:
    return (record.get("verdict") or {}).get("outcome", "not_run")


def failed(record: Record | None) -> bool:
    """Whether the model is known to fail here: a failed group, or an error that is the model's own doing."""
    if record is None:
        return False
    own_doing = (record.get("verdict") or {}).get("status") in ("CRASH", "RECURSION")
    return outcome(record) == "fail" or (outcome(record) == "error" and own_doing)


def passed(record: Record | None) -> bool:
    return record is not None and outcome(record) == "pass"


def guilty_checks(record: Record) -> list[Mapping[str, Any]]:
    """The checks that failed the group."""
    return [
        check for check in record.get("checks") or [] if check["role"] == "fault" and check["passed"] is False
    ]
