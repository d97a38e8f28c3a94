"""One self-contained HTML page from Markdown: pictures inside, no script, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import html
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt

from faultline import __version__

FOLDED = "traceback"  # a fenced block with this word is folded away
_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #d5dae0; --paper: #ffffff; --band: #f5f7f9; --link: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ec; --soft: #9aa4af; --line: #3b434c; --paper: #15191e; --band: #1d232a; --link: #79b8ff; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.2rem clamp(0.8rem, 3vw, 2rem) 4rem; }
h1 { font-size: 1.65rem; line-height: 1.25; margin: 0.6rem 0 0.8rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 0.6rem; padding-bottom: 0.25rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.4rem 0 0.4rem; }
p, ul, ol { max-width: 48rem; }
h1 + p strong { font-size: 1.1rem; }
blockquote { margin: 1rem 0; padding: 0.1rem 1rem; border-left: 4px solid #d55e00; background: var(--band); }
a { color: var(--link); }
code { font: 0.88em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; background: var(--band); padding: 0.1em 0.3em; border-radius: 4px; overflow-wrap: anywhere; }
pre { background: var(--band); border: 1px solid var(--line); border-radius: 6px; padding: 0.8rem; overflow-x: auto; }
pre code { background: none; padding: 0; overflow-wrap: normal; }
.scroll { overflow-x: auto; margin: 0.8rem 0; }
table { border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: 0.3rem 0.75rem 0.3rem 0; text-align: left; vertical-align: top; }
thead:not(:has(th:not(:empty))) { display: none; }
th { color: var(--soft); font-weight: 600; }
td:first-child:not([style]) { min-width: 7rem; }
td[style], th[style] { white-space: nowrap; }
td code { overflow-wrap: break-word; }
img { max-width: 100%; height: auto; display: block; margin: 0.8rem 0; border: 1px solid var(--line); border-radius: 6px; background: #ffffff; }
footer { margin-top: 3rem; color: var(--soft); font-size: 0.85rem; }
summary { cursor: pointer; color: var(--link); }
@media print {
  body { font-size: 11pt; background: #ffffff; color: #000000; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; }
  img, tr { break-inside: avoid; }
  .scroll { overflow: visible; }
}
"""


def page(title: str, markdown: str, folder: str | Path, links: bool = True) -> str:
    """The whole page. Relative pictures are read from ``folder`` and put inside; links to reports go to their HTML.

    Without ``links`` they are only text, for a page that is put inside another one, where they would lead nowhere.
    Raw HTML in the Markdown is shown as text, never obeyed.
    """
    body = _renderer(Path(folder), links).render(markdown)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}"
        f"<footer>Faultline {__version__}</footer>\n</main>\n</body>\n</html>\n"
    )


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
        table_open=lambda *_: '<div class="scroll"><table>\n',
        table_close=lambda *_: "</table></div>\n",
    )
    return md
