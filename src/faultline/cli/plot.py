"""Draw the pictures of one group from its record and its draws, and list them in artifacts_manifest.json.

    python -m faultline plot --record D/results/results_G.json --draws D/debug_outputs/G/draws.nc

Nothing is measured, so a changed picture does not sample again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from faultline import cli
from faultline.core.errors import InputError
from faultline.report.plots.stage import plot_group
from faultline.store.suite import in_suite


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of the plot stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--record", type=Path, required=True, help="results_G.json or measured_G.json of the group"
    )
    parser.add_argument(
        "--draws", type=Path, help="draws.nc of the group; not needed for groups that do not sample"
    )
    parser.add_argument(
        "--plots_dir", type=Path, help="where to write the pictures (default: plots/G of the record's suite)"
    )
    arguments = parser.parse_args(argv)

    def stage() -> int:
        if not arguments.record.is_file():
            raise InputError(f"there is no record {arguments.record}; measure the group first.")
        folder = arguments.plots_dir or in_suite(arguments.record, "plots")
        manifest = plot_group(arguments.record, arguments.draws, folder)
        for picture in manifest["pictures"]:
            print(f"{folder / picture['file']}{'' if picture['drawn'] else ': ' + picture['reason']}")
        return 0

    return cli.run(stage)
