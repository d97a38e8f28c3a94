"""Make a bundled dataset, or validate one that exists; optionally state its facts and draw it.

python -m faultline dataset --name v0.2.1_L00_minimal
python -m faultline dataset --path my_data.npz --describe dataset.json --picture dataset.png
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from faultline import cli
from faultline.cases.gimbal.dataset import load_dataset
from faultline.cases.gimbal.generate import NAMES, level_config, simulate, write
from faultline.core.record import write_json

DATASETS = Path(__file__).resolve().parents[1] / "tests" / "diagnostics" / "datasets"


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of the dataset stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--name", help=f"bundled dataset to generate: {', '.join(NAMES)}")
    which.add_argument("--path", type=Path, help="existing .npz to validate; it is only read")
    parser.add_argument(
        "--out",
        type=Path,
        help="where the generated file goes (default: tests/diagnostics/datasets/NAME.npz)",
    )
    parser.add_argument("--describe", type=Path, help="write the dataset's facts to this JSON file")
    parser.add_argument("--picture", type=Path, help="draw the dataset to this PNG file")
    arguments = parser.parse_args(argv)
    if arguments.path is not None and arguments.out:
        parser.error("--out goes with --name: a dataset given by --path is only read")

    def stage() -> int:
        path = arguments.path
        if arguments.name is not None:
            path = arguments.out or DATASETS / f"{arguments.name}.npz"
            write(path, simulate(level_config(arguments.name)))
        dataset = load_dataset(path)
        facts = dataset.describe()
        if arguments.describe:
            write_json(arguments.describe, facts)
        if arguments.picture:
            from faultline.cases.gimbal.picture import draw

            draw(dataset, arguments.picture)
        print(
            f"{path}: {facts['C']} cameras, {facts['T']} frames, {facts['K']} joints, "
            f"{facts['missing_share']:.1%} of the points missing"
        )
        return 0

    return cli.run(stage)
