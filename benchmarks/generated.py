"""Write what is generated from the code, in the files that it stands in; with --check only say what is out of date.

    python benchmarks/generated.py

In docs/decision-rules.md the tables of limits are made of the limits and the comments above them, the table of families of the checks
that each has advice for; the kinds of groups that a record's schema allows are those of the experiments.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src")]

from faultline.core.record import SCHEMAS  # noqa: E402
from faultline.experiments import EXPERIMENTS  # noqa: E402
from faultline.findings.advice import FAMILIES  # noqa: E402

DOCS, SCHEMA = ROOT / "docs" / "decision-rules.md", SCHEMAS / "record.schema.json"
PACKAGE = ROOT / "src" / "faultline"
LIMITS = {
    "measuring": [
        PACKAGE / "criteria" / "thresholds.py",
        *sorted((PACKAGE / "criteria" / "trials").glob("*.py")),
    ],
    "judging": sorted(path for room in ("findings", "diagnosis") for path in (PACKAGE / room).rglob("*.py")),
}
"""Table -> the files whose limits it lists."""


def limits(path: Path) -> Iterator[tuple[str, str, str]]:
    """Name, value and reason of every limit of a file, a number with a name in capitals: the reason is the comment above it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if found := re.match(r"([A-Z][A-Z0-9_]*) = (-?[0-9][0-9_.e+-]*)", line):
            above = list(takewhile(lambda text: text.startswith("# "), reversed(lines[:number])))
            reason = " ".join(text.removeprefix("# ") for text in reversed(above))
            yield found[1], f"{float(found[2]):.4g}", reason


def tables() -> Iterator[tuple[str, str]]:
    """The tables of the page by the marks between which they stand."""
    for name, paths in LIMITS.items():
        yield (
            f"limits: {name}",
            "| limit | value | where | why |\n|---|---|---|---|\n"
            + "".join(
                f"| `{limit}` | {value} | {path.relative_to(PACKAGE)} | {reason} |\n"
                for path in paths
                for limit, value, reason in limits(path)
            ),
        )
    rows = (
        f"| {family.__name__.rpartition('.')[2]} | {', '.join(f'`{check}`' for check in sorted(family.ADVICE))} |\n"
        for family in FAMILIES
    )
    yield "checks", "| family | checks |\n|---|---|\n" + "".join(rows)


def with_tables(text: str) -> str:
    """The page with its tables as they are now."""
    for name, table in tables():
        begin, end = f"<!-- {name} -->\n", "<!-- end -->"
        before, rest = text.split(begin)
        text = f"{before}{begin}{table}{end}{rest.split(end, 1)[1]}"
    return text


def with_kinds(text: str) -> str:
    """The schema with the kinds that there are."""
    kinds = json.dumps([known.kind for known in EXPERIMENTS])
    return re.sub(r'("kind": \{"enum": )\[[^]]*\]', rf"\g<1>{kinds}", text, count=1)


GENERATED = {DOCS: with_tables, SCHEMA: with_kinds}


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if anything is out of date"
    )
    arguments = parser.parse_args()
    stale = {path: new for path, make in GENERATED.items() if (new := make(old := path.read_text())) != old}
    for path, text in stale.items():
        print(f"{path.relative_to(ROOT)} {'is out of date' if arguments.check else 'written'}")
        if not arguments.check:
            path.write_text(text)
    return int(arguments.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
