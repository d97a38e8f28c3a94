"""The size ladder: the failing configuration at several numbers of frames, and what the sizes say beside each other.

Read from records only; the verdict, the picture and the summary go by the same rows and the same sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from faultline.core.sections.record import Record
from faultline.core.sections.section import Row
from faultline.findings.outcome import failed, passed

_FIGURES = (
    "divergences",
    "n_draws",
    "max_rhat",
    "min_ess",
    "max_treedepth_fraction",
    "mean_step_size",
    "seconds",
)


def is_size(record: Record) -> bool:
    """Whether the record is of a group of the size ladder."""
    return record.asked.size is not None


@dataclass(frozen=True)
class Reading:
    """The sizes beside each other.

    ``rows`` holds one row per number of frames, smallest first. ``passing``, ``failing`` and ``undecided`` are numbers of
    frames.
    """

    rows: tuple[Row, ...]
    passing: tuple[int, ...]
    failing: tuple[int, ...]
    undecided: tuple[int, ...]

    @property
    def first_failing(self) -> int | None:
        """The smallest failing size above the largest passing one; None if nothing passes, or nothing above it fails."""
        above = [size for size in self.failing if self.passing and size > self.passing[-1]]
        return above[0] if above else None

    @property
    def monotone(self) -> bool:
        """Whether no size fails below one that passes."""
        return not (self.passing and self.failing) or self.failing[0] > self.passing[-1]

    @property
    def cleared(self) -> bool:
        """Whether several sizes were tried and every one passes."""
        return len(self.passing) > 1 and not self.failing and not self.undecided

    def group(self, size: int) -> str:
        """The group that was sampled at this size."""
        return next(row["group"] for row in self.rows if row["T"] == size)


def read(records: Iterable[Record]) -> Reading:
    """The size ladder among judged records; without any row where there is none."""
    return of_rows([_row(size, record) for size, record in _one_per_size(list(records)).items()])


def of_rows(rows: Sequence[Row]) -> Reading:
    """The same from the rows of a summary."""
    found: dict[str, list[int]] = {"passing": [], "failing": [], "undecided": []}
    for row in rows:
        record = Record.of({"verdict": row})
        kind = "passing" if passed(record) else "failing" if failed(record) else "undecided"
        found[kind].append(row["T"])
    return Reading(tuple(rows), **{kind: tuple(sizes) for kind, sizes in found.items()})


def said(reading: Reading) -> str:
    """Which sizes pass and fail, and what that implies; empty without a size ladder."""
    parts = [
        f"{words} at {listed(sizes)}"
        for words, sizes in (
            ("passes", reading.passing),
            ("fails", reading.failing),
            ("does not decide", reading.undecided),
        )
        if sizes
    ]
    sentences = [f"The full model {'; '.join(parts)}." if parts else "", meaning(reading)]
    return " ".join(sentence for sentence in sentences if sentence)


def meaning(reading: Reading) -> str:
    """What the sizes imply, in one sentence; empty where too little has been sampled for any."""
    if not reading.monotone:
        below = max(size for size in reading.failing if size < reading.passing[-1])
        above = next(size for size in reading.passing if size > below)
        return (
            f"It fails at T {below} and passes at T {above}, so it is not size alone: repeat both with another seed "
            "before trusting either."
        )
    if reading.first_failing is not None:
        low, high = reading.passing[-1], reading.first_failing
        return f"It works up to T {low} and fails from T {high} on: the problem grows with size."
    if reading.cleared:
        return f"Every size passes, so size is not a cause up to T {reading.passing[-1]}."
    if reading.failing and not reading.undecided:
        return (
            "No size passes, so size does not separate failures from passes."
            if len(reading.failing) > 1
            else ""
        )
    return "Whether size matters is not decided." if len(reading.rows) > 1 else ""


def listed(sizes: Sequence[int]) -> str:
    """``T 80, 200 and 500``."""
    *most, last = map(str, sizes)
    return f"T {', '.join(most)} and {last}" if most else f"T {last}"


def _one_per_size(records: Sequence[Record]) -> dict[int, Record]:
    """Number of frames -> its record, smallest first; with the group whose model the ladder varies, at its own size."""
    sizes = [record for record in records if is_size(record)]
    models = [record.asked.components for record in sizes]
    same = [
        record
        for record in records
        if record.kind == "sampling" and not is_size(record) and record.asked.components in models
    ]
    found: dict[int, Record] = {}
    for record in sorted(sizes, key=lambda r: r.number) + same:
        if (frames := _frames(record)) is not None:
            found.setdefault(frames, record)
    return dict(sorted(found.items()))


def _frames(record: Record) -> int | None:
    """Frames that were really used: all of the dataset where a size asks for more."""
    return record.data.get("T") or record.asked.size or record.asked.max_T


def _row(size: int, record: Record) -> dict[str, Any]:
    run = record.judged_run
    return {
        "T": size,
        "number": record.number,
        "group": record.group,
        "outcome": record.verdict.outcome,
        "status": record.verdict.status,
        "n_values": record.model.n_values,
        "run": ("longer" if run is record.sampling_extended else "as asked") if run else None,
        **{key: getattr(run, key) for key in _FIGURES},
    }
