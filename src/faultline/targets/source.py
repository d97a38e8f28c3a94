"""The source of a case, read and never run: where it is, which files it consists of, and where its ``build`` stands."""

from __future__ import annotations

import ast
import functools
import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from faultline.core.errors import InputError, one_line, shown
from faultline.core.reading import read_bytes
from faultline.targets import bundled
from faultline.targets.pickled import ENDING

DRAWS = ".nc"
"""Ending of a file with draws, in place of a model."""
FILES = (".py", ENDING, DRAWS)
"""Endings of the files that hold a case."""
SOURCE_BYTES = 2**24
"""A file of code that is longer is not a model that somebody wrote."""


@dataclass(frozen=True)
class Source:
    """One file of a case. Every file is read once: a source that may have changed is found anew.

    ``module`` is its dotted name as seen from ``root``, the folder that its imports start from, and ``name`` what the case
    names in it, as in ``model.py:make_model``.
    """

    ref: str
    path: Path
    root: Path
    module: str
    name: str | None = None

    @property
    def folder(self) -> Path:
        """What belongs to the case: the outermost package that the file is in, or the folder that it stands in."""
        return self.root / self.module.split(".")[0] if self.packaged else self.root

    @property
    def packaged(self) -> bool:
        return "." in self.module or self.path.name == "__init__.py"

    @cached_property
    def tree(self) -> ast.Module:
        return self.parsed(self.path)

    @cached_property
    def parsed(self) -> Callable[[Path], ast.Module]:
        """The syntax tree of a file of the case."""
        return functools.cache(self._parse)

    def _parse(self, path: Path) -> ast.Module:
        content = read_bytes(path, f"case {self.ref}:", SOURCE_BYTES, "give a shorter file")
        try:
            return ast.parse(content, filename=str(path))
        except SyntaxError as err:
            raise InputError(
                f"case {self.ref}: {path} line {err.lineno} is not valid Python ({one_line(err.msg, 120)}); fix that line."
            ) from None
        except (ValueError, MemoryError, RecursionError):  # a NUL, or parentheses in parentheses
            raise InputError(
                f"case {self.ref}: {path} cannot be parsed; save it as UTF-8, and nest its expressions less deeply."
            ) from None

    def files(self) -> list[Path]:
        """The file, and whatever it imports from the case's own folder, itself or through others."""
        return sorted({self.path, *self.reached([self.tree])})

    def reached(self, nodes: Iterable[ast.AST]) -> set[Path]:
        """The files of the case's own folder that parts of this file import, themselves or through others."""
        package, found = self._package(self.path, self.module), set()
        waiting = [name for node in nodes for name in _imports(node, package)]
        while waiting:
            for path, module in self._own_modules(waiting.pop()):
                if path not in found:
                    found.add(path)
                    waiting += self._imported_by(path, module)
        return found

    @cached_property
    def _imported_by(self) -> Callable[[Path, str], list[str]]:
        """Dotted names that a file of the case imports."""
        return functools.cache(
            lambda path, module: [*_imports(self.parsed(path), self._package(path, module))]
        )

    @cached_property
    def _own_modules(self) -> Callable[[str], list[tuple[Path, str]]]:
        """Of the modules on the way to a dotted name the case's other files."""
        return functools.cache(
            lambda name: [
                (path, module)
                for path, module in self._modules(name)
                if path != self.path and path.is_relative_to(self.folder)
            ]
        )

    @staticmethod
    def _package(path: Path, module: str) -> str:
        """The package that relative imports in a file start from."""
        return module if path.name == "__init__.py" else module.rpartition(".")[0]

    def imported(self, node: ast.ImportFrom) -> Source | None:
        """The module that ``from ... import`` names, if its source can be found."""
        name = _absolute(node, self._package(self.path, self.module))
        spec = None if self._is_elsewhere(name) else _spec(name, [str(self.root)])
        spec = spec or _spec(name)
        return _of_spec(self.ref, spec, name) if spec else None

    def _modules(self, name: str) -> Iterator[tuple[Path, str]]:
        """File and name of every module on the way to a dotted name: its packages, and itself if it is a module."""
        parts = name.split(".")
        if self._is_elsewhere(name):
            return
        for i in range(1, len(parts) + 1):
            full = ".".join(parts[:i])
            spec = _spec(full, [str(self.root)])
            if spec and spec.origin and spec.origin.endswith(".py"):
                yield Path(spec.origin), full

    def _is_elsewhere(self, name: str) -> bool:
        """Whether an import means a library, though a module of that name may stand beside the case.

        The case's folder comes last when it is run: a model called ``random.py`` must not be what a library imports.
        """
        first = name.split(".")[0]
        if self.packaged and first == self.module.split(".")[0]:
            return False
        return first in sys.stdlib_module_names or _is_installed(first, str(self.root))


@functools.cache
def _is_installed(module: str, root: str) -> bool:
    """Whether Python finds a module without the case's folder ``root`` and the current one."""
    own = {root, os.getcwd(), ""}
    return PathFinder.find_spec(module, [folder for folder in sys.path if folder not in own]) is not None


def split(ref: str) -> tuple[str, str | None]:
    """The path of a case's file and the name in it that is meant, as in ``model.py:make_model``; None if it gives none."""
    path, colon, name = ref.rpartition(":")
    return (path, name) if colon and path.endswith(".py") and name.isidentifier() else (ref, None)


def find_source(ref: str) -> Source:
    """The source that a case's name, path or dotted module stands for."""
    file, name = split(ref)
    if file.endswith(".py"):
        if not os.path.isfile(file):
            raise InputError(
                f"case {ref}: there is no such file; give the path of a Python file with build(...)."
            )
        path = Path(file).resolve()
        root, parts = path.parent, [path.stem]
        while (root / "__init__.py").is_file():
            parts.insert(0, root.name)
            root = root.parent
        return Source(ref, path, root, ".".join(parts), name)
    if file.endswith(".ipynb"):
        raise InputError(
            f"case {ref} is a notebook; call faultline.diagnose(model) in it, or export it with jupyter nbconvert --to script."
        )
    module = bundled.dotted(ref, "model") if ref in bundled.CASES else ref
    spec = _spec(module) if all(part.isidentifier() for part in module.split(".")) else None
    if spec is None or not (spec.origin or "").endswith(".py"):
        raise InputError(
            f"case {shown(ref)} is neither a bundled case ({', '.join(bundled.CASES)}) nor a module in the current folder or "
            "on PYTHONPATH; give a path that ends in .py, or put the module in one of these."
        )
    return _of_spec(ref, spec, module)


def find_build(
    source: Source, name: str = "build", seen: frozenset[tuple[Path, str]] = frozenset()
) -> tuple[Source, ast.FunctionDef]:
    """The file and the ``def`` of a case's ``build``, or of the ``name`` in its place, followed through assignments and imports.

    ``seen``: the files and names that it was followed through.
    """
    if (source.path, name) in seen:
        raise InputError(
            f"case {source.ref}: {source.path}: {name} refers back to itself and is not a function; "
            f"write it as def {name}(...)."
        )
    seen |= {(source.path, name)}
    for node in reversed(source.tree.body):
        match node:
            case ast.FunctionDef(name=defined) if defined == name:
                return source, node
            case ast.ImportFrom(names=names):
                for alias in names:
                    if (alias.asname or alias.name) == name and (other := source.imported(node)):
                        return find_build(other, alias.name, seen)
            case ast.Assign(targets=[ast.Name(id=target)], value=ast.Name(id=other)) if (
                target == name != other
            ):
                return find_build(source, other, seen)
            case ast.AsyncFunctionDef(name=defined) | ast.ClassDef(name=defined) if defined == name:
                raise _no_function(source, name, node)
            case ast.Assign(targets=[ast.Name(id=target)]) if target == name:
                raise _no_function(source, name, node)
    raise InputError(
        f"case {source.ref}: {source.path} defines no function {name}(...) that returns a pm.Model; add one at "
        "the top level of the file, or make the model there (with pm.Model() as model: ...)."
    )


def _no_function(source: Source, name: str, node: ast.stmt) -> InputError:
    return InputError(
        f"case {source.ref}: {source.path} line {node.lineno}: {name} is not a plain function, so its arguments cannot be "
        f"read; write it as def {name}(...)."
    )


def _imports(tree: ast.AST, package: str) -> Iterator[str]:
    """Dotted names that a file imports, at its top or inside a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{_absolute(node, package)}.{alias.name}".lstrip(".") for alias in node.names)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
    return ".".join([*above, *filter(None, [node.module])])


def _spec(module: str, path: list[str] | None = None) -> ModuleSpec | None:
    """Where a module is, found without importing the packages that it is in; by default as a script here finds it."""
    first, *rest = module.split(".")
    spec = PathFinder.find_spec(first, path or [os.getcwd(), *sys.path])
    if spec is None and path is None and first:
        with suppress(ValueError):  # a module that was not imported from a file, such as __main__
            spec = importlib.util.find_spec(first)
    for name in rest:
        if spec is None or spec.submodule_search_locations is None:
            return None
        spec = PathFinder.find_spec(f"{spec.name}.{name}", spec.submodule_search_locations)
    return spec


def _of_spec(ref: str, spec: ModuleSpec, module: str) -> Source | None:
    if not (spec.origin or "").endswith(".py"):
        return None
    path = Path(spec.origin).absolute()
    above = len(module.split(".")) - (path.name != "__init__.py")
    return Source(ref, path, path.parents[above], module)
