"""The log of a worker: what a model prints, which may be a gigabyte. It is never read whole, and does not grow for ever."""

from __future__ import annotations

import os
from pathlib import Path

BYTES = 20_000_000
"""What is kept of a log: its beginning, and what came last when it grew beyond this."""
TAIL = 20_000
"""What is read of a log: the few pages around a crash."""


def read(path: Path, start: int) -> str:
    """At most ``TAIL`` bytes of a log, from byte ``start`` on; a negative ``start`` counts from its end."""
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size + start, 0) if start < 0 else start)
        return file.read(TAIL).decode(errors="replace")


def cap(path: Path) -> None:
    """Leave out a part of a log that is longer than ``BYTES``, while its writers append to it."""
    if not path.exists() or path.stat().st_size <= BYTES:
        return
    tail = read(path, -TAIL)
    os.truncate(path, BYTES // 2)
    with open(path, "a", encoding="utf-8") as log:
        log.write(f"\n[the log was longer than {BYTES // 10**6} MB, and a part is left out here]\n{tail}")
