"""The lines of a user's file that make a change: edits inside the calls that create variables, as they would write them."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence

from faultline.remedies.calls import (
    REFUSED,
    SIZES,
    added,
    appended,
    dims_of,
    parameters,
    raw_and_value,
    replaced,
)
from faultline.remedies.lines_series import increments, innovations
from faultline.remedies.lines_signs import signs
from faultline.remedies.lines_vectors import non_centered, prior_of, reparameterized
from faultline.remedies.rewrite import NotApplicable, Step
from faultline.remedies.source import (
    Edit,
    Source,
    indent_of,
    module_of,
    quoted,
    statement_around,
    target_of,
    wrapped,
)


def patched(
    text: str,
    steps: Sequence[Step],
    shapes: Mapping[str, Sequence[int]],
    pick: Mapping[str, int] | None = None,
) -> str:
    """A source text with the steps made, one after another.

    Parameters
    ----------
    shapes
        Name of a variable -> its shape, for calls that leave it to their parameters.
    pick
        Name of a variable -> which of the calls that create it, in the order of the file, where there are several.

    Raises
    ------
    Ambiguous
        Several calls create a variable, and none is picked.
    NotApplicable
        The text does not allow it; the message says why.
    """
    for step in steps:
        if step["kind"] == "rotated":
            text = _rotated(Source(text, pick), step, shapes)
            continue
        for name in step["names"]:
            text = _WRITERS[step["kind"]](Source(text, pick), name, step, shapes.get(name, ()))
    return text


_PLACES = {
    "Normal": ("mu", "sigma"),
    "StudentT": ("mu", "sigma"),
    "Laplace": ("mu", "b"),
    "Cauchy": ("alpha", "beta"),
    "Logistic": ("mu", "s"),
    "Gumbel": ("mu", "beta"),
    "LogNormal": ("mu", "sigma"),
    "Lognormal": ("mu", "sigma"),
    "HalfNormal": (None, "sigma"),
    "HalfCauchy": (None, "beta"),
    "HalfStudentT": (None, "sigma"),
    "Exponential": (None, "scale"),
}
"""Distribution -> the keywords of its location and its scale."""

ROTATED = "rotated"
TURNED = "turned"
_OPTIONAL_LOCATION = ("Normal", "StudentT", "LogNormal", "Lognormal")
"""Where a call may leave the location out: it is 0."""


def _ordered(source: Source, name: str, step: Step, shape: Sequence[int]) -> str:
    return _transformed(source, name, "ordered", step["starts"])


def _half_turn(source: Source, name: str, step: Step, shape: Sequence[int]) -> str:
    return _transformed(source, name, "log", step["starts"])


def _transformed(source: Source, name: str, transform: str, starts: float | Sequence[float]) -> str:
    """The call that creates it with a transform, and with values where it can start then."""
    call, _ = source.call(name)
    given = {keyword.arg for keyword in call.keywords}
    if None in given:
        raise NotApplicable(f"the call that creates {name} unpacks arguments")
    if refused := [key for key in REFUSED if key in given]:
        raise NotApplicable(f"the call that creates {name} gives {refused[0]}")
    more = f"transform={module_of(source, call)}.distributions.transforms.{transform}, initval={starts!r}"
    return source.edited([appended(source, call, more)])


def _non_centered(source: Source, name: str, step: Step, shape: Sequence[int]) -> str:
    if (prior := prior_of(source, name)) is not None:
        return reparameterized(source, prior, name)
    call, dist = source.call(name)
    if dist == "MvNormal":
        return non_centered(source, name, call, shape)
    given = parameters(call, dist, name)
    if dist not in _PLACES:
        raise NotApplicable(f"{name} is created by {dist}, which is not rewritten in a file")
    location_key, scale_key = _PLACES[dist]
    if "tau" in given and scale_key not in given:
        scale_key, scale = "tau", f"/ {module_of(source, call)}.math.sqrt({source.of(given['tau'])})"
    elif dist == "Exponential" and "lam" in given and "scale" not in given:
        scale_key, scale = "lam", f"/ {wrapped(source, given['lam'])}"
    elif scale_key in given:
        scale = wrapped(source, given[scale_key])
    else:
        raise NotApplicable(f"the call that creates {name} does not give its scale by name or in order")
    location = given.get(location_key) if location_key else None
    if location_key and location is None and dist not in _OPTIONAL_LOCATION:
        raise NotApplicable(f"the call that creates {name} does not give its location")
    module, log = module_of(source, call), dist in ("LogNormal", "Lognormal")
    edits = [replaced(source, given[scale_key], "1")]
    if location is not None:
        edits.append(replaced(source, location, "0"))
    if log:
        edits.append(replaced(source, call.func, f"{module}.Normal"))
    if shape and not any(key in given for key in SIZES):
        edits.append(appended(source, call, f"shape={tuple(shape)}"))

    def value(raw: str) -> str:
        return _total(source, module, location, scale, raw, log)

    return raw_and_value(source, call, edits, name, f"{name}_raw", value, dims_of(source, given))


def _total(source: Source, module: str, location: ast.expr | None, scale: str, raw: str, log: bool) -> str:
    """Location and scale times the variable, as text; without a scale, the variable as it is."""
    scaled = f"{scale} * {raw}" if scale and not scale.startswith("/ ") else f"{raw} {scale}".strip()
    found = added(source, location, scaled)
    return f"{module}.math.exp({found})" if log else found


def _centered(source: Source, name: str, step: Step, shape: Sequence[int]) -> str:
    raw, dist = source.call(name)
    given = parameters(raw, dist, name)
    value, _ = source.call(step["as"])
    statement = source.parents.get(raw)
    target = target_of(source, raw)
    if not target or len(target) != 1:
        raise NotApplicable(f"{name} is not created in an assignment of its own")
    if len(value.args) < 2 and not any(keyword.arg == "var" for keyword in value.keywords):
        raise NotApplicable(f"the call that creates {step['as']} does not give its value in order")
    made = value.args[1] if len(value.args) > 1 else next(k.value for k in value.keywords if k.arg == "var")
    location, scale = _split(source, made, target[0])
    sizes = [f"{key}={source.of(given[key])}" for key in SIZES if key in given]
    module = module_of(source, raw)
    call = ", ".join([quoted(source, value, step["as"]), location or "0", scale, *sizes])
    gone = source.text.rfind("\n", 0, source.start(statement)) + 1
    rest = source.text.find("\n", source.stop(statement))
    edits = [
        Edit(source.start(value), source.stop(value), f"{module}.Normal({call})"),
        Edit(gone, len(source.text) if rest < 0 else rest + 1, ""),
    ]
    return source.edited(edits)


def _split(source: Source, made: ast.expr, raw: str) -> tuple[str | None, str]:
    """Location and scale in ``location + scale * raw``, as text."""

    def is_raw(node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id == raw

    def scale(node: ast.expr) -> str | None:
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult):
            return None
        sides = [node.left, node.right]
        other = [side for side in sides if not is_raw(side)]
        return source.of(other[0]) if len(other) == 1 else None

    if found := scale(made):
        return None, found
    if isinstance(made, ast.BinOp) and isinstance(made.op, ast.Add):
        for side, other in ((made.left, made.right), (made.right, made.left)):
            if found := scale(side):
                return source.of(other), found
    raise NotApplicable(f"the value is not written as location + scale * {raw}")


def _rotated(source: Source, step: Step, shapes: Mapping[str, Sequence[int]]) -> str:
    calls = {name: source.call(name) for name in step["names"]}
    first = min((call for call, _ in calls.values()), key=source.start)
    statement = statement_around(source, first)
    if statement is None:
        raise NotApplicable("the first of the coefficients is not created in a statement of its own")
    module, indent = module_of(source, first), indent_of(source, statement)
    edits, begin, sd = [], 0, repr(step["sd"]).removesuffix(".0")
    for name, (call, dist) in calls.items():
        given = parameters(call, dist, name)
        if dist not in ("Normal", "LogNormal", "Lognormal"):
            raise NotApplicable(f"{name} is created by {dist}, not by Normal or LogNormal")
        if "tau" in given:
            scale = f"/ {module}.math.sqrt({source.of(given['tau'])})"
        else:
            scale = wrapped(source, given["sigma"]) if "sigma" in given else "1"
        shape = tuple(shapes.get(name, ()))
        size = math.prod(shape)
        if "axes" in step:
            turned = f"{TURNED}[{begin}:{begin + size}]" if shape else f"{TURNED}[{begin}]"
        else:
            rows = step["rotation"][begin : begin + size]
            turned = f"{module}.math.dot({rows if shape else rows[0]}, {ROTATED})"
        begin += size
        dims = dims_of(source, given)
        if _number(scale) == step["sd"]:
            scale = ""
        elif step["sd"] != 1:
            turned = f"{turned} / {sd}"
        value = _total(source, module, given.get("mu"), scale, turned, name in step["logs"])
        made = f"{module}.Deterministic({quoted(source, call, name)}, {value}{dims})"
        edits.append(Edit(source.start(call), source.stop(call), made))
    at = source.start(statement)
    lines = [f'{ROTATED} = {module}.Normal("{ROTATED}", 0, {sd}, shape={begin})']
    if "axes" in step:
        one = f"{TURNED} = {TURNED} - {module}.math.dot({TURNED}, axis) * axis"
        lines += [f"{TURNED} = {ROTATED}", f"for axis in {step['axes']}:", f"    {one}"]
    edits.append(Edit(at, at, "".join(f"{line}\n{indent}" for line in lines)))
    return source.edited(edits)


def _number(text: str) -> float | None:
    """The number that an expression states; None of anything else."""
    try:
        return float(text)
    except ValueError:
        return None


def _cut(source: Source, name: str, step: Step, shape: Sequence[int]) -> str:
    call, dist = source.call(name)
    given = parameters(call, dist, name)
    if dist != "Uniform" or not {"lower", "upper"} <= given.keys():
        raise NotApplicable(f"the call that creates {name} does not give the ends of a Uniform")
    if target_of(source, call) is None:
        raise NotApplicable(f"{name} is not created in an assignment of its own")
    (low, high), module = step["bounds"], module_of(source, call)
    width = high - low
    ends = (given["lower"], repr(low + width / 2)), (given["upper"], repr(high + width / 2))
    edits = [replaced(source, node, text) for node, text in ends]

    def value(raw: str) -> str:
        return f"{module}.math.switch({raw} > {high!r}, {raw} - {width!r}, {raw})"

    return raw_and_value(source, call, edits, name, f"{name}_turned", value, dims_of(source, given))


_WRITERS = {
    "cut": _cut,
    "half_turn": _half_turn,
    "non_centered": _non_centered,
    "increments": increments,
    "innovations": innovations,
    "ordered": _ordered,
    "signs": signs,
    "centered": _centered,
}
