"""The groups of a ladder beside each other: which configurations fail, and which of them are the smallest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.diagnosis.kinds import of
from faultline.diagnosis.kinds.draws import alone
from faultline.diagnosis.sizes import Reading, is_size, read
from faultline.findings import ablation
from faultline.findings.finding import Finding
from faultline.findings.outcome import failed, passed
from faultline.findings.parts import components_on, core, names_in, terms_in

Parts = frozenset[str]


class Groups:
    """Judged records in ladder order."""

    def __init__(self, records: Iterable[Record]):
        ordered = sorted(records, key=lambda record: record.number)
        self.overruled = _overruled(ordered)
        """The group that fails by divergences alone, where the same model passes with smaller steps and more draws."""
        self.records: list[Record] = [
            _undecided(record) if record is self.overruled else record for record in ordered
        ]

    def of_kind(self, *kinds: str) -> list[Record]:
        return [record for record in self.records if record.kind in kinds]

    @cached_property
    def runs(self) -> list[Record]:
        """The groups that are judged by a run of the sampler; what stands for a missing group is of no kind."""
        runs = [record for record in self.records if record.kind and of(record).is_a_run]
        return [record for record in runs if record is not self.strange]

    @property
    def frozen(self) -> Record | None:
        return next(iter(self.of_kind("frozen")), None)

    @property
    def given(self) -> Record | None:
        """Draws that were given without their model: they are all that there is."""
        return next((record for record in self.of_kind("draws") if alone(record)), None)

    @property
    def yours(self) -> Record | None:
        """The user's own run, made again."""
        return next(iter(self.of_kind("as_yours")), None)

    @cached_property
    def strange(self) -> Record | None:
        """Draws beside the model that are of another one: they share no variable with it, or one of another size."""
        drawn = next(
            (record for record in self.of_kind("draws") if not alone(record) and record.sampling), None
        )
        rows = next((record.model.free_rvs for record in self.records if record.model.free_rvs), ())
        if drawn is None or not rows:
            return None
        has, free = (
            {row["name"]: row.get("size") for row in found} for found in (drawn.sampling.variables, rows)
        )
        shared = has.keys() & free.keys()
        return drawn if not shared or any(has[name] != free[name] for name in shared) else None

    @cached_property
    def is_pipeline(self) -> bool:
        """Whether the groups are configurations of a pipeline, and not of a model."""
        return bool(self.records) and len(self.of_kind("pipeline")) == len(self.records)

    @cached_property
    def theirs(self) -> list[Record]:
        """What is about a run of the user's own, beside the groups of the model."""
        return [
            record
            for record in self.of_kind("as_yours", "draws")
            if record is not self.strange and not (record.kind == "draws" and alone(record))
        ]

    @cached_property
    def unended(self) -> list[Record]:
        """The user's own runs that came to no end here: that says nothing of the model."""
        return [record for record in self.theirs if record.verdict.outcome in ("error", "not_run")]

    @cached_property
    def only_theirs_fail(self) -> list[Record]:
        """The user's own runs that do not pass, where all else does."""
        others = [record for record in self.deciding if not any(record is own for own in self.theirs)]
        if not others or not all(map(passed, others)):
            return []
        ended = [record for record in self.theirs if record.verdict.outcome in ("fail", "inconclusive")]
        return list(filter(shortfalls, ended))

    @cached_property
    def against_theirs(self) -> tuple[Record, Record] | None:
        """The full model's group that fails, and the user's run of all its variables that passes."""
        full = self.sampled.get(max(self.sampled, key=len, default=frozenset()))
        own = next(filter(passed, self.theirs), None)
        if not (own and full and failed(full)):
            return None
        return (full, own) if names_in(full.model.free_rvs) <= names_in(own.sampling.variables) else None

    @property
    def apart(self) -> Record | None:
        """The group that took the model apart, if it got to look at it."""
        return next((record for record in self.of_kind("apart") if record.apart), None)

    @property
    def findings(self) -> list[Finding]:
        """What taking the model apart found."""
        return ablation.findings(self.apart.apart) if self.apart else []

    @property
    def whole(self) -> bool:
        """Whether the ladder is that of one model without components, to be taken apart by itself."""
        return bool(self.of_kind("apart")) and not any(map(components_on, self.of_kind("sampling")))

    @cached_property
    def sampled(self) -> dict[Parts, Record]:
        """The sampling group of each set of components, all of one size: the size ladder is no part of it."""
        found: dict[Parts, Record] = {}
        for record in self.of_kind("sampling"):
            if not is_size(record):
                found.setdefault(components_on(record), record)
        return found

    @cached_property
    def sizes(self) -> Reading:
        """The size ladder: the failing configuration at several numbers of frames."""
        return read(self.records)

    @cached_property
    def size_that_fails(self) -> Record | None:
        """The smallest failing size above the largest passing one, where no group of one size fails."""
        if self.smallest_failing or self.sizes.first_failing is None:
            return None
        return self.named(self.sizes.group(self.sizes.first_failing))

    @cached_property
    def repeated(self) -> Record | None:
        """The run that could not decide, where the same model, sampled again to be taken apart, passes."""
        record = self.sampled.get(frozenset())
        if record is None or record.error or not (self.whole and passed(self.apart)):
            return None
        return record if record.verdict.outcome == "inconclusive" else None

    @cached_property
    def out_of_reach(self) -> Record | None:
        """The group that took the model apart to no end, where the model samples well: nothing is left to explain.

        It had no way to, could not decide, or was stopped or broken on the way: none of that speaks against draws that pass.
        """
        if not passed(self.sampled.get(frozenset())):
            return None
        ended = ("not_run", "inconclusive", "error")
        found = next((record for record in self.of_kind("apart") if record.verdict.outcome in ended), None)
        begun = found is not None and (found.apart or found.error)
        return found if begun else None

    @property
    def deciding(self) -> list[Record]:
        """The records, but for one that another decides, and for what of the user's own says nothing of the model."""
        decided = (self.repeated, self.out_of_reach, self.strange, *(self.unended if self.sampled else ()))
        return [record for record in self.records if not any(record is other for other in decided)]

    def named(self, group: str) -> Record:
        return next(record for record in self.records if record.group == group)

    @cached_property
    def smallest_failing(self) -> list[Parts]:
        """Sets of components whose model fails while that of no subset is known to fail."""
        failing = [
            parts
            for parts, record in self.sampled.items()
            if failed(record) and not (self.unbuilt and not built(record))
        ]
        smallest = [parts for parts in failing if not any(other < parts for other in failing)]
        return sorted(smallest, key=lambda parts: self.sampled[parts].number)

    @property
    def unbuilt(self) -> Record | None:
        """The smallest model, if it cannot even be built: whatever else cannot be built then accuses no part."""
        record = self.sampled.get(frozenset())
        return record if record and failed(record) and not built(record) else None

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
        """Pairs (fails, passes) where the model that passes holds everything that the failing one does, or is the same."""
        again = None if self.whole else self.apart
        return [
            (self.sampled[parts], record)
            for parts in self.smallest_failing
            for other, record in [*self.sampled.items(), *([(components_on(again), again)] if again else [])]
            if parts <= other and passed(record)
        ]

    def owner(self, names: Sequence[str]) -> str | None:
        """The component that brings these terms: on wherever they are in the model, off wherever they are not."""
        described = [record for record in self.sampled.values() if terms_in(record)]
        has = [set(names) <= terms_in(record) for record in described]
        if not described or not names:
            return None
        if all(has):
            return core(described[0])
        components = frozenset().union(*(components_on(record) for record in described))
        fitting = [
            name
            for name in sorted(components)
            if all(
                (name in components_on(record)) == there for record, there in zip(described, has, strict=True)
            )
        ]
        return fitting[0] if len(fitting) == 1 else None


def _overruled(records: Sequence[Record]) -> Record | None:
    again = next((record for record in records if record.kind == "apart"), None)
    if not passed(again):
        return None
    on = components_on(again)
    found = [record for record in records if record.kind == "sampling" and not is_size(record)]
    for record in (each for each in found if components_on(each) == on):
        only = {check["name"] for check in guilty_checks(record)} == {"divergences_too_many"}
        more = (ablation.decided(again.apart).n_draws or 0) > (record.judged_run.n_draws or 0)
        if only and more and record.verdict.outcome == "fail":
            return record
    return None


def _undecided(record: Record) -> Record:
    checks = [
        {**check, "role": "standard"} if check["name"] == "divergences_too_many" else check
        for check in record.checks
    ]
    return replace(record, checks=tuple(checks), verdict=replace(record.verdict, outcome="inconclusive"))


def built(record: Record) -> bool:
    """Whether the group came as far as having a model."""
    return record.error.stage not in ("load", "build")


def guilty_checks(record: Record) -> list[Row]:
    """The checks that failed the group."""
    return [check for check in record.checks if check["role"] == "fault" and check["passed"] is False]


def shortfalls(record: Record) -> list[Row]:
    """The checks that keep a group from passing, as far as they are known; of those that read one figure the first."""
    found = [check for check in record.checks if check["role"] != "remark" and check["passed"] is False]
    return list({check["note"]: check for check in reversed(found)}.values())[::-1]
