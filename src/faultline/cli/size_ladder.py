"""Draw how the failing configuration fares as frames are added, from the judged records of a suite.

    python -m faultline size_ladder --records D/results/results_G.json ... --output D/plots/size_ladder.png

Nothing is measured, so a changed picture does not sample again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from faultline import cli
from faultline.core.errors import InputError
from faultline.core.record import read_json
from faultline.diagnosis.sizes import said
from faultline.report.plots.size import draw_sizes


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of the stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--records",
        nargs="+",
        type=Path,
        required=True,
        metavar="FILE",
        help="results_G.json of the groups of the size ladder, and of the group whose model it varies",
    )
    parser.add_argument("--output", type=Path, required=True, help="where to write the picture")
    arguments = parser.parse_args(argv)

    def stage() -> int:
        if missing := [path for path in arguments.records if not path.is_file()]:
            raise InputError(f"there is no record {missing[0]}; run that group first.")
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        reading = draw_sizes([read_json(path) for path in arguments.records], arguments.output)
        print(f"{arguments.output}: {said(reading)}")
        return 0

    return cli.run(stage)
