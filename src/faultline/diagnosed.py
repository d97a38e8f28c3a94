"""What was diagnosed, as Python objects: ``faultline.load(folder)`` opens it."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faultline.core.errors import InputError
from faultline.core.record import read_json
from faultline.diagnosis.answer import Answer

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

SUMMARY = Path("results", "summary.json")


@dataclass(frozen=True)
class Remedy:
    """A change of the model, or of the sampler's settings, that was tried.

    Attributes
    ----------
    row
        What was measured of it, as ``results/remedies.json`` has it.
    of
        The content of that file.
    """

    row: Mapping[str, Any]
    of: Mapping[str, Any]

    @property
    def outcome(self) -> str:
        """``cures``, ``helps``, ``does not cure`` or ``undecided``."""
        return self.row["outcome"]

    @property
    def equivalent(self) -> bool | None:
        """Whether the posterior is the same; None: not known."""
        return self.row["equivalent"]

    @property
    def sampler(self) -> Mapping[str, Any]:
        """Settings of the sampler that belong to it: arguments of ``pm.sample``."""
        return self.row["sampler"]

    def model(self, model: pm.Model) -> pm.Model:
        """The changed model, made of the one that was diagnosed. That one is left as it was.

        Raises
        ------
        InputError
            The model does not allow the change, so it is another one.
        """
        from faultline.remedies.apply import rewritten
        from faultline.remedies.rewrite import NotApplicable

        try:
            steps = rewritten(model, self.row["steps"])
        except (NotApplicable, KeyError) as reason:
            raise InputError(
                f"this model cannot be changed that way ({reason}); give the one that was diagnosed."
            ) from None
        return steps[-1].after if steps else model

    def diff(self) -> str | None:
        """The lines of the user's file that make it, as ``patch`` reads them; None where they could not be written."""
        return (self.row["code"] or {}).get("diff")

    def table(self) -> list[dict[str, Any]]:
        """One row for each run: without the change first, then with it."""
        arms = (("unchanged", self.of["unchanged"]["runs"]), ("changed", self.row["runs"]))
        return [{"model": name, **run} for name, runs in arms for run in runs]

    def __repr__(self) -> str:
        from faultline.diagnosis.remedies.words import imperative

        return f"<Remedy: {imperative(self.row)}: {self.outcome}>"


@dataclass(frozen=True)
class Diagnosis:
    """What was found. In a notebook it shows the first screen of the summary.

    Attributes
    ----------
    folder
        The suite: ``report_summary.html`` and all that it links to.
    summary
        The content of ``results/summary.json``.
    """

    folder: Path
    summary: Mapping[str, Any]

    @property
    def answer(self) -> Answer:
        """What the summary says first."""
        return Answer.of(self.summary["answer"])

    @property
    def outcome(self) -> str:
        """``pass``, ``fail``, ``inconclusive`` or ``error``."""
        return self.summary["outcome"]

    @property
    def part(self) -> tuple[str, ...]:
        """The parts at fault: names of variables, terms or components. Empty where none is named."""
        return self.answer.part

    @property
    def cause(self) -> str | None:
        """The kind of cause in words; None where none is known."""
        return self.answer.cause

    @property
    def how_sure(self) -> str:
        """``high``, ``medium``, ``low`` or ``undecided``."""
        return self.answer.sure

    @property
    def suspects(self) -> list[dict[str, Any]]:
        """All that may be at fault, the likeliest first, each with its evidence."""
        return self.summary["suspects"]

    @property
    def evidence(self) -> list[dict[str, Any]]:
        """The checks that failed, with their values and limits."""
        return self.summary["evidence"]

    @property
    def next_steps(self) -> tuple[str, ...]:
        """What to change, one paragraph for each fault."""
        return self.answer.change

    @property
    def groups(self) -> list[dict[str, Any]]:
        """One row for each group."""
        return self.summary["groups"]

    @property
    def remedies(self) -> list[Remedy]:
        """The changes that were tried, in order, each with what it did."""
        return [
            Remedy(row, self.summary["remedies"]) for row in self.summary.get("remedies", {}).get("tried", ())
        ]

    @property
    def cure(self) -> Remedy | None:
        """The change that cures and is shown first; None where none is known to."""
        found = self.summary.get("remedies", {}).get("cure")
        return None if found is None else self.remedies[found]

    @functools.cached_property
    def idata(self) -> xr.DataTree | None:
        """The draws of the last group that samples with Faultline's settings, or else those that were given; None if there are none."""
        import xarray as xr

        sampled = [row for kind in ("draws", "sampling") for row in self.groups if row["kind"] == kind]
        for row in reversed(sampled):
            path = self.folder / "debug_outputs" / row["group"] / "draws.nc"
            if path.is_file():
                with xr.open_datatree(path, engine="h5netcdf") as tree:
                    if "posterior" in tree.children:
                        return tree.load()
        return None

    def to_html(self) -> str:
        """The whole page of the summary, with its pictures inside."""
        return (self.folder / "report_summary.html").read_text(encoding="utf-8")

    def to_json(self) -> str:
        """The summary as JSON."""
        return json.dumps(self.summary)

    def __repr__(self) -> str:
        return f"<Diagnosis: {self.outcome}: {self.answer.headline}. {' '.join(self.answer.change)} ({self.folder}/report_summary.html)>"

    def _repr_html_(self) -> str:
        from faultline.report import first_screen, html

        shown = html.fragment(first_screen.markdown(self.answer, self.folder), self.folder, links=False)
        return f'<div class="faultline"><style>.faultline img {{ max-width: min(100%, 46rem); }}</style>{shown}</div>'


def load(folder: str | os.PathLike[str]) -> Diagnosis:
    """Open what was diagnosed: a suite's folder, or a folder with the only suite in it.

    Raises
    ------
    InputError
        There is no summary, or several suites.
    """
    found = Path(folder)
    if not (found / SUMMARY).is_file():
        suites = sorted(path.parents[1] for path in found.glob(f"*/{SUMMARY}"))
        if len(suites) != 1:
            there = f"has several suites ({', '.join(path.name for path in suites)}); give one of them"
            raise InputError(
                f"{found} {there if suites else 'has no summary; run the diagnosis first, or correct the path'}."
            )
        [found] = suites
    summary = read_json(found / SUMMARY)
    if "answer" not in summary:
        raise InputError(f"the summary in {found} is of an earlier Faultline; run the diagnosis again.")
    return Diagnosis(found, summary)
