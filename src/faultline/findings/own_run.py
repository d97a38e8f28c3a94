"""What a run with a user's own arguments says: whether it starts, and whether its arguments are why it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faultline.core.check import Check, equals
from faultline.core.errors import shown
from faultline.core.sections.record import Record
from faultline.criteria import own_run
from faultline.findings.words import Advice

_LONGEST_MESSAGE = 160


def checks(record: Record, others: Sequence[Check]) -> list[Check]:
    """The other checks of the run, as far as they mean something for its step method, and what its arguments have to do with them."""
    run = record.as_yours
    if not run:
        return []
    found = [check for check in others if own_run.apply(check, run.arguments)]
    passed = bool(record.sampling) and all(check.passed is True for check in found if check.role != "remark")
    return [_starts(record), *found, _arguments(record, passed)]


def called(arguments: Mapping[str, Any]) -> str:
    """Arguments as one writes them: ``tune=0, step=pm.Metropolis()``."""
    return ", ".join(_argument(name, value) for name, value in arguments.items())


def call(arguments: Mapping[str, Any]) -> str:
    """``pm.sample(tune=0)``."""
    return f"pm.sample({called(arguments)})"


def _argument(name: str, value: Any) -> str:
    name = "random_seed" if name == "seed" else name
    return f"{name}=pm.{value}()" if name == "step" else f"{name}={shown(value)}"


def _starts(record: Record) -> Check:
    error = record.as_yours.error
    note = "pm.sample runs with these arguments"
    if error:
        said = error["message"]
        short = said if len(said) <= _LONGEST_MESSAGE else f"{said[:_LONGEST_MESSAGE]}..."
        note = f"pm.sample ends with {error['type']}: {short}"
    return equals("run_starts", not error, True, note=note)


def _arguments(record: Record, passed: bool) -> Check:
    """Whether the arguments make the run fail: unknown where it fails and the search was cut short before it found any that do."""
    run = record.as_yours
    about: dict[str, Any] = {"cause_class": "s"}
    if run.cure:
        note = f"your run passes with {instead(run.arguments, run.cure)}"
        return equals("arguments_sound", False, True, note=note, names=tuple(run.cure), **about)
    if passed:
        return equals("arguments_sound", True, True, note="your run passes with these arguments", **about)
    if run.stopped:
        return equals(
            "arguments_sound",
            None,
            True,
            note="no time was left to try other arguments",
            role="standard",
            **about,
        )
    note = "no argument asks for less than PyMC does by itself"
    if run.tried:
        note = f"your run does not pass with {instead(run.arguments, run.tried[0]['change'])} either"
    return equals("arguments_sound", True, True, note=note, **about)


def instead(arguments: Mapping[str, Any], change: Mapping[str, Any]) -> str:
    """``tune=1000 in place of tune=0``; ``init='adapt_diag'`` where nothing was said; ``PyMC's own choice in place of step=...``."""
    said = []
    for name, value in change.items():
        new = "PyMC's own choice" if value is None else _argument(name, value)
        said.append(f"{new} in place of {_argument(name, arguments[name])}" if name in arguments else new)
    return " and ".join(said)


# --- What to do --------------------------------------------------------------------------------------------------


def _call(names: Sequence[str], record: Record) -> str:
    cure = record.as_yours.cure or {}
    given = {name: value for name, value in cure.items() if value is not None}
    left_out = [f"`{name}`" for name, value in cure.items() if value is None]
    steps = [f"call pm.sample with `{called(given)}`"] if given else []
    steps += [f"leave out {' and '.join(left_out)}"] if left_out else []
    sentence = " and ".join(steps)
    more = ""
    if "init" in given:
        more = " The chains then start where the model says: give initvals that differ if you suspect more than one mode."
    return f"{sentence[:1].upper()}{sentence[1:]}.{more}"


ADVICE: Advice = {
    "run_starts": "See what the other groups find where the model starts, and mend that first.",
    "arguments_sound": _call,
}
