"""What a suite shows under fixed names: copies from the store, and the request files that say what they answer.

    requests/NAME.json            what is asked for now: a key and a token
    requests/suite.json           whose suite it is: its case and dataset
    requests/NAME.published.json  what was published last: its key, its run id, and the files with their digests

Parsing the workflow rewrites a request file only when what is asked has changed, or when what stands in the suite is not
what was published. The token keeps contents, and so Snakemake's checksums, from coming back.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from faultline.core.errors import InputError
from faultline.core.locks import only_one
from faultline.core.reading import read_json_file
from faultline.core.record import write_json
from faultline.store.keys import file_digest, state

OWNER = "suite"
EMBEDDED = "embedded"
"""Folder of the pages that go inside another one, where links would lead nowhere."""
FOLDERS = ("results", "plots", "debug_outputs", "archive", "requests", EMBEDDED)
"""What a suite has of folders; those of a group are inside these."""
FITS = ("tests", "pipeline", "fits")  # the pipeline's own outputs: never mixed with diagnostics
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_HELD: list[TextIO] = []
"""Locks on suites, held until this process ends: a file that nobody keeps would be closed, and its lock gone."""
LOOKING = (
    " --dry-run --dryrun --lint --report --dag --d3dag --rulegraph --filegraph --summary --detailed-summary --unlock --print-compilation --list "
    "--list-rules --list-target-rules --list-changes --list-input-changes --list-params-changes --list-untracked --list-conda-envs --lt --lc --li --lp --lu"
)
SHORT_LOOKING = re.compile(r"-[npqF]*n([npqF]*|[jc].*)|-[lSD]")
"""Options of Snakemake's that run no stage; it takes the beginning of a long one, too."""


def checked_suite(folder: str | Path) -> Path:
    """``folder``, which must not be among the pipeline's fits."""
    folder = Path(folder)
    parts = folder.resolve().parts
    if any(parts[i : i + len(FITS)] == FITS for i in range(len(parts))):
        raise InputError(
            f"suite {folder} is inside {'/'.join(FITS)}, which is reserved for fits; choose a folder outside it."
        )
    return folder


class Suite:
    """One output folder. Nothing in it may lead elsewhere, by a link: Snakemake and the shell write there, too."""

    def __init__(self, folder: str | Path):
        self.folder = checked_suite(folder)
        for name in FOLDERS:
            for path in (self.folder / name, *(self.folder / name).glob("*/")):
                if path.is_symlink():
                    self.contained(path)

    def request_path(self, name: str) -> Path:
        return self.folder / "requests" / f"{name}.json"

    def owner(self) -> tuple[str, str | None] | None:
        """Case and dataset that this suite is of; None where it is of none yet."""
        found = self.asked(OWNER)
        case, dataset = found.get("case"), found.get("dataset")
        return (case, dataset) if isinstance(case, str) and isinstance(dataset, str | None) else None

    @property
    def configuration(self) -> dict[str, Any]:
        """What the suite's last run was of, as ``compare`` reads it; empty where that is not known."""
        found = self.asked(OWNER).get("configuration")
        return found if isinstance(found, dict) else {}

    def remember(
        self, case: str, dataset: str | None, configuration: Mapping[str, Any] | None = None
    ) -> None:
        """Make this the suite of a case and its dataset; its last run was of this ``configuration``, where one is given."""
        found = {"case": case, "dataset": dataset}
        if configuration is not None:
            found["configuration"] = dict(configuration)
        if self.asked(OWNER) != found and (configuration is not None or self.owner() != (case, dataset)):
            write_json(self.contained(self.request_path(OWNER)), found)

    def published(self, name: str) -> dict[str, Any]:
        """What was published last under ``name``; empty where nothing was, or its list is damaged."""
        try:
            found = read_json_file(self._list_path(name), "list of what was published")
            return found if _lists_files(found) else {}
        except InputError:
            return {}

    def _list_path(self, name: str) -> Path:
        return self.request_path(name).with_suffix(".published.json")

    def asked(self, name: str) -> dict[str, Any]:
        """The request of ``name``; empty where there is none, or it is damaged."""
        try:
            return read_json_file(self.request_path(name), "request")
        except InputError:
            return {}

    def ask(self, name: str, request: Mapping[str, Any]) -> None:
        """Ask for ``request["key"]`` under ``name``; the file stays as it is where that is asked and stands published."""
        old, last = self.asked(name), self.published(name)
        same = {key: value for key, value in old.items() if key != "token"} == dict(request)
        never = not last and not self._list_path(name).exists()
        if same and (never or (last.get("key") == request["key"] and self._intact(last["files"]))):
            return
        write_json(self.contained(self.request_path(name)), {**request, "token": secrets.token_hex(8)})

    def occupy(self, looking: bool) -> bool:
        """Take this suite for a run of the workflow, until this process ends; whether it may write.

        Who is only ``looking`` may not while another run is at work, and goes on without.

        Raises
        ------
        InputError
            If another run is at work there.
        """
        path = self.contained(self.folder / "requests" / "run.lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = open(path, "a")  # noqa: SIM115  # held until the process ends
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            if looking:
                return False
            raise InputError(
                f"another run is using suite {self.folder}; wait for it to end, or name another suite."
            ) from None
        except OSError:  # a file system without locks: as good as no lock
            pass
        _HELD.append(lock)
        return True

    def check_free(self) -> None:
        """Raise ``InputError`` if a run of the workflow is at work in this suite."""
        self.occupy(looking=False)
        _HELD.pop().close()

    @contextmanager
    def publishing(self, name: str, key: str) -> Iterator[Publication]:
        """Copy files under fixed names; what was published before and is no longer is removed.

        Raises
        ------
        InputError
            If by now something else than ``key`` is asked for under ``name``.
        """
        with only_one(self.contained(self.folder / "requests"), patience=60.0):
            if self.asked(name).get("key") != key:
                raise InputError(
                    f"another run has since changed the request for {name}; run the command again."
                )
            before = self.published(name)
            publication = Publication(self)
            yield publication
            for stale in set(before.get("files", {})) - set(publication.files):
                if "__" not in stale:  # copies kept under a run id stay
                    self.contained(self.folder / stale).unlink(missing_ok=True)
            write_json(
                self._list_path(name),
                {"key": key, **publication.facts, "files": publication.files},
            )

    @contextmanager
    def writing(self) -> Iterator[Publication]:
        """Put files into this suite while nobody else does, and say nothing of what is asked."""
        with only_one(self.contained(self.folder / "requests"), patience=60.0):
            yield Publication(self)

    def contained(self, path: Path) -> Path:
        """``path``, which has to lie in the suite's folder, links followed.

        Raises
        ------
        InputError
            It does not.
        """
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise InputError(
                f"{path} leads outside suite {self.folder}; remove the link, or name another suite."
            )
        return path

    def _intact(self, files: Mapping[str, Any]) -> bool:
        """Whether the published files still are what was written, by their state, and by their content if that is another."""
        for name, known in files.items():
            path = self.folder / name
            try:
                if list(state(path)) != known["state"] and file_digest(path) != known["sha256"]:
                    return False
            except (OSError, ValueError, TypeError, KeyError):
                return False
        return True


class Publication:
    """Files on their way into a suite, each in one step. ``files`` lists them with digests, ``facts`` what else is noted."""

    def __init__(self, suite: Suite):
        self.suite = suite
        self.files: dict[str, dict[str, Any]] = {}
        self.facts: dict[str, Any] = {}

    def copy(self, source: Path, name: str) -> Path:
        """Copy a file to ``name``, a path in the suite's folder."""
        place = self.place(name)
        new = place.with_name(f".{place.name}.new")
        shutil.copyfile(source, new)
        new.replace(place)
        return self.note(name)

    def write(self, name: str, content: Any) -> Path:
        """Write JSON to ``name``."""
        write_json(self.place(name), content)
        return self.note(name)

    def place(self, name: str) -> Path:
        """Where ``name`` goes; its folder exists."""
        path = self.suite.contained(self.suite.folder / name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return self.suite.contained(path)

    def note(self, name: str) -> Path:
        """Remember a file that stands in its place."""
        path = self.suite.folder / name
        self.files[name] = {"state": list(state(path)), "sha256": file_digest(path)}
        return path


def in_suite(record: Path, folder: str) -> Path:
    """The folder of a record's group below ``folder`` of the suite that the record is in.

    Raises
    ------
    InputError
        If the record gives its group a name that leads elsewhere.
    """
    suite = Suite(record.parent.parent)
    group = read_json_file(record).get("group")
    if not isinstance(group, str) or not NAME.fullmatch(group):
        raise InputError(f"record {record} names no group; measure and judge the group again.")
    return suite.contained(suite.folder / folder / group)


def _lists_files(found: Any) -> bool:
    """Whether this lists files of a suite, none of them outside it."""
    files = found.get("files") if isinstance(found, dict) else None
    return isinstance(files, dict) and not any(
        Path(name).is_absolute() or ".." in Path(name).parts or "\0" in name for name in files
    )


def only_looking(arguments: Iterable[str] = sys.argv) -> bool:
    """Whether this Snakemake only says what it would do."""

    def looks(word: str) -> bool:
        option = word.split("=")[0]
        long = option.startswith("--") and option != "--" and f" {option}" in LOOKING
        return long or bool(SHORT_LOOKING.fullmatch(word))

    return any(map(looks, arguments))


def named(arguments: Iterable[str], names: Mapping[str, str]) -> list[str]:
    """Groups that a command line names as targets, by the group's target or name (``names``: target to group); all if none."""
    words = [os.path.basename(word) for word in arguments]
    found = [
        group
        for target, group in names.items()
        if any(word in (target, group) or f"_{group}." in word for word in words)
    ]
    return found or list(names.values())
