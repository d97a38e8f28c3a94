"""List the results in the store that no suite refers to; --delete removes them.

    python -m faultline prune
    python -m faultline prune --delete

Everything that a suite asks for stays, with everything it was made from, and so does everything that a copy under a run id
shows. A store set by FAULTLINE_STORE may serve other checkouts as well: list the suites of all of them with --suites.
"""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from faultline import cli
from faultline.core.errors import InputError
from faultline.core.locks import Busy, only_one
from faultline.core.record import DATASETS, SUITES
from faultline.jobs.stages import inputs
from faultline.store.objects import KEY, Store, is_key

MB = 1_000_000


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
    arguments = parser.parse_args(argv)
    return cli.run(lambda: prune(Store(), arguments.suites, arguments.delete))


def prune(store: Store, suites: Sequence[Path] | None, delete: bool) -> int:
    """List, and remove if asked to, the objects of keys that no suite refers to."""
    default = store.root.resolve().is_relative_to(Path(SUITES).resolve())
    if delete and suites is None and not default:
        raise InputError(
            f"the store {store.root} may serve other checkouts; name every suite that uses it with --suites."
        )
    if missing := [suite for suite in suites or () if not suite.is_dir()]:
        raise InputError(f"there is no suite {missing[0]}; name folders that exist.")
    # The store stands among the suites, and its own requests refer to whatever was ever made.
    given = list(Path(SUITES).glob("[!.]*/")) if suites is None else suites
    used = referred(store, [*given, Path(DATASETS)])
    found = {path.name for path in store.root.glob("objects/*") if is_key(path.name)} - used
    total = 0
    for key in sorted(found):
        size = sum(path.stat().st_size for path in store.folder(key).rglob("*") if path.is_file())
        total += size
        print(f"{store.folder(key)}  {size / MB:.1f} MB")
        if delete:
            _remove(store, key)
    what = "removed" if delete else "--delete removes them"
    print(
        f"Objects that no suite refers to: {len(found)}, {total / MB:.1f} MB"
        + (f"; {what}." if found else ".")
    )
    return 0


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
