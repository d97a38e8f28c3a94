"""Move the files of earlier tools (results_tg*.json, report_tg*.md) into the suite's archive/; nothing is deleted.

python -m faultline archive --suite_dir tests/diagnostics/SUITE
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from faultline import cli
from faultline.core.errors import InputError
from faultline.store.suite import Suite

LEGACY = ("results_tg*.json", "report_tg*.md")


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of the archive target."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--suite_dir", type=Path, required=True, help="the suite's output folder")
    arguments = parser.parse_args(argv)
    return cli.run(lambda: archive(arguments.suite_dir))


def archive(suite: Path) -> int:
    """Move the legacy files of ``suite`` and say so. A name that is taken in archive/ gets a number, and both stay."""
    if not Suite(suite).folder.is_dir():
        raise InputError(f"there is no suite {suite}; give the folder that holds the reports.")
    kept = suite / "archive"
    kept.mkdir(exist_ok=True)
    found = sorted(
        path for folder in (suite, suite / "results") for pattern in LEGACY for path in folder.glob(pattern)
    )
    for path in found:
        place, n = kept / path.name, 1
        while place.exists():
            n += 1
            place = kept / f"{path.stem}__{n}{path.suffix}"
        path.rename(place)
        print(f"{path} -> {place}")
    print(f"{len(found)} legacy files moved to {kept}")
    return 0
