"""Copy results from the store to a suite's fixed names: a group, the summary, the dataset or the size ladder.

    python -m faultline publish group --suite_dir D --name group_3_sampling_baseline_minimal --key KEY

Only what the suite's request file asks for is published. The run id, if any, is $FAULTLINE_RUN_ID. If $FAULTLINE_OVERWRITE
is set, publishing may replace another measurement with that run id.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from faultline import cli
from faultline.core.errors import InputError, shown
from faultline.jobs import publish
from faultline.store.objects import Store
from faultline.store.suite import NAME, Suite

WHAT = ("group", "summary", "look", "sizes", "trials", "dataset")


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of publishing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=WHAT)
    parser.add_argument("--suite_dir", type=Path, required=True, help="the suite's folder")
    parser.add_argument("--name", help="the group's name, or the dataset's file")
    parser.add_argument("--key", required=True, help="the key requested under that name")
    arguments = parser.parse_args(argv)
    return cli.run(lambda: _publish(arguments))


def _publish(arguments: argparse.Namespace) -> int:
    store, suite = Store(), Suite(arguments.suite_dir)
    if arguments.what == "group":
        run_id = os.environ.get("FAULTLINE_RUN_ID") or None
        overwrite = bool(os.environ.get("FAULTLINE_OVERWRITE"))
        print(publish.publish_group(store, suite, arguments.name, arguments.key, run_id, overwrite))
    elif arguments.what == "dataset":
        if not NAME.fullmatch(arguments.name or ""):
            raise InputError(f"--name must be the file name of a dataset, not {shown(arguments.name)}.")
        print(publish.publish_dataset(store, suite.folder / arguments.name, arguments.key))
    else:
        function = {
            "summary": publish.publish_summary,
            "look": publish.publish_look,
            "sizes": publish.publish_sizes,
            "trials": publish.publish_trials,
        }[arguments.what]
        print(function(store, suite, arguments.key))
    return 0
