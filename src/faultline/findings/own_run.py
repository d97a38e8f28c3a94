"""What a run with a user's own arguments says: whether it starts, and whether its arguments are why it does not pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faultline.core.check import Check, equals
from faultline.core.errors import one_line, shown
from faultline.core.sections.record import Record
from faultline.criteria import own_run
from faultline.criteria import thresholds as limit
from faultline.findings.words import Advice, listed

_LONGEST_MESSAGE = 160


def checks(record: Record, others: Sequence[Check]) -> list[Check]:
    """The other checks of the run, as far as they mean something for the way it moves, and what its arguments have to do with them."""
    run = record.as_yours
    if not run:
        return []
    found = [check for check in others if own_run.apply(check, run.moves)]
    return [_starts(record), *found, _arguments(record, found)]


def call(arguments: Mapping[str, Any]) -> str:
    """``pm.sample(tune=0, step=pm.Metropolis())``."""
    return f"pm.sample({_called(arguments)})"


def _called(arguments: Mapping[str, Any]) -> str:
    return ", ".join(_argument(name, value) for name, value in arguments.items())


def _argument(name: str, value: Any) -> str:
    if name == "initvals":
        return "initvals=..."
    name = "random_seed" if name == "seed" else name
    return f"{name}=pm.{value}()" if name == "step" else f"{name}={shown(value)}"


def _starts(record: Record) -> Check:
    error = record.as_yours.error
    note = "pm.sample runs with these arguments"
    if error:
        note = (
            f"the run ended with {error['type']} in pm.sample: {one_line(error['message'], _LONGEST_MESSAGE)}"
        )
    return equals("run_starts", not error, True, note=note)


def _arguments(record: Record, others: Sequence[Check]) -> Check:
    """Whether the arguments are why the run does not pass. A search that found nothing leaves that open.

    A run of too few draws is no failure; a single chain, which nothing can be compared with, is one.
    """
    run = record.as_yours
    about: dict[str, Any] = {"cause_class": "s"}
    if run.cure:
        failed = any(check.role == "fault" and check.passed is False for check in others)
        alone = record.sampling and (record.sampling.chains or 0) < limit.CHAINS_MIN
        note = f"your run passes with {instead(run.arguments, run.cure)}"
        about["role"] = "fault" if failed or alone or run.error else "standard"
        return equals("arguments_sound", False, True, note=note, names=tuple(run.cure), **about)
    if record.sampling and all(check.passed is True for check in others if check.role != "remark"):
        return equals("arguments_sound", True, True, note="your run passes with these arguments", **about)
    if run.stopped:
        note = "the search for other arguments ended before it found any with which the run passes"
    elif run.tried:
        note = "your run passes with none of the other arguments that were tried"
    else:
        note = "your arguments leave nothing to try in their place"
    return equals("arguments_sound", None, True, note=note, role="standard", **about)


def instead(arguments: Mapping[str, Any], change: Mapping[str, Any]) -> str:
    """``tune=1000 in place of tune=0``; ``init='adapt_diag'`` where nothing was said; ``PyMC's own choice in place of step=...``."""
    said = [
        f"{_argument(name, value)} in place of {_argument(name, arguments[name])}"
        if name in arguments
        else _argument(name, value)
        for name, value in change.items()
        if value is not None
    ]
    if left_out := [_argument(name, arguments[name]) for name, value in change.items() if value is None]:
        said.append(f"PyMC's own choice in place of {listed(left_out)}")
    return listed(said)


# --- What to do --------------------------------------------------------------------------------------------------


def _call(names: Sequence[str], record: Record) -> str:
    cure = record.as_yours.cure or {}
    given = {name: value for name, value in cure.items() if value is not None}
    left_out = [f"`{name}`" for name, value in cure.items() if value is None]
    steps = [f"call pm.sample with `{_called(given)}`"] if given else []
    steps += [f"leave out {listed(left_out)}"] if left_out else []
    sentence = " and ".join(steps)
    more = ""
    if "init" in given:
        more = (
            " PyMC then uses its own NUTS, and all chains start where the model says: give initvals that differ if you suspect more than "
            "one mode."
        )
    return f"{sentence[:1].upper()}{sentence[1:]}.{more}"


ADVICE: Advice = {
    "run_starts": "Correct what the error in pm.sample names. The other groups say whether the model can be evaluated where it starts.",
    "arguments_sound": _call,
}
