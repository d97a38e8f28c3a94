"""The lines of a user's file that write a time series as its steps."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from faultline.remedies.calls import added, dims_of, is_zero, parameters
from faultline.remedies.rewrite import NotApplicable, Step
from faultline.remedies.source import Edit, Source, indent_of, module_of, target_of, wrapped


def increments(source: Source, name: str, step: Step, shape: Sequence[int]) -> str:
    call, dist = source.call(name)
    given = parameters(call, dist, name)
    if dist != "GaussianRandomWalk" or len(shape) != 1:
        raise NotApplicable(f"{name} is no GaussianRandomWalk of one dimension")
    if "sigma" not in given:
        raise NotApplicable(f"the call that creates {name} does not give sigma")
    target = target_of(source, call)
    if target is None or len(target) != 1:
        raise NotApplicable(f"{name} is not created in an assignment of its own")
    module = module_of(source, call)
    if step["init"] == "non_centered":
        location, scale = _start(source, given["init_dist"], name)
        start = f'{module}.Normal("{name}_init", 0, 1, shape=1)'
        first = f"{scale} * {name}_init" if location is None else f"{location} + {scale} * {name}_init"
    else:
        start, first = _initial(source, module, given.get("init_dist"), name), f"{name}_init"
    statement = source.parents[call]
    indent = indent_of(source, statement)
    steps = added(source, given.get("mu"), f"{wrapped(source, given['sigma'])} * {name}_raw")
    dims = dims_of(source, given)
    lines = [
        f"{name}_init = {start}",
        f'{name}_raw = {module}.Normal("{name}_raw", 0, 1, shape={shape[0] - 1})',
        f'{target[0]} = {module}.Deterministic("{name}", {module}.math.concatenate([{first}, {steps}]).cumsum(){dims})',
    ]
    made = Edit(source.start(statement), source.stop(statement), f"\n{indent}".join(lines))
    return source.edited([made, *_unread(source, given.get("init_dist"))])


def _initial(source: Source, module: str, init: ast.expr | None, name: str) -> str:
    """The call that creates the start as a variable of its own; where none is given, as PyMC has it then."""
    if init is None:
        return f'{module}.Normal("{name}_init", 0, 100, shape=1)'
    if (assigned := _assigned(source, init)) is not None:
        init = assigned.value
    if not (isinstance(init, ast.Call) and isinstance(init.func, ast.Attribute) and init.func.attr == "dist"):
        raise NotApplicable(f"init_dist of {name} is not written in its call")
    made = source.text[source.start(init.func) : source.stop(init)].replace(".dist(", f'("{name}_init", ', 1)
    return f"{made[:-1].rstrip().rstrip(',')}, shape=1)"


def innovations(source: Source, name: str, step: Step, shape: Sequence[int]) -> str:
    """A call of ``AR`` of order 1 as the solution of its recursion: a triangular system, whose right-hand side are the innovations."""
    call, dist = source.call(name)
    if dist != "AR" or len(shape) != 1:
        raise NotApplicable(f"{name} is no AR of one dimension")
    if target_of(source, call) is None or len(target_of(source, call)) != 1:
        raise NotApplicable(f"{name} is not created in an assignment of its own")
    given = parameters(call, dist, name)
    if not {"rho", "sigma", "init_dist"} <= given.keys():
        raise NotApplicable(f"the call that creates {name} does not give rho, sigma and init_dist")
    constant, rho = _coefficients(source, given, name)
    location, scale = _start(source, given["init_dist"], name)
    raw, module = f"{name}_raw", module_of(source, call)
    sigma = wrapped(source, given["sigma"])
    if constant is None and location is None and scale == sigma:
        pushes = f"{sigma} * {raw}"
    else:
        first = f"{scale} * {raw}[:1]" if location is None else f"{location} + {scale} * {raw}[:1]"
        others = f"{sigma} * {raw}[1:]" if constant is None else f"{constant} + {sigma} * {raw}[1:]"
        pushes = f"{module}.math.concatenate([{first}, {others}])"
    statement, [target], length = source.parents[call], target_of(source, call), shape[0]
    dims = dims_of(source, given)
    recursion = f"{module}.math.eye({length}) - {rho} * {module}.math.eye({length}, k=-1)"
    lines = [
        f'{raw} = {module}.Normal("{raw}", 0, 1{dims or f", shape={length}"})',
        f'{target} = {module}.Deterministic("{name}", {module}.math.solve_triangular({recursion}, {pushes}, lower=True){dims})',
    ]
    text = f"\n{indent_of(source, statement)}".join(lines)
    made = Edit(source.start(statement), source.stop(statement), text)
    return source.edited([made, *_unread(source, given["init_dist"])])


def _coefficients(source: Source, given: Mapping[str, ast.expr], name: str) -> tuple[str | None, str]:
    """The constant, if there is one, and the one coefficient."""
    rho, constant = given["rho"], given.get("constant")
    if "ar_order" in given or not (constant is None or isinstance(constant, ast.Constant)):
        raise NotApplicable(f"the order of {name} is not written in its call")
    has = constant is not None and bool(constant.value)
    if isinstance(rho, ast.List | ast.Tuple):
        if len(rho.elts) != 1 + has:
            raise NotApplicable(f"{name} is of another order than 1")
        parts = [wrapped(source, each) for each in rho.elts]
    else:
        parts = [f"{wrapped(source, rho)}[{i}]" for i in range(2)] if has else [wrapped(source, rho)]
    return parts[0] if has else None, parts[-1]


def _assigned(source: Source, init: ast.expr | None) -> ast.Assign | None:
    """The one assignment of a name; None for all else."""
    if not isinstance(init, ast.Name):
        return None
    found = [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == init.id for target in node.targets)
    ]
    return found[0] if len(found) == 1 else None


def _unread(source: Source, init: ast.expr | None) -> list[Edit]:
    """Without the assignment of a name that nothing else reads."""
    made = _assigned(source, init)
    if made is None or target_of(source, made.value) != [init.id]:
        return []
    read = [node for node in ast.walk(source.tree) if isinstance(node, ast.Name) and node.id == init.id]
    if len(read) > 2:  # where it is assigned, and here
        return []
    first = source.text.rfind("\n", 0, source.start(made)) + 1
    last = source.text.find("\n", source.stop(made)) + 1
    return [Edit(first, last or len(source.text), "")]


def _start(source: Source, init: ast.expr, name: str) -> tuple[str | None, str]:
    """Location (None: 0) and scale of the first value."""
    if (made := _assigned(source, init)) is not None:
        init = made.value
    func = getattr(init, "func", None)
    if not (
        isinstance(func, ast.Attribute) and func.attr == "dist" and source.of(func.value).endswith("Normal")
    ):
        raise NotApplicable(f"init_dist of {name} is not written as Normal.dist")
    keywords = {each.arg: each.value for each in init.keywords}
    found = dict(zip(("mu", "sigma"), init.args, strict=False)) | keywords
    if None in found or not found.keys() <= {"mu", "sigma", "size", "shape"}:
        raise NotApplicable(f"init_dist of {name} does not give its scale as sigma")
    location = found.get("mu")
    return (
        None if is_zero(location) else wrapped(source, location, ast.Add),
        wrapped(source, found["sigma"]) if "sigma" in found else "1",
    )
