"""``faultline report [SUITE]``: the answer of a suite and its page once more, or all of it as one archive to pass on."""

from __future__ import annotations

import posixpath
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import click

from faultline.cli.places import settle

if TYPE_CHECKING:
    from faultline.store.suite import Suite

PAGE = "report_summary.html"
SUMMARY = "summary"


@click.command()
@click.argument("suite", required=False)
@click.option("--zip", "zipped", is_flag=True, help="Pack the suite's pages and files into one archive.")
@click.option("--open", "opens", is_flag=True, help="Open the report in the browser.")
def command(suite: str | None, zipped: bool, opens: bool) -> int:
    """Print the answer of a suite again, and where its page is.

    SUITE is its folder, or its name in faultline-results/; it may be omitted where there is only one. With --record FILE, write the report of
    one record again (see faultline report --record FILE --help).
    """
    settle()
    from faultline.report import terminal

    found = _suite(suite)
    files = _files(found)
    lines = terminal.answer(found.folder, found.asked(SUMMARY)["groups"])
    print(*terminal.fitted(lines[1:]), sep="\n")
    if zipped:
        print(f"archive: {_packed(found, files)}")
    if opens:
        import webbrowser

        webbrowser.open((found.folder / PAGE).resolve().as_uri())
    return 0


def _suite(given: str | None) -> Suite:
    """The suite that is meant: a folder, a name, or the only one that there is."""
    from faultline.core.errors import InputError
    from faultline.core.record import SUITES
    from faultline.store.suite import Suite

    there = sorted(path.parent for path in Path(SUITES).glob(f"*/{PAGE}"))
    names = f"; these have one: {', '.join(path.name for path in there)}" if there else ""
    if given:
        places = [place for place in (Path(SUITES, given), Path(given)) if (place / PAGE).is_file()]
        if not places:
            raise InputError(f"there is no report of a suite {given}{names}; run faultline diagnose first.")
        return Suite(places[0])
    if len(there) != 1:
        raise InputError(
            f"there are several suites{names}: name one, as in faultline report {there[0].name}."
            if there
            else f"there is no report in {SUITES}; run faultline diagnose MODEL first."
        )
    return Suite(there[0])


def _files(suite: Suite) -> list[str]:
    """The files of what was published last, by what was asked for last.

    Raises
    ------
    InputError
        If something else has been asked for since, or a file is missing.
    """
    from faultline.core.errors import InputError

    again = f"run faultline diagnose {(suite.owner() or ('MODEL',))[0]} again"
    names = [SUMMARY, *suite.asked(SUMMARY).get("groups", {})]
    files: dict[str, None] = {}
    for name in [*names, *(extra for extra in ("dataset", "size_ladder") if suite.asked(extra))]:
        published = suite.published(name)
        if not published or published.get("key") != suite.asked(name).get("key"):
            raise InputError(f"the report in {suite.folder} is not of what was asked last; {again}.")
        files |= dict.fromkeys(file for file in published["files"] if not file.startswith("embedded/"))
    if missing := [file for file in files if not (suite.folder / file).is_file()]:
        raise InputError(f"{suite.folder / missing[0]} is missing; {again}.")
    return list(files)


def _packed(suite: Suite, files: list[str]) -> Path:
    """An archive of the files beside the suite, in which every link of every page leads to a file."""
    from zipfile import ZIP_DEFLATED, ZipFile

    from faultline.core.errors import InternalError

    if dead := [f"{page}: {link}" for page in files for link in _links(suite, page) if link not in files]:
        raise InternalError(f"a page links to what is not in the suite: {dead[0]}")
    place = suite.folder.with_name(f"{suite.folder.name}.zip")
    new = place.with_name(f".{place.name}.new")
    with ZipFile(new, "w", ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(suite.folder / file, f"{suite.folder.name}/{file}")
    new.replace(place)
    return place


def _links(suite: Suite, page: str) -> list[str]:
    """The files that a page links to, as paths in the suite."""
    if not page.endswith(".html"):
        return []
    reader = _Reader()
    reader.feed((suite.folder / page).read_text(encoding="utf-8"))
    parts = [urlsplit(link) for link in reader.links]
    here = posixpath.dirname(page)
    return [
        posixpath.normpath(posixpath.join(here, unquote(part.path)))
        for part in parts
        if part.path and not (part.scheme or part.netloc)
    ]


class _Reader(HTMLParser):
    """Collects where a page's links and pictures lead."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attrs if name in ("href", "src") and value]
