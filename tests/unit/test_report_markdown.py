"""Numbers and names as text: what is not known is unknown, and no name breaks the page."""

from __future__ import annotations

import pytest
from test_report import ODD, parsed

from faultline.report import markdown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "unknown"),
        (float("nan"), "unknown"),
        (float("inf"), "unknown"),
        (0, "0"),
        (1.0051, "1.005"),
        (12345.6, "12,346"),
        (1.5e8, "1.5e+08"),
        (True, "unknown"),
    ],
)
def test_numbers_read_well(value, shown):
    assert markdown.number(value) == shown


@pytest.mark.parametrize("name", [ODD, "a_b", "_x_", "a``b", "x\ny", "1. list", "&lt;"])
def test_a_name_survives_markdown(name):
    for made in (markdown.code(name), f"said {markdown.text(name)}"):
        inline = next(token for token in parsed(made) if token.type == "inline")
        shown = "".join(child.content for child in inline.children).removeprefix("said ")
        assert shown.strip() == " ".join(name.split())


@pytest.mark.parametrize(
    ("shown", "total", "words"),
    [
        (1, 1, "The only term:"),
        (4, 4, "All 4 terms, the worst first:"),
        (10, 12, "The worst 10 of 12 terms:"),
    ],
)
def test_the_lead_of_a_table_that_begins_with_the_worst(shown, total, words):
    assert markdown.worst_first(shown, total, "term") == words
