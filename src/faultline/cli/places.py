"""Where the command puts things, and where the files are that come with Faultline."""

from __future__ import annotations

import os
from pathlib import Path

from faultline.core.errors import FAULTLINE

RESULTS = "faultline-results"


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
