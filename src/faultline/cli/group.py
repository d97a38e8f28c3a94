"""Measure any group of any case, then judge, draw and report it.

PyMC builds the joint log-probability of a model as a PyTensor graph. PyTensor compiles that graph and differentiates it.
NUTS follows the gradient that PyTensor derives. So a group builds the model, evaluates its log-probability, then the
gradient, and only then samples: each step trusts the one before.

    python -m faultline group --group 3 --max_T 80 --max_K 8 --seed 123 --run_id first
    python -m faultline group --case path/to/model.py --dataset_name none --group 1 2 --suite mine
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from faultline import cli
from faultline.cli.by_hand import add_group_options, asked_by_hand


def main(
    argv: Sequence[str] | None = None, *, number: int | None = None, description: str | None = None
) -> int:
    """Run the stages of one group; ``number`` fixes the group, otherwise it is an option."""
    parser = argparse.ArgumentParser(
        description=description or __doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if number is None:
        parser.add_argument(
            "--group",
            required=True,
            nargs="+",
            help="number or name of the group; several groups import the libraries only once",
        )
    parser.add_argument(
        "--stage",
        choices=("all", "measure"),
        default="all",
        help="stop after measuring, or go on to the report (default: all)",
    )
    add_group_options(parser)
    arguments = parser.parse_args(argv)
    return cli.run(lambda: _groups(arguments, [number] if number else arguments.group))


def _groups(arguments: argparse.Namespace, wanted: Sequence[str | int]) -> int:
    return asked_by_hand(arguments, wanted).make(everything=arguments.stage == "all")
