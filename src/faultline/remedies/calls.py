"""The arguments of a call that creates a variable, and what is written in its place."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from faultline.remedies.rewrite import NotApplicable
from faultline.remedies.source import Edit, Source, indent_of, module_of, names_in, quoted, target_of, wrapped

ORDER = {
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
    "GaussianRandomWalk": ("mu", "sigma"),
    "MvNormal": ("mu", "cov"),
    "AR": ("rho", "sigma"),
    "Uniform": ("lower", "upper"),
}
"""Distribution -> its parameters in the order in which a call may give them after the name."""

SIZES = ("dims", "shape", "size")
REFUSED = ("initval", "transform", "default_transform", "observed", "total_size", "rng")


def parameters(call: ast.Call, dist: str, name: str) -> dict[str, ast.expr]:
    """The arguments of a call by their keywords."""
    if any(keyword.arg is None for keyword in call.keywords) or any(
        isinstance(arg, ast.Starred) for arg in call.args
    ):
        raise NotApplicable(f"the call that creates {name} unpacks arguments")
    if dist not in ORDER:
        raise NotApplicable(f"{name} is created by {dist}, which is not rewritten in a file")
    given = call.args[1:]
    if len(given) > len(ORDER[dist]):
        raise NotApplicable(f"the call that creates {name} has more arguments than {dist} takes")
    found = dict(zip(ORDER[dist], given, strict=False))
    found |= {keyword.arg: keyword.value for keyword in call.keywords}
    if refused := [key for key in REFUSED if key in found]:
        raise NotApplicable(f"the call that creates {name} gives {refused[0]}")
    return found


def is_zero(node: ast.expr | None) -> bool:
    """Whether an argument is left out, the number 0, or an array of zeros."""
    if isinstance(node, ast.Call):
        func = node.func
        return (func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")) == "zeros"
    return node is None or (isinstance(node, ast.Constant) and node.value == 0)


def added(source: Source, location: ast.expr | None, product: str) -> str:
    """The location plus this, as text."""
    return product if is_zero(location) else f"{wrapped(source, location, ast.Add)} + {product}"


def appended(source: Source, call: ast.Call, argument: str) -> Edit:
    """One more argument."""
    end = source.stop(call) - 1
    return Edit(end, end, argument if source.text[:end].rstrip().endswith(",") else f", {argument}")


def replaced(source: Source, node: ast.expr | ast.keyword, text: str) -> Edit:
    """Another text for a piece of the tree."""
    return Edit(source.start(node), source.stop(node), text)


def raw_and_value(
    source: Source,
    call: ast.Call,
    edits: Sequence[Edit],
    name: str,
    raw: str,
    value_of: Callable[[str], str],
    dims: str,
) -> str:
    """The text with the call made that of the new variable, and the old one computed from it: after it, or around it."""
    target, module = target_of(source, call), module_of(source, call)
    statement = source.parents.get(call)
    inner = source.edited([replaced(source, call.args[0], quoted(source, call, raw)), *edits])
    shift = len(inner) - len(source.text)
    first, last = source.start(call), source.stop(call) + shift
    made = inner[first:last]
    if target is not None:
        indent = indent_of(source, statement)
        variable = raw if raw not in names_in(source.tree) else f"{raw}_"
        value = f"{module}.Deterministic({quoted(source, call, name)}, {value_of(variable)}{dims})"
        left = " = ".join(target)
        after = f"{left} = {value}" if left else value
        start, stop = source.start(statement), source.stop(statement) + shift
        return f"{inner[:start]}{variable} = {made}\n{indent}{after}{inner[stop:]}"
    value = f"{module}.Deterministic({quoted(source, call, name)}, {value_of(made)}{dims})"
    return f"{inner[:first]}{value}{inner[last:]}"


def dims_of(source: Source, given: Mapping[str, ast.expr]) -> str:
    """The argument that gives the dimensions again, after others; empty where there are none."""
    return f", dims={source.of(given['dims'])}" if "dims" in given else ""
