"""Faultline from Python: ``faultline.diagnose(model)`` runs the whole ladder on a model, ``faultline.load(folder)`` opens a result."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faultline.core.errors import InputError, shown
from faultline.core.record import read_json
from faultline.diagnosis.answer import Answer
from faultline.jobs.here import measure_here
from faultline.store.objects import Store
from faultline.targets.given import write_given
from faultline.targets.pickled import ENDING, NotPicklable, kept_here, write_model
from faultline.targets.source import DRAWS

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

UNGUARDED = (
    "so it is measured in this process: nothing ends it if it hangs, fills the memory or crashes. To have that guarded, write the code that "
    "builds it to a file and give its path"
)
LEAST_MINUTES = 0.1
"""For the command after measurements in this process: it then says by itself that the time is used up."""
SUMMARY = Path("results", "summary.json")


def diagnose(
    model: pm.Model | Callable[..., Any] | str | os.PathLike[str] | None = None,
    idata: Any = None,
    *,
    data: Any = None,
    random_seed: int | None = None,
    cores: int | None = None,
    progressbar: bool = True,
    path: str | os.PathLike[str] | None = None,
    minutes: float | None = None,
    as_yours: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Diagnosis:
    """Find the part of a model that is at fault, the kind of cause, and what to change.

    The model is measured in processes of its own: it may hang, crash or exhaust memory. Interrupting the call leaves none of
    them. A model that cannot be pickled is measured in this process, where nothing guards it; a warning says so.

    Parameters
    ----------
    model
        A PyMC or Bambi model; a function that returns one; or the path of a file with one, perhaps with its name
        (``"models.py:make_model"``). Default: the model of the ``with`` block.
    idata
        Draws that you have: anything that ``arviz.convert_to_datatree`` takes. They are judged beside the model's own groups,
        the gradient is checked at some of them, too, and ``as_yours`` takes from them what it does not say; without a model they are
        judged alone, in seconds.
    data
        The first argument of a function, or the path of a data file for a model in a file.
    random_seed
        Seed of all random numbers. Default: 123.
    cores
        Cores to use. Default: all.
    progressbar
        Whether to show what is running, on standard error.
    path
        Folder for the results, which a later call with it takes up. Default: a new temporary folder; for a model in a file,
        ``faultline-results``.
    minutes
        Stop after this time. What was measured by then is kept, if ``path`` is given or the model is in a file.
    as_yours
        Arguments of your own ``pm.sample``, ``{}`` for none: the model is sampled that way, too, and if that run fails, the
        arguments that make it fail are searched for. ``max_treedepth``, ``target_accept`` and ``seed`` stand beside the others,
        and ``step`` is the name of a step method.
    settings
        Other settings by their dotted names: ``{"sampler.draws": 500}``.

    Raises
    ------
    InputError
        For a mistake, in one sentence: what is wrong and what to do.
    TimeoutError
        ``minutes`` were used up before the summary.
    """
    live = not isinstance(model, str | os.PathLike)
    folder = (
        Path(path) if path else Path(tempfile.mkdtemp(prefix="faultline-") if live else "faultline-results")
    )
    command = [sys.executable, "-P", "-m", "faultline", "diagnose"]
    environment = {**os.environ, "FAULTLINE_SUITES": str(folder)}
    draws = None if idata is None else str(write_given(idata, folder / f"draws{DRAWS}"))
    kept, began = None, time.monotonic()
    if draws and model is None:
        if data is not None:
            raise InputError("draws alone take no data; give the model as well, or leave data out.")
        command.append(draws)
    elif live:
        pickled, given = folder / f"model{ENDING}", _live(model, data)
        try:
            write_model(given, pickled)
        except NotPicklable as error:
            kept = given
            warnings.warn(f"{error}, {UNGUARDED}", RuntimeWarning, stacklevel=2)
        command.append(str(pickled))
    else:
        command.append(os.fspath(model))
        if data is not None and not isinstance(data, str | os.PathLike):
            raise InputError(
                "for a model in a file, data is the path of a data file; to give data themselves, give the function that takes them."
            )
        command += ["--data", os.fspath(data)] if data is not None else []
    if live:
        store = folder / ".store"  # what is written here is of this session alone
        store.mkdir(parents=True, exist_ok=True)
        (store / ".gitignore").write_text("*\n")
        environment["FAULTLINE_STORE"] = str(store)
    command += ["--idata", draws] if draws and model is not None else []
    if kept is not None:  # only this process has the model
        settings = {**(settings or {}), "limits.remedies": 0}
    own = {} if as_yours is None else {"as_yours": as_yours}
    wanted = {**({} if random_seed is None else {"seed": random_seed}), **own, **(settings or {})}
    words = {key: value if isinstance(value, str) else _json(key, value) for key, value in wanted.items()}
    for key, word in words.items():
        command += ["--set", f"{key}={word}"]
    if kept is not None:
        own = {
            key: value if isinstance(value, str) else json.loads(words[key]) for key, value in wanted.items()
        }
        deadline = None if minutes is None else began + 60 * minutes
        with kept_here(kept, pickled):
            measure_here(Store(store), pickled, draws, own, deadline, progressbar)
        minutes = None if minutes is None else max(minutes - (time.monotonic() - began) / 60, LEAST_MINUTES)
    command += [] if cores is None else ["--cores", str(cores)]
    command += [] if minutes is None else ["--minutes", str(minutes)]
    command += [] if progressbar else ["--quiet"]
    return load(_run([*command, "--json"], environment, show=progressbar))


def _json(key: str, value: Any) -> str:
    """A setting as JSON, arrays as lists."""
    try:
        return json.dumps(value, default=lambda array: array.tolist())
    except (AttributeError, TypeError, ValueError):
        raise InputError(f"{key} is {shown(value)}; give numbers, text, lists or mappings of them.") from None


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


def _live(model: Any, data: Any) -> Any:
    """What is pickled: a model, or a function without arguments that returns one."""
    import pymc as pm

    if model is None:
        model = pm.Model.get_context(error_if_none=False)
        if model is None:
            raise InputError("there is no model; give one, or call diagnose inside a `with model:` block.")
    if hasattr(model, "posterior") or type(model).__name__ == "DataTree":
        raise InputError("draws are no model; give them as idata=...")
    if data is None:
        return model
    if not callable(model):
        raise InputError("a model that is built already takes no data; give the function that builds it.")
    return functools.partial(model, data)


def _run(command: Sequence[str], environment: Mapping[str, str], show: bool) -> Path:
    """Run the command; returns the suite's folder. Interrupting it interrupts the command, which ends all that it started."""
    said: list[str] = []
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as answer,
        subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=answer,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            for line in process.stderr:
                said = [*said, line.rstrip("\n")][-50:]
                if show:
                    print(line, end="", file=sys.stderr, flush=True)
            process.wait()
        except BaseException:
            process.send_signal(signal.SIGINT)
            process.wait()
            raise
        answer.seek(0)
        printed = answer.read()
    words = [line for line in said if line.strip()]
    if process.returncode:
        sentence = (words or ["the command ended without a word"])[-1]
        sentence = sentence.removeprefix("error: ").removeprefix("Error: ")  # the second is Click's
        if process.returncode == os.EX_SOFTWARE:
            raise RuntimeError("\n".join(words))
        raise InputError(sentence)
    found = json.loads(printed)
    if found["outcome"] is None:
        raise TimeoutError(words[-1])
    return Path(found["folder"])
