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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faultline.core.errors import InputError, shown
from faultline.diagnosed import Diagnosis, load
from faultline.jobs.here import measure_here
from faultline.store.objects import Store
from faultline.targets.given import write_given
from faultline.targets.pickled import ENDING, NotPicklable, kept_here, write_model
from faultline.targets.source import DRAWS

if TYPE_CHECKING:
    import pymc as pm

UNGUARDED = (
    "so it is measured in this process: nothing ends it if it hangs, fills the memory or crashes. To have that guarded, write the code that "
    "builds it to a file and give its path"
)
LEAST_MINUTES = 0.1
"""For the command after measurements in this process: it then says by itself that the time is used up."""


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
