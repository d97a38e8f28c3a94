"""Where the command puts things, and where the files are that come with Faultline."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from faultline.core.errors import FAULTLINE

if TYPE_CHECKING:
    from faultline.store.objects import Store

RESULTS = "faultline-results"
OF_SNAKEMAKE = "tests/diagnostics"
"""Where Snakemake puts suites in a checkout, with a store of their own."""


def settle() -> None:
    """Choose where suites and the store are, before anything reads it: suites in this folder, one store for each user."""
    os.environ.setdefault("FAULTLINE_SUITES", RESULTS)
    os.environ.setdefault("FAULTLINE_STORE", str(user_store()))


def user_store() -> Path:
    """The store of whoever runs the command, unless ``$FAULTLINE_STORE`` names another."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data, "faultline", "store")


def of_faultline(name: str) -> Path:
    """What comes with Faultline: inside the package where it is installed, at the top of a checkout."""
    return next(place / name for place in (FAULTLINE, *FAULTLINE.parents) if (place / name).exists())


def diagnosed(model: str) -> tuple[Path, Path]:
    """The file of a model, and the folder of its newest diagnosis.

    Raises
    ------
    InputError
        There is no such file, or no diagnosis of it.
    """
    from faultline.core.errors import InputError
    from faultline.core.record import SUITES
    from faultline.store.suite import Suite

    path = Path(model.partition(":")[0])
    if not path.is_file():
        raise InputError(f"there is no file {path}; give the file that was diagnosed.")
    summaries = [
        found for place in (SUITES, OF_SNAKEMAKE) for found in Path(place).glob("*/results/summary.json")
    ]
    mine = [summary for summary in summaries if _is_of(Suite(summary.parents[1]).owner(), path)]
    if not mine:
        raise InputError(
            f"there is no diagnosis of {path} in {SUITES}; run faultline diagnose {model} first."
        )
    return path, max(mine, key=lambda summary: summary.stat().st_mtime).parents[1]


def store_of(suite: Path) -> Store:
    """The store that a suite's measurements are in: the one among the suites of a checkout, or the user's."""
    from faultline.store.objects import Store

    beside = suite.parent / ".store"
    return Store(beside if beside.is_dir() else None)


def _is_of(owner: tuple[str, str | None] | None, path: Path) -> bool:
    """Whether a suite is of the case in this file."""
    if owner is None:
        return False
    file = Path(owner[0].partition(":")[0])
    return file.is_file() and file.samefile(path)
