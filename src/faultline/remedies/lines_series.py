"""The lines of a user's file that write a time series as its steps."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from faultline.remedies.calls import added, dims_of, parameters
from faultline.remedies.rewrite import NotApplicable, Step
from faultline.remedies.source import Edit, Source, indent_of, module_of, target_of, wrapped


def increments(source: Source, name: str, step: Step, shape: Sequence[int]) -> str:
    call, dist = source.call(name)
    given = parameters(call, dist, name)
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
    steps = added(source, given.get("mu"), f"{wrapped(source, given['sigma'])} * {name}_raw")
    dims = dims_of(source, given)
    lines = [
        f"{name}_init = {start}",
        f'{name}_raw = {module}.Normal("{name}_raw", 0, 1, shape={shape[0] - 1})',
        f'{target[0]} = {module}.Deterministic("{name}", {module}.math.concatenate([{name}_init, {steps}]).cumsum(){dims})',
    ]
    return source.edited([Edit(source.start(statement), source.stop(statement), f"\n{indent}".join(lines))])
