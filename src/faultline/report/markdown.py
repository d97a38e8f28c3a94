"""Figures and names as text: one way to write a number, an unknown, a name, a table."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

UNKNOWN = "unknown"
# An underscore inside a word is only an underscore, so names stay as they can be searched for.
_SPECIAL = re.compile(r"([\\*<>\[\]`~&|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
_BLOCK_START = re.compile(r"^([-+=#]|\d+(?=[.)](?:\s|$)))")


def known(value: Any) -> bool:
    """Whether a statistic is a finite number. None, NaN and infinity are all unknown, never a pass."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def number(value: Any, digits: int = 4) -> str:
    """A measured number for reading; what is not finite is ``unknown``."""
    if not known(value):
        return UNKNOWN
    if float(value).is_integer() and abs(value) < 1e7:
        return f"{int(value):,}"
    if 1000 <= abs(value) < 1e7:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def exact(value: Any) -> str:
    """A log-probability as it is: here NaN and infinity are findings and keep their names."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+inf" if value > 0 else "-inf"
    if not known(value) or abs(value) >= 1e9:
        return number(value, 8)
    return f"{value:,.2f}" if abs(value) >= 1e6 else f"{value:,.4f}"


def percent(share: Any) -> str:
    """A share between 0 and 1 as a percentage."""
    if not known(share):
        return UNKNOWN
    return "below 0.01 %" if 0 < share < 1e-4 else f"{100 * share:.3g} %"


def seconds(value: Any) -> str:
    """A duration in the unit that reads best."""
    if not known(value):
        return UNKNOWN
    if value < 1:
        return f"{1000 * value:.3g} ms"
    if value < 120:
        return f"{value:.3g} s"
    return f"{int(value // 60)} min {int(value % 60)} s"


def plural(n: int, noun: str, many: str | None = None) -> str:
    """``1 draw``, ``2 draws``."""
    return f"{number(n)} {noun if n == 1 else many or noun + 's'}"


def worst_first(shown: int, total: int, noun: str) -> str:
    """``The worst 10 of 12 terms:``, over a table that begins with the worst."""
    if total == 1:
        return f"The only {noun}:"
    return (
        f"All {plural(total, noun)}, the worst first:"
        if shown == total
        else f"The worst {shown} of {plural(total, noun)}:"
    )


def text(value: Any) -> str:
    """Foreign words with every sign that Markdown would act on made harmless, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(value).split()))


def code(name: Any) -> str:
    """A name from the model or the data as code, whatever signs it has."""
    plain = " ".join(str(name).split()) or "(empty)"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", plain)), default=0))
    pad = " " if "`" in plain else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def codes(names: Iterable[Any], most: int = 8) -> str:
    """Names in a row, the first ``most`` of them."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(code(name) for name in names[:most]) + more


def paragraph(words: Any) -> str:
    """One paragraph, whatever line breaks came in; names in backticks stay code, the rest is only text."""
    plain = " ".join(str(words or "").split())
    parts = re.split(r"(`[^`]+`)", plain)
    safe = "".join(part if i % 2 else _SPECIAL.sub(r"\\\1", part) for i, part in enumerate(parts))
    return _BLOCK_START.sub(lambda m: f"{m[1]}\\" if m[1].isdigit() else f"\\{m[1]}", safe)


def table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """A Markdown table. Cells are Markdown already; only the bar is escaped here. ``right`` are right-aligned columns."""
    rules = ["---:" if i in right else "---" for i in range(len(header))]
    lines = [header, rules, *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def link(label: str, target: str) -> str:
    """A relative link; the target keeps its spaces and brackets out of Markdown's way."""
    return f"[{label}](<{target}>)" if re.search(r"[ ()]", target) else f"[{label}]({target})"


def image(alt: str, target: str) -> str:
    return "!" + link(text(alt), target)


def _cell(cell: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\|", " ".join(cell.split("\n")))
