"""What a stage of a pipeline is given, ``run``, and what it leaves."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from faultline.core.errors import InputError, one_line, shown
from faultline.core.record import is_json
from faultline.targets.pipeline import PREVIOUS, Stage

TAIL = 2000
"""Characters of a command's last words that an error repeats."""


class CommandError(RuntimeError):
    """A command that a stage runs did not start, or failed. ``printed``: all that it said."""

    def __init__(self, message: str, printed: str = ""):
        super().__init__(message)
        self.printed = printed


class NoSuchArray(AttributeError):
    """A stage reads an array that the other one did not leave."""


@dataclass(frozen=True)
class Output:
    """What a stage left.

    Parameters
    ----------
    arrays
        Name -> NumPy array; each is an attribute as well: ``train.weights``.
    facts
        Figures and words, as JSON has them.
    files
        Name -> where the file is.
    """

    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)

    def __getattr__(self, name: str) -> np.ndarray:
        arrays = self.__dict__.get("arrays", {})
        if name in arrays:
            return arrays[name]
        raise NoSuchArray(f"this stage left no array {name!r}; it left {', '.join(arrays) or 'none'}")


@dataclass
class History:
    """What a stage logged: the steps, and for each term its values, in the order in which the terms came first."""

    steps: list[int] = field(default_factory=list)
    terms: dict[str, list[Any]] = field(default_factory=dict)

    def log(self, step: int, terms: Mapping[str, Any]) -> None:
        for name, value in terms.items():
            column = self.terms.setdefault(name, [])
            column += [np.nan] * (len(self.steps) - len(column))
            column.append(_number(name, value))
        self.steps.append(int(step))

    def extend(self, traces: Mapping[str, np.ndarray]) -> None:
        """Log many steps at once: term -> its values, a step each."""
        first = self.steps[-1] + 1 if self.steps else 0
        for place in range(len(next(iter(traces.values()), ()))):
            self.log(first + place, {name: values[place] for name, values in traces.items()})

    def arrays(self) -> dict[str, np.ndarray]:
        """Term -> its values, one for each step; a term that is an array has its shape after that."""
        return {name: np.asarray(values) for name, values in self.terms.items()}


class Run:
    """What a stage is given as ``run``.

    Parameters
    ----------
    stage, seed, choices
        The stage, the seed of this replicate, and what was chosen of all toggles.
    scenario_name, scenario
        The entry of ``SCENARIOS`` that was asked for, without the name of the one before.
    predecessor, previous
        The name of the scenario before, and what the stage left there, for the same choices and seed; None where there is none. A stage
        whose code is not seen to read it is given the name alone.
    folders
        What belongs to the case: lines of code there are the user's own.
    folder
        A folder of the stage's own, for files that it writes.
    inputs
        The files that ``INPUTS`` names.
    explain
        Whether to find out what made the first value that is not finite, which takes some seconds.
    beat
        Is called at each step that is logged, for whoever watches.
    """

    def __init__(
        self,
        stage: Stage,
        *,
        seed: int,
        choices: Mapping[str, str],
        scenario_name: str | None,
        scenario: Mapping[str, Any],
        folder: Path,
        predecessor: str | None = None,
        previous: Output | None = None,
        inputs: Sequence[Path] = (),
        folders: Sequence[Path] = (),
        explain: bool = True,
        beat: Callable[[int], None] = lambda step: None,
    ):
        self.seed, self.choices, self.scenario, self.folder = seed, choices, scenario, folder
        self.inputs = tuple(inputs)
        self._stage, self._scenario_name, self._beat = stage, scenario_name, beat
        self._folders, self._explain = tuple(folders), explain
        self._predecessor, self._previous = predecessor, previous
        self.rng = self.substream("rng")
        self.history = History()
        self.first_bad: dict[str, Any] | None = None
        self.commands: list[dict[str, Any]] = []

    @property
    def previous(self) -> Output | None:
        """What this stage left in the scenario before, with the same choices and seed; None in a scenario that names none.

        Raises
        ------
        InputError
            There is one, and nothing in the stage's code showed that it is read.
        """
        if self._predecessor is not None and self._previous is None:
            raise InputError(
                f"stage {self._stage.name} reads {PREVIOUS} in a way that its code does not show; write run.{PREVIOUS} in the stage itself."
            )
        return self._previous

    def substream(self, name: str) -> np.random.Generator:
        """A generator of random numbers for one purpose: another name is another stream, and no choice changes it."""
        return np.random.default_rng(self._entropy(name))

    def number(self, name: str) -> int:
        """A seed for one purpose, below 2**32, for libraries that want a number: ``jax.random.key(run.number("init"))``."""
        return int(self._entropy(name).generate_state(1)[0])

    def _entropy(self, name: str) -> np.random.SeedSequence:
        words = hashlib.sha256(repr((self._scenario_name, self._stage.name, name)).encode()).digest()
        return np.random.SeedSequence([self.seed, *np.frombuffer(words, dtype=np.uint32).tolist()])

    def log(self, step: int, **terms: Any) -> None:
        """Keep the terms of one step, in the order in which they were computed: scalars, or small arrays."""
        self.history.log(step, terms)
        self._beat(step)
        if self.first_bad is None:
            for name in terms:
                if not np.isfinite(self.history.terms[name][-1]).all():
                    self.first_bad = {"step": int(step), "term": name}
                    return

    def scan(
        self, step: Callable, state: Any, xs: Any = None, length: int | None = None
    ) -> tuple[Any, dict[str, np.ndarray]]:
        """`jax.lax.scan` under one jit, whose terms are logged: ``step(state, x)`` returns the new state and a dict of terms.

        Returns the last state, and term -> array with one value for each step. Where a value is not finite, the step is run
        again operation by operation, to find which made it.
        """
        from faultline.engine.first_bad import scan

        found = scan(step, state, xs, length, folders=self._folders, explain=self._explain)
        self.history.extend(found.traces)
        if found.bad and self.first_bad is None:
            self.first_bad = asdict(found.bad)
        return found.state, found.traces

    def command(self, words: list[str], **options: Any) -> str:
        """Run a command in the stage's folder, and return what it prints.

        Raises
        ------
        CommandError
            It cannot be started, or it ended with another exit code than 0; the message has its last words.
        """
        options = {"cwd": self.folder, **options}
        try:
            done = subprocess.run(
                list(map(str, words)), capture_output=True, text=True, check=False, **options
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise CommandError(f"{words[0]} did not run: {error}") from None
        self.commands.append({"words": list(map(str, words)), "exit_code": done.returncode})
        sys.stdout.write(done.stdout)
        if done.returncode:
            last = (done.stderr or done.stdout).strip()[-TAIL:]
            raise CommandError(
                f"{words[0]} ended with exit code {done.returncode}: {last}", done.stderr or done.stdout
            )
        return done.stdout

    def output(
        self,
        arrays: Mapping[str, Any] | None = None,
        facts: Mapping[str, Any] | None = None,
        files: Mapping[str, str | Path] | None = None,
    ) -> Output:
        """What the stage leaves: arrays, facts that JSON can hold, and files that it has written.

        Raises
        ------
        InputError
            A fact is no JSON, an array holds objects, or a file is not there.
        """
        kept = {}
        for name, value in (arrays or {}).items():
            try:
                kept[name] = np.asarray(value)
            except ValueError as error:
                raise InputError(
                    f"stage {self._stage.name}: {shown(name)} cannot be an array ({one_line(str(error), 120)}); give rows of one length."
                ) from None
            if kept[name].dtype.hasobject:
                raise InputError(
                    f"stage {self._stage.name}: array {shown(name)} holds Python objects; give numbers or text."
                )
        for name, value in (facts or {}).items():
            if not is_json(value):
                raise InputError(
                    f"stage {self._stage.name}: fact {shown(name)} is {type(value).__name__}, which no record can hold; give numbers, "
                    "text, lists or mappings, and what is large as an array."
                )
        places = {name: Path(self.folder, path) for name, path in (files or {}).items()}
        for name, path in places.items():
            if not path.is_file():
                raise InputError(
                    f"stage {self._stage.name}: there is no file {path} for {shown(name)}; write it first."
                )
        return Output(kept, dict(facts or {}), places)


def _number(name: str, value: Any) -> np.ndarray:
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise InputError(
            f"run.log got {shown(value)} for {name}; give numbers, or arrays of one shape."
        ) from None
