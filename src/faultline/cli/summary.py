"""Write the summary of a suite: report_summary.md, report_summary.html and results/summary.json.

    python -m faultline summary --suite_dir D
    python -m faultline summary --suite_dir D --groups group_1_build_only_sanity group_2_gradient_sanity

A group that is named but has no valid record is listed as not run.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from faultline import cli
from faultline.core.errors import InputError
from faultline.report.summary import read_records, write_summary


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of the summary stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--suite_dir", type=Path, required=True, help="output folder of the suite")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--groups", nargs="+", metavar="NAME", help="groups in order (default: those with results)"
    )
    which.add_argument(
        "--records",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="the groups in order, by their results_NAME.json",
    )
    arguments = parser.parse_args(argv)

    def stage() -> int:
        if not arguments.suite_dir.is_dir():
            raise InputError(f"there is no suite {arguments.suite_dir}; run some groups first.")
        groups = arguments.groups
        if arguments.records:
            groups = [path.stem.removeprefix("results_") for path in arguments.records]
        write_summary(arguments.suite_dir, read_records(arguments.suite_dir, groups))
        print(arguments.suite_dir / "report_summary.md")
        return 0

    return cli.run(stage)
