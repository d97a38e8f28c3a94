"""Files that a model reads while it is loaded and built: another content of one of them is another model.

Seen is what Python opens (``open``, ``os.open``, ``sqlite3.connect``), what it looks for and does not find (``os.stat``),
and the modules that are imported beside the model. A library that opens a file in C (HDF5, Arrow's own readers) is not seen.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from faultline.errors import InputError
from faultline.store.keys import file_digest, state

_SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/usr")
_EVENTS = ("open", "sqlite3.connect")
MISSING, WRITTEN = "missing", "written"


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
            for place in (sys.prefix, sys.base_prefix, Path(__file__).parent, *_SYSTEM)
        )
        self._active = False
        self._read: set[str] = set()
        self._written: set[str] = set()
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

    def note_modules(self) -> None:
        """Write down modules beside the model that were imported in a way that its source does not show."""
        for module in list(sys.modules.values()):
            path = getattr(module, "__file__", None)
            if isinstance(path, str) and path.endswith(".py") and path.startswith(self._folders):
                self._note(path)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._active or event not in _EVENTS:
            return
        self._active = False  # what follows may open files, too
        try:
            self._opened(*arguments)
        finally:
            self._active = True

    def _opened(self, path: Any, mode: Any = None, flags: Any = 0) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return
        name = os.path.realpath(os.fsdecode(path))
        writes = set(mode) & set("wax+") if isinstance(mode, str) else flags & (os.O_WRONLY | os.O_RDWR)
        if writes:
            if name in self._read and name not in self._written:
                self._tell(name, WRITTEN)
            self._written.add(name)
        elif name not in self._written and not self._is_import(sys._getframe(3)):
            self._note(name)

    def _note(self, path: str) -> None:
        name = os.path.realpath(path)
        if name in self._known or name in self._read or name.startswith(self._ours) or name.endswith(".pyc"):
            return
        home = f"{Path.home()}{os.sep}"
        settings = name.startswith(home) and name.removeprefix(home).startswith(
            "."
        )  # and caches of libraries
        if not settings and not (os.path.exists(name) and not os.path.isfile(name)):
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
            if name.startswith("<frozen importlib"):
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
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            path, what = json.loads(line)
            read[str(path)] = what
        except (ValueError, TypeError):
            raise InputError(
                "the list of the files that the model opened was cut off while it was measured; run the same command again."
            ) from None
    read = {path: what for path, what in read.items() if what != WRITTEN}
    changed = [path for path, before in read.items() if _state(path) != before]
    here = f"{os.path.realpath(os.getcwd())}{os.sep}"
    return {path.removeprefix(here): content(path) for path in sorted(read) if path not in changed}, changed


def content(path: str, digest: Callable[[str], str] = file_digest) -> str:
    """SHA-256 of a file as it is now, or that it is missing."""
    try:
        return digest(path)
    except OSError:
        return MISSING


def _state(path: str) -> list[int] | None:
    try:
        return list(state(path))
    except OSError:
        return None
