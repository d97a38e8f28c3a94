"""The group of all commands: those for people are Click's; those of jobs and scripts it only lists."""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import click

from faultline import __version__

FOR_PEOPLE = {
    "diagnose": "diagnose",
    "report": "pages",
    "fix": "fix",
    "minimize": "minimize",
    "explain": "explain",
}
"""Command -> its module in `faultline.cli`, whose Click command is called ``command``."""


def main(arguments: Sequence[str], by_scripts: Mapping[str, str]) -> int:
    """The exit code of ``faultline`` with these arguments; 2 if they are none that it takes."""
    group = Commands(by_scripts)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a model's names may be in any alphabet
    try:
        code = group.main(list(arguments), prog_name="faultline", standalone_mode=False) or 0
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever reads has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except click.UsageError as mistake:
        mistake.show()
        return mistake.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None


class Commands(click.Group):
    """Imports a command when it is asked for."""

    def __init__(self, by_scripts: Mapping[str, str]):
        super().__init__(
            name="faultline",
            help="Find the part of a failing PyMC model that is at fault.",
            epilog="The first four are for everyday use. The workflow's jobs and the scripts of a checkout call the others.",
            context_settings={"help_option_names": ["-h", "--help"]},
        )
        click.version_option(__version__, prog_name="faultline")(self)
        self.by_scripts = by_scripts

    def list_commands(self, context: click.Context) -> list[str]:
        return [*FOR_PEOPLE, *self.by_scripts]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name in FOR_PEOPLE:
            return importlib.import_module(f"faultline.cli.{FOR_PEOPLE[name]}").command
        if name in self.by_scripts:
            # Only listed: it starts without Click.
            return click.Command(name, short_help=self.by_scripts[name])
        return None

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = arguments[0]
        if not name.startswith("-") and self.get_command(context, name) is None:
            near = get_close_matches(name, self.list_commands(context), n=1)
            meant = f"diagnose {name}" if name.endswith(".py") else near[0] if near else ""
            hint = (
                f"Did you mean faultline {meant}?"
                if meant
                else "faultline --help lists those that there are."
            )
            context.fail(f"There is no command '{name}'. {hint}")
        return super().resolve_command(context, arguments)
