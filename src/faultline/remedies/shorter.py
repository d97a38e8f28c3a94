"""What may be left out of a user's file: pieces of its text, each of which leaves a file that can be parsed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from faultline.remedies.rewrite import NotApplicable
from faultline.remedies.source import Edit, Source

KEPT = (ast.Return, ast.Raise, ast.Break, ast.Continue, ast.Pass)
"""Statements that are never removed by themselves: what follows them would run."""

OPERATIONS = (ast.Add, ast.Sub, ast.Mult, ast.Div)
MOST_ELEMENTS = 24
"""Elements of a variable up to which it is written as numbers."""

DIGITS = 3
"""Significant digits of a number in the place of a variable."""


def removals(source: Source) -> Iterator[Edit]:
    """Statements, the last first, and so what stands inside another one before that; then keywords and entries of dictionaries.

    Of a loop that may not end without them, nothing is removed.
    """
    found = [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.stmt) and not isinstance(node, KEPT) and not _in_while(source, node)
    ]
    for node in sorted(found, key=source.start, reverse=True):
        body = next(body for body in _bodies(source.parents[node]) if node in body)
        if len(body) > 1 or isinstance(source.parents[node], ast.Module):
            yield _without(source, node)
    yield from _entries(source)


def unwrapped(source: Source, arguments: Sequence[str]) -> Iterator[Edit]:
    """A choice that depends on an argument of ``build`` as one of its sides."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.If | ast.IfExp):
            continue
        if not {name.id for name in ast.walk(node.test) if isinstance(name, ast.Name)} & set(arguments):
            continue
        if isinstance(node, ast.IfExp):
            for side in (node.body, node.orelse):
                yield Edit(source.start(node), source.stop(node), f"({source.of(side)})")
        elif source.text[: source.start(node)].rpartition("\n")[2].strip() == "":  # not an elif
            for side in filter(None, (node.body, node.orelse)):
                if text := _moved_out(source, node, side):
                    yield Edit(source.start(node), source.stop(node), text)


def values(source: Source, medians: Mapping[str, np.ndarray], kept: Sequence[str]) -> Iterator[Edit]:
    """A free variable as numbers: those that are given, to three digits."""
    for name, value in medians.items():
        if name in kept or value.size > MOST_ELEMENTS:
            continue
        try:
            call, _ = source.call(name)
        except NotApplicable:
            continue
        if isinstance(source.parents.get(call), ast.Expr):
            continue  # nothing reads it: it is removed as a statement
        written = _array(source, value)
        if written is not None:
            yield Edit(source.start(call), source.stop(call), written)


def operands(source: Source, within: str) -> Iterator[Edit]:
    """One side of a sum, a difference, a product or a quotient in its place, and what a function of the file is given in the place
    of its value; the longest first. Only in the function ``within``, or in blocks of ``with``.
    """
    own = {node.name for node in source.tree.body if isinstance(node, ast.FunctionDef)}
    found: list[Edit] = []
    for node in ast.walk(source.tree):
        if not _is_inside(source, node, within):
            continue
        sides: list[ast.expr] = []
        if isinstance(node, ast.BinOp) and isinstance(node.op, OPERATIONS):
            sides = [node.left, node.right]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in own:
            sides = [arg for arg in node.args[:1] if not isinstance(arg, ast.Starred)]
        for side in sides:
            text = source.of(side)
            text = f"({text})" if isinstance(side, ast.BinOp) and _in_operation(source, node) else text
            found.append(Edit(source.start(node), source.stop(node), text))
    yield from sorted(found, key=lambda edit: len(edit.text) - (edit.stop - edit.start))


def literals(source: Source, namespace: Mapping[str, object], most: int) -> Iterator[Edit]:
    """Data as numbers where the file makes them: the right side of an assignment, the last first.

    Parameters
    ----------
    namespace
        The names of the file's top level, once it has run.
    most
        Numbers up to which data are written.
    """
    for node in reversed(source.tree.body):
        if (
            not isinstance(node, ast.Assign)
            or len(node.targets) != 1
            or not isinstance(node.targets[0], ast.Name)
        ):
            continue
        value = namespace.get(node.targets[0].id)
        if isinstance(value, np.ndarray) and value.size <= most and value.dtype.kind in "biuf":
            numpy = _called(source, "numpy")
            if numpy:
                yield Edit(
                    source.start(node.value), source.stop(node.value), f"{numpy}.array({value.tolist()!r})"
                )
        elif type(value).__name__ == "DataFrame" and value.size <= most:
            pandas = _called(source, "pandas")
            if pandas:
                columns = value.reset_index(drop=True).to_dict("list")
                yield Edit(
                    source.start(node.value), source.stop(node.value), f"{pandas}.DataFrame({columns!r})"
                )


def without_comments(text: str) -> str:
    """The text without lines that are comments only, and with at most two empty lines after another."""
    lines: list[str] = []
    inside = _lines_in_strings(text)
    for number, line in enumerate(text.splitlines(), start=1):
        if number not in inside and line.lstrip().startswith("#"):
            continue
        if not line.strip() and not any(each.strip() for each in lines[-2:]) and number not in inside:
            continue
        lines.append(line.rstrip() if number not in inside else line)
    return "\n".join(lines).strip("\n") + "\n"


def _without(source: Source, node: ast.stmt) -> Edit:
    """A statement with its decorators, and the rest of its lines where nothing else stands on them."""
    first = min([node, *getattr(node, "decorator_list", [])], key=lambda each: each.lineno)
    start = source.start(first) - (first is not node)  # the @ before a decorator
    stop = source.stop(node)
    begins = source.text.rfind("\n", 0, start) + 1
    ends = source.text.find("\n", stop)
    ends = len(source.text) if ends < 0 else ends + 1
    rest = source.text[stop:ends].strip()
    if not source.text[begins:start].strip() and (not rest or rest.startswith("#")):
        return Edit(begins, ends, "")
    return Edit(start, stop, "pass")


def _entries(source: Source) -> Iterator[Edit]:
    """Keywords of calls and entries of dictionaries, with the comma beside them."""
    for node in ast.walk(source.tree):
        rows: list[tuple[int, int]] = []
        if isinstance(node, ast.Call):
            rows = [
                (source.start(each), source.stop(each))
                for each in node.keywords
                if each.arg not in (None, "observed")
            ]
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            rows = [(source.start(key), source.stop(value)) for key, value in pairs if key is not None]
        for start, stop in rows:
            yield _with_comma(source.text, start, stop)


def _with_comma(text: str, start: int, stop: int) -> Edit:
    after = len(text[stop:]) - len(text[stop:].lstrip())
    if text[stop + after : stop + after + 1] == ",":
        stop += after + 1
        return Edit(start, stop + len(text[stop:]) - len(text[stop:].lstrip()), "")
    before = text[:start].rstrip()
    return Edit(len(before) - 1 if before.endswith(",") else start, stop, "")


def _moved_out(source: Source, node: ast.If, side: Sequence[ast.stmt]) -> str | None:
    """The statements of a side, as they stand where the choice is; None where they cannot be moved line by line."""
    outer = source.text[: source.start(node)].rpartition("\n")[2]
    inner = source.text[: source.start(side[0])].rpartition("\n")[2]
    if inner.strip() or any(isinstance(each, ast.If) and inner == outer for each in side):
        return None
    text = source.text[source.start(side[0]) : source.stop(side[-1])]
    lines = text.splitlines()
    moved = [line.removeprefix(inner[: len(inner) - len(outer)]) for line in lines[1:]]
    return "\n".join([lines[0], *moved])


def _array(source: Source, value: np.ndarray) -> str | None:
    """Numbers as they are written in Python; None where the file does not import NumPy and it needs it."""
    if not np.isfinite(value).all():
        return None
    rounded = np.vectorize(lambda number: float(f"{number:.{DIGITS}g}"), otypes=[float])(value)
    if not value.ndim:
        return repr(rounded.item())
    numpy = _called(source, "numpy")
    return numpy and f"{numpy}.array({rounded.tolist()!r})"


def _called(source: Source, module: str) -> str | None:
    """What the file calls a module that it imports."""
    for node in source.tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == module:
                    return alias.asname or alias.name
    return None


def _bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        if isinstance(found := getattr(node, field, None), list):
            yield found


def _in_while(source: Source, node: ast.AST) -> bool:
    while (node := source.parents.get(node)) is not None:
        if isinstance(node, ast.While):
            return True
    return False


def _is_inside(source: Source, node: ast.AST, within: str) -> bool:
    while (node := source.parents.get(node)) is not None:
        if isinstance(node, ast.With) or (isinstance(node, ast.FunctionDef) and node.name == within):
            return True
    return False


def _in_operation(source: Source, node: ast.AST) -> bool:
    return isinstance(source.parents.get(node), ast.BinOp | ast.UnaryOp | ast.Subscript | ast.Attribute)


def _lines_in_strings(text: str) -> set[int]:
    """Lines that a string over several lines goes through: what looks like a comment there is none."""
    return {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno != node.lineno
        for line in range(node.lineno, node.end_lineno + 1)
    }
