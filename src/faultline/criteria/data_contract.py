"""Arrays held against what a case declares of them, and the pairs of arrays that should be alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from faultline.core.sections.pipeline import ArrayContract, SeedRun
from faultline.core.sections.section import Row

TEST = ("test", "val", "valid", "validation")
"""What stands in the name of an array where the one for training has "train"."""


@dataclass
class Kept:
    """Whether one array with one seed is as asked. ``broken``: in what it is not; ``unknown``: what could not be held against it."""

    broken: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool | None:
        return False if self.broken else None if self.unknown else True


def kept(run: SeedRun, contract: Mapping[str, ArrayContract]) -> dict[str, Kept]:
    """Name of an array in the contract -> whether it is as asked, with one seed.

    The name of a length stands for what it is in the first array that has it, in the order of the stages.
    """
    order = [stage.name for stage in run.stages]
    stages = {name: name.partition(".")[0] for name in contract}
    names = sorted(
        contract, key=lambda name: order.index(stages[name]) if stages[name] in order else len(order)
    )
    lengths: dict[str, tuple[int, str]] = {}
    return {name: _kept(run, name, contract[name], lengths) for name in names}


def criterion(name: str) -> str:
    """What the contract of an array is called among the criteria of trials."""
    return f"contract of {name}"


def _kept(run: SeedRun, name: str, asked: ArrayContract, lengths: dict[str, tuple[int, str]]) -> Kept:
    of, _, item = name.partition(".")
    stage = run.stage(of)
    if not stage.ran:
        return Kept(unknown=[f"stage {of} left nothing"])
    array = stage.arrays.get(item)
    if array is None:
        return Kept(broken=[f"there is no such array; {of} leaves {', '.join(stage.arrays) or 'none'}"])
    found = Kept()
    if asked.dtype is not None and not _is_type(array["dtype"], asked.dtype):
        found.broken.append(f"dtype {asked.dtype} is asked for, and it is {array['dtype']}")
    if asked.shape is not None and (wrong := _wrong_shape(name, array["shape"], asked.shape, lengths)):
        found.broken.append(wrong)
    if asked.finite and array.get("n_nonfinite"):
        found.broken.append(nonfinite(array))
    _hold_range(array, asked, found)
    if asked.varies and array.get("constant"):
        found.broken.append(f"every value is {array['min']:.6g}")
    if asked.distinct and array["size"]:
        if (repeated := array.get("n_repeated")) is None:
            found.unknown.append("it is too large to look for rows that repeat")
        elif repeated:
            found.broken.append(repeats(array))
    return found


def nonfinite(array: Row) -> str:
    """How many values are not finite, how many of them NaN, and where the first is."""
    count, size = array["n_nonfinite"], array["size"]
    nan = array.get("n_nan", 0)
    kind = "NaN" if nan == count else "infinite" if not nan else f"not finite ({nan:,} NaN)"
    place = ", ".join(map(str, array["first_nonfinite"]))
    return f"{count:,} of {size:,} values {'is' if count == 1 else 'are'} {kind}, the first at [{place}]"


def repeats(array: Row) -> str:
    """How many rows, or values, stand in the array more than once."""
    what = "values" if len(array["shape"]) == 1 else "rows"
    count = array["n_repeated"]
    return f"{count:,} of {array['shape'][0]:,} {what} {'repeats' if count == 1 else 'repeat'} an earlier one"


def form(shape: Iterable[int | str]) -> str:
    """A shape in words: ``n × 2``."""
    return " × ".join(map(str, shape)) or "scalar"


def _is_type(got: str, asked: str) -> bool:
    """Whether a type is the one that is asked for; text may have any length."""
    return got == asked or (asked == "str" and got.lstrip("<>=|")[:1] == "U")


def _wrong_shape(
    name: str, got: list[int], asked: tuple[int | str, ...], lengths: dict[str, tuple[int, str]]
) -> str:
    """What is wrong with a shape; empty where nothing is."""
    if len(got) != len(asked):
        return f"shape {form(asked)} is asked for, and it is {form(got)}"
    wrong, beside = False, []
    for length, wanted in zip(got, asked, strict=True):
        if isinstance(wanted, str):
            known, where = lengths.setdefault(wanted, (length, name))
            if length != known:
                beside.append(f"{wanted} is {known}" + (f" in {where}" if where != name else ""))
        wrong |= isinstance(wanted, int) and length != wanted
    if not (wrong or beside):
        return ""
    where = f" ({', '.join(beside)})" if beside else ""
    return f"shape {form(asked)}{where} is asked for, and it is {form(got)}"


def _hold_range(array: Row, asked: ArrayContract, found: Kept) -> None:
    """Hold the values against their limits. NaN is left to ``finite``; an infinite value is beyond any limit."""
    limits = {"at least": asked.min, "at most": asked.max}
    wanted = " and ".join(f"{word} {limit:.6g}" for word, limit in limits.items() if limit is not None)
    if not wanted or not array["size"]:
        return
    if "n_nonfinite" not in array or array["dtype"].startswith("complex"):
        found.unknown.append(f"values of type {array['dtype']} have no range that is measured")
    elif array["n_nonfinite"] > array.get("n_nan", 0):
        found.broken.append(f"{wanted} is asked for, and {nonfinite(array)}")
    elif "min" in array:
        too_low = asked.min is not None and array["min"] < asked.min
        if too_low or (asked.max is not None and array["max"] > asked.max):
            found.broken.append(
                f"{wanted} is asked for, and its values are {array['min']:.6g} to {array['max']:.6g}"
            )


def pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    """The arrays of one stage that are the same but for training and for testing: their names differ by train and test."""
    known = list(names)
    found = []
    for name in known:
        for test in TEST:
            other = (
                name.replace("train", test).replace("Train", test.capitalize()).replace("TRAIN", test.upper())
            )
            if other != name and other in known:
                found.append((name, other))
    return found
