"""The rules of thumb that a diagnosis must beat, from the same records: each names a variable, and all know one cause, (a)."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from faultline.core.record import read_json  # noqa: E402
from faultline.core.sections.record import Record  # noqa: E402
from faultline.core.sections.run import Run  # noqa: E402
from faultline.core.sections.section import Row  # noqa: E402

ESS_MIN = 400
SCALES = ("Normal", "StudentT", "Laplace", "Cauchy", "Logistic", "Gumbel", "LogNormal", "SkewNormal")
"""Families with a location and a scale."""

Rule = Callable[[Run, str | None], list[str] | None]
"""From the sampling run, and the variable whose scale depends on another: names, empty for no alarm."""


def divergences(run: Run, scaled: str | None) -> list[str]:
    return ["?"] if run.divergences else []


def shift(run: Run, scaled: str | None) -> list[str]:
    return _ranked(run, lambda row: -abs(row["shift"]))


def ks(run: Run, scaled: str | None) -> list[str]:
    return _ranked(run, lambda row: -row["ks"])


def scale(run: Run, scaled: str | None) -> list[str]:
    return [scaled] if scaled else []


def lowest_ess(run: Run, scaled: str | None) -> list[str]:
    rows = [row for row in run.variables if row["ess_bulk_min"] is not None]
    rows.sort(key=lambda row: row["ess_bulk_min"])
    return [row["name"] for row in rows[:3]] if rows and (run.min_ess or 0) < ESS_MIN else []


def _ranked(run: Run, key: Callable[[Row], float]) -> list[str]:
    return [row["name"] for row in sorted(run.divergence_positions.variables, key=key)[:3]]


RULES: dict[str, Rule] = {
    "divergences > 0": divergences,
    "largest shift of divergent draws": shift,
    "KS ranking": ks,
    "a scale depends on a variable": scale,
    "lowest ESS": lowest_ess,
}


def sampling(folder: Path) -> Run:
    """The sampling run that a user would look at."""
    for path in (folder / "results").glob("measured_group_*_sampling_*.json"):
        return Record.of(read_json(path)).judged_run
    return Run()


def scaled_variable(path: Path, written: str) -> str | None:
    """The first free variable whose scale is computed from another free variable."""
    from pytensor.graph.traversal import ancestors

    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.build(**({} if written == "sound" else {"written": written}))
    free = set(model.free_RVs)
    for rv in model.free_RVs:
        kind = type(rv.owner.op).__name__.removesuffix("RV")
        parameters = rv.owner.op.dist_params(rv.owner) if kind in SCALES else ()
        if len(parameters) > 1 and free & set(ancestors([parameters[1]])):
            return rv.name
    return None
