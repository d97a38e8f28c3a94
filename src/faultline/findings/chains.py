"""What is said of a run's chains: which of them hardly move, and which are in a place of next to no probability."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.core.check import Check, finite
from faultline.core.sections.run import Run
from faultline.criteria import thresholds as limit
from faultline.criteria.run_statistics import Figures, far_below

_MOVE = "See in the trace plot where {chains} got stuck, and compare only the other chains with each other."
_START = (
    'Start every chain at the initial values themselves, without jitter (`init="adapt_diag"`), and see whether the chains stay '
    "there; if the model has no good initial values yet, give it some (`initval`)."
)
_LEVEL = (
    "Find out what keeps {chains} in a region of negligible probability: start all chains where {best} is."
)


def stuck(sampling: Run) -> str:
    """Of the chains that hardly move; else of the one that moves least."""
    moves = _known(_moves(sampling))
    if low := [i for i in moves if moves[i] < limit.STUCK_MOVEMENT]:
        least = min(moves[i] for i in low)
        verb = "hardly moves" if len(low) == 1 else "hardly move"
        if least == 0:
            return f"{_named(low)} {verb}: most draws repeat the previous one"
        return f"{_named(low)} {verb}: from draw to draw, {least:.2g} times as far as the rest of the run"
    return f"every chain moves: from draw to draw, at least {min(moves.values(), default=1.0):.2g} times as far as the rest of the run"


def below(sampling: Run, run: Figures) -> str:
    """Of the chains that end far below another, or below the start; else of all of them."""
    ends, start = _known(sampling.chains_logp_end), sampling.start_logp
    low, best = _low(sampling, run), max(ends.values(), default=0.0)
    if not low:
        return "no chain ends far below another, nor below the log-probability at the start"
    listed = ", ".join(f"{ends[i]:,.0f}" for i in low)
    of_start = finite(start) and start > best
    than = (
        f"the {start:,.0f} at the start"
        if of_start
        else f"the {best:,.0f} of chain {max(ends, key=ends.get)}"
    )
    return (
        f"{_named(low)} {'ends' if len(low) == 1 else 'end'} at a log-probability of {listed}, far below {than}: draws of "
        f"one distribution of {run.n_values:,} values differ by at most {far_below(run.n_values):,.0f}"
    )


def advice(sampling: Run, run: Figures, checks: Sequence[Check]) -> list[str]:
    """What to do about such chains, a sentence for each kind."""
    broken = {check.name for check in checks if check.passed is False}
    steps = []
    if "chains_level" in broken:
        ends, start = _known(sampling.chains_logp_end), sampling.start_logp
        best = max(ends, key=ends.get)
        of_start = finite(start) and start > ends[best]
        low = _named(_low(sampling, run))
        steps.append(_START if of_start else _LEVEL.format(chains=low, best=f"chain {best}"))
    if "chains_move" in broken:
        moves = _known(_moves(sampling))
        steps.append(_MOVE.format(chains=_named([i for i in moves if moves[i] < limit.STUCK_MOVEMENT])))
    return steps


def _low(sampling: Run, run: Figures) -> list[int]:
    """The chains that end far below the best log-probability known."""
    ends = _known(sampling.chains_logp_end)
    best = max([*ends.values(), *filter(finite, [sampling.start_logp])], default=0.0)
    return [i for i, end in ends.items() if run.n_values and best - end > far_below(run.n_values)]


def _moves(sampling: Run) -> list[float | None]:
    return [row and row["moves"] for row in sampling.chains_movement]


def _known(values: Sequence[float | None]) -> dict[int, float]:
    return {i: value for i, value in enumerate(values) if finite(value)}


def _named(chains: Sequence[int]) -> str:
    if len(chains) == 1:
        return f"chain {chains[0]}"
    return f"chains {', '.join(map(str, chains[:-1]))} and {chains[-1]}"
