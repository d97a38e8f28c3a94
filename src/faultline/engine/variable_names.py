"""Which variables of a user's functions the values of a jaxpr are, and in which line an operation was written.

While a function is traced, its frames are watched. Each array that a local variable holds, alone or in a container, gets
JAX's own `checkpoint_name`: an operation that changes nothing and has the name as its parameter.
"""

from __future__ import annotations

import itertools
import json
import linecache
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

from faultline.core.errors import one_line, owner

PREFIX = "faultline:"
# What a variable is named for is found in far fewer; a network of more arrays is slow to name at every line.
LEAVES = 500
"""Arrays of one container that get a name."""


@dataclass(frozen=True)
class Name:
    """A variable, as one would write it in `function`: `rho`, `state.rho`, `params["A"]`; the line after which it was that.

    What a function returns has the path "".
    """

    path: str
    function: str
    file: str
    line: int


@dataclass(frozen=True)
class Place:
    """Where an operation was written: the innermost line in the user's files, and the expression of that line.

    ``gradient``: whether differentiation made the operation out of the one that stands there; None if it may be either.
    ``library``: the innermost line outside JAX and the user's files, if the operation stands in another library.
    """

    file: str
    line: int
    function: str
    expression: str
    gradient: bool | None = False
    library: str | None = None


@dataclass
class Variables:
    """What was found while a function was traced: `names`, by the number in a label, and arrays that are constants."""

    folders: Sequence[Path]
    names: list[Name] = field(default_factory=list)
    constants: list[tuple[Name, Any]] = field(default_factory=list)

    def of(self, label: str) -> Name | None:
        return self.names[int(label.removeprefix(PREFIX))] if label.startswith(PREFIX) else None

    def constant(self, value: Any) -> Name | None:
        """The variable that holds an array that is `value`."""
        array = np.asarray(value)
        if not array.ndim:
            return None
        for name, held in self.constants:
            if held is value or (
                held.shape == array.shape
                and np.array_equal(np.asarray(held, array.dtype), array, equal_nan=True)
            ):
                return name
        return None


@contextmanager
def watched(folders: Sequence[Path]) -> Iterator[Variables]:
    """While this is open, whatever JAX traces gets the names of the variables of functions in files below `folders`."""
    import jax

    found = Variables(folders)
    watch = _Watch(found)
    before, promotion = sys.gettrace(), jax.config.jax_numpy_rank_promotion
    # JAX would take a function that it has already traced from its cache, where it has no names. It keeps one for each
    # value of this setting, of which these two compute the same.
    with warnings.catch_warnings(), jax.numpy_rank_promotion("allow" if promotion == "warn" else "warn"):
        warnings.filterwarnings("ignore", message=".*rank_promotion", category=UserWarning)
        sys.settrace(watch.called)
        try:
            yield found
        finally:
            sys.settrace(before)


class _Watch:
    def __init__(self, found: Variables):
        self.found = found
        self.users: dict[str, bool] = {}
        self.lines: dict[FrameType, int] = {}
        self.seen: set[tuple[int, str, CodeType]] = set()
        self.alive: list[Any] = []  # whose identity is in `seen`

    def called(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        file = frame.f_code.co_filename
        if file not in self.users:
            self.users[file] = owner(file, self.found.folders) == "user"
        if not self.users[file]:
            return None
        self.lines[frame] = frame.f_lineno
        return self.stepped

    def stepped(self, frame: FrameType, event: str, result: Any) -> Callable[..., Any]:
        if event in ("line", "return"):
            self.look(frame, self.lines[frame])
            self.lines[frame] = frame.f_lineno
        if event == "return":
            for _, leaf in _leaves("", result):
                self.label(leaf, Name("", frame.f_code.co_qualname, frame.f_code.co_filename, frame.f_lineno))
            del self.lines[frame]
        return self.stepped

    def look(self, frame: FrameType, line: int) -> None:
        from jax.core import Tracer

        code = frame.f_code
        held = {**{n: frame.f_globals[n] for n in code.co_names if n in frame.f_globals}, **frame.f_locals}
        own = {*code.co_varnames, *code.co_cellvars}
        for path, leaf in itertools.chain.from_iterable(_leaves(name, value) for name, value in held.items()):
            key = (id(leaf), path, code)
            if key in self.seen:
                continue
            name = Name(path, code.co_qualname, code.co_filename, line)
            if not isinstance(leaf, Tracer):
                self.found.constants.append((name, leaf))
            elif path.split("[")[0].split(".")[0] in own:
                # What a function takes from the one around it has its name there, and belongs to another trace.
                self.label(leaf, name)
            self.seen.add(key)
            self.alive.append(leaf)

    def label(self, leaf: Any, name: Name) -> None:
        from jax import dtypes
        from jax.ad_checkpoint import checkpoint_name
        from jax.core import Tracer

        if isinstance(leaf, Tracer) and not dtypes.issubdtype(leaf.dtype, dtypes.extended):
            # A value that outlived its trace cannot be named.
            with suppress(Exception):
                checkpoint_name(leaf, f"{PREFIX}{len(self.found.names)}")
                self.found.names.append(name)


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The arrays in `value`, each with its path; those in an object's attributes, too."""
    import jax

    if callable(value) or isinstance(value, (str, bytes, int, float, type(sys))):
        return
    kinds = (jax.core.Tracer, jax.Array, np.ndarray)
    try:
        leaves, _ = jax.tree_util.tree_flatten_with_path(value)
    except Exception:  # a class of the user's that cannot be taken apart
        return
    for path, leaf in leaves[:LEAVES]:
        there = path_text(name, path)
        if isinstance(leaf, kinds):
            yield there, leaf
        elif hasattr(leaf, "__dict__") and not callable(leaf):
            yield from ((f"{there}.{k}", v) for k, v in vars(leaf).items() if isinstance(v, kinds))


def path_text(name: str, path: Sequence[Any]) -> str:
    """An entry of a pytree as one writes it: `state.rho`, `params["A"]`, `layers[0]`."""
    for key in path:
        if hasattr(key, "name"):
            name += f".{key.name}"
        else:
            inner = getattr(key, "key", getattr(key, "idx", key))
            name += f"[{json.dumps(inner) if isinstance(inner, str) else inner}]"
    return name


def place_of(sources: Sequence[Any], folders: Sequence[Path]) -> Place | None:
    """Where an operation stands, by JAX's source information of the calls around it and its own; None outside `folders`."""
    library = None
    for source in reversed(sources):
        if source.traceback is None:
            continue
        for code, at in zip(*source.traceback.raw_frames(), strict=True):
            whose = owner(code.co_filename, folders)
            start, end, first, last = next(itertools.islice(code.co_positions(), at // 2, None))
            if whose == "user":
                text = _expression(code.co_filename, start, end, first, last)
                return Place(code.co_filename, start, code.co_qualname, text, library=library)
            if not whose and library is None and _is_library(code.co_filename):
                library = f"{code.co_filename}:{start} in {code.co_qualname}"
    return None


def _is_library(file: str) -> bool:
    path = Path(file)
    return "site-packages" in path.parts and path.parts[path.parts.index("site-packages") + 1] not in (
        "jax",
        "jaxlib",
    )


def _expression(file: str, start: int, end: int, first: int, last: int) -> str:
    """The text of a file between two places; columns count bytes."""
    lines = [line.encode() for line in linecache.getlines(file)[start - 1 : end]]
    if not lines:
        return ""
    lines[-1] = lines[-1][:last]
    lines[0] = lines[0][first:]
    return one_line(" ".join(b" ".join(lines).decode(errors="replace").split()), 200)
