"""Which name in a file is the model: its function ``build``, another function that returns a model, or a model itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from faultline.core.errors import InputError, shown
from faultline.targets.source import Source, find_build

BUILD, MODEL = "build", "model"
SAMPLERS = {
    "pymc": ("sample", "sample_smc", "fit"),
    "pymc.sampling.jax": ("sample_numpyro_nuts", "sample_blackjax_nuts"),
    "nutpie": ("compile_pymc_model",),
}
"""Module -> its functions that sample a model, or begin to: by the argument ``model``, or that of the ``with`` block."""


@dataclass(frozen=True)
class Entry:
    """Where a model comes from.

    Parameters
    ----------
    name
        The name in the file of the case.
    where, function
        The ``def`` that it is, and the file in which that is; no ``function`` where the name is a model itself.
    """

    name: str
    where: Source
    function: ast.FunctionDef | None = None


def has_build(source: Source) -> bool:
    """Whether a file has a ``build``."""
    return BUILD in dict(_bound(source.tree))


def has_model(source: Source) -> bool:
    """Whether a file has a ``build``, or a name that looks like a model."""
    names = dict(_bound(source.tree))
    return BUILD in names or bool(_candidates(names))


def find_entry(source: Source) -> Entry:
    """What a case names, ``build``, or the only model that there is in its file.

    Raises
    ------
    InputError
        There is none, or there are several and no ``build``.
    """
    bound = list(_bound(source.tree))
    names = dict(bound)
    wanted = source.name or (BUILD if BUILD in names else None)
    if wanted is None:
        found = _candidates(names)
        if len(found) > 1:
            listed = f"{', '.join(found[:-1])} and {found[-1]}"
            raise InputError(
                f"case {source.ref}: {listed} could each be the model; name one of them, as in {source.ref}:{found[-1]}."
            )
        wanted = found[0] if found else BUILD
    elif wanted not in names:
        found = [name for name in names if name == BUILD or name in _candidates(names)]
        has = f"its models are {', '.join(found)}" if found else "it has no model"
        raise InputError(f"case {source.ref}: {source.path} has no {shown(wanted)} at its top level; {has}.")
    if wanted != BUILD and _is_model(names.get(wanted)):
        made = [node.lineno for name, node in bound if name == wanted and _makes_model(node)]
        if len(made) > 1:
            raise InputError(
                f"case {source.ref}: {wanted} is made more than once, in lines {', '.join(map(str, made))}; give each model a name of "
                "its own."
            )
        return Entry(wanted, source)
    return Entry(wanted, *find_build(source, wanted))


def _bound(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """The names that a file binds at its top level, each with what it is bound to; the last one of a name counts."""
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from ((alias.asname or alias.name, node) for alias in aliases)
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    inside = target.elts if isinstance(target, ast.Tuple) else [target]
                    yield from ((part.id, value) for part in inside if isinstance(part, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case ast.With(items=items):
                for item in items:
                    if isinstance(item.optional_vars, ast.Name):
                        yield item.optional_vars.id, item.context_expr


def imported(tree: ast.Module) -> Iterator[str]:
    """The dotted names of the modules that a file imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def samples_its_model(function: ast.FunctionDef | None) -> bool:
    """Whether a function makes one model, and no more, and samples it there."""
    inside = list(ast.walk(function)) if function else []
    called = {
        getattr(node.func, "attr", getattr(node.func, "id", None))
        for node in inside
        if isinstance(node, ast.Call)
    }
    return sum(map(_makes_model, inside)) == 1 and not called.isdisjoint(chain(*SAMPLERS.values()))


def _candidates(names: dict[str, ast.AST]) -> list[str]:
    """The names that look like the model. Of a function and what it made at the top level, the latter."""
    found = [name for name, node in names.items() if _is_candidate(name, node)]
    made = [
        name
        for name, node in names.items()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in found
    ]
    return made if len(made) == 1 else found


def _is_model(node: ast.AST | None) -> bool:
    """Whether a name is bound to a value, not to a function or what may be one."""
    return isinstance(node, ast.expr) and not isinstance(node, ast.Name | ast.Lambda | ast.Constant)


def _is_candidate(name: str, node: ast.AST) -> bool:
    """Whether a name looks like a model: a function that makes one, and returns something or samples it, or a model made at the
    top level.
    """
    if name.startswith("_"):
        return False
    if isinstance(node, ast.FunctionDef):
        inside = list(ast.walk(node))
        returns = any(isinstance(one, ast.Return) and one.value is not None for one in inside)
        return (returns and any(map(_makes_model, inside))) or samples_its_model(node)
    return _makes_model(node) or (name == MODEL and _is_model(node))


def _makes_model(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="Model") | ast.Attribute(attr="Model")):
            return True
    return False
