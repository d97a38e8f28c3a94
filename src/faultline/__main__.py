"""``python -m faultline COMMAND``: each command is a module of `faultline.cli`, imported when it is asked for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

COMMANDS = {
    "diagnose": "run the whole ladder on a model and say what is at fault",
    "group": "measure, judge, draw and report groups of a model",
    "judge": "judge one measured record again",
    "plot": "draw the pictures of one record",
    "report": "write the report of one record",
    "summary": "write the summary of a suite",
    "size_ladder": "draw the size ladder of a suite",
    "dataset": "make a bundled dataset, or describe one",
    "archive": "archive the files of earlier tools",
    "prune": "list or remove stored results that no suite refers to",
    "stage": "run one stage of the workflow",
    "publish": "copy results from the store to a suite",
}


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of a command; without one, the list of them and 2."""
    command, *arguments = (sys.argv[1:] if argv is None else argv) or [""]
    if command not in COMMANDS:
        asked = command in ("-h", "--help")
        rows = [f"  {name:<12} {what}" for name, what in COMMANDS.items()]
        text = [
            "usage: python -m faultline COMMAND ...",
            "",
            *rows,
            "",
            "Run COMMAND --help for its options.",
        ]
        print("\n".join(text), file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    sys.argv[0] = f"faultline {command}"  # what argparse calls the program
    return importlib.import_module(f"faultline.cli.{command}").main(arguments)


if __name__ == "__main__":
    sys.exit(main())
