"""What decides what a stage makes: the source of its function and of all that it uses, by content and without comments."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path

from faultline.store.keys import digest
from faultline.targets.entry import imported
from faultline.targets.source import Source

ALL_CHOICES, SCAN = "choices", "scan"
"""Attributes of ``run``: every toggle, not only those that a stage's arguments name; and a loop whose first bad value can be explained."""


class Sources:
    """The sources of a case, by the stage.

    A stage depends on its own function, on the top-level names of its file that it uses, directly or through others, and
    on every module of the case's own that these import.
    """

    def __init__(self, source: Source):
        self._source = source
        # Asked for again with every seed, and each answer reads many files.
        self.of_stage = cache(self._of_stage)
        self._used, self._modules = cache(self._find_used), cache(self._find_modules)

    def _of_stage(self, name: str) -> str:
        """A digest of the code that a stage runs."""
        code = {each: [ast.dump(node) for node in nodes] for each, nodes in self._used(name).items()}
        return digest([code, {path.name: ast.dump(tree) for path, tree in self._modules(name).items()}])

    def reads(self, name: str, attribute: str) -> bool:
        """Whether the stage, or what it uses, reads an attribute of this name, as of ``run``."""
        own = [node for nodes in self._used(name).values() for node in nodes]
        return any(
            isinstance(inside, ast.Attribute) and inside.attr == attribute
            for node in (*own, *self._modules(name).values())
            for inside in ast.walk(node)
        )

    def libraries(self) -> set[str]:
        """The top-level packages that the case's files import, whose versions decide as well."""
        trees = [self._source.parsed(path) for path in self._source.files()]
        return {name.split(".")[0] for tree in trees for name in imported(tree)}

    @cached_property
    def _defined(self) -> Mapping[str, list[ast.stmt]]:
        """Top-level name -> the statements that set or change it."""
        found: dict[str, list[ast.stmt]] = {}
        for node in self._source.tree.body:
            for name in _bound(node):
                found.setdefault(name, []).append(_without_docstrings(node))
        return found

    def _find_used(self, name: str) -> dict[str, list[ast.stmt]]:
        """The top-level names that a function depends on, itself among them, with the statements that make them."""
        waiting, found = [name], {}
        while waiting:
            each = waiting.pop()
            if each not in found and each in self._defined:
                found[each] = self._defined[each]
                waiting += [other for node in found[each] for other in _mentioned(node)]
        return found

    def _find_modules(self, name: str) -> dict[Path, ast.Module]:
        """The case's own modules that a function depends on."""
        nodes = [node for nodes in self._used(name).values() for node in nodes]
        return {path: self._source.parsed(path) for path in sorted(self._source.reached(nodes))}


def _mentioned(node: ast.stmt) -> set[str]:
    """The names that a statement mentions; of a function without its parameters, which hide what is called the same."""
    names = {inside.id for inside in ast.walk(node) if isinstance(inside, ast.Name)}
    if isinstance(node, ast.FunctionDef):
        arguments = node.args
        names -= {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    return names


def _bound(node: ast.stmt) -> Iterator[str]:
    """The names that a statement sets."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in aliases)
        case _:
            yield from (
                inside.id
                for inside in ast.walk(node)
                if isinstance(inside, ast.Name) and _changes(inside, node)
            )


def _changes(name: ast.Name, node: ast.stmt) -> bool:
    """Whether a statement may change what a name stands for: it sets it, or calls one of its methods at the top level."""
    return isinstance(name.ctx, ast.Store) or isinstance(
        node, ast.Expr | ast.AugAssign | ast.For | ast.While | ast.If
    )


def _without_docstrings(node: ast.stmt) -> ast.stmt:
    """The statement, without the docstring of a function: words change nothing that is computed."""
    if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None and len(node.body) > 1:
        return ast.FunctionDef(**{**dict(ast.iter_fields(node)), "body": node.body[1:]})
    return node
