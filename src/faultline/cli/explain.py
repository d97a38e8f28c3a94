"""``faultline explain ID``: what a check, a limit or a family of findings means, from the page docs/decision-rules.md."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import click

from faultline.cli.places import of_faultline
from faultline.findings.words import CAUSES

PAGE = "docs/decision-rules.md"
_ID = re.compile(r"`([A-Za-z][A-Za-z0-9_]*)`")


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID")
def command(ids: tuple[str, ...]) -> int:
    """Say what a check or a finding means.

    ID is a name from a report or a record: a check (chains_together), a limit (LONG_RHAT_APART), a family of findings (funnel), a status
    (SLOW_COMPILE) or a cause (a).
    """
    print(explained("_".join(ids), of_faultline(PAGE).read_text(encoding="utf-8")))
    return 0


@dataclass(frozen=True)
class Entry:
    """A row of a table: the section it stands in, the heads of the columns, and what they hold."""

    section: str
    heads: list[str]
    cells: list[str]

    @property
    def ids(self) -> list[str]:
        return _ID.findall(self.cells[0]) or [self.cells[0]]


def explained(name: str, page: str) -> str:
    """What the page says of ``name``.

    Raises
    ------
    InputError
        Nothing; the sentence names what is spelled like it.
    """
    rows = list(entries(page))
    known = {name: row for row in rows for name in row.ids}
    name = next((other for other in known if other.lower() == name.lower()), name)
    blocks = [_entry(row, name) for row in rows if name in row.ids]
    limits = dict.fromkeys(other for row in rows if name in row.ids for other in _limits(row, known))
    if not blocks:
        blocks = [
            _wrapped(_plain(" ".join(paragraph.split())))
            for paragraph in _paragraphs(page)
            if name in _ID.findall(paragraph) or f"**({name})**" in paragraph
        ]
    if not blocks:
        raise _unknown(name, {*known, *_ID.findall(page)})
    return "\n\n".join([*blocks, *(_entry(known[limit], limit) for limit in limits)])


def entries(page: str) -> Iterator[Entry]:
    """The rows of all tables of the page."""
    section, heads = "", []
    for line in page.splitlines():
        if line.startswith("#"):
            section = line.lstrip("# ")
        if not line.startswith("|"):
            heads = []
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        if not heads:
            heads = cells
        elif set(line) - set("|- "):
            yield Entry(section, heads, cells)


def _limits(row: Entry, known: dict[str, Entry]) -> list[str]:
    """The limits and, of a family, the checks that a row mentions."""
    return [name for cell in row.cells[1:] for name in _ID.findall(cell) if name in known]


def _entry(row: Entry, name: str) -> str:
    """``name``, its section, and each column with its head."""
    said = [
        _wrapped(_plain(f"{head}: {CAUSES[cell] if head == 'class' and cell in CAUSES else cell}"))
        for head, cell in zip(row.heads[1:], row.cells[1:], strict=False)
        if cell
    ]
    return "\n".join([f"{name} ({_plain(row.section)})", *said])


def _wrapped(text: str) -> str:
    width = min(shutil.get_terminal_size((100, 24)).columns, 100)
    return textwrap.fill(text, width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def _plain(text: str) -> str:
    """Markdown without its links and marks."""
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text).replace("`", "").replace("**", "")


def _paragraphs(page: str) -> Iterator[str]:
    """The text between the tables: paragraphs, and the points of lists one by one."""
    text = "\n".join("" if line.startswith(("|", "#", "<!--")) else line for line in page.splitlines())
    yield from re.split(r"\n\s*\n|\n(?= *[-*] |\d+\. )", text)


def _unknown(name: str, known: set[str]) -> Exception:
    import difflib

    from faultline.core.errors import InputError, shown

    near = difflib.get_close_matches(name, sorted(known), n=1)
    hint = f"did you mean {near[0]}?" if near else "give a name from a report, such as chains_together."
    return InputError(f"there is no check, limit, status or cause {shown(name)}; {hint}")
