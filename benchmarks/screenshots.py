"""The pages of suites in a real browser: pictures of them, and what is wrong with how they look.

    make screenshots SUITES="tests/diagnostics/v0_2_1_divergence faultline-results/schools"

Each page is opened 1280, 768 and 390 pixels wide, light and dark. What is wrong is printed, a line each, and ends the command with 1:
a page that is wider than its window, a link that leads nowhere, a picture without words, a wide table that does not show that it scrolls, and
what axe finds, low contrast among it. Needs playwright, axe-playwright-python and a chromium ($CHROMIUM, or the one on the path).
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

WINDOWS = ((1280, 800), (768, 1024), (390, 844))
SCHEMES = ("light", "dark")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("suites", nargs="+", type=Path, help="folders of suites")
    parser.add_argument("--output", type=Path, default=Path("screenshots"), help="where the pictures go")
    arguments = parser.parse_args()
    found = [path for suite in arguments.suites for path in sorted(suite.glob("report_*.html"))]
    pages = [path for path in found if "__" not in path.name]  # a copy by run id is the same page
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not pages or not browser:
        print(
            "error: "
            + ("there is no chromium; name one in CHROMIUM." if pages else "these suites have no page.")
        )
        return 1
    arguments.output.mkdir(parents=True, exist_ok=True)
    wrong = list(look(pages, browser, arguments.output))
    print(*wrong, sep="\n")
    print(f"{len(pages)} pages, {len(wrong)} things wrong; the pictures are in {arguments.output}")
    return bool(wrong)


def look(pages: list[Path], browser: str, output: Path) -> Iterator[str]:
    """Open every page in every window, keep a picture of each, and say what is wrong."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        )
        for path in pages:
            for width, height in WINDOWS:
                for scheme in SCHEMES:
                    page = chromium.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                    page.goto(path.resolve().as_uri())
                    name = f"{path.parent.name}-{path.stem}-{width}-{scheme}"
                    page.screenshot(path=output / f"{name}.png")
                    page.screenshot(path=output / f"{name}-whole.png", full_page=True)
                    yield from (f"{name}: {words}" for words in faults(page, path, Axe()))
                    page.close()
        chromium.close()


def faults(page: Any, path: Path, axe: Any) -> Iterator[str]:
    """What is wrong with a page that is open."""
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        yield "wider than its window"
    for target in page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))"):
        place = target.partition("#")[0]
        if place and not (path.parent / unquote(place)).exists():
            yield f"a link leads nowhere: {target}"
    if without := page.eval_on_selector_all("img", "all => all.filter(i => !i.alt).length"):
        yield f"{without} pictures without words"
    scrolls = "all => all.filter(t => t.scrollWidth > t.clientWidth && getComputedStyle(t).backgroundImage == 'none').length"
    if silent := page.eval_on_selector_all(".scroll", scrolls):
        yield f"{silent} wide tables do not show that they scroll"
    page.add_style_tag(content=".scroll { background: none; }")  # axe judges no text on a gradient
    for violation in axe.run(page).response["violations"]:
        yield f"{violation['id']}: {violation['help']}: {violation['nodes'][0]['html'][:120]}"


if __name__ == "__main__":
    sys.exit(main())
