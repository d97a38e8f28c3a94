"""What a pipeline was measured to do: its stages with each seed, and what has to hold of what they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from faultline.core.check import finite
from faultline.core.sections.section import Row, Section


def stage_name(stage: str) -> str:
    """What a stage of a pipeline is called among those of a measurement, where it may share its name with one of Faultline's."""
    return f"stage_{stage}"


@dataclass(frozen=True, kw_only=True)
class Wanted(Section):
    """What has to hold of one figure: it has one of the four limits, and turns the figure into pass, fail or unknown.

    ``margin``: the difference of the figure that counts as none.
    """

    words: str = ""
    why: str = ""
    at_most: float | None = None
    at_least: float | None = None
    equals: float | None = None
    finite: bool = False
    margin: float | None = None

    @property
    def threshold(self) -> float | bool:
        """The limit."""
        return next(
            (limit for limit in (self.at_most, self.at_least, self.equals) if limit is not None), True
        )

    @property
    def comparison(self) -> str:
        """How the figure is held against the limit."""
        return "<=" if self.at_most is not None else ">=" if self.at_least is not None else "=="

    def holds(self, reading: Reading) -> bool | None:
        """Whether it holds; None where there is no figure. One that is not finite breaks every limit."""
        if not reading.known:
            return None
        if self.finite or not reading.is_finite:
            return reading.is_finite
        if self.at_most is not None:
            return reading.highest <= self.at_most
        if self.at_least is not None:
            return reading.lowest >= self.at_least
        return reading.lowest == reading.highest == self.equals


@dataclass(frozen=True, kw_only=True)
class ArrayContract(Section):
    """What has to hold of one array: what is None, empty or False is not asked.

    ``shape``: a length, or the name of one that several arrays share, for each axis. ``varies``: it is not constant.
    ``distinct``: no row (of one axis: no value) comes twice.
    """

    dtype: str | None = None
    shape: tuple[int | str, ...] | None = None
    min: float | None = None
    max: float | None = None
    finite: bool = False
    varies: bool = False
    distinct: bool = False


@dataclass(frozen=True)
class Reading:
    """One figure with one seed: a number, or the range of an array or of a logged term.

    ``known``: whether the stage left it.
    """

    known: bool = False
    is_finite: bool = False
    lowest: float | None = None
    highest: float | None = None

    @property
    def value(self) -> float | None:
        """The figure, where it is one number."""
        return self.lowest if self.lowest == self.highest else None


@dataclass(frozen=True, kw_only=True)
class StageRun(Section):
    """One stage with one seed.

    ``previous``: the scenario whose output of this stage it was given as ``run.previous``. ``error``: what it raised; or, with a ``stage``
    and a ``scenario``, what was raised on the way there. ``bad_before``: the first value that is not finite in the scenarios before, of the
    ``stage`` and the ``scenario`` that it names. ``needs``: the stages without whose output it could not run.
    """

    name: str = ""
    key: str | None = None
    reused: bool = False
    previous: str | None = None
    content: str | None = None
    arrays: Mapping[str, Row] = field(default_factory=dict)
    facts: Row = field(default_factory=dict)
    files: Row = field(default_factory=dict)
    history: Row = field(default_factory=dict)
    first_bad: Row | None = None
    bad_before: Row | None = None
    commands: tuple[Row, ...] = ()
    error: Row | None = None
    needs: tuple[str, ...] = ()

    @property
    def ran(self) -> bool:
        """Whether it ran to its end; one that is not in the record, because the measurement was ended before it, did not."""
        return bool(self.name) and not self.error and not self.needs

    def reading(self, item: str) -> Reading:
        """The figure that a criterion names after the stage: a fact, an array, or a logged term."""
        if not self.ran:
            return Reading()
        fact = self.facts
        for part in item.split("."):
            fact = fact.get(part) if isinstance(fact, Mapping) else None
        if isinstance(fact, bool | int | float):
            return Reading(True, finite(float(fact)), float(fact), float(fact))
        if (array := self.arrays.get(item)) and "n_nonfinite" in array:
            return Reading(True, not array["n_nonfinite"], array.get("min"), array.get("max"))
        if column := self.history.get("terms", {}).get(item):
            return Reading(True, not column["n_nonfinite"])
        return Reading()


@dataclass(frozen=True, kw_only=True)
class SeedRun(Section):
    """All stages with one seed. ``shared_rows``: of each pair of arrays for training and testing the rows of the second that the first has, too."""

    seed: int = 0
    stages: tuple[StageRun, ...] = ()
    shared_rows: Mapping[str, Row] = field(default_factory=dict)

    def stage(self, name: str) -> StageRun:
        return next((stage for stage in self.stages if stage.name == name), StageRun())

    def reading(self, figure: str) -> Reading:
        """The figure that a criterion names: ``train.loss``."""
        stage, _, item = figure.partition(".")
        return self.stage(stage).reading(item)


@dataclass(frozen=True, kw_only=True)
class PipelineRun(Section):
    """A configuration of a pipeline, run with each of its seeds.

    ``stages``: name, inputs, toggles and line of each, in the ``file`` of that name; a workflow of Snakemake's has no line. ``inputs``: the files that they may read, by their path from the case.
    ``build``: the case that a ``build`` beside the stages is. ``pictures``: of each stage that the case draws its ``file``, or the ``error`` in place of it.
    """

    scenario: str | None = None
    file: str | None = None
    inputs: tuple[str, ...] = ()
    build: str | None = None
    stages: tuple[Row, ...] = ()
    criteria: Mapping[str, Wanted] = field(default_factory=dict)
    oracles: Mapping[str, Wanted] = field(default_factory=dict)
    contract: Mapping[str, ArrayContract] = field(default_factory=dict)
    runs: tuple[SeedRun, ...] = ()
    pictures: tuple[Row, ...] = ()

    @property
    def wanted(self) -> Mapping[str, Wanted]:
        """All that has to hold, criteria first."""
        return {**self.criteria, **self.oracles}

    def passes(self, figure: str) -> list[bool | None]:
        """Whether a criterion holds, with each seed."""
        return [self.wanted[figure].holds(run.reading(figure)) for run in self.runs]

    def holds(self, figure: str) -> bool | None:
        """Whether a criterion holds: with every seed; not, if with none, or once a value is not finite; else it is not decided."""
        found = self.passes(figure)
        if found and all(each is True for each in found):
            return True
        readings = [run.reading(figure) for run in self.runs]
        if any(reading.known and not reading.is_finite for reading in readings):
            return False
        return False if found and all(each is False for each in found) else None
