"""The store: what a stage made stands under its key, whole, or it does not stand there at all.

    requests/K.json        what was asked, immutable
    objects/K/             what the stage made, and ``digests.json``: made beside it and renamed when it is whole
    receipts/STAGE/K.json  a copy of ``digests.json``: all that Snakemake knows of an object, and may delete
    places/SHA256.json     where the user's draws stand: their content, and not their path, is in a request
    notes/K.json           what a measurement taught about its own key: files that the model opened, an accident
    revisions/HASH/        the files of a commit of a user's repository
    running/K/             a stage at work, and what a killed one left
    damaged/               objects whose content is not what it was

Snakemake deletes a declared output before its job and after a failed one; an object is never a declared output.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from faultline.core.checking import PATH
from faultline.core.errors import InputError, shown
from faultline.core.locks import Busy, is_alive, only_one, snakemake_ancestors
from faultline.core.reading import read_json_file
from faultline.core.record import SUITES, save_text, write_json
from faultline.store.keys import Digests, file_digest, key_of

DEFAULT = f"{SUITES}/.store"
DIGESTS, NOTES = "digests.json", "notes.json"
KEY = r"[0-9a-f]{32}"
LATENCY = 60.0
"""Seconds that the shared folder of a cluster may take to show what another node has written."""
AGAIN = "run the same command again to recreate it"


class Store:
    """The store at ``root`` (default: ``$FAULTLINE_STORE``, else ``tests/diagnostics/.store``)."""

    def __init__(self, root: str | Path | None = None):
        self.root = Path(root or os.environ.get("FAULTLINE_STORE") or DEFAULT)
        if not re.fullmatch(PATH, str(self.root)):
            raise InputError(
                f"the store {shown(str(self.root))} must be a path without braces or control characters; change FAULTLINE_STORE."
            )
        self.digests = Digests(self.root / "cache" / "digests.json")

    def ask(self, request: Mapping[str, Any], label: str | None = None) -> str:
        """Write down a request, and what to call it while it runs. Returns its key.

        A request that was damaged is written anew, and a receipt of an object that is no longer there is removed.
        """
        key = key_of(request)
        path = self.request_path(key)
        if not _holds(path, key):
            write_json(path, request)
        receipt = self.receipt_path(request["stage"], key)
        if receipt.exists() and not _same_content(receipt, self.folder(key) / DIGESTS):
            receipt.unlink()
        if label and self.label(key) != label:
            save_text(self.root / "labels" / key, label)
        with suppress(OSError):
            os.utime(self.folder(key))  # its last use
        return key

    def last_use(self, key: str) -> float:
        """When the object of a key was made or last asked for, in seconds since 1970."""
        return self.folder(key).stat().st_mtime

    def request_path(self, key: str) -> Path:
        return self.root / "requests" / f"{key}.json"

    def request(self, key: str) -> dict[str, Any]:
        """What was asked under ``key``.

        Raises
        ------
        InputError
            It is missing or damaged; a damaged one is set aside.
        """
        path = self.request_path(key)
        if not path.exists():
            raise InputError(f"request {path} is missing; {AGAIN}.")
        if not _holds(path, key):
            self._set_aside(path)
            raise InputError(f"request {path} was changed or damaged and has been set aside; {AGAIN}.")
        return read_json_file(path, "request")

    def label(self, key: str) -> str:
        try:
            return (self.root / "labels" / key).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return key[:8]

    def folder(self, key: str) -> Path:
        return self.objects / key

    def receipt_path(self, stage: str, key: str) -> Path:
        return self.root / "receipts" / stage / f"{key}.json"

    def log_folder(self, key: str) -> Path:
        """Where the stage's output and Snakemake's measurement of it go: not part of the object."""
        return self.root / "logs" / key

    def contents(self, key: str) -> dict[str, Any] | None:
        """``digests.json`` of an object: ``files``, name to SHA-256, and ``reads``, key to digest; None if there is none."""
        path = self.folder(key) / DIGESTS
        if not path.is_file():
            return None
        try:
            found = read_json_file(path, "list of digests", remedy=AGAIN)
            files, reads = found["files"], found["reads"]
            return {"files": dict(files), "reads": dict(reads)}
        except (InputError, KeyError, TypeError, ValueError):
            self.remove(key)
            return None

    def fingerprint(self, key: str, patience: float = LATENCY) -> str:
        """The digest of an object that another stage has made, waiting for a slow folder to show it."""
        deadline = time.monotonic() + patience
        while not (self.folder(key) / DIGESTS).is_file():
            if time.monotonic() > deadline:
                self.remove(key)
                raise InputError(f"{self.folder(key)} is missing; {AGAIN}.")
            time.sleep(0.5)
        return file_digest(self.folder(key) / DIGESTS)

    def read(self, key: str, name: str) -> Path:
        """The path of a file of an object, once its content is known to be what it was.

        Raises
        ------
        InputError
            It is not: the object has been set aside.
        """
        path = self.folder(key) / name
        known = self.contents(key)
        if known is None or name not in known["files"]:
            self.remove(key)
            raise InputError(f"{path} is missing; {AGAIN}.")
        try:
            intact = file_digest(path) == known["files"][name]
        except OSError:
            intact = False
        if not intact:
            self.remove(key)
            raise InputError(f"{path} is damaged and has been set aside; {AGAIN}.")
        return path

    def read_json(self, key: str, name: str) -> dict[str, Any]:
        """The content of a JSON file of an object."""
        return read_json_file(self.read(key, name), "record", remedy=AGAIN)

    def keep(self, key: str, files: Mapping[str, Path], reads: Mapping[str, str]) -> None:
        """Make an object of finished files, which are moved, in one step."""
        new = self.objects / f".{key}-{secrets.token_hex(4)}"
        new.mkdir(parents=True)
        try:
            for name, path in files.items():
                shutil.move(path, new / name)
            digests = {name: file_digest(new / name) for name in files}
            write_json(new / DIGESTS, {"files": digests, "reads": dict(reads)})
            if self.folder(key).exists():  # made from inputs that are no longer what they were
                self.remove(key)
            new.rename(self.folder(key))
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def write_receipt(self, stage: str, key: str, path: str | Path | None = None) -> None:
        """Tell Snakemake that the object stands."""
        save_text(Path(path or self.receipt_path(stage, key)), (self.folder(key) / DIGESTS).read_text())

    def remove(self, key: str) -> None:
        """Set an object aside together with its receipts, so that the next command makes it anew."""
        if self.folder(key).exists():
            self._set_aside(self.folder(key))
        for receipt in self.root.glob(f"receipts/*/{key}.json"):
            receipt.unlink(missing_ok=True)

    def notes(self, key: str) -> dict[str, Any]:
        """What was noted about a key. Damaged notes are set aside; the object holds what its measurement noted."""
        path = self.root / "notes" / f"{key}.json"
        for place in (path, self.folder(key) / NOTES):
            if place.is_file():
                with suppress(InputError):
                    if _is_note(found := read_json_file(place, "note")):
                        return found
                if place == path:
                    self._set_aside(path)
        return {}

    def note(self, key: str, **facts: Any) -> None:
        write_json(self.root / "notes" / f"{key}.json", {**self.notes(key), **facts})

    def remember_place(self, sha256: str, path: str | Path) -> None:
        """Remember where draws with this content stand; where they are known to stand already, that stays."""
        with suppress(InputError):
            self.place_of(sha256)
            return
        write_json(self.root / "places" / f"{sha256}.json", {"path": os.path.abspath(path)})

    def place_of(self, sha256: str) -> Path:
        """Where draws with this content stand.

        Raises
        ------
        InputError
            That is not known, or the file there is gone or another.
        """
        try:
            found = json.loads((self.root / "places" / f"{sha256}.json").read_text(encoding="utf-8"))
            if self.digests.of(path := Path(found["path"])) == sha256:
                return path
        except (OSError, ValueError, KeyError, TypeError):
            pass
        raise InputError("the draws in idata have changed since this run was planned; run the command again.")

    @property
    def objects(self) -> Path:
        return self.root / "objects"

    @property
    def revisions(self) -> Path:
        """Where commits are checked out."""
        return self.root / "revisions"

    def running(self, key: str) -> Path:
        return self.root / "running" / key

    @contextmanager
    def alone(self, key: str, say: Callable[[str], None]) -> Iterator[int]:
        """Hold the lock on a key, waiting for whoever makes the same; yields the lock's descriptor."""
        wanted_by = snakemake_ancestors()
        while True:
            try:
                with only_one(self.running(key)) as lock:
                    yield lock
                    return
            except Busy:
                if not all(map(is_alive, wanted_by)):
                    raise InputError(
                        "the run that requested this has ended; run the command again."
                    ) from None
                say("another run is already making this result; waiting for it")

    def _set_aside(self, path: Path) -> None:
        place = self.root / "damaged" / f"{path.name}-{secrets.token_hex(4)}"
        place.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            os.replace(path, place)


def _holds(path: Path, key: str) -> bool:
    """Whether a file holds the request of ``key``."""
    try:
        return key_of(json.loads(path.read_text(encoding="utf-8"))) == key
    except (OSError, ValueError, RecursionError):
        return False


def _same_content(one: Path, other: Path) -> bool:
    """Whether two small files are equal; not if one of them cannot be read."""
    try:
        return one.read_bytes() == other.read_bytes()
    except OSError:
        return False


def is_key(text: str) -> bool:
    return re.fullmatch(KEY, text) is not None


def _is_note(found: Any) -> bool:
    """Whether this is what a measurement notes: files and their digests, an accident, how often it was asked for again."""
    if not isinstance(found, dict):
        return False
    opened, again = found.get("opened", {}), found.get("again", 0)
    texts = [found.get("accident", ""), *(opened.values() if isinstance(opened, dict) else [None])]
    return isinstance(again, int) and again >= 0 and all(isinstance(text, str) for text in texts)
