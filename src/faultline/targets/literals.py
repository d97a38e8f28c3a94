"""The hook literals of a case, read from its syntax tree and never run."""

from __future__ import annotations

import ast
import math
from collections.abc import Container, Iterator
from typing import Any

from faultline.core.errors import InputError, shown
from faultline.targets.case_checks import EXAMPLE
from faultline.targets.pipeline import PIPELINE
from faultline.targets.source import Source

_BITS = 1000
"""Of a number that JSON can hold everywhere."""
_UNREADABLE = (
    ValueError,
    TypeError,
    SyntaxError,
    MemoryError,
    RecursionError,
)  # of ast.literal_eval, by its documentation


def target(tree: ast.Module) -> str | None:
    """What the module says that it is, ``TARGET``; None where it does not say so in a word."""
    return _word(tree, "TARGET")


def names_snakefile(tree: ast.Module) -> bool:
    """Whether the module says which Snakefile it is about, ``PIPELINE``."""
    return _word(tree, "PIPELINE") is not None


def _word(tree: ast.Module, literal: str) -> str | None:
    said = [value for name, value in _assigned(tree) if name == literal]
    return next((v.value for v in said if isinstance(v, ast.Constant) and isinstance(v.value, str)), None)


def literals(ref: str, source: Source, pipeline: bool = False) -> dict[str, Any]:
    """The hook literals that the module sets, of the types that their readers take; a ``pipeline`` may also import them by name.

    Of a model beside a pipeline those that only models have: presets, hypotheses and the like are about the stages.

    Raises
    ------
    InputError
        One is no plain literal, or of another type.
    """
    found: dict[str, Any] = {}
    shared = {} if not pipeline and target(source.tree) == PIPELINE else RULES
    rules = {**shared, **(OF_PIPELINES if pipeline else OF_MODELS)}
    if pipeline and names_snakefile(source.tree):
        rules = {**rules, **OF_SNAKEFILES}
    taken = _imported(ref, source, rules) if pipeline else ()  # what a model imports is its own affair
    for name, value in (*taken, *_assigned(source.tree)):
        if name not in rules:
            continue
        try:
            found[name] = ast.literal_eval(value)
        except _UNREADABLE:
            raise InputError(
                f"case {ref}: {name} must be a plain literal, because Faultline reads it without running the file; write its values out."
            ) from None
        is_right, example = rules[name]
        if not is_right(found[name]):
            raise InputError(f"case {ref}: {name} must be of the form {example}, not {shown(found[name])}.")
    return found


def _imported(ref: str, source: Source, names: Container[str]) -> Iterator[tuple[str, ast.expr]]:
    """Those of these names that the module takes from another one, where they have to be set."""
    for node in source.tree.body:
        asked = [alias for alias in getattr(node, "names", ()) if (alias.asname or alias.name) in names]
        if not isinstance(node, ast.ImportFrom) or not asked:
            continue
        other = source.imported(node)
        there = dict(_assigned(other.tree)) if other else {}
        for alias in asked:
            if alias.name not in there:
                raise InputError(
                    f"case {ref}: {alias.name} is imported from a module that does not set it to a literal; set it there, or in the file."
                )
            yield alias.asname or alias.name, there[alias.name]


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
            yield node.target.id, node.value


def _are_names(value: Any) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(item, str) and item for item in value)


def _maps(value: Any, is_right: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(key, str) and is_right(item) for key, item in value.items()
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return _maps(value, _is_plain)
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, str) or (isinstance(value, int) and value.bit_length() < _BITS)


RULES = {
    "TARGET": (_is_text, '"model"'),
    "PRESETS": (
        lambda value: _maps(value, lambda item: _maps(item, _is_text)),
        '{"repaired": {"effects": "noncentered"}}',
    ),
    "REPAIRED": (_is_text, '"repaired"'),
    "TRIED_IN": (lambda value: _maps(value, _is_plain), '{"scale": {"scenario": "large"}}'),
    "CONTROLS": (lambda value: _maps(value, _are_names), '{"authors_view": ("rate", "ridge")}'),
    "HYPOTHESES": (
        lambda value: isinstance(value, list | tuple) and all(map(_is_plain, value)),
        '[{"name": "...", "says": "...", "changes": {"rate": "1e-3"}, "predicts": "cures"}]',
    ),
}
"""Hook literal -> whether a value is of its form, and an example of it."""
OF_MODELS = {
    "LATENTS": (lambda value: _maps(value, _are_names), '{"x": ("x_all",)}'),
    "SELECTED": (_are_names, '("mu", "tau")'),
    "LABELS": (lambda value: _maps(value, _is_text), '{"use_x": "x"}'),
    "REFERENCE": (
        lambda value: _maps(value, lambda item: isinstance(item, dict) and _is_plain(item)),
        '{"group_3_...": {"divergences": 48}}',
    ),
    "CHECKS": (lambda value: _maps(value, _is_plain), EXAMPLE),
}
"""The same of those that only models have: a pipeline may have a constant of such a name."""
OF_PIPELINES = {
    "SCENARIOS": (
        lambda value: _maps(value, lambda item: isinstance(item, dict) and _is_plain(item)),
        '{"small": {"n": 100}}',
    ),
    "CRITERIA": (lambda value: _maps(value, _is_plain), '{"train.loss": {"finite": True, "words": "..."}}'),
    "ORACLES": (lambda value: _maps(value, _is_plain), '{"check.error": {"at_most": 1e-6, "words": "..."}}'),
    "CONTRACT": (
        lambda value: _maps(value, _is_plain),
        '{"simulate.x": {"dtype": "float64", "shape": ["n", 2], "finite": True}}',
    ),
    "EXIT_CRITERIA": (
        lambda value: isinstance(value, list | tuple) and all(map(_is_plain, value)),
        '[{"name": "...", "says": "...", "tried": ("rate",), "holds": ("fit.error",)}]',
    ),
    "INPUTS": (_are_names, '("data/*.csv",)'),
    "RESOURCES": (lambda value: _maps(value, _is_plain), '{"train": {"mem_mb": 4000, "minutes": 5}}'),
    "BUDGET": (lambda value: _maps(value, _is_text), '{"steps": "5000"}'),
}
"""The same of those that only pipelines have: a model may have a constant of such a name."""
OF_SNAKEFILES = {
    "PIPELINE": (_is_text, '"workflow/Snakefile"'),
    "TOGGLES": (lambda value: _maps(value, _are_names), '{"rate": ("1e-1", "1e-3")}'),
    "FACTS": (lambda value: _maps(value, _is_text), '{"fit": "results/fit.json"}'),
}
"""The same of those that mean something beside a ``PIPELINE`` only."""

NAMES = RULES.keys() | OF_PIPELINES.keys() | OF_SNAKEFILES.keys()
"""Of the literals that a pipeline may have, in its file or in a module that this takes them from."""
