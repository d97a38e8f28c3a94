"""docs/reliability.md names a test for every row, and every test of tests/reliability stands there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
TESTS = {
    name
    for path in (ROOT / "tests" / "reliability").glob("test_*.py")
    for name in re.findall(r"^def test_(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
}


def named() -> set[str]:
    """Beginnings of the names of tests, from the last column of the table of cases."""
    rows = [line.rstrip("|").rsplit("|", 1)[-1] for line in PAGE.splitlines() if line.startswith("|")]
    return {name for cell in rows for name in re.findall(r"`([a-z_0-9]+)`", cell)}


def test_every_row_names_a_test_that_exists():
    assert {start for start in named() if not any(test.startswith(start) for test in TESTS)} == set()


def test_every_test_stands_in_the_table():
    assert {test for test in TESTS if not test.startswith(tuple(named()))} == set()
