"""Files that a model reads while it is loaded and built: another content of one of them is another model.

Seen is what Python opens (``open``, ``os.open``, ``sqlite3.connect``), the folders that it lists (``os.listdir``, ``glob``), what it looks for
and does not find (``os.stat``), and the modules that are imported beside the model. A library that opens a file in C (HDF5, Arrow's own readers) is not seen.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from faultline.core.errors import InputError
from faultline.core.record import SUITES
from faultline.store.keys import file_digest, state

_IMPORTLIB = os.path.dirname(importlib.__file__)
_SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/usr")
_EVENTS = ("open", "sqlite3.connect", "os.listdir", "os.scandir")
MISSING, WRITTEN = "missing", "written"
MAYBE = "may be written"
"""Said of a file that is opened to be read and written: another state means that the model wrote it."""


class Opened:
    """Writes down each file as it is first read, so that a model which is killed later leaves the list.

    Parameters
    ----------
    log
        Where a line of JSON goes for each: its path and its state as it was opened, or None if it was missing.
    folders
        Where the user's own code is: what a library reads while it is imported is no data of the model.
    known
        Files that are in the key already.
    """

    def __init__(self, log: str | Path, folders: Sequence[Path], known: Collection[Path]):
        self._log = log
        self._folders = tuple(f"{folder.resolve()}{os.sep}" for folder in folders)
        self._known = {os.path.realpath(path) for path in known}
        self._ours = tuple(
            f"{os.path.realpath(place)}{os.sep}"
            for place in (sys.prefix, sys.base_prefix, Path(__file__).parents[1], *_SYSTEM)
        )
        self._of_libraries = [
            place for place in _of_libraries() if not any(own.startswith(place) for own in self._folders)
        ]
        self._active = False
        self._now: set[str] | None = None
        self._ignored: tuple[str, ...] = ()
        self._read: set[str] = set()
        self._written: dict[str, str] = {}  # and by which stage of a pipeline
        self._stage = ""
        self.passed: dict[str, str] = {}
        self._looked_at: set[str] = set()
        self._modules: dict[str, str] = {}
        sys.addaudithook(self._hear)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what happens inside."""
        looked_up = os.stat

        def stat(path: Any, *arguments: Any, **options: Any) -> os.stat_result:
            try:
                return looked_up(path, *arguments, **options)
            except (FileNotFoundError, NotADirectoryError):
                self._hear("open", (path,))
                raise

        self._active, os.stat = True, stat
        try:
            yield
        finally:
            self._active, os.stat = False, looked_up

    @contextmanager
    def during(self, ignored: Sequence[Path], stage: str = "") -> Iterator[set[str]]:
        """Watch what happens inside; yields the paths that it reads, also those that were read before, and none below ``ignored``.

        ``passed`` has those afterwards that it reads and another ``stage`` wrote last, each with that stage.
        """
        self._now, self._stage, self.passed = set(), stage, {}
        self._ignored = tuple(f"{os.path.realpath(folder)}{os.sep}" for folder in ignored)
        try:
            with self.watching():
                yield self._now
        finally:
            self._now, self._ignored = None, ()

    def note(self, path: str) -> None:
        """Write down a file that was read before, by what is taken over now."""
        self._note(path, folder=os.path.isdir(path))

    def note_modules(self) -> None:
        """Write down modules that are no installed library and were imported in a way that the model's source does not show."""
        for path in self.modules().values():
            self._note(path)

    def modules(self) -> dict[str, str]:
        """Name and file of the modules that are no installed library and were imported in a way that the model's source does not show."""
        for name, module in list(sys.modules.items()):
            if name not in self._looked_at:
                self._looked_at.add(name)
                path = getattr(module, "__file__", None)
                if isinstance(path, str) and path.endswith(".py") and self._counts(path, folder=False):
                    self._modules[name] = path
        return dict(self._modules)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._active or event not in _EVENTS:
            return
        self._active = False  # what follows may open files, too
        try:
            if event in ("os.listdir", "os.scandir"):
                self._listed(*arguments)
            else:
                self._opened(*arguments)
        finally:
            self._active = True

    def _opened(self, path: Any, mode: Any = None, flags: Any = 0) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return
        name = os.path.realpath(os.fsdecode(path))
        anew = set(mode) & set("wax") if isinstance(mode, str) else flags & (os.O_TRUNC | os.O_EXCL)
        writes = anew or ("+" in mode if isinstance(mode, str) else flags & (os.O_WRONLY | os.O_RDWR))
        if not anew and name not in self._written and not self._is_import(sys._getframe(2)):
            self._note(path)  # "r+" reads, too
        writer = self._written.get(name)
        if not anew and writer and writer != self._stage and self._counts(path, folder=False):
            self.passed[_absolute(path)] = writer
        if writes and name not in self._written:
            self._tell(_absolute(path), WRITTEN if anew else MAYBE)
        emptied = set(mode) & set("wx") if isinstance(mode, str) else flags & (os.O_TRUNC | os.O_EXCL)
        if emptied or (writes and name not in self._written):
            self._written[name] = self._stage

    def _listed(self, path: Any) -> None:
        if not isinstance(path, str | bytes | os.PathLike | None) or self._is_import(sys._getframe(2)):
            return
        # What Faultline and Snakemake write changes with every run.
        below = os.path.relpath(os.path.realpath(os.fsdecode(path or ".")), os.getcwd())
        hidden = any(part.startswith((".", "__pycache__")) and part != ".." for part in Path(below).parts)
        if not hidden and not f"{below}{os.sep}".startswith(f"{SUITES}{os.sep}"):
            self._note(path or ".", folder=True)

    def _counts(self, path: Any, folder: bool) -> bool:
        """Whether a file, or a ``folder`` that is listed, is an input of the model."""
        real = os.path.realpath(os.fsdecode(path))
        if real in self._known or f"{real}{os.sep}".startswith((*self._ours, *self._ignored)):
            return False
        if (
            real.endswith(".pyc")
            or "__pycache__" in Path(real).parts
            or (os.path.exists(real) and not (folder or os.path.isfile(real)))
        ):
            return False
        home = f"{Path.home()}{os.sep}"
        hidden = real.startswith(home) and real.removeprefix(home).startswith(".")
        if hidden and not real.startswith(self._folders):
            return False
        return not any(f"{real}{os.sep}".startswith(place) for place in self._of_libraries)

    def _note(self, path: Any, *, folder: bool = False) -> None:
        if not self._counts(path, folder):
            return
        name = _absolute(path)
        if self._now is not None:
            self._now.add(name)
        if name not in self._read:
            self._read.add(name)
            self._tell(name, _state(name))

    def _tell(self, path: str, what: Any) -> None:
        with open(self._log, "a", encoding="utf-8") as file:
            file.write(json.dumps([path, what]) + "\n")

    def _is_import(self, frame: FrameType | None) -> bool:
        """Whether a library reads it while it is imported: between the user's code and the file is the import system."""
        while frame is not None:
            name = frame.f_code.co_filename
            if os.path.realpath(name).startswith(self._folders):
                return False
            if name.startswith("<frozen importlib") or os.path.dirname(name).startswith(_IMPORTLIB):
                return True
            frame = frame.f_back
        return False


def read_log(log: Path) -> tuple[dict[str, str], list[str]]:
    """Path -> digest of what a model has read, and the paths of files that have changed since.

    Files below the current folder go by their path from there: in a copy of the folder they are the copy's. A file that the
    model itself wrote is no input of it.

    Raises
    ------
    InputError
        The list is damaged, as where the disk was full.
    """
    if not log.is_file():
        return {}, []
    read: dict[str, Any] = {}
    maybe: set[str] = set()
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            path, what = json.loads(line)
            if what == MAYBE:
                maybe.add(path)
            else:
                read[str(path)] = what
        except (ValueError, TypeError):
            raise InputError(
                "the list of the files that the model opened is incomplete; run the same command again."
            ) from None
    read = {path: what for path, what in read.items() if what != WRITTEN}
    other = {path for path, before in read.items() if _state(path) != before}
    changed = [path for path in read if path in other - maybe]
    here = f"{os.path.realpath(os.getcwd())}{os.sep}"
    return {path.removeprefix(here): content(path) for path in sorted(read.keys() - other)}, changed


def content(path: str, digest: Callable[[str], str] = file_digest) -> str:
    """SHA-256 of a file as it is now, or of a folder's list of names; or that it is missing."""
    try:
        return _names(path) if os.path.isdir(path) else digest(path)
    except (OSError, ValueError):  # no path at all: a NUL in it
        return MISSING


def _names(folder: str) -> str:
    """Digest of what a folder lists, without hidden files and Python's own."""
    names = sorted(name for name in os.listdir(folder) if not name.startswith((".", "__pycache__")))
    return hashlib.sha256("\0".join(names).encode(errors="surrogateescape")).hexdigest()


def _of_libraries() -> list[str]:
    """Where libraries keep settings and caches, which change when they like: also where a model stands in one's home folder."""
    homes = [Path.home() / name for name in (".cache", ".config", ".local", ".matplotlib", ".pytensor")]
    named = [
        os.environ.get(name)
        for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "MPLCONFIGDIR")
    ]
    return [f"{os.path.realpath(place)}{os.sep}" for place in (*homes, *filter(None, named))]


def _absolute(path: Any) -> str:
    """Where a path leads from here; a link stays one, for it may lead elsewhere tomorrow."""
    return os.path.abspath(os.fsdecode(path))


def _state(path: str) -> Any:
    try:
        return _names(path) if os.path.isdir(path) else list(state(path))
    except OSError:
        return None
