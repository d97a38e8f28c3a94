"""A commit of the user's repository, as an entry of a configuration and as a line for readers."""

from __future__ import annotations

from dataclasses import dataclass

REVISION = "revision"
"""The revision of the user's code, as it stands among the toggles of a configuration."""
WORKING_TREE = "working tree"
"""The choice there that is the code as it stands, with what is not committed."""


@dataclass(frozen=True)
class Commit:
    """A commit, or the working tree, which has a name only.

    Parameters
    ----------
    name
        The short hash; how a configuration names it.
    hash
        The whole hash.
    subject, date
        The first line of its message, and the day on which it was written (YYYY-MM-DD).
    """

    name: str = WORKING_TREE
    hash: str = ""
    subject: str = ""
    date: str = ""
