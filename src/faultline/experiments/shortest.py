"""The shortest version of a user's file whose model still fails: piece after piece is left out, and the model sampled again.

What leaves the log-probability as it is goes without sampling. What changes the model stays out only where every run that failed before
still fails by the same criterion. The variables that the diagnosis names stay as many as they are, and where data depend on them, some do.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pymc.exceptions import SamplingError
from pytensor.graph.basic import equal_computations
from pytensor.graph.traversal import ancestors

from faultline.core.errors import message_of
from faultline.core.record import CONFIRM, EXTENDED
from faultline.criteria.trials.of_sampling import CRITERIA, readings
from faultline.engine.samplers import prepare as compiled
from faultline.experiments import model_target
from faultline.experiments.model_context import Subject
from faultline.probes.convergence import summarise_draws
from faultline.probes.sampling import longer_runs, sample
from faultline.remedies import shorter
from faultline.remedies.source import Edit, Source
from faultline.remedies.written import differs
from faultline.targets.loading import Case, load_changed
from faultline.targets.source import find_source

if TYPE_CHECKING:
    import pymc as pm

    from faultline.core.recorder import Recorder
    from faultline.targets.opened import Opened

SEEDS = 3
"""Runs of the whole file, and of the shortest version."""

ENOUGH = 2
"""Of those that fail, how many are made again after each change: one may fail by chance."""

SLOWER = 3
"""A version whose run takes more than this many times as long is not pursued: it is no shorter way to the failure."""

MOST_NUMBERS = 300
"""Numbers up to which data are written into the file."""


@dataclass(frozen=True)
class Failure:
    """How a run fails: the first criterion that it breaks, or the type of the exception with which no chain starts."""

    criterion: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class Version:
    """A text, the case and the model that it makes, and the files that are read meanwhile."""

    text: str
    case: Case
    model: pm.Model
    files: Collection[str] = ()


class OutOfTime(Exception):
    """What is left of the time is needed for the runs of the shortest version."""


def prepare(recorder: Recorder, opened: Opened) -> tuple[Subject, Opened]:
    """The model as the file makes it."""
    return model_target.described(recorder, opened), opened


def measure(recorder: Recorder, subject: tuple[Subject, Opened]) -> None:
    """Leave out what can be left out; the record has the text that remains (``shortest``)."""
    Search(recorder, *subject).run()


class Search:
    """The search for the shortest version.

    Parameters
    ----------
    recorder
        Its spec says which variables stay in (``part``), and with which settings and seed is sampled.
    subject
        The model as the whole file makes it.
    opened
        Hears which files a version reads.
    """

    def __init__(self, recorder: Recorder, subject: Subject, opened: Opened):
        self.recorder, self.spec, self.opened = recorder, recorder.spec, opened
        self.dataset, self.signature = subject.dataset, subject.case.signature
        # A function of the file that reads the data has to work on.
        data = self.spec["dataset"] if subject.case.hook("load_dataset") else None
        self.path = data and os.path.abspath(data.get("file") or data["path"])
        self.cut = self.spec["max_T"], self.spec["max_K"]
        text = find_source(self.signature.ref).path.read_text(encoding="utf-8")
        self.now = Version(text, subject.case, subject.model)
        self.stays = _uses(subject.model, self.spec["part"])
        asked = {**self.spec["sampler"], "init": subject.strategy}
        longer = longer_runs(asked)
        settings = longer.get(EXTENDED) or longer.get(CONFIRM) or asked
        self.settings = {key: value for key, value in settings.items() if key not in (CONFIRM, EXTENDED)}
        self.medians: dict[str, np.ndarray] = {}
        self.failing: dict[int, Failure] = {}
        self.patience, self.reserve = math.inf, 0.0

    def run(self) -> None:
        """From the whole file to the shortest version, as far as the time allows."""
        first, finished = self.spec["seed"], True
        began = time.monotonic()
        before = list(self._runs(self.now.model, range(first, first + SEEDS), keep=True))
        self.reserve = SLOWER * (time.monotonic() - began)
        self.patience = SLOWER * (1 + max(row["seconds"] for row in before))
        self.recorder.keep(shortest={"settings": self.settings, "before": list(map(_as_json, before))})
        fails = {row["seed"]: row["failure"] for row in before if row["failure"] != Failure()}
        if not fails:
            return
        kind = next(iter(fails.values()))
        alike = [seed for seed, failure in fails.items() if failure == kind]
        self.failing = dict.fromkeys(alike[:ENOUGH], kind)
        try:
            self._leave_out_unused()
            refused: set[tuple[str, str]] = set()
            while self._pass(self._needless, self._still_fails, refused):
                self._leave_out_unused()
            self._write_data()
        except OutOfTime:
            finished = False
        self.patience = math.inf
        # With seeds that have decided nothing so far.
        after = list(self._runs(self.now.model, range(first + SEEDS, first + 2 * SEEDS)))
        self.recorder.keep(
            shortest={
                "text": shorter.without_comments(self.now.text),
                "after": list(map(_as_json, after)),
                "criterion": kind.criterion,
                "finished": finished,
                "reads": sorted(self.now.files),
                "loads": self.path is not None and self.now.case.hook("load_dataset") is not None,
            }
        )

    def _leave_out_unused(self) -> None:
        """What the log-probability does not depend on."""
        with self.recorder.stage("unused"):
            while self._pass(self._unused, self._is_same):
                pass

    def _write_data(self) -> None:
        """Data as numbers, where the file reads them: what reads them is unused then."""
        while self.now.files and self._pass(self._data, self._is_same):
            self._leave_out_unused()

    def _unused(self, source: Source) -> Iterator[Edit]:
        yield from shorter.removals(source)
        yield from shorter.unwrapped(source, [*self.spec["components"], *self.spec["variants"]])

    def _needless(self, source: Source) -> Iterator[Edit]:
        yield from shorter.removals(source)
        yield from shorter.values(source, self.medians, self.spec["part"])
        yield from shorter.operands(source, self.signature.name)

    def _data(self, source: Source) -> Iterator[Edit]:
        yield from shorter.literals(source, vars(self.now.case.module), MOST_NUMBERS)

    def _pass(
        self,
        pieces: Callable[[Source], Iterable[Edit]],
        holds: Callable[[Version], bool],
        refused: set[tuple[str, str]] | None = None,
    ) -> bool:
        """Make every edit that holds, except behind one that was made. Returns whether there was any.

        ``refused``: what was replaced by what and did not hold; it is not tried again.
        """
        source, moved = Source(self.now.text), math.inf
        for edit in pieces(source):
            if self.recorder.seconds_left() < self.reserve:
                raise OutOfTime
            old, new = source.text[edit.start : edit.stop], edit.text
            if edit.stop > moved or old == new or (old, new) in (refused or ()):
                continue
            version = self._version(self.now.text[: edit.start] + new + self.now.text[edit.stop :])
            if version is None:
                continue
            if holds(version):
                self.now, moved = version, edit.start
            elif refused is not None:
                refused.add((old, new))
        return moved < math.inf

    def _version(self, text: str) -> Version | None:
        """What a text makes: None without a model that has all that has to stay in."""
        try:
            with self.opened.during([]) as files:
                case = load_changed(self.signature, text)
                dataset = self.dataset if self.path is None else case.load_dataset(self.path, *self.cut)
                model = case.build(dataset, self.spec["components"], self.spec["variants"])
        except (Exception, SystemExit):
            return None
        if not model.free_RVs or _uses(model, self.spec["part"]) != self.stays:
            return None
        return Version(
            text, case, model, {path for path in files if os.path.isfile(path) and path != self.path}
        )

    def _is_same(self, version: Version) -> bool:
        """Whether it is the model that it was, term by term."""
        old, new = self.now.model, version.model
        for of in (_terms, _values):
            if of(old) != of(new):
                return False
        try:
            return _same_graph(old, new) or differs(old, new, seed=self.spec["seed"]) is None
        except Exception:  # what the user's own code raises while it is evaluated
            return False

    def _still_fails(self, version: Version) -> bool:
        """Whether each of the runs that failed still fails in the same way."""
        runs = self._runs(version.model, self.failing)
        return all(row["failure"] == self.failing[row["seed"]] for row in runs)

    def _runs(self, model: pm.Model, seeds: Iterable[int], keep: bool = False) -> Iterator[dict[str, Any]]:
        """One run after another: seed, how it fails, seconds and figures."""
        try:
            with self.recorder.stage("compile_sampler"):
                prepared = compiled(model, self.settings, on_stage=self.recorder.enter)
        except SamplingError as error:
            yield from (self._broken(seed, error) for seed in seeds)
            return
        for seed in seeds:
            try:
                with self.recorder.stage("sample"):
                    seconds = min(self.patience, self.recorder.seconds_left())
                    run = sample(prepared, self.settings, seed=seed, seconds=seconds)
            except SamplingError as error:
                yield self._broken(seed, error)
                continue
            if not run.complete:
                self.recorder.check_limit("sample")
                yield {"seed": seed, "failure": Failure(), "seconds": run.seconds, "figures": {}}
                continue
            with self.recorder.stage("statistics"):
                figures = summarise_draws(run, model)
            if keep:
                drawn = run.draws["posterior"].to_dataset()
                self.medians = {
                    name: np.asarray(each.median(("chain", "draw"))) for name, each in drawn.items()
                }
            read = readings(figures, None, True)
            broken = [each.name for each in CRITERIA if read[each.name]["passed"] is False]
            failure = Failure(broken[0]) if broken else Failure()
            yield {"seed": seed, "failure": failure, "seconds": run.seconds, "figures": figures}

    def _broken(self, seed: int, error: SamplingError) -> dict[str, Any]:
        failure = Failure(error=type(error).__name__)
        return {"seed": seed, "failure": failure, "seconds": 0.0, "figures": {}, "message": message_of(error)}


def _terms(model: pm.Model) -> list[str]:
    return [each.name for each in (*model.basic_RVs, *model.potentials)]


def _values(model: pm.Model) -> list[str]:
    return [each.name for each in model.value_vars]


def _same_graph(old: pm.Model, new: pm.Model) -> bool:
    """Whether two models with the same names have one log-probability, operation by operation: seen without compiling."""
    given = [[*model.value_vars] for model in (old, new)]
    for name, length in old.dim_lengths.items():
        other = new.dim_lengths.get(name)
        if other is not None and _constant(length) == _constant(other):
            given[0].append(length)
            given[1].append(other)
    return equal_computations([old.logp()], [new.logp()], *given)


def _constant(length: Any) -> Any:
    """The length of a dimension; of one that is no constant itself."""
    return length.get_value().item() if hasattr(length, "get_value") else getattr(length, "data", length)


def _uses(model: pm.Model, part: Iterable[str]) -> dict[str, Any]:
    """What has to stay: the dimensions of each variable in ``part``, whether data depend on it, and whether there are any."""
    terms = [*model.observed_RVs, *model.potentials]
    reached = {each.name for each in ancestors(terms) if each.name}
    found = {name: model.named_vars[name] for name in part if name in model.named_vars}
    return {
        "observed": bool(model.observed_RVs),
        **{name: (each.type.ndim, name in reached) for name, each in found.items()},
    }


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    """What the record keeps of a run."""
    failure, figures = row["failure"], row["figures"]
    kept = ("divergences", "n_draws", "max_rhat", "min_ess", "min_ebfmi")
    return {
        "seed": row["seed"],
        "fails": failure != Failure(),
        "criterion": failure.criterion,
        "error": failure.error and row.get("message", failure.error),
        **{name: figures.get(name) for name in kept},
    }
