"""The runs of one measurement as trials read them: what is written beside its record, and read back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from faultline.core.sections.pipeline import PipelineRun, SeedRun
from faultline.criteria.data_contract import Kept, criterion, kept
from faultline.criteria.trials.runs import Raised, Reading, Run


def of_pipeline(found: PipelineRun, others: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The readings of every criterion, every oracle and every array of the contract with each seed, as JSON has them.

    ``others``: further figures that hypotheses are about, which have no limit.
    """
    names = [*found.wanted, *(name for name in others if name not in found.wanted)]
    return [
        {
            "seed": run.seed,
            "digest": _digest(run) if _whole(run) else None,
            **_raised(run),
            "readings": {
                **{name: _reading(found, run, name) for name in names},
                **{
                    criterion(name): _of_array(run, name, each)
                    for name, each in kept(run, found.contract).items()
                },
            },
        }
        for run in found.runs
    ]


def runs(content: Sequence[Mapping[str, Any]], larger: bool) -> list[Run]:
    """The runs that JSON holds, made at the larger budget or not."""
    return [
        Run(
            seed=row["seed"],
            readings={name: Reading(**reading) for name, reading in row["readings"].items()},
            digest=row["digest"],
            raised=row["raised"],
            larger=larger,
            error=Raised(**(row.get("error") or {})),
        )
        for row in content
    ]


def ended(seeds: Iterable[int], error: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Runs that an exception of the case ended before any reading, as JSON has them; without an exception such of which nothing is known."""
    told = error and {"type": error["type"], "message": error["message"], "stage": error.get("stage")}
    return [
        {"seed": seed, "digest": None, "raised": error is not None, "error": told, "readings": {}}
        for seed in seeds
    ]


def _raised(run: SeedRun) -> dict[str, Any]:
    """Whether a stage raised, and what the first one that did."""
    for stage in run.stages:
        if stage.error:
            told = {"type": stage.error["type"], "message": stage.error["message"]}
            told["stage"] = stage.error.get("stage", stage.name)
            return {"raised": True, "error": told}
    return {"raised": False, "error": None}


def _digest(run: SeedRun) -> str:
    """Of all that the stages left."""
    return hashlib.sha256(repr([(stage.name, stage.content) for stage in run.stages]).encode()).hexdigest()


def _whole(run: SeedRun) -> bool:
    """Whether every stage left something."""
    return bool(run.stages) and all(stage.ran for stage in run.stages)


def _of_array(run: SeedRun, name: str, found: Kept) -> dict[str, Any]:
    stage = run.stage(name.partition(".")[0])
    return {"passed": found.holds, "value": None, "digest": stage.content, "finite": stage.ran}


def _reading(found: PipelineRun, run: SeedRun, name: str) -> dict[str, Any]:
    stage = run.stage(name.partition(".")[0])
    figure = run.reading(name)
    wanted = found.wanted.get(name)
    value = figure.highest if wanted and wanted.at_most is not None else figure.lowest
    return {
        "passed": wanted.holds(figure) if wanted else None,
        "value": value if figure.is_finite else None,
        "digest": stage.content,
        "finite": figure.is_finite if figure.known else stage.ran,
    }
