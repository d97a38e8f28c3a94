"""The lines of a user's file that make a change: edits inside the calls that create variables, as they would write them."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence

from faultline.remedies.rewrite import NotApplicable, Step
from faultline.remedies.source import Edit, Source, indent_of, module_of, names_in, quoted, target_of, wrapped


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


_ORDER = {
    "Normal": ("mu", "sigma"),
    "StudentT": ("nu",),
    "Laplace": ("mu", "b"),
    "Cauchy": ("alpha", "beta"),
    "Logistic": ("mu", "s"),
    "Gumbel": ("mu", "beta"),
    "LogNormal": ("mu", "sigma"),
    "Lognormal": ("mu", "sigma"),
    "HalfNormal": ("sigma",),
    "HalfCauchy": ("beta",),
    "HalfStudentT": ("nu", "sigma"),
    "Exponential": ("lam",),
    "Gamma": ("alpha", "beta"),
    "GaussianRandomWalk": (),
}
"""Distribution -> its parameters in the order in which a call may give them after the name."""

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
_SIZES = ("dims", "shape", "size")
_REFUSED = ("initval", "transform", "default_transform", "observed", "total_size", "rng")
_OPTIONAL_LOCATION = ("Normal", "StudentT", "LogNormal", "Lognormal")
"""Where a call may leave the location out: it is 0."""


def _parameters(call: ast.Call, dist: str, name: str) -> dict[str, ast.expr]:
    """The arguments of a call by their keywords."""
    if any(keyword.arg is None for keyword in call.keywords) or any(
        isinstance(arg, ast.Starred) for arg in call.args
    ):
        raise NotApplicable(f"the call that creates {name} unpacks arguments")
    if dist not in _ORDER:
        raise NotApplicable(f"{name} is created by {dist}, which is not rewritten in a file")
    given = call.args[1:]
    if len(given) > len(_ORDER[dist]):
        raise NotApplicable(f"the call that creates {name} has more arguments than {dist} takes")
    found = dict(zip(_ORDER[dist], given, strict=False))
    found |= {keyword.arg: keyword.value for keyword in call.keywords}
    if refused := [key for key in _REFUSED if key in found]:
        raise NotApplicable(f"the call that creates {name} gives {refused[0]}")
    return found


def _ordered(source: Source, name: str, step: Step, shape: Sequence[int]) -> str:
    call, _ = source.call(name)
    given = {keyword.arg for keyword in call.keywords}
    if None in given:
        raise NotApplicable(f"the call that creates {name} unpacks arguments")
    if refused := [key for key in _REFUSED if key in given]:
        raise NotApplicable(f"the call that creates {name} gives {refused[0]}")
    values = ", ".join(map(repr, step["starts"]))
    more = f"transform={module_of(source, call)}.distributions.transforms.ordered, initval=[{values}]"
    end = source.stop(call) - 1
    comma = "" if source.text[:end].rstrip().endswith(",") else ", "
    return source.edited([Edit(end, end, f"{comma}{more}")])


def _non_centered(source: Source, name: str, step: Step, shape: Sequence[int]) -> str:
    call, dist = source.call(name)
    given = _parameters(call, dist, name)
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
    target, module = target_of(source, call), module_of(source, call)
    raw = f"{name}_raw"
    edits = [Edit(source.start(call.args[0]), source.stop(call.args[0]), quoted(source, call, raw))]
    if location is not None:
        edits.append(Edit(source.start(location), source.stop(location), "0"))
    edits.append(Edit(source.start(given[scale_key]), source.stop(given[scale_key]), "1"))
    log = dist in ("LogNormal", "Lognormal")
    if log:
        edits.append(
            Edit(source.start(call.func), source.stop(call.func), f"{module_of(source, call)}.Normal")
        )
    if shape and not any(key in given for key in _SIZES):
        end = source.stop(call) - 1
        comma = "" if source.text[:end].rstrip().endswith(",") else ", "
        edits.append(Edit(end, end, f"{comma}shape={tuple(shape)}"))
    dims = f", dims={source.of(given['dims'])}" if "dims" in given else ""
    return _write(
        source,
        call,
        target,
        edits,
        name,
        raw,
        lambda raw: _sum(source, module, location, scale, raw, log),
        dims,
    )


def _sum(source: Source, module: str, location: ast.expr | None, scale: str, raw: str, log: bool) -> str:
    """Location and scale times the variable, as text."""
    product = f"{raw} {scale}" if scale.startswith("/ ") else f"{scale} * {raw}"
    zero = location is None or (isinstance(location, ast.Constant) and location.value == 0)
    total = product if zero else f"{wrapped(source, location, ast.Add)} + {product}"
    return f"{module}.math.exp({total})" if log else total


def _increments(source: Source, name: str, step: Step, shape: Sequence[int]) -> str:
    call, dist = source.call(name)
    given = _parameters(call, dist, name)
    if dist != "GaussianRandomWalk" or len(shape) != 1:
        raise NotApplicable(f"{name} is no GaussianRandomWalk of one dimension")
    if "sigma" not in given or "init_dist" not in given:
        raise NotApplicable(f"the call that creates {name} does not give both sigma and init_dist")
    init = given["init_dist"]
    made = isinstance(init, ast.Call) and isinstance(init.func, ast.Attribute) and init.func.attr == "dist"
    if not made:
        raise NotApplicable(f"init_dist of {name} is not written in its call")
    target = target_of(source, call)
    if target is None or len(target) != 1:
        raise NotApplicable(f"{name} is not created in an assignment of its own")
    module = module_of(source, call)
    arguments = source.text[source.start(init.func) : source.stop(init)]
    start = arguments.replace(".dist(", f'("{name}_init", ', 1)
    start = f"{start[:-1].rstrip().rstrip(',')}, shape=1)"
    statement = source.parents[call]
    indent = indent_of(source, statement)
    mu = given.get("mu")
    zero = mu is None or (isinstance(mu, ast.Constant) and mu.value == 0)
    steps = f"{wrapped(source, given['sigma'])} * {name}_raw"
    steps = steps if zero else f"{wrapped(source, mu, ast.Add)} + {steps}"
    dims = f", dims={source.of(given['dims'])}" if "dims" in given else ""
    lines = [
        f"{name}_init = {start}",
        f'{name}_raw = {module}.Normal("{name}_raw", 0, 1, shape={shape[0] - 1})',
        f'{target[0]} = {module}.Deterministic("{name}", {module}.math.concatenate([{name}_init, {steps}]).cumsum(){dims})',
    ]
    return source.edited([Edit(source.start(statement), source.stop(statement), f"\n{indent}".join(lines))])


def _centered(source: Source, name: str, step: Step, shape: Sequence[int]) -> str:
    raw, dist = source.call(name)
    given = _parameters(raw, dist, name)
    value, _ = source.call(step["as"])
    statement = source.parents.get(raw)
    target = target_of(source, raw)
    if not target or len(target) != 1:
        raise NotApplicable(f"{name} is not created in an assignment of its own")
    if len(value.args) < 2 and not any(keyword.arg == "var" for keyword in value.keywords):
        raise NotApplicable(f"the call that creates {step['as']} does not give its value in order")
    made = value.args[1] if len(value.args) > 1 else next(k.value for k in value.keywords if k.arg == "var")
    location, scale = _split(source, made, target[0])
    sizes = [f"{key}={source.of(given[key])}" for key in _SIZES if key in given]
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
    statement = source.parents.get(first)
    if target_of(source, first) is None:
        raise NotApplicable("the first of the coefficients is not created in an assignment of its own")
    module, indent = module_of(source, first), indent_of(source, statement)
    edits, begin = [], 0
    for name, (call, dist) in calls.items():
        given = _parameters(call, dist, name)
        if dist != "Normal":
            raise NotApplicable(f"{name} is created by {dist}, not by Normal")
        if "tau" in given:
            scale = f"/ {module}.math.sqrt({source.of(given['tau'])})"
        else:
            scale = wrapped(source, given["sigma"]) if "sigma" in given else "1"
        shape = tuple(shapes.get(name, ()))
        size = math.prod(shape)
        rows = step["rotation"][begin : begin + size]
        begin += size
        turned = f"{module}.math.dot({rows if shape else rows[0]}, {ROTATED})"
        dims = f", dims={source.of(given['dims'])}" if "dims" in given else ""
        value = _sum(source, module, given.get("mu"), scale, turned, False)
        made = f"{module}.Deterministic({quoted(source, call, name)}, {value}{dims})"
        edits.append(Edit(source.start(call), source.stop(call), made))
    at = source.start(statement)
    edits.append(Edit(at, at, f'{ROTATED} = {module}.Normal("{ROTATED}", 0, 1, shape={begin})\n{indent}'))
    return source.edited(edits)


def _write(
    source: Source,
    call: ast.Call,
    target: list[str] | None,
    edits: Sequence[Edit],
    name: str,
    raw: str,
    total: Callable[[str], str],
    dims: str,
) -> str:
    """The text with the call made that of the new variable, and the old one computed from it: after it, or around it."""
    module = module_of(source, call)
    statement = source.parents.get(call)
    inner = source.edited(edits)
    shift = len(inner) - len(source.text)
    first, last = source.start(call), source.stop(call) + shift
    made = inner[first:last]
    if target is not None:
        indent = indent_of(source, statement)
        variable = raw if raw not in names_in(source.tree) else f"{raw}_"
        value = f"{module}.Deterministic({quoted(source, call, name)}, {total(variable)}{dims})"
        left = " = ".join(target)
        after = f"{left} = {value}" if left else value
        start, stop = source.start(statement), source.stop(statement) + shift
        return f"{inner[:start]}{variable} = {made}\n{indent}{after}{inner[stop:]}"
    value = f"{module}.Deterministic({quoted(source, call, name)}, {total(made)}{dims})"
    return f"{inner[:first]}{value}{inner[last:]}"


_WRITERS = {
    "non_centered": _non_centered,
    "increments": _increments,
    "ordered": _ordered,
    "centered": _centered,
}
