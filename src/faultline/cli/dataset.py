"""Make a bundled dataset, or validate an existing one; optionally describe it and draw it.

python -m faultline dataset --name NAME
python -m faultline dataset --path my_data.npz --describe dataset.json --picture dataset.png
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from faultline import cli
from faultline.core.errors import InputError, shown
from faultline.core.record import DATASETS, write_json
from faultline.plan.stage_keys import DESCRIBE_DATASET, MAKE_DATASET, PARTS
from faultline.targets import bundled


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of the dataset stage."""
    cases = [case for case in bundled.CASES if bundled.datasets(case)]
    names = ", ".join(name for case in cases for name in bundled.datasets(case))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--name", help=f"bundled dataset to generate: {names}")
    which.add_argument("--path", type=Path, help="existing .npz to validate; it is only read")
    parser.add_argument(
        "--case",
        choices=cases,
        default=cases[0],
        help="with --path: the bundled case whose data it holds (default: %(default)s)",
    )
    parser.add_argument(
        "--out", type=Path, help=f"where to write the generated file (default: {DATASETS}/NAME.npz)"
    )
    parser.add_argument("--describe", type=Path, help="write the dataset's facts to this JSON file")
    parser.add_argument("--picture", type=Path, help="draw the dataset to this PNG file")
    arguments = parser.parse_args(argv)
    if arguments.path is not None and arguments.out:
        parser.error("--out needs --name, because a dataset given by --path is only read")

    def stage() -> int:
        case, path = arguments.case, arguments.path
        if (name := arguments.name) is not None:
            case, path = bundled.owner(name), arguments.out or Path(DATASETS, f"{name}.npz")
            if case is None:
                raise InputError(
                    f"there is no bundled dataset {shown(name)}; choose one of {names}, or give a path."
                )
            bundled.module(case, PARTS[MAKE_DATASET]).make(name, path)
        facts = bundled.module(case, PARTS[DESCRIBE_DATASET]).describe(path, arguments.picture)
        if arguments.describe:
            write_json(arguments.describe, facts)
        numbers = [f"{key} {value:.4g}" for key, value in facts.items() if type(value) in (int, float)]
        print(f"{path}: {', '.join(numbers)}")
        return 0

    return cli.run(stage)
