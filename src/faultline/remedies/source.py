"""The lines of a user's file that make a change: edits inside the calls that create variables, as they would write them."""

from __future__ import annotations

import ast
import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from faultline.remedies.rewrite import NotApplicable, Step


@dataclass(frozen=True)
class _Edit:
    """A piece of the text to be replaced, by offsets."""

    start: int
    stop: int
    text: str


class Ambiguous(NotApplicable):
    """Several calls create a variable of one name: in branches, of which one is taken."""

    def __init__(self, name: str, calls: int) -> None:
        super().__init__(f"{calls} calls in the file name {name!r}")
        self.name, self.calls = name, calls


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
            text = _rotated(_Source(text, pick), step, shapes)
            continue
        for name in step["names"]:
            text = _WRITERS[step["kind"]](_Source(text, pick), name, step, shapes.get(name, ()))
    return text


def diff(before: str, after: str, name: str) -> str:
    """What changes, as ``patch`` reads it."""
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), f"a/{name}", f"b/{name}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


class _Source:
    """A text with its tree, and where its nodes stand in it."""

    def __init__(self, text: str, pick: Mapping[str, int] | None = None) -> None:
        self.text, self._pick = text, pick or {}
        try:
            self.tree = ast.parse(text)
        except (SyntaxError, ValueError) as error:
            raise NotApplicable(f"the file cannot be parsed ({error})") from error
        encoded = text.encode()
        self._lines = [0]
        for line in text.splitlines(True):
            self._lines.append(self._lines[-1] + len(line.encode()))
        self._encoded = encoded
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def start(self, node: ast.AST) -> int:
        return self._at(node.lineno, node.col_offset)

    def stop(self, node: ast.AST) -> int:
        return self._at(node.end_lineno, node.end_col_offset)

    def _at(self, line: int, column: int) -> int:
        return len(self._encoded[: self._lines[line - 1] + column].decode())

    def of(self, node: ast.AST) -> str:
        return self.text[self.start(node) : self.stop(node)]

    def edited(self, edits: Sequence[_Edit]) -> str:
        text = self.text
        for edit in sorted(edits, key=lambda edit: (-edit.start, -edit.stop)):
            text = text[: edit.start] + edit.text + text[edit.stop :]
        return text

    def call(self, name: str) -> tuple[ast.Call, str]:
        """The one call that creates a variable of this name, and the name of its distribution."""
        found = [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call)
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and node.args[0].value == name
            and isinstance(node.func, ast.Attribute | ast.Name)
            and (node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id)[:1].isupper()
        ]
        if not found:
            raise NotApplicable(f"no call in the file names {name!r} as a literal")
        found.sort(key=self.start)
        if len(found) > 1 and self._pick.get(name, len(found)) >= len(found):
            raise Ambiguous(name, len(found))
        call = found[self._pick[name] if len(found) > 1 else 0]
        func = call.func
        return call, func.attr if isinstance(func, ast.Attribute) else func.id


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


def _ordered(source: _Source, name: str, step: Step, shape: Sequence[int]) -> str:
    call, _ = source.call(name)
    given = {keyword.arg for keyword in call.keywords}
    if None in given:
        raise NotApplicable(f"the call that creates {name} unpacks arguments")
    if refused := [key for key in _REFUSED if key in given]:
        raise NotApplicable(f"the call that creates {name} gives {refused[0]}")
    values = ", ".join(map(repr, step["starts"]))
    more = f"transform={_module(source, call)}.distributions.transforms.ordered, initval=[{values}]"
    end = source.stop(call) - 1
    comma = "" if source.text[:end].rstrip().endswith(",") else ", "
    return source.edited([_Edit(end, end, f"{comma}{more}")])


def _non_centered(source: _Source, name: str, step: Step, shape: Sequence[int]) -> str:
    call, dist = source.call(name)
    given = _parameters(call, dist, name)
    if dist not in _PLACES:
        raise NotApplicable(f"{name} is created by {dist}, which is not rewritten in a file")
    location_key, scale_key = _PLACES[dist]
    if "tau" in given and scale_key not in given:
        scale_key, scale = "tau", f"/ {_module(source, call)}.math.sqrt({source.of(given['tau'])})"
    elif dist == "Exponential" and "lam" in given and "scale" not in given:
        scale_key, scale = "lam", f"/ {_wrapped(source, given['lam'])}"
    elif scale_key in given:
        scale = _wrapped(source, given[scale_key])
    else:
        raise NotApplicable(f"the call that creates {name} does not give its scale by name or in order")
    location = given.get(location_key) if location_key else None
    if location_key and location is None and dist not in _OPTIONAL_LOCATION:
        raise NotApplicable(f"the call that creates {name} does not give its location")
    target, module = _target(source, call), _module(source, call)
    raw = f"{name}_raw"
    edits = [_Edit(source.start(call.args[0]), source.stop(call.args[0]), _quoted(source, call, raw))]
    if location is not None:
        edits.append(_Edit(source.start(location), source.stop(location), "0"))
    edits.append(_Edit(source.start(given[scale_key]), source.stop(given[scale_key]), "1"))
    log = dist in ("LogNormal", "Lognormal")
    if log:
        edits.append(
            _Edit(source.start(call.func), source.stop(call.func), f"{_module(source, call)}.Normal")
        )
    if shape and not any(key in given for key in _SIZES):
        end = source.stop(call) - 1
        comma = "" if source.text[:end].rstrip().endswith(",") else ", "
        edits.append(_Edit(end, end, f"{comma}shape={tuple(shape)}"))
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


def _sum(source: _Source, module: str, location: ast.expr | None, scale: str, raw: str, log: bool) -> str:
    """Location and scale times the variable, as text."""
    product = f"{raw} {scale}" if scale.startswith("/ ") else f"{scale} * {raw}"
    zero = location is None or (isinstance(location, ast.Constant) and location.value == 0)
    total = product if zero else f"{_wrapped(source, location, ast.Add)} + {product}"
    return f"{module}.math.exp({total})" if log else total


def _increments(source: _Source, name: str, step: Step, shape: Sequence[int]) -> str:
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
    target = _target(source, call)
    if target is None or len(target) != 1:
        raise NotApplicable(f"{name} is not created in an assignment of its own")
    module = _module(source, call)
    arguments = source.text[source.start(init.func) : source.stop(init)]
    start = arguments.replace(".dist(", f'("{name}_init", ', 1)
    start = f"{start[:-1].rstrip().rstrip(',')}, shape=1)"
    statement = source.parents[call]
    indent = _indent(source, statement)
    mu = given.get("mu")
    zero = mu is None or (isinstance(mu, ast.Constant) and mu.value == 0)
    steps = f"{_wrapped(source, given['sigma'])} * {name}_raw"
    steps = steps if zero else f"{_wrapped(source, mu, ast.Add)} + {steps}"
    dims = f", dims={source.of(given['dims'])}" if "dims" in given else ""
    lines = [
        f"{name}_init = {start}",
        f'{name}_raw = {module}.Normal("{name}_raw", 0, 1, shape={shape[0] - 1})',
        f'{target[0]} = {module}.Deterministic("{name}", {module}.math.concatenate([{name}_init, {steps}]).cumsum(){dims})',
    ]
    return source.edited([_Edit(source.start(statement), source.stop(statement), f"\n{indent}".join(lines))])


def _centered(source: _Source, name: str, step: Step, shape: Sequence[int]) -> str:
    raw, dist = source.call(name)
    given = _parameters(raw, dist, name)
    value, _ = source.call(step["as"])
    statement = source.parents.get(raw)
    target = _target(source, raw)
    if not target or len(target) != 1:
        raise NotApplicable(f"{name} is not created in an assignment of its own")
    if len(value.args) < 2 and not any(keyword.arg == "var" for keyword in value.keywords):
        raise NotApplicable(f"the call that creates {step['as']} does not give its value in order")
    made = value.args[1] if len(value.args) > 1 else next(k.value for k in value.keywords if k.arg == "var")
    location, scale = _split(source, made, target[0])
    sizes = [f"{key}={source.of(given[key])}" for key in _SIZES if key in given]
    module = _module(source, raw)
    call = ", ".join([_quoted(source, value, step["as"]), location or "0", scale, *sizes])
    gone = source.text.rfind("\n", 0, source.start(statement)) + 1
    rest = source.text.find("\n", source.stop(statement))
    edits = [
        _Edit(source.start(value), source.stop(value), f"{module}.Normal({call})"),
        _Edit(gone, len(source.text) if rest < 0 else rest + 1, ""),
    ]
    return source.edited(edits)


def _split(source: _Source, made: ast.expr, raw: str) -> tuple[str | None, str]:
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


def _rotated(source: _Source, step: Step, shapes: Mapping[str, Sequence[int]]) -> str:
    calls = {name: source.call(name) for name in step["names"]}
    first = min((call for call, _ in calls.values()), key=source.start)
    statement = source.parents.get(first)
    if _target(source, first) is None:
        raise NotApplicable("the first of the coefficients is not created in an assignment of its own")
    module, indent = _module(source, first), _indent(source, statement)
    edits, begin = [], 0
    for name, (call, dist) in calls.items():
        given = _parameters(call, dist, name)
        if dist != "Normal":
            raise NotApplicable(f"{name} is created by {dist}, not by Normal")
        if "tau" in given:
            scale = f"/ {module}.math.sqrt({source.of(given['tau'])})"
        else:
            scale = _wrapped(source, given["sigma"]) if "sigma" in given else "1"
        shape = tuple(shapes.get(name, ()))
        size = math.prod(shape)
        rows = step["rotation"][begin : begin + size]
        begin += size
        turned = f"{module}.math.dot({rows if shape else rows[0]}, {ROTATED})"
        dims = f", dims={source.of(given['dims'])}" if "dims" in given else ""
        value = _sum(source, module, given.get("mu"), scale, turned, False)
        made = f"{module}.Deterministic({_quoted(source, call, name)}, {value}{dims})"
        edits.append(_Edit(source.start(call), source.stop(call), made))
    at = source.start(statement)
    edits.append(_Edit(at, at, f'{ROTATED} = {module}.Normal("{ROTATED}", 0, 1, shape={begin})\n{indent}'))
    return source.edited(edits)


def _write(
    source: _Source,
    call: ast.Call,
    target: list[str] | None,
    edits: Sequence[_Edit],
    name: str,
    raw: str,
    total: Callable[[str], str],
    dims: str,
) -> str:
    """The text with the call made that of the new variable, and the old one computed from it: after it, or around it."""
    module = _module(source, call)
    statement = source.parents.get(call)
    inner = source.edited(edits)
    shift = len(inner) - len(source.text)
    first, last = source.start(call), source.stop(call) + shift
    made = inner[first:last]
    if target is not None:
        indent = _indent(source, statement)
        variable = raw if raw not in _names(source.tree) else f"{raw}_"
        value = f"{module}.Deterministic({_quoted(source, call, name)}, {total(variable)}{dims})"
        left = " = ".join(target)
        after = f"{left} = {value}" if left else value
        start, stop = source.start(statement), source.stop(statement) + shift
        return f"{inner[:start]}{variable} = {made}\n{indent}{after}{inner[stop:]}"
    value = f"{module}.Deterministic({_quoted(source, call, name)}, {total(made)}{dims})"
    return f"{inner[:first]}{value}{inner[last:]}"


def _target(source: _Source, call: ast.Call) -> list[str] | None:
    """The names that the value of a call is assigned to, as a statement of its own; empty for a bare expression, None for all else."""
    parent = source.parents.get(call)
    if isinstance(parent, ast.Assign) and parent.value is call and _alone(source, parent):
        return [source.of(target) for target in parent.targets]
    if isinstance(parent, ast.Expr) and _alone(source, parent):
        return []
    return None


def _alone(source: _Source, statement: ast.stmt) -> bool:
    """Whether nothing else stands on its first line: it does after a colon or a semicolon."""
    start = source.start(statement)
    before = source.text[source.text.rfind("\n", 0, start) + 1 : start]
    rest = source.text[source.stop(statement) :].split("\n", 1)[0].strip()
    return not before.strip() and (not rest or rest.startswith("#"))


def _indent(source: _Source, statement: ast.AST) -> str:
    start = source.start(statement)
    return source.text[source.text.rfind("\n", 0, start) + 1 : start]


def _module(source: _Source, call: ast.Call) -> str:
    """What PyMC is called where a distribution is."""
    if isinstance(call.func, ast.Attribute):
        return source.of(call.func.value)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "pymc":
                    return alias.asname or alias.name
    raise NotApplicable("the file does not import pymc under a name")


def _quoted(source: _Source, call: ast.Call, name: str) -> str:
    mark = source.of(call.args[0])[0]
    return f"{mark}{name}{mark}" if mark in "\"'" else f'"{name}"'


def _wrapped(source: _Source, node: ast.expr, operation: type[ast.operator] = ast.Mult) -> str:
    """An expression in brackets, unless it binds more tightly than the operation."""
    plain = (ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.Constant)
    binds = isinstance(node, plain) or (operation is ast.Add and isinstance(node, ast.BinOp))
    return source.of(node) if binds else f"({source.of(node)})"


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


_WRITERS = {
    "non_centered": _non_centered,
    "increments": _increments,
    "ordered": _ordered,
    "centered": _centered,
}
