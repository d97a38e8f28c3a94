"""Write the report of one group, as Markdown and as HTML, latest and by run id, from its judged record and its pictures.

python -m faultline report --record D/results/results_G.json
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from faultline import cli
from faultline.core.errors import InputError
from faultline.report.group_page import write_report
from faultline.store.suite import in_suite


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of the report stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--record", type=Path, required=True, help="results_G.json of the group")
    parser.add_argument(
        "--plots_dir", type=Path, help="where its pictures are (default: plots/G of the record's suite)"
    )
    parser.add_argument(
        "--suite_dir", type=Path, help="where to write the report (default: the record's suite)"
    )
    arguments = parser.parse_args(argv)

    def stage() -> int:
        if not arguments.record.is_file():
            raise InputError(f"there is no record {arguments.record}; judge the group first.")
        suite = arguments.suite_dir or arguments.record.parent.parent
        plots = arguments.plots_dir or in_suite(arguments.record, "plots")
        print(write_report(arguments.record, plots, suite)["md"])
        return 0

    return cli.run(stage)
