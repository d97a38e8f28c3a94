"""The lines of a user's file that non-center vectors with a covariance."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from faultline.remedies.calls import (
    SIZES,
    added,
    appended,
    dims_of,
    parameters,
    raw_and_value,
    replaced,
)
from faultline.remedies.rewrite import NotApplicable
from faultline.remedies.source import Source, module_of, wrapped


def non_centered(source: Source, name: str, call: ast.Call, shape: Sequence[int]) -> str:
    """A call of ``MvNormal`` as one of ``Normal``, times the Cholesky factor."""
    given = parameters(call, "MvNormal", name)
    if "lower" in given:
        raise NotApplicable(f"the call that creates {name} gives lower")
    key = next((key for key in ("chol", "cov") if key in given), None)
    if key is None:
        raise NotApplicable(f"the call that creates {name} gives neither chol nor cov")
    location, module = given.get("mu"), module_of(source, call)
    factor = (
        wrapped(source, given["chol"])
        if key == "chol"
        else f"{module}.math.cholesky({source.of(given['cov'])})"
    )
    keyword = next((each for each in call.keywords if each.arg == key), None)
    edits = [
        replaced(source, call.func, f"{module}.Normal"),
        replaced(source, given[key], "1") if keyword is None else replaced(source, keyword, "sigma=1"),
    ]
    if location is not None:
        edits.append(replaced(source, location, "0"))
    if not any(size in given for size in SIZES):
        edits.append(appended(source, call, f"shape={tuple(shape)}"))

    def value(raw: str) -> str:
        if len(shape) == 1:
            return added(source, location, f"{module}.math.dot({factor}, {raw})")
        product = "dot" if len(shape) == 2 else "matmul"
        return added(source, location, f"{module}.math.{product}({raw}, {factor}.T)")

    return raw_and_value(source, call, edits, name, f"{name}_raw", value, dims_of(source, given))


def prior_of(source: Source, name: str) -> ast.Call | None:
    """The call that creates a variable as the prior of a Gaussian process."""
    found = [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "prior"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value == name
    ]
    return found[0] if len(found) == 1 else None


def reparameterized(source: Source, call: ast.Call, name: str) -> str:
    """The prior of a Gaussian process as PyMC non-centers it: its default."""
    given = [each for each in call.keywords if each.arg == "reparameterize"]
    if not given:
        raise NotApplicable(f"the prior {name} does not give reparameterize by name")
    return source.edited([replaced(source, given[0].value, "True")])
