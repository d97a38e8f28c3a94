"""Reading what comes from outside, or was written by an earlier run: whatever is damaged becomes one sentence.

Nothing that is read can run code or unpack to more than its reader says. A reader returns a value of the type that was
asked for, or raises `InputError`, which names the file, the key or line where there is one, and what to do.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import yaml

from faultline.core.errors import InputError, one_line, shown

JSON_BYTES = 2**29
"""A record is a few megabytes; what is a hundred times that was not written by Faultline."""
YAML_BYTES = 2**16
"""A configuration is a page; PyYAML takes seconds for a megabyte."""
YAML_NODES = 10_000
"""Keys and values of a configuration once its aliases are written out: nested aliases multiply."""
DEPTH = 100
"""Levels of what is read: a record has a dozen. The interpreter's own limit depends on which libraries are imported."""

_KINDS = {dict: "a mapping of keys to values", list: "a list", str: "text"}
_NONFINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def read_json_file(
    path: str | Path,
    what: str = "record",
    *,
    kind: type | None = dict,
    remedy: str = "delete it and create it again",
) -> Any:
    """The content of a JSON file, the strings ``NaN``, ``Infinity`` and ``-Infinity`` as numbers again.

    Parameters
    ----------
    what
        What the file is, for the sentence: "record", "manifest", "receipt".
    kind
        The type that stands at the top; None for any.
    remedy
        What to do about a damaged file, for the end of the sentence.

    Raises
    ------
    InputError
        The file is missing, cannot be read, is no JSON, or has something else at the top.
    """
    content = read_bytes(path, what, JSON_BYTES, remedy)

    value = guarded(
        lambda: _numbers(json.loads(content.decode("utf-8"))), f"{what} {path}", "is damaged", remedy
    )
    if kind is not None and not isinstance(value, kind):
        raise InputError(f"{what} {path} must hold {_KINDS[kind]}, not {shown(value)}; {remedy}.")
    return value


def read_yaml_file(path: str | Path, *, as_written: bool = False) -> Any:
    """The content of a YAML file; see `read_yaml`."""
    name = Path(path).name
    content = read_bytes(path, "file", YAML_BYTES, "give a shorter one")
    text = guarded(lambda: content.decode("utf-8"), name, "is not valid YAML", "save it as UTF-8")
    return read_yaml(text, name, as_written=as_written)


def read_yaml(text: str, name: str, *, as_written: bool = False) -> Any:
    """What YAML text means to ``yaml.safe_load``; ``as_written`` leaves words without quotes as they stand, as text.

    Empty text is None.

    Raises
    ------
    InputError
        It is no YAML, names a key twice, or its aliases multiply; the sentence names ``name`` and the line.
    """
    loader = guarded(
        lambda: (_AsWritten if as_written else _Loader)(text), name, "is not valid YAML", "fix it"
    )
    try:
        node = guarded(loader.get_single_node, name, "is not valid YAML", "fix it")
        if node is None:
            return None
        _check_nodes(node, name)
        try:
            return guarded(lambda: loader.construct_document(node), name, "", "")
        except InputError:
            line = f" line {loader.at.start_mark.line + 1}"
            value = getattr(loader.at, "value", "")
            written = f" ({shown(value)})" if isinstance(value, str) else ""
            raise InputError(
                f"{name}{line} holds a value that YAML cannot read{written}; correct it, or put it in quotes if it is text."
            ) from None
    finally:
        loader.dispose()


def check_readable(path: str | Path, what: str, missing: str) -> None:
    """Raise `InputError` unless ``path`` is a file: no folder, and nothing that would be waited for, such as a pipe."""
    try:
        mode = os.stat(path).st_mode
        with open(path, "rb") if stat.S_ISREG(mode) else open(os.devnull, "rb"):
            pass
    except FileNotFoundError:
        raise InputError(f"there is no {what} {path}; {missing}.") from None
    except (
        OSError,
        ValueError,
    ) as error:  # ValueError: a NUL, or a name that the file system's encoding does not know
        raise InputError(f"{what} {path} cannot be read ({_reason(error)}); {missing}.") from None
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "not a file"
        raise InputError(f"{what} {path} is {kind}; give the path of a file.")


def read_bytes(path: str | Path, what: str, at_most: int, remedy: str) -> bytes:
    """The bytes of a file that is not longer than ``at_most``; else `InputError`."""
    check_readable(path, what, "correct the path, or create it first")
    try:
        with open(path, "rb") as file:
            content = file.read(at_most + 1)
    except (OSError, MemoryError) as error:
        raise InputError(f"{what} {path} cannot be read ({_reason(error)}); {remedy}.") from None
    if len(content) > at_most:
        raise InputError(f"{what} {path} is larger than {at_most / 2**20:g} MB; {remedy}.")
    return content


def guarded[T](call: Callable[[], T], subject: str, wrong: str, remedy: str) -> T:
    """What a parser returns; whatever it raises at text from outside becomes a sentence.

    `call` is one call of a library: they promise no list of what they raise (RecursionError, MemoryError, TypeError,
    tokenize.TokenError, ... were seen).
    """
    try:
        return call()
    except Exception as error:
        raise InputError(f"{subject}{_line(error)} {wrong} ({_reason(error)}); {remedy}.") from None


def _line(error: Exception) -> str:
    """Where in the text, if the parser says so."""
    match error:
        case json.JSONDecodeError():
            return f" line {error.lineno}"
        case yaml.MarkedYAMLError(problem_mark=mark) if mark is not None:
            return f" line {mark.line + 1}"
    return ""


def _reason(error: BaseException) -> str:
    """What an exception says, in a few words."""
    match error:
        case RecursionError():
            return "it is nested too deeply"
        case MemoryError():
            return "it needs more memory than there is"
        case UnicodeDecodeError():
            return f"it is not UTF-8 text at byte {error.start}"
        case json.JSONDecodeError():
            return one_line(error.msg, 80)
        case yaml.MarkedYAMLError():
            return one_line(str(error.problem), 120)
        case yaml.reader.ReaderError(encoding="unicode", character=int(code)):
            return f"it holds the character U+{code:04X}, which YAML does not allow"
        case OSError(strerror=str(reason)):
            return one_line(reason, 80)
        case ValueError() if "integer string conversion" in str(error):
            return "a number has too many digits"
    return one_line(str(error) or type(error).__name__, 120)


class _Loader(yaml.SafeLoader):
    """`yaml.SafeLoader`, which knows where it is when a value cannot be read."""

    at: yaml.Node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        self.at = node
        return super().construct_object(node, deep)


class _AsWritten(_Loader):
    """A word without quotes stays text: no number, date or truth value is read into it."""

    yaml_implicit_resolvers: ClassVar = {}


def _check_nodes(top: yaml.Node, name: str) -> None:
    """Refuse keys that stand twice in one mapping, and aliases that multiply. PyYAML lets the last key win."""
    sizes: dict[int, int] = {}
    open_, waiting = set(), [top]
    while waiting:
        node = waiting[-1]
        children = _children(node)
        new = [child for child in children if id(child) not in sizes]
        if id(node) in sizes or not new:
            waiting.pop()
            open_.discard(id(node))
            sizes[id(node)] = 1 + sum(sizes[id(child)] for child in children)
            if sizes[id(node)] > YAML_NODES:
                raise InputError(
                    f"{name} line {node.start_mark.line + 1} expands to more than {YAML_NODES} values through its aliases; "
                    "give fewer."
                )
            continue
        if any(id(child) in open_ or child is node for child in new):
            raise InputError(
                f"{name} line {node.start_mark.line + 1} contains an alias of itself; write the value out."
            )
        if isinstance(node, yaml.MappingNode):
            _check_keys(node, name)
        open_.add(id(node))
        waiting += new
        if len(open_) > DEPTH:
            raise InputError(
                f"{name} line {node.start_mark.line + 1} is nested too deeply; use fewer levels."
            )


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [item for pair in node.value for item in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _check_keys(node: yaml.MappingNode, name: str) -> None:
    seen: dict[tuple[str, str], int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise InputError(
                f"{name} line {key.start_mark.line + 1} has a list or a mapping as a key; use a single word as the key."
            )
        same, line = (key.tag, key.value), key.start_mark.line + 1
        if same in seen:
            raise InputError(
                f"{name} line {line} repeats the key {shown(key.value)} (first on line {seen[same]}); keep one of them."
            )
        seen[same] = line


def _numbers(value: Any, levels: int = DEPTH) -> Any:
    if levels == 0:
        raise RecursionError
    if isinstance(value, dict):
        return {key: _numbers(item, levels - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item, levels - 1) for item in value]
    return _NONFINITE.get(value, value) if isinstance(value, str) else value
