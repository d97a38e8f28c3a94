"""``faultline COMMAND`` and ``python -m faultline COMMAND``: each command is a module of `faultline.cli`, imported when it is asked for."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from faultline import cli

BY_SCRIPTS = {
    "prune": "list or remove stored results that are no longer used",
    "group": "measure, judge, draw and report groups of a model",
    "judge": "judge one measured record again",
    "plot": "draw the pictures of one record",
    "summary": "write the summary of a suite",
    "size_ladder": "draw the size ladder of a suite",
    "dataset": "make a bundled dataset, or describe one",
    "archive": "archive the files of earlier tools",
    "stage": "run one stage of the workflow",
    "publish": "copy results from the store to a suite",
}
"""Commands that the workflow's jobs and the scripts of a checkout call: they start without Click."""


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of a command."""
    command, *arguments = (sys.argv[1:] if argv is None else argv) or [""]
    of_a_record = command == "report" and any(word.startswith("--record") for word in arguments)
    if command in BY_SCRIPTS or of_a_record:
        sys.argv[0] = f"faultline {command}"  # what argparse calls the program
        return importlib.import_module(f"faultline.cli.{command}").main(arguments)
    from faultline.cli.commands import main as with_click

    return cli.run(lambda: with_click([command, *arguments] if command else [], BY_SCRIPTS))


if __name__ == "__main__":
    # With -m the current folder is on the path: a model called random.py there must not be what the libraries import.
    if not sys.flags.safe_path and sys.path[0] == os.getcwd():
        sys.path.pop(0)
    sys.exit(main())
