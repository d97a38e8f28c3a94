"""Revisions of the user's code: the commits of the repository that a case stands in, each in a folder of its own.

Git is only read. The working tree and the index of the repository stay as they are.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from faultline.core.commits import Commit
from faultline.core.errors import FAULTLINE, InputError, one_line, shown
from faultline.targets.bundled import CASES
from faultline.targets.pickled import ENDING
from faultline.targets.source import DRAWS, find_source, split

# Where git is told by the environment which repository to use, as inside a hook, it would look at that one.
_LOCAL = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_NAMESPACE"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
)
_FORMAT = "--format=%h%x00%H%x00%as%x00%s"
LONGEST_SUBJECT = 80
"""Characters of a commit's subject that a page repeats."""


@dataclass(frozen=True)
class Repository:
    """The repository of a case.

    Parameters
    ----------
    case
        How the case is named.
    top
        The top of its working tree.
    file
        The case's file, seen from there.
    """

    case: str
    top: Path
    file: Path

    @classmethod
    def of(cls, case: str) -> Repository:
        """The repository that the file of a case stands in.

        Raises
        ------
        InputError
            There is none, git is not installed, or the case is no file of the user's.
        """
        if case in CASES or case.endswith((ENDING, DRAWS)):
            raise InputError(
                f"compare: revision needs a case in a Python file of yours, and {case} is none; leave revision out."
            )
        path = find_source(case).path.resolve()
        found = _git(path.parent, "rev-parse", "--show-toplevel")
        if found.returncode:
            raise InputError(
                f"compare: {path} is in no git repository that can be read, so it has no revisions ({_last(found)}); leave revision out."
            )
        top = Path(found.stdout.rstrip("\n")).resolve()
        return cls(case, top, path.relative_to(top))

    def commit(self, ref: str, where: str) -> Commit:
        """The commit that a branch, a tag or a hash names.

        Raises
        ------
        InputError
            There is none; ``where`` says who named it.
        """
        found = _git(self.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        if found.returncode:
            more = (
                " (the clone is shallow: git fetch --unshallow gets the rest)" if self._is_shallow() else ""
            )
            raise InputError(
                f"{where}: git knows no commit {shown(ref)}; name a branch, a tag or a hash that git log shows{more}."
            )
        return self._commits([found.stdout.strip()])[0]

    def parting(self, one: Commit, other: Commit) -> Commit | None:
        """The newest commit that two of them have in common; None where they have none.

        Raises
        ------
        InputError
            The clone is shallow, and its history ends before that.
        """
        found = _git(self.top, "merge-base", one.hash, other.hash)
        if found.returncode == 0:
            return self._commits([found.stdout.split()[0]])[0]
        if self._is_shallow():
            raise InputError(
                f"compare: the clone is shallow, and its history does not reach from {one.name} to {other.name}; run git fetch --unshallow."
            )
        return None

    def path(self, old: Commit, new: Commit) -> list[Commit]:
        """From a commit to one of its descendants, each the parent of the next: of a merge the first parent that descends from ``old``."""
        lines = _said(
            _git(self.top, "rev-list", "--ancestry-path", "--parents", f"{old.hash}..{new.hash}")
        ).splitlines()
        parents = {commit: above for commit, *above in map(str.split, lines)}
        way = [new.hash]
        while way[-1] != old.hash:
            way.append(next(parent for parent in parents[way[-1]] if parent == old.hash or parent in parents))
        return self._commits(way[::-1])

    def case_at(self, commit: Commit, folder: Path) -> str:
        """The case as it stood at a commit: the path of its file in a checkout below ``folder``.

        Raises
        ------
        InputError
            It was not there, or the commit cannot be checked out.
        """
        path = self.checked_out(commit, folder) / self.file
        if not path.is_file():
            raise InputError(f"{self.file} is not there in commit {commit.name}; name one that has it.")
        name = split(self.case)[1]
        return f"{path}:{name}" if name else str(path)

    def checked_out(self, commit: Commit, folder: Path) -> Path:
        """The folder below ``folder`` that holds all files of a commit, whole: made beside it and renamed."""
        place = folder / commit.hash
        if place.is_dir():
            with suppress(OSError):
                os.utime(place)  # its last use
            return place
        new = (folder / f".{commit.hash}-{secrets.token_hex(4)}").absolute()
        (new / "tree").mkdir(parents=True)
        try:
            own = {"GIT_INDEX_FILE": str(new / "index")}
            _said(_git(self.top, "read-tree", "--no-sparse-checkout", commit.hash, more=own))
            _said(_git(self.top, "checkout-index", "--all", f"--prefix={new}/tree/", more=own))
            with suppress(OSError):
                (new / "tree").rename(place)
            if not place.is_dir():  # it would be there if another run had been faster
                raise InputError(
                    f"{place} cannot be made; free its place, or choose another store with FAULTLINE_STORE."
                )
        finally:
            shutil.rmtree(new, ignore_errors=True)
        return place

    def _is_shallow(self) -> bool:
        return _git(self.top, "rev-parse", "--is-shallow-repository").stdout.strip() == "true"

    def _commits(self, hashes: Sequence[str]) -> list[Commit]:
        asked = _git(self.top, "log", "--no-walk=unsorted", _FORMAT, "--stdin", said="\n".join(hashes))
        rows = [line.split("\0") for line in _said(asked).strip("\n").split("\n")]
        return [
            Commit(name, full, one_line(subject, LONGEST_SUBJECT), date) for name, full, date, subject in rows
        ]


def home(path: Path) -> Path:
    """The top of the working tree that a file stands in; where there is none, the file's folder."""
    return next((folder for folder in path.parents if (folder / ".git").exists()), path.parent)


def import_from(place: str | Path, top: str | Path, root: Path) -> None:
    """Let Python import from a checkout wherever it would from the working tree, ``top``; from ``root``, the case's folder there, first.

    A folder that git does not track, such as an environment in the working tree, stays.
    """
    top, place = os.path.realpath(top), os.path.realpath(place)

    def there(entry: str) -> str:
        below = os.path.relpath(os.path.realpath(entry), top)
        found = os.path.normpath(os.path.join(place, below))
        return entry if below.startswith(os.pardir) or not os.path.isdir(found) else found

    own = os.path.realpath(FAULTLINE.parent)
    sys.path[:] = [entry if os.path.realpath(entry) == own else there(entry) for entry in sys.path]
    sys.path += [folder for folder in (str(root), there(os.getcwd())) if folder not in sys.path]


def check_imports(place: str | Path, top: str | Path) -> None:
    """Raise `InputError` if a module came from the working tree although the checkout has it: it would be of another revision."""
    top, place = os.path.realpath(top), os.path.realpath(place)
    for module in list(sys.modules.values()):
        path = os.path.realpath(getattr(module, "__file__", None) or os.sep)
        if path.startswith(f"{top}{os.sep}") and not path.startswith(
            (f"{place}{os.sep}", f"{FAULTLINE}{os.sep}")
        ):
            below = os.path.relpath(path, top)
            if os.path.isfile(os.path.join(place, below)):
                raise InputError(
                    f"{module.__name__} was imported from {below} of the working tree, and not from the revision; import it by its path from "
                    "the case's folder, or put that on PYTHONPATH instead of installing it."
                )


def _git(
    folder: Path, *words: str, said: str | None = None, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in _LOCAL}
    try:
        return subprocess.run(
            ["git", *words],
            cwd=folder,
            env={**kept, "GIT_OPTIONAL_LOCKS": "0", **(more or {})},
            input=said,
            stdin=None if said is not None else subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise InputError(
            "compare: revision needs git, which is not installed; install it, or leave revision out."
        ) from None


def _said(done: subprocess.CompletedProcess[str]) -> str:
    """What git printed."""
    if done.returncode:
        raise InputError(
            f"compare: git {done.args[1]} failed ({_last(done)}); correct that, or leave revision out."
        )
    return done.stdout


def _last(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines()
    return one_line(lines[0] if lines else f"exit code {done.returncode}", 160)
