"""The guard: ends a worker, and whatever that has started, when the supervisor that started both is gone.

    python -m faultline.run.guard

It reads the worker's process id from its standard input, which ends when the supervisor does, however that ends.
"""

from __future__ import annotations

import sys
from contextlib import suppress

import psutil

from faultline.run.process import end, tree_of


def main() -> None:
    pid = int(sys.stdin.readline() or 0)
    roots = []
    with suppress(psutil.Error):
        roots = [psutil.Process(pid)] if pid else []
    sys.stdin.read()
    if pid:
        end(lambda: tree_of(roots, pid))


if __name__ == "__main__":
    main()
