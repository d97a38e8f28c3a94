"""A user's file as text and as a tree: the calls that create variables, and edits of pieces of it."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from faultline.remedies.rewrite import NotApplicable


@dataclass(frozen=True)
class Edit:
    """A piece of the text to be replaced, by offsets."""

    start: int
    stop: int
    text: str


class Ambiguous(NotApplicable):
    """Several calls create a variable of one name: in branches, of which one is taken."""

    def __init__(self, name: str, calls: int) -> None:
        super().__init__(f"{calls} calls in the file name {name!r}")
        self.name, self.calls = name, calls


def diff(before: str, after: str, name: str) -> str:
    """What changes, as ``patch`` reads it."""
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), f"a/{name}", f"b/{name}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


class Source:
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

    def edited(self, edits: Sequence[Edit]) -> str:
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


def target_of(source: Source, call: ast.Call) -> list[str] | None:
    """The names that the value of a call is assigned to, as a statement of its own; empty for a bare expression, None for all else."""
    parent = source.parents.get(call)
    if isinstance(parent, ast.Assign) and parent.value is call and _alone(source, parent):
        return [source.of(target) for target in parent.targets]
    if isinstance(parent, ast.Expr) and _alone(source, parent):
        return []
    return None


def statement_around(source: Source, call: ast.Call) -> ast.stmt | None:
    """The statement that a call is part of, where it is evaluated once and begins a line; None otherwise."""
    node: ast.AST | None = call
    while node is not None and not isinstance(node, ast.stmt):
        if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            return None
        node = source.parents.get(node)
    return node if node is not None and not indent_of(source, node).strip() else None


def _alone(source: Source, statement: ast.stmt) -> bool:
    """Whether nothing else stands on its first line: it does after a colon or a semicolon."""
    start = source.start(statement)
    before = source.text[source.text.rfind("\n", 0, start) + 1 : start]
    rest = source.text[source.stop(statement) :].split("\n", 1)[0].strip()
    return not before.strip() and (not rest or rest.startswith("#"))


def indent_of(source: Source, statement: ast.AST) -> str:
    start = source.start(statement)
    return source.text[source.text.rfind("\n", 0, start) + 1 : start]


def module_of(source: Source, call: ast.Call) -> str:
    """What PyMC is called where a distribution is."""
    if isinstance(call.func, ast.Attribute):
        return source.of(call.func.value)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "pymc":
                    return alias.asname or alias.name
    raise NotApplicable("the file does not import pymc under a name")


def quoted(source: Source, call: ast.Call, name: str) -> str:
    mark = source.of(call.args[0])[0]
    return f"{mark}{name}{mark}" if mark in "\"'" else f'"{name}"'


def wrapped(source: Source, node: ast.expr, operation: type[ast.operator] = ast.Mult) -> str:
    """An expression in brackets, unless it binds more tightly than the operation."""
    plain = (ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.Constant)
    binds = isinstance(node, plain) or (operation is ast.Add and isinstance(node, ast.BinOp))
    return source.of(node) if binds else f"({source.of(node)})"


def names_in(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
