"""What the source of a case declares, read from its syntax tree and never run: arguments of ``build``, labels."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from faultline.core.checking import NAME
from faultline.core.errors import InputError, one_line, shown

LONGEST_LABEL = 80
"""Characters of a label or a choice: it becomes part of a file's name, which may have 255."""
NONE = "none"
"""The choice that stands for None where a variant may be None: every choice is a word, to be named in a command."""

_CHOICE = r"[\w.+-]+( [\w.+-]+)*"


@dataclass(frozen=True)
class Variant:
    """One ``Literal[...]`` argument of ``build``: the ways to write one part of the model."""

    default: str
    choices: tuple[str, ...]
    optional: bool = False  # whether the choice "none" is None

    def value(self, choice: str) -> str | None:
        """What ``build`` gets for a choice."""
        return None if self.optional and choice == NONE else choice


@dataclass
class Arguments:
    """What the arguments of ``build`` mean: which one is the data, and whether it needs them, its components, its variants."""

    data: str | None = None
    needs_dataset: bool = False
    components: dict[str, bool] = field(default_factory=dict)
    variants: dict[str, Variant] = field(default_factory=dict)


def arguments(ref: str, build: ast.FunctionDef, tree: ast.Module) -> Arguments:
    """The arguments of ``build``, which stands in ``tree``. Its data are its first one, if that has no default, or ``dataset``.

    Raises
    ------
    InputError
        An argument that nobody could give, or a variant whose choices or default cannot be read.
    """
    found, names = Arguments(), names_of(tree)
    args = build.args
    for argument in args.posonlyargs:
        raise InputError(
            f"case {ref}: {build.name} takes {argument.arg} by position only; remove the / after it."
        )
    defaults = [None] * (len(args.args) - len(args.defaults)) + args.defaults
    for argument, default in [
        *zip(args.args, defaults, strict=True),
        *zip(args.kwonlyargs, args.kw_defaults, strict=True),
    ]:
        name = argument.arg
        choices = choices_of(argument.annotation, names)
        first = args.args[:1] == [argument]
        if name == "dataset" or (first and _is_for_data(default, choices)):
            found.data, found.needs_dataset = name, default is None
        elif isinstance(default, ast.Constant) and isinstance(default.value, bool):
            found.components[name] = default.value
        elif default is None:
            raise InputError(
                f"case {ref}: the argument {name} of {build.name} has no default; put it first if it is the data, or give it "
                "a default (a boolean for a component, a Literal for a variant)."
            )
        elif choices:
            found.variants[name] = variant_of(ref, name, choices, default)
    return found


def _is_for_data(default: ast.expr | None, choices: list[Any] | None) -> bool:
    """Whether a first argument is for data: it has no default, or None in place of them."""
    return default is None or (isinstance(default, ast.Constant) and default.value is None and not choices)


def variant_of(ref: str, name: str, choices: list[Any], default: ast.expr) -> Variant:
    """The variant of an argument with these choices and this default.

    Raises
    ------
    InputError
        A choice that no command could name, or a default that is none of them.
    """
    words = [choice for choice in choices if choice is not None]
    if not all(isinstance(choice, str) for choice in words):
        raise InputError(
            f"case {ref}: the choices of {name} must be strings, so that a command can name them; write them in quotes."
        )
    for word in words:
        if not re.fullmatch(_CHOICE, word) or len(word) > LONGEST_LABEL:
            raise InputError(
                f"case {ref}: {shown(word)}, a choice of {name}, cannot be used in a command; use at most "
                f"{LONGEST_LABEL} letters, digits, '.', '_', '+' and '-', and single spaces between them."
            )
    optional = len(words) < len(choices)
    if optional and NONE in words:
        raise InputError(
            f"case {ref}: {name} allows both None and {NONE!r}, but {NONE!r} is how a command chooses None; remove one of them."
        )
    if not isinstance(default, ast.Constant) or default.value not in choices:
        try:
            given = one_line(ast.unparse(default), 80)
        except RecursionError:
            given = "an expression"
        raise InputError(
            f"case {ref}: the default of {name} is {given}, which is not one of its choices "
            f"({', '.join(words)}); use one of them."
        )
    listed = tuple(dict.fromkeys(NONE if choice is None else choice for choice in choices))
    return Variant(NONE if default.value is None else default.value, listed, optional)


def choices_of(annotation: ast.expr | None, names: Mapping[str, ast.expr | str]) -> list[Any] | None:
    """The values that a type allows, in its order; None where it allows others than those of a ``Literal``.

    ``names`` says what the names of the module stand for; one that is followed is left out from there on.
    """
    match annotation:
        case ast.Constant(value=str(text)):
            try:
                return choices_of(ast.parse(text, mode="eval").body, names)
            except (SyntaxError, MemoryError, RecursionError):
                return None
        case ast.Constant(value=None):
            return [None]
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _together([left, right], names)
        case ast.Name(id=name) if isinstance(names.get(name), ast.expr):
            return choices_of(names[name], {key: value for key, value in names.items() if key != name})
        case ast.Subscript(value=ast.Attribute(attr=kind) | ast.Name(id=kind), slice=inside):
            items = inside.elts if isinstance(inside, ast.Tuple) else [inside]
            kind = known if isinstance(known := names.get(kind), str) else kind
            if kind == "Literal":
                return [value for item in items for value in _literal(item, names)]
            if kind == "Optional":
                return _together([*items, ast.Constant(None)], names)
            if kind == "Union":
                return _together(items, names)
            if kind in ("Annotated", "Final") and items:
                return choices_of(items[0], names)
    return None


def _literal(item: ast.expr, names: Mapping[str, ast.expr | str]) -> list[Any]:
    if isinstance(item, ast.Constant):
        return [item.value]
    # Another Literal inside; what else stands there (an Enum's member) is no word.
    return choices_of(item, names) or [item]


def _together(items: list[ast.expr], names: Mapping[str, ast.expr | str]) -> list[Any] | None:
    parts = [choices_of(item, names) for item in items]
    if any(part is None for part in parts) or all(part == [None] for part in parts):
        return None
    return [value for part in parts for value in part]


def names_of(tree: ast.Module) -> dict[str, ast.expr | str]:
    """What the module's names stand for: the expression that one was set to, or the name that it was imported as."""
    found: dict[str, ast.expr | str] = {}
    for node in tree.body:
        match node:
            case ast.ImportFrom(names=aliases):
                found |= {alias.asname: alias.name for alias in aliases if alias.asname}
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                | ast.TypeAlias(name=ast.Name(id=name), value=value)
            ):
                found[name] = value
    return found


def loader(tree: ast.Module) -> tuple[bool, bool]:
    """Whether the module has a ``load_dataset``, and whether that takes ``max_T`` and so can cut the data to a size."""
    imported = [alias for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    own = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "load_dataset"]
    if own:
        taken = own[-1].args
        names = {argument.arg for argument in (*taken.args, *taken.kwonlyargs)}
        return True, "max_T" in names or taken.kwarg is not None
    there = any((alias.asname or alias.name) == "load_dataset" for alias in imported)
    return there, there


def labels(ref: str, components: Mapping[str, bool], given: Mapping[str, str]) -> dict[str, str]:
    """Component -> the short name used in names of groups and files: ``use_x`` is ``x`` where the case does not say.

    Raises
    ------
    InputError
        A label that cannot be part of a file's name, or that two components share.
    """
    found = {name: given.get(name, name.removeprefix("use_") or name) for name in components}
    for name, label in found.items():
        # An identifier holds letters of any language and nothing that a shell or a file system minds.
        if not (re.fullmatch(NAME, label) or label.isidentifier()) or len(label) > LONGEST_LABEL:
            raise InputError(
                f"case {ref}: {shown(label)}, the label of {one_line(name, 80)}, becomes part of file names; give at most "
                f"{LONGEST_LABEL} letters, digits, '.', '_', '+' and '-' in LABELS."
            )
        other = next(other for other, same in found.items() if same == label)
        if other != name:
            raise InputError(
                f"case {ref}: {other} and {name} have the same label, {shown(label)}; give each its own in LABELS."
            )
    return found
