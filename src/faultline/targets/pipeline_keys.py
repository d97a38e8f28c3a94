"""What decides what a stage makes: the source of its function and of all that it uses, by content and without comments."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path

from faultline.store.keys import digest
from faultline.targets.entry import imported
from faultline.targets.literals import NAMES
from faultline.targets.pipeline import is_stage
from faultline.targets.source import Source

ALL_CHOICES, SCAN = "choices", "scan"
"""Attributes of ``run``: every toggle, not only those that a stage's arguments name; and a loop whose first bad value can be explained."""
LOOKED_UP = ("globals", "eval", "exec")
"""By these a function can use any name of its file."""
_IMPORTS = (ast.Import, ast.ImportFrom)
_MUTATORS = (
    *(
        "append",
        "extend",
        "insert",
        "add",
        "update",
        "setdefault",
        "pop",
        "popitem",
        "remove",
        "discard",
        "clear",
    ),
    *("sort", "reverse", "fill", "shuffle"),
)
_GENERATORS = ("default_rng", "Generator", "RandomState", "Random")


class Sources:
    """The sources of a case, by the stage.

    A stage depends on its own function, on the top-level names of its file that it uses, directly or through others, and
    on every module of the case's own that these import. Every stage depends on what runs at the top level and may change anything,
    such as ``np.seterr(...)``, ``CONFIG["rate"] = 1`` or ``try: import ...``.
    """

    def __init__(self, source: Source):
        self._source = source
        self._stages = {node.name for node in source.tree.body if is_stage(node)}
        # Asked for again with every seed, and each answer goes through many files.
        self.of_stage, self.shares_state = cache(self._of_stage), cache(self._shares_state)
        self.reads, self.environment = cache(self._reads), cache(self._environment)
        self._used, self._modules = cache(self._find_used), cache(self._find_modules)

    def _of_stage(self, name: str) -> str:
        """A digest of the code that a stage runs."""
        code = {each: [ast.dump(node) for node in nodes] for each, nodes in self._used(name).items()}
        return digest([code, {path.name: ast.dump(tree) for path, tree in self._modules(name).items()}])

    def _reads(self, name: str, attribute: str) -> bool:
        """Whether the stage, or what it uses, reads an attribute of this name, as of ``run``. Of those only `SCAN` can be called, so
        ``rng.choices(...)`` is none of them.
        """
        inside = [each for node in self._nodes(name) for each in ast.walk(node)]
        called = (
            {id(each.func) for each in inside if isinstance(each, ast.Call)} if attribute != SCAN else set()
        )
        return any(
            isinstance(each, ast.Attribute) and each.attr == attribute and id(each) not in called
            for each in inside
        )

    def _environment(self, name: str) -> set[str]:
        """What may be names of environment variables that the stage, or what it uses, reads."""
        return variables(self._nodes(name))

    def _shares_state(self, name: str) -> bool:
        """Whether what a stage leaves is not all that it does: it draws from a generator of its file, which goes on from run to run,
        or uses a name that a function changes, as another stage does."""
        used = self._used(name).keys()
        return bool(self._generators & used) or any(
            self._stateful & used & self._used(other).keys() for other in self._stages - {name}
        )

    @cached_property
    def _generators(self) -> set[str]:
        """The top-level names that stand for generators of random numbers."""
        makers = [node for node in self._source.tree.body if isinstance(node, ast.Assign)]
        return {
            name for node in makers if any(map(_is_generator, ast.walk(node.value))) for name in _bound(node)
        }

    @cached_property
    def _stateful(self) -> set[str]:
        """The top-level names whose values functions of the case's file change, by ``global`` or in place."""
        found = set()
        for node in self._source.tree.body:
            if isinstance(node, ast.FunctionDef):
                found |= {name for each in ast.walk(node) for name in _changed_inside(each)} - _local(node)
                found |= _changed(node)
        return found & self._defined.keys()

    def libraries(self) -> set[str]:
        """The top-level packages that the case's files import, whose versions decide as well."""
        trees = [self._source.parsed(path) for path in self._source.files()]
        return {name.split(".")[0] for tree in trees for name in imported(tree)}

    def _nodes(self, name: str) -> list[ast.AST]:
        return [
            *(node for nodes in self._used(name).values() for node in nodes),
            *self._modules(name).values(),
        ]

    @cached_property
    def _defined(self) -> Mapping[str, list[ast.stmt]]:
        """Top-level name -> the statements that set or change it."""
        body = self._source.tree.body
        set_here = {name for node in body if not isinstance(node, _IMPORTS) for name in _bound(node)}
        found: dict[str, list[ast.stmt]] = {}
        for node in body:
            changed = {name for name in _changed(node) if name in set_here}
            for name in dict.fromkeys((*_bound(node), *sorted(changed))):
                found.setdefault(name, []).append(_without_docstrings(node))
        return found

    @cached_property
    def _everywhere(self) -> list[ast.stmt]:
        """The statements that every stage depends on."""
        body = self._source.tree.body
        mentioned = Counter(
            inside.id for node in body for inside in ast.walk(node) if isinstance(inside, ast.Name)
        )
        return [
            _without_docstrings(node)
            for node in body
            if _acts(node)
            or self._registers(node)
            # It is imported for what it does, and not for what it defines, or Faultline reads.
            or (
                isinstance(node, _IMPORTS)
                and not any(mentioned[name] or name in NAMES for name in _bound(node))
            )
        ]

    def _registers(self, node: ast.stmt) -> bool:
        """Whether a decorator of the case's own takes a function or a class, and may keep it somewhere."""
        decorators = getattr(node, "decorator_list", [])
        names = {
            inside.id for each in decorators for inside in ast.walk(each) if isinstance(inside, ast.Name)
        }
        makers = [maker for name in names for maker in self._defined.get(name, ())]
        own = [maker for maker in makers if not isinstance(maker, _IMPORTS)]
        return bool(own or self._source.reached(makers))

    def _find_used(self, name: str) -> dict[str, list[ast.stmt]]:
        """The top-level names that a function depends on, itself among them, with the statements that make them."""
        found = {"": self._everywhere}
        waiting = [name, *(other for node in self._everywhere for other in _mentioned(node))]
        while waiting:
            each = waiting.pop()
            if each in LOOKED_UP and each not in self._defined:
                return {"": self._source.tree.body}
            if each not in found and each in self._defined:
                found[each] = self._defined[each]
                waiting += [other for node in found[each] for other in _mentioned(node)]
        return found

    def _find_modules(self, name: str) -> dict[Path, ast.Module]:
        """The case's own modules that a function depends on, and those that do something when they are imported."""
        used = self._source.reached([node for nodes in self._used(name).values() for node in nodes])
        parsed = {
            path: self._source.parsed(path) for path in self._source.files() if path != self._source.path
        }
        return {path: tree for path, tree in parsed.items() if path in used or any(map(_acts, tree.body))}


def _changed_inside(node: ast.AST) -> Iterator[str]:
    """The names whose values a part of a function changes in place."""
    match node:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            places = targets
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            places = [target]
        case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in _MUTATORS:
            places = [ast.Attribute(value=value, attr=method)]
        case _:
            return
    for place in places:
        inside = place
        while isinstance(inside, ast.Attribute | ast.Subscript):
            inside = inside.value
        if inside is not place and isinstance(inside, ast.Name):
            yield inside.id


def _local(function: ast.FunctionDef) -> set[str]:
    """The names that are a function's own."""
    taken = {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)}
    inside = [each for node in function.body for each in ast.walk(node)]
    stored = {each.id for each in inside if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    return taken | (stored - {name for each in inside if isinstance(each, ast.Global) for name in each.names})


def _is_generator(node: ast.AST) -> bool:
    """Whether an expression makes a generator of random numbers."""
    return (
        isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", None)) in _GENERATORS
    )


def variables(nodes: Iterable[ast.AST]) -> set[str]:
    """What may be names of environment variables that code reads: its words, if it mentions ``environ`` or ``getenv`` at all."""
    inside = [each for node in nodes for each in ast.walk(node)]
    names = {getattr(each, "attr", getattr(each, "id", None)) for each in inside}
    if names.isdisjoint(("environ", "environb", "getenv")) and not any(
        isinstance(each, ast.alias) and each.name in ("environ", "getenv") for each in inside
    ):
        return set()
    words = {each.value for each in inside if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    return {word for word in words if word.isidentifier()}


def _mentioned(node: ast.stmt) -> set[str]:
    """The names that a statement mentions; of the body of a function without its parameters, which hide what is called the same."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return _names(node)
    arguments = node.args
    own = {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    inside = {name for each in node.body for name in _names(each)}
    return (
        (inside - own) | _names(arguments) | {name for each in node.decorator_list for name in _names(each)}
    )


def _names(node: ast.AST) -> set[str]:
    return {inside.id for inside in ast.walk(node) if isinstance(inside, ast.Name)}


def _bound(node: ast.stmt) -> Iterator[str]:
    """The names that a statement sets."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in aliases)
        case _:
            stored = (inside for inside in ast.walk(node) if isinstance(inside, ast.Name))
            yield from (inside.id for inside in stored if isinstance(inside.ctx, ast.Store))


def _changed(node: ast.stmt) -> set[str]:
    """The names that a statement may change without setting them: a function by ``global``, a class its bases, a call what it takes."""
    if isinstance(node, ast.ClassDef):
        return {name for base in (*node.bases, *node.keywords) for name in _names(base)}
    inside = list(ast.walk(node))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return {name for each in inside if isinstance(each, ast.Global) for name in each.names}
    return _names(node) if any(isinstance(each, ast.Call) for each in inside) else set()


def _acts(node: ast.stmt) -> bool:
    """Whether a statement at the top level may do more than to set names: anything but an import, a definition or an assignment to names."""
    match node:
        case ast.ImportFrom(names=[ast.alias(name="*")]):
            return True
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Import() | ast.ImportFrom():
            return False
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return False
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__")), orelse=[]):
            return False  # what runs as a script only
        case ast.Assign(targets=targets):
            return any(
                isinstance(each, ast.Attribute | ast.Subscript) for one in targets for each in ast.walk(one)
            )
        case ast.AnnAssign(target=target):
            return not isinstance(target, ast.Name)
    return True


def _without_docstrings(node: ast.stmt) -> ast.stmt:
    """The statement, without the docstring of a function: words change nothing that is computed."""
    if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None and len(node.body) > 1:
        return ast.FunctionDef(**{**dict(ast.iter_fields(node)), "body": node.body[1:]})
    return node
