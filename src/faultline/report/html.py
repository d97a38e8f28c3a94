"""One self-contained HTML page from Markdown: pictures inside, no script, nothing loaded from anywhere."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from faultline import __version__
from faultline.report.templates import render

MADE_BY = f"Faultline {__version__}"
"""What stands at the foot of every page."""
FOLDED = "traceback"  # a fenced block with this word is folded away


def page(title: str, markdown: str, folder: str | Path, links: bool = True) -> str:
    """The whole page. Relative pictures are read from ``folder`` and put inside; links to reports go to their HTML.

    Without ``links`` they are only text, for a page that is put inside another one, where they would lead nowhere.
    Raw HTML in the Markdown is shown as text, never obeyed.
    """
    return render("page.html", title=title, body=fragment(markdown, folder, links), made_by=MADE_BY)


def fragment(markdown: str, folder: str | Path, links: bool = True) -> str:
    """The same as a piece of HTML that can stand inside another document."""
    md = _renderer(Path(folder), links)
    tokens = _without_empty_headers(md.parse(markdown))
    return md.renderer.render(tokens, md.options, {})


def _renderer(folder: Path, links: bool) -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False}).enable("table")
    plain_fence, plain_image, plain_link = md.renderer.fence, md.renderer.image, md.renderer.renderToken

    def fence(tokens, idx, options, env):
        block = plain_fence(tokens, idx, options, env)
        folded = tokens[idx].info.strip() == FOLDED
        return f"<details><summary>Traceback</summary>\n{block}</details>\n" if folded else block

    def image(tokens, idx, options, env):
        source = str(tokens[idx].attrs["src"])
        path = folder / unquote(source)
        if path.is_file():
            data = base64.b64encode(path.read_bytes()).decode("ascii")
            tokens[idx].attrs["src"] = f"data:image/png;base64,{data}"
        return plain_image(tokens, idx, options, env)

    def link_open(tokens, idx, options, env):
        target = str(tokens[idx].attrs["href"])
        if target.endswith(".md") and (folder / unquote(target)).with_suffix(".html").name.startswith(
            "report_"
        ):
            tokens[idx].attrs["href"] = target.removesuffix(".md") + ".html"
        return plain_link(tokens, idx, options, env)

    if not links:
        md.renderer.rules.update(link_close=lambda *_: "")
    md.renderer.rules.update(
        fence=fence,
        image=image,
        link_open=link_open if links else (lambda *_: ""),
        table_open=lambda *_: '<div class="scroll" role="group" aria-label="Table" tabindex="0"><table>\n',
        table_close=lambda *_: "</table></div>\n",
    )
    return md


def _without_empty_headers(tokens: Sequence[Token]) -> list[Token]:
    """Markdown wants a header of every table and of every column; a reader of the page is spared those that are empty."""
    kept: list[Token] = []
    head: list[Token] | None = None
    for i, token in enumerate(tokens):
        if token.type == "thead_open":
            head = []
        if head is None:
            kept.append(token)
            continue
        if token.type == "th_open" and not tokens[i + 1].content:
            token.tag = tokens[i + 2].tag = "td"
        head.append(token)
        if token.type == "thead_close":
            kept += head if any(each.content for each in head) else []
            head = None
    return kept
