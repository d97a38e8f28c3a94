"""List the results in the store that are no longer used; --delete removes them.

    faultline prune
    faultline prune --days 7 --delete

In the store of a checkout, tests/diagnostics/.store, these are the results that no suite refers to. Everything that a suite asks for stays, with
everything it was made from, and so does everything that a copy under a run id shows. Suites that use any other store may be anywhere, so
there the last use decides, or the suites that you name with --suites. What is removed is measured again when it is needed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from faultline import cli
from faultline.cli.places import user_store
from faultline.core.errors import InputError
from faultline.core.locks import Busy, only_one
from faultline.core.record import DATASETS, SUITES
from faultline.jobs.stages import inputs
from faultline.store.objects import DEFAULT, KEY, Store, is_key

MB = 1_000_000
DAY = 86_400
DAYS = 30.0
"""Days without use after which a result goes, where no suites tell."""


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of the pruning."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--delete", action="store_true", help="remove the listed results")
    parser.add_argument(
        "--suites",
        nargs="+",
        type=Path,
        metavar="D",
        help=f"the suites whose results to keep (default: all in {SUITES})",
    )
    parser.add_argument(
        "--days",
        type=float,
        metavar="N",
        help=f"go by the last use: list what was not used for N days (default for a store of no checkout: {DAYS:g})",
    )
    arguments = parser.parse_args(argv)
    return cli.run(lambda: prune(_store(), arguments.suites, arguments.delete, arguments.days))


def prune(store: Store, suites: Sequence[Path] | None, delete: bool, days: float | None = None) -> int:
    """List, and remove if asked to, the objects that no suite refers to, or that were not used for some days."""
    default = store.root.resolve().is_relative_to(Path(SUITES).resolve())
    if missing := [suite for suite in suites or () if not suite.is_dir()]:
        raise InputError(f"there is no suite {missing[0]}; name folders that exist.")
    if days is None and suites is None and not default:
        days = DAYS
    # The store stands among the suites, and its own requests refer to whatever was ever made.
    given = list(Path(SUITES).glob("[!.]*/")) if suites is None and days is None else suites or ()
    used = referred(store, [*given, Path(DATASETS)])
    found = {path.name for path in store.root.glob("objects/*") if is_key(path.name)} - used
    checkouts = _checkouts(store, used)
    if days is not None:
        before = time.time() - days * DAY
        found = {key for key in found if store.last_use(key) < before}
        checkouts = [folder for folder in checkouts if folder.stat().st_mtime < before]
    total = 0
    for folder in (*map(store.folder, sorted(found)), *checkouts):
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        total += size
        print(f"{folder}  {size / MB:.1f} MB")
        if delete and folder in checkouts:
            shutil.rmtree(folder, ignore_errors=True)
        elif delete:
            _remove(store, folder.name)
    what = "removed" if delete else "--delete removes them"
    why = "that no suite refers to" if days is None else f"not used for {days:g} days"
    n = len(found) + len(checkouts)
    print(f"{store.root}: results {why}: {n}, {total / MB:.1f} MB" + (f"; {what}." if n else "."))
    return 0


def _store() -> Store:
    """The store of this checkout, where there is one, or that of the user."""
    of_checkout = os.environ.get("FAULTLINE_STORE") or Path(DEFAULT).is_dir()
    return Store() if of_checkout else Store(user_store())


def referred(store: Store, suites: Iterable[Path]) -> set[str]:
    """The keys that the suites' requests and records name, and those of all that these were made of."""
    used: set[str] = set()
    new = {
        key
        for suite in suites
        for pattern in ("requests/*.json", "results/*.json")
        for path in suite.glob(pattern)
        for key in re.findall(rf'"({KEY})"', path.read_text(encoding="utf-8", errors="replace"))
    }
    while new:
        used |= new
        requests = [store.request(key) for key in new if store.request_path(key).is_file()]
        new = {key for request in requests for key in inputs(request)} - used
    return used


def _checkouts(store: Store, used: Iterable[str]) -> list[Path]:
    """The commits that were checked out and that none of these keys is about."""
    asked = [store.request(key) for key in used if store.request_path(key).is_file()]
    held = {request["revision"]["commit"] for request in asked if "revision" in request}
    return sorted(folder for folder in store.revisions.glob("*/") if folder.name not in held)


def _remove(store: Store, key: str) -> None:
    try:
        with only_one(store.running(key)):
            shutil.rmtree(store.folder(key), ignore_errors=True)
            for path in (
                *store.root.glob(f"receipts/*/{key}.json"),
                store.request_path(key),
                store.root / "labels" / key,
            ):
                path.unlink(missing_ok=True)
            shutil.rmtree(store.root / "logs" / key, ignore_errors=True)
    except Busy:
        print(f"  {key} is being made; it stays")
