"""A case: a Python module with ``build(...) -> pm.Model``. Its signature is its interface.

``read_signature`` parses the source and runs none of it, so that the workflow can plan a ladder without importing PyMC.
``load_case`` imports the module, for the process that measures.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from faultline.errors import InputError

BUNDLED = {"gimbal": "faultline.cases.gimbal.model"}
_LITERALS = ("LATENTS", "SELECTED", "LABELS", "PRESETS", "REFERENCE")


@dataclass(frozen=True)
class Variant:
    """One keyword-only ``Literal[...]`` argument of ``build``: the ways to write one part of the model."""

    default: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Signature:
    """What the source of a case says about itself, read without running it."""

    ref: str
    path: Path
    takes_dataset: bool
    components: dict[str, bool]
    variants: dict[str, Variant]
    literals: dict[str, Any] = field(default_factory=dict)
    loads: bool = False  # whether it has a load_dataset of its own, which alone knows what max_T means

    @property
    def latents(self) -> dict[str, tuple[str, ...]]:
        """Groups of latent variables that can be frozen: name -> names in the model."""
        return {k: tuple(v) for k, v in self.literals.get("LATENTS", {}).items()}

    @property
    def labels(self) -> dict[str, str]:
        """Component -> the short name used in group names (``use_x`` is ``x`` where the case does not say)."""
        given = self.literals.get("LABELS", {})
        return {name: given.get(name, name.removeprefix("use_")) for name in self.components}

    @property
    def reference(self) -> dict[str, Any]:
        """Published figures per group, shown beside the measured ones."""
        return dict(self.literals.get("REFERENCE", {}))

    @property
    def sources(self) -> list[Path]:
        """The files the case consists of: its own file, or every module beside it when it is bundled."""
        if self.ref in BUNDLED:
            return sorted(self.path.parent.glob("*.py"))
        return [self.path]

    def fingerprint(self) -> str:
        """SHA-256 over the content of the case's source files."""
        digest = hashlib.sha256()
        for path in self.sources:
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def choose_components(self, chosen: Mapping[str, bool] | None) -> dict[str, bool]:
        """The defaults with ``chosen`` on top; an unknown name is the user's mistake."""
        chosen = dict(chosen or {})
        for name, value in chosen.items():
            if name not in self.components:
                raise InputError(
                    f"case {self.ref} has no component {name!r}; it has {_listed(self.components)}."
                )
            if not isinstance(value, bool):
                raise InputError(f"component {name} of case {self.ref} must be true or false, not {value!r}.")
        return {**self.components, **chosen}

    def choose_variants(self, chosen: str | Mapping[str, str] | None) -> dict[str, str]:
        """The defaults with ``chosen`` on top: a mapping, or the name of one of the case's presets."""
        if isinstance(chosen, str):
            presets = self.literals.get("PRESETS", {})
            if chosen not in presets:
                raise InputError(
                    f"case {self.ref} has no preset of variants {chosen!r}; it has {_listed(presets)}: "
                    "choose one, or give a mapping such as {name: choice}."
                )
            chosen = presets[chosen]
        chosen = dict(chosen or {})
        for name, choice in chosen.items():
            if name not in self.variants:
                raise InputError(f"case {self.ref} has no variant {name!r}; it has {_listed(self.variants)}.")
            if choice not in self.variants[name].choices:
                raise InputError(
                    f"variant {name} of case {self.ref} is one of {_listed(self.variants[name].choices)}, "
                    f"not {choice!r}."
                )
        return {**{name: v.default for name, v in self.variants.items()}, **chosen}


@dataclass(frozen=True)
class Case:
    """A loaded case: its signature and the module that holds ``build`` and the optional hooks."""

    signature: Signature
    module: ModuleType

    def hook(self, name: str):
        """The module's function ``name``, or None: every hook but ``build`` is optional."""
        return getattr(self.module, name, None)

    def load_dataset(self, path: str | Path | None, max_T: int | None = None, max_K: int | None = None):
        """The dataset as ``build`` wants it, or None for a case that takes none."""
        if not self.signature.takes_dataset:
            return None
        if path is None:
            raise InputError(f"case {self.signature.ref} needs a dataset: give dataset=path/to/data.npz.")
        load = self.hook("load_dataset")
        if load is not None:
            return load(path, max_T=max_T, max_K=max_K)
        return _load_npz(path)

    def build(self, dataset, components: Mapping[str, bool], variants: Mapping[str, str]):
        """The model with these components and variants: a ``pm.Model``."""
        import pymc as pm

        arguments = (dataset,) if self.signature.takes_dataset else ()
        model = self.module.build(*arguments, **components, **variants)
        if not isinstance(model, pm.Model):
            raise InputError(
                f"build of {self.signature.ref} returned {type(model).__name__}: it must return a pm.Model."
            )
        return model


def read_signature(ref: str) -> Signature:
    """Read components, variants and literal settings of a case from its source, running none of it.

    Parameters
    ----------
    ref
        Name of a bundled case (``gimbal``), path of a ``.py`` file, or a dotted module.
    """
    path = find_source(ref)
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except SyntaxError as err:
        raise InputError(f"case {ref}: {path} line {err.lineno} is not valid Python ({err.msg}).") from None
    build = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "build"), None)
    if build is None:
        raise InputError(
            f"case {ref}: {path} defines no function build(...) that returns a pm.Model; add one."
        )
    positional = [a.arg for a in build.args.posonlyargs + build.args.args]
    required = len(positional) - len(build.args.defaults)
    if required > 1 or (required == 1 and positional[0] != "dataset"):
        raise InputError(
            f"case {ref}: build takes {', '.join(positional[:required])}, but it may take one positional argument, "
            "dataset; make the others keyword-only booleans or Literals."
        )
    components, variants = _keyword_arguments(ref, build)
    return Signature(
        ref=ref,
        path=path,
        takes_dataset=bool(positional) and positional[0] == "dataset",
        components=components,
        variants=variants,
        literals=_module_literals(tree),
        loads="load_dataset" in _module_names(tree),
    )


def load_case(ref: str) -> Case:
    """Import a case. What its module raises while it is imported goes through: it is a finding, not a mistake."""
    signature = read_signature(ref)
    if ref.endswith(".py"):
        name = f"faultline_case_{signature.path.stem}"
        spec = importlib.util.spec_from_file_location(name, signature.path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        sys.path.insert(0, str(signature.path.parent))
        spec.loader.exec_module(module)
    else:
        module = importlib.import_module(BUNDLED.get(ref, ref))
    return Case(signature, module)


def find_source(ref: str) -> Path:
    """The source file that a case's name, path or dotted module stands for."""
    if ref.endswith(".py"):
        path = Path(ref)
        if not path.is_file():
            raise InputError(
                f"case {ref}: there is no such file; give the path of a Python file with build(...)."
            )
        return path.resolve()
    try:
        spec = importlib.util.find_spec(BUNDLED.get(ref, ref))
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.origin:
        raise InputError(
            f"case {ref!r} is none of the bundled cases ({_listed(BUNDLED)}) and no importable module; "
            "give a path that ends in .py, or put the module on PYTHONPATH."
        )
    return Path(spec.origin)


def _keyword_arguments(ref: str, build: ast.FunctionDef) -> tuple[dict[str, bool], dict[str, Variant]]:
    components: dict[str, bool] = {}
    variants: dict[str, Variant] = {}
    for argument, default in zip(build.args.kwonlyargs, build.args.kw_defaults, strict=True):
        value = default.value if isinstance(default, ast.Constant) else None
        choices = _literal_choices(argument.annotation)
        if isinstance(value, bool):
            components[argument.arg] = value
        elif choices and value in choices:
            variants[argument.arg] = Variant(value, choices)
        elif default is None:
            raise InputError(
                f"case {ref}: build needs {argument.arg}, which has no default; "
                "give it a default, or make it a boolean or a Literal."
            )
    return components, variants


def _literal_choices(annotation: ast.expr | None) -> tuple[str, ...]:
    if not isinstance(annotation, ast.Subscript):
        return ()
    name = (
        annotation.value.attr
        if isinstance(annotation.value, ast.Attribute)
        else getattr(annotation.value, "id", "")
    )
    if name != "Literal":
        return ()
    items = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    return tuple(item.value for item in items if isinstance(item, ast.Constant))


def _module_names(tree: ast.Module) -> set[str]:
    """Functions that the module defines or imports."""
    imported = [alias for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return defined | {alias.asname or alias.name for alias in imported}


def _module_literals(tree: ast.Module) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in tree.body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        for target in targets:
            if isinstance(target, ast.Name) and target.id in _LITERALS and node.value is not None:
                try:
                    found[target.id] = ast.literal_eval(node.value)
                except ValueError:
                    raise InputError(
                        f"{target.id} must be a plain literal, so that it can be read unrun."
                    ) from None
    return found


def _load_npz(path: str | Path) -> dict[str, Any]:
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except (OSError, ValueError) as err:
        raise InputError(
            f"dataset {path} cannot be read as .npz ({err}); give an .npz of plain arrays."
        ) from None


def _listed(names) -> str:
    return ", ".join(map(str, names)) or "none"
