"""Run one stage of the workflow: make what a request asks for, and write a receipt.

    python -m faultline stage STORE/requests/KEY.json STORE/receipts/STAGE/KEY.json

The result goes into the store under the request's key. A result that is already there is not made again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from faultline import cli
from faultline.core.errors import InputError
from faultline.jobs.stages import make
from faultline.store.objects import Store, is_key


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of every stage that leaves an object in the store."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("request", type=Path, help="the request: requests/KEY.json in a store")
    parser.add_argument("receipt", type=Path, help="where to write the receipt")
    arguments = parser.parse_args(argv)
    return cli.run(lambda: _stage(arguments.request, arguments.receipt))


def _stage(request: Path, receipt: Path) -> int:
    if not is_key(request.stem) or request.parent.name != "requests":
        raise InputError(f"{request} is not a request in a store; give the path of its requests/KEY.json.")
    store = Store(request.parent.parent)
    code = make(store, request.stem)
    if code == 0:
        store.write_receipt(store.request(request.stem)["stage"], request.stem, receipt)
    return code
