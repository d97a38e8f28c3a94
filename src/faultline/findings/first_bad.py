"""The first value that is not finite in a loop of a stage, in words: which operation made it, where, and of what."""

from __future__ import annotations

from pathlib import PurePath

from faultline.core.sections.section import Row

_OPERATIONS = {
    "log": "the logarithm",
    "log1p": "the logarithm",
    "div": "the division",
    "sqrt": "the square root",
    "rsqrt": "the inverse square root",
    "exp": "the exponential",
    "expm1": "the exponential",
    "pow": "the power",
    "integer_pow": "the power",
    "sub": "the subtraction",
    "add": "the addition",
    "mul": "the multiplication",
    "dot_general": "the matrix product",
    "cholesky": "the Cholesky decomposition",
    "triangular_solve": "the triangular solve",
    "reduce_sum": "the sum",
}
"""JAX's name of an operation -> what it is called."""
_GIVEN = {
    "x": "what the loop is given at step {step}, {name}, is not finite",
    "state": "the entry {name} of the state is not finite before the first step",
    "constant": "a constant{named} is not finite",
}


def explained(bad: Row) -> str:
    """What made the first value that is not finite, as one sentence without its full stop; empty where that is not known."""
    cause = bad.get("cause")
    if not cause:
        return ""
    operation = cause["operation"]
    if cause["kind"] in _GIVEN:
        name = f"`{cause['name']}`" if cause["name"] else "an entry"
        named = f", `{cause['name']}`," if cause["name"] else ""
        said = _GIVEN[cause["kind"]].format(step=cause["step"], name=name, named=named)
        return f"{said}; {_place(operation)} reads it first" if operation and _place(operation) else said
    if not operation:
        return ""
    what = _OPERATIONS.get(operation["name"], f"the operation {operation['name']}")
    line = made_in(bad)
    at = f"in {line}," if line else "outside the files of the case"
    gradient = " (in the gradient of that line)" if line and operation["place"]["gradient"] else ""
    said = f"{what} {at} is not finite{gradient}"
    inputs = [f"{_named(each)} {_range(each)}" for each in operation["inputs"] if each["decisive"]]
    if inputs:
        said += f": {' and '.join(inputs)}"
    if origin := _origin(cause, operation):
        said += f"; it comes from {origin}"
    return said


def made_in(bad: Row) -> str:
    """The line of the case that made it; empty where it was given, or where that is not known."""
    cause = bad.get("cause") or {}
    place = (cause.get("operation") or {}).get("place")
    if not place or cause["kind"] in _GIVEN:
        return ""
    return f"{PurePath(place['file']).name} line {place['line']}, `{place['expression']}`"


def blamed(bad: Row) -> tuple[str, ...]:
    """The variables of the stage that the bad value was computed from."""
    cause = bad.get("cause") or {}
    names = [one["name"] for link in cause.get("chain", ()) for one in (link["inputs"] or [link])]
    if not names and cause.get("operation"):
        names = [each["name"] for each in cause["operation"]["inputs"] if each["decisive"]]
    return tuple(dict.fromkeys(name for name in names if name))


def _origin(cause: Row, operation: Row) -> str:
    told = {each["name"] for each in operation["inputs"] if each["decisive"]}
    names = [f"`{name}`" for name in blamed({"cause": cause}) if name not in told]
    return " and ".join(names[:3])


def _named(found: Row) -> str:
    if found["name"]:
        return f"`{found['name']}`"
    return f"`{found['made']['expression']}`" if found["made"] else "its input"


def _range(found: Row) -> str:
    values = found["there"] or found["values"]
    if values["low"] is None:
        return "is not finite"
    low, high = f"{values['low']:.3g}", f"{values['high']:.3g}"
    return f"is {low}" if low == high else f"is between {low} and {high}"


def _place(operation: Row) -> str:
    place = operation["place"]
    return f"{PurePath(place['file']).name} line {place['line']}" if place else ""
