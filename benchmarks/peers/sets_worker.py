"""BugDoc and Picire on planted conjunctions, run by an interpreter that has them: one question a line of JSON in, one answer a line out.

BugDoc sends each configuration over a socket to whoever runs it. Here the socket is a queue in this process, and the rest is BugDoc's own code.
"""

from __future__ import annotations

import collections
import json
import logging
import random
import sys
import tempfile
import types
import warnings
from pathlib import Path

MOST = 300
"""Configurations after which BugDoc's decision trees stop."""


class Outcomes:
    """Whether the planted choices show, of the toggles that are changed; now and then it errs."""

    def __init__(self, needed: list[int], errs: float, seed: int) -> None:
        self.needed, self.errs, self.random = set(needed), errs, random.Random(seed)
        self.seen: set[frozenset[int]] = set()
        self.runs = 0

    def shows(self, changed) -> bool:
        self.seen.add(frozenset(changed))
        self.runs += 1
        return (self.needed <= set(changed)) != (self.random.random() < self.errs)


class Queue:
    """What BugDoc uses of ZeroMQ: a context, two sockets and a poller, which are one queue of answers."""

    PUSH, PULL, POLLIN, NOBLOCK = range(4)

    def __init__(self) -> None:
        self.outcomes: Outcomes | None = None
        self.answers: collections.deque[str] = collections.deque()

    def send_string(self, message: str) -> None:
        choices = json.loads(message.split("|")[1])
        shows = self.outcomes.shows([i for i, choice in enumerate(choices) if choice])
        self.answers.append(str([*choices, str(not shows)]))

    def recv_string(self, *_) -> str:
        return self.answers.popleft()

    def poll(self, *_) -> list[tuple[Queue, int]]:
        return [(self, self.POLLIN)] if self.answers else []

    def Context(self) -> Queue:
        return self

    Poller = Context

    def socket(self, *_) -> Queue:
        return self

    def nothing(self, *_) -> None:
        """Opening and closing."""

    bind = register = unregister = close = term = nothing


QUEUE = Queue()
warnings.simplefilter("ignore")
module = types.ModuleType("zmq")
module.__dict__.update(
    {name: getattr(QUEUE, name) for name in ("PUSH", "PULL", "POLLIN", "NOBLOCK", "Context", "Poller")}
)
sys.modules["zmq"] = module

import picire  # noqa: E402
from bugdoc.algos import debugging_decision_trees, stacked_shortcut  # noqa: E402


def by_picire(n: int, outcomes: Outcomes) -> list[list[int]]:
    """Delta debugging; where the outcome does not show at its beginning, it has no answer."""

    def test(config, _) -> picire.Outcome:
        return picire.Outcome.FAIL if outcomes.shows(config) else picire.Outcome.PASS

    try:
        return [picire.DD(test)(list(range(n)))]
    except AssertionError:
        return []


def by_shortcut(n: int, outcomes: Outcomes) -> list[list[int]]:
    found, *_ = _asked(stacked_shortcut.AutoDebug(), n, outcomes)
    return [[toggle for toggle, choice in pairs if choice] for pairs in found]


def by_trees(n: int, outcomes: Outcomes) -> list[list[int]]:
    found, *_ = _asked(debugging_decision_trees.AutoDebug(first_solution=True, max_iter=MOST), n, outcomes)
    return [sorted({toggle for toggle, _, above in path if above}) for _, path in found]


def _asked(tool, n: int, outcomes: Outcomes):
    """What a tool of BugDoc's answers, where it knows the configuration that works and the one that fails."""
    QUEUE.outcomes = outcomes
    tool.is_poller_not_sync = False  # nothing has to be waited for
    names = [f"t{i:02d}" for i in range(n)]
    with tempfile.TemporaryDirectory() as folder:
        history = Path(folder) / "toy.adb"
        rows = []
        for choice in (0, 1):
            shows = outcomes.shows(range(n) if choice else ())
            rows.append(json.dumps(str({**dict.fromkeys(names, choice), "result": str(not shows)})))
        history.write_text("\n".join(rows) + "\n")
        return tool.run(str(history.with_suffix(".vt")), {name: [0, 1] for name in names}, ["result"])


TOOLS = {"picire": by_picire, "shortcut": by_shortcut, "trees": by_trees}


def main() -> None:
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        question = json.loads(line)
        random.seed(question["seed"])  # BugDoc draws from it
        outcomes = Outcomes(question["needed"], question["errs"], question["seed"])
        answers = TOOLS[question["tool"]](question["n"], outcomes)
        said = {"answers": answers, "configurations": len(outcomes.seen), "runs": outcomes.runs}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
