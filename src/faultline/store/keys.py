"""Keys: what a stage reads, as one digest. Equal keys mean that the same was asked of the same code and data."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import platform
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[1]
NAME = PACKAGE.name
DECIDING = (
    *("pymc", "pytensor", "numpy", "scipy", "numba", "jax", "jaxlib"),
    *("arviz", "arviz-base", "arviz-stats", "blackjax", "numpyro", "nutpie", "xarray"),
)
"""Packages whose versions decide what is measured."""
SETTLED_NS = 200_000_000
"""A file that changed less than this ago may change again within one tick of the file system's clock."""


def key_of(request: Mapping[str, Any]) -> str:
    """The key of a request: 32 hexadecimal digits of the SHA-256 of its JSON."""
    return digest(request)[:32]


def digest(value: Any) -> str:
    """SHA-256 of a value's JSON, its mappings in the order of their keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def state(path: str | Path) -> tuple[int, int, int, int]:
    """Inode, size and both times of a file: an edit or a replacement changes one of them, whatever dates it is given."""
    found = os.stat(path)
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


class Digests:
    """Digests of files, and which modules a source file imports, kept in one file between runs.

    A file is read again when its inode, size or one of its times is another.
    """

    def __init__(self, path: Path):
        self._path = path
        self._changed = False
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            self._files = {name: row for name, row in kept["files"].items() if _are_texts(row[-1:])}
            self._imports = {name: row for name, row in kept["imports"].items() if _are_texts(row)}
        except (
            OSError,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
        ):  # only a cache: a damaged one is made anew
            self._files, self._imports = {}, {}

    def of(self, path: str | Path) -> str:
        """SHA-256 of a file's content."""
        now = list(state(path))
        name = os.path.abspath(path)
        known = self._files.get(name)
        if isinstance(known, list) and known[:-1] == now:
            return known[-1]
        found = file_digest(path)
        if time.time_ns() - max(now[2:]) > SETTLED_NS:
            self._files[name] = [*now, found]
            self._changed = True
        return found

    def imports(self, path: Path) -> list[str]:
        """Dotted names of the package that a source file imports, at its top or inside a function."""
        content = self.of(path)
        if content not in self._imports:
            self._imports[content] = sorted(set(_imports(ast.parse(path.read_bytes()))))
            self._changed = True
        return self._imports[content]

    def save(self) -> None:
        """Keep what was learned. A folder that cannot be written to costs the next run some time."""
        if not self._changed:
            return
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            new.write_text(json.dumps({"files": self._files, "imports": self._imports}), encoding="utf-8")
            new.replace(self._path)
            self._changed = False


def closure(roots: Iterable[str], digests: Digests) -> dict[str, str]:
    """Modules of the package that ``roots`` import, directly or not, with the digests of their files and of the templates beside them.

    Raises
    ------
    KeyError
        If a root is no module of the package.
    """
    files = modules()
    waiting = list(roots)
    if unknown := [name for name in waiting if name not in files]:
        raise KeyError(f"no module {unknown[0]}")
    found: dict[str, str] = {}
    while waiting:
        for name in _with_packages(waiting.pop(), files):
            if name not in found:
                found[name] = digests.of(files[name])
                waiting += digests.imports(files[name])
                if files[name].name == "__init__.py":
                    for template in files[name].parent.glob("*.jinja"):
                        found[f"{name}/{template.name}"] = digests.of(template)
    return dict(sorted(found.items()))


@cache
def modules() -> dict[str, Path]:
    """Every module of the package and its file."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join((NAME, *(parts[:-1] if parts[-1] == "__init__" else parts)))] = path
    return found


def versions() -> dict[str, str | None]:
    """Versions of Python and of the packages that decide what is measured, as this interpreter has them."""
    return {"python": platform.python_version(), **{name: version_of(name) for name in DECIDING}}


def version_of(name: str) -> str | None:
    """The version of a package as this interpreter has it; None where it is not installed."""
    try:
        return metadata.version(name)
    except (metadata.PackageNotFoundError, ValueError):
        return None


def _with_packages(name: str, files: Mapping[str, Path]) -> Iterator[str]:
    """The module and the packages that importing it runs; every module of a package for ``package.*``."""
    if name.endswith(".*"):
        yield from (other for other in files if other.startswith(name[:-1]))
        name = name[:-2]
    parts = name.split(".")
    yield from (prefix for i in range(len(parts)) if (prefix := ".".join(parts[: i + 1])) in files)


def _imports(tree: ast.AST) -> Iterator[str]:
    """Imports and names of modules in text (``"faultline.report.plots." + name`` means any of them), but for type checking."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case ast.Import(names=names):
                yield from (alias.name for alias in names if alias.name.split(".")[0] == NAME)
            case ast.ImportFrom(module=str(module), level=0, names=names) if module.split(".")[0] == NAME:
                yield module
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]) if _is_prefix(text):
                yield f"{text}*"
            case ast.Constant(value=str(text)) if _is_module(text):
                yield text
        yield from _imports(node)


def _is_module(text: str) -> bool:
    """Whether text names a module. A bundled case is not what names it: it belongs to a request as its target."""
    return text.startswith(f"{NAME}.") and " " not in text and not text.startswith(f"{NAME}.cases.")


def _is_prefix(text: str) -> bool:
    return _is_module(text) and text.endswith(".")
