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

from faultline.errors import InputError, shown, told
from faultline.source import BUNDLED, find_build, find_source

_LITERALS = ("LATENTS", "SELECTED", "LABELS", "PRESETS", "REFERENCE")


@dataclass(frozen=True)
class Variant:
    """One ``Literal[...]`` argument of ``build``: the ways to write one part of the model."""

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
    needs_dataset: bool = True  # where it takes one: False if build has a default for it
    files: tuple[Path, ...] = ()  # of an own case: its file, and what that imports from beside it
    folders: tuple[Path, ...] = ()  # what belongs to the case: lines of code there are the user's own

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
        """The files the case consists of; of a bundled one every module beside it."""
        if self.ref in BUNDLED:
            return sorted(self.path.parent.glob("*.py"))
        return list(self.files)

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
                    f"case {self.ref} has no component {shown(name)}; it has {_listed(self.components)}."
                )
            if not isinstance(value, bool):
                raise InputError(
                    f"component {name} of case {self.ref} must be true or false, not {shown(value)}."
                )
        return {**self.components, **chosen}

    def choose_variants(self, chosen: str | Mapping[str, str] | None) -> dict[str, str]:
        """The defaults with ``chosen`` on top: a mapping, or the name of one of the case's presets."""
        if isinstance(chosen, str):
            presets = self.literals.get("PRESETS", {})
            if chosen not in presets:
                raise InputError(
                    f"case {self.ref} has no preset of variants {shown(chosen)}; it has {_listed(presets)}: "
                    "choose one, or give a mapping such as {name: choice}."
                )
            chosen = presets[chosen]
        chosen = dict(chosen or {})
        for name, choice in chosen.items():
            if name not in self.variants:
                raise InputError(
                    f"case {self.ref} has no variant {shown(name)}; it has {_listed(self.variants)}."
                )
            if choice not in self.variants[name].choices:
                raise InputError(
                    f"variant {name} of case {self.ref} is one of {_listed(self.variants[name].choices)}, "
                    f"not {shown(choice)}."
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
        """The dataset as ``build`` wants it, or None without one."""
        signature = self.signature
        if not signature.takes_dataset or path is None:
            return None
        load = self.hook("load_dataset")
        if load is None:
            return _load_npz(path)
        try:
            return load(path, max_T=max_T, max_K=max_K)
        except InputError:
            raise
        except Exception as error:
            raise InputError(
                f"case {signature.ref}: its load_dataset cannot read {path}: {told(error, signature.folders)}; give a "
                "dataset that it can read, or mend it."
            ) from None

    def build(self, dataset, components: Mapping[str, bool], variants: Mapping[str, str]):
        """The model with these components and variants: a ``pm.Model``."""
        import pymc as pm

        from faultline.probes.given import remembering

        given = self.signature.takes_dataset and (dataset is not None or self.signature.needs_dataset)
        with remembering():
            model = self.module.build(**({"dataset": dataset} if given else {}), **components, **variants)
        if not isinstance(model, pm.Model):
            raise InputError(
                f"build of {self.signature.ref} returned {type(model).__name__}: it must return a pm.Model; end it with "
                "return model."
            )
        return model


def read_signature(ref: str) -> Signature:
    """Read components, variants and literal settings of a case from its source, running none of it.

    Parameters
    ----------
    ref
        Name of a bundled case (``gimbal``), path of a ``.py`` file, or a dotted module.
    """
    source = find_source(ref)
    where, build = find_build(source)
    takes, needs, components, variants = _arguments(ref, build)
    return Signature(
        ref=ref,
        path=source.path,
        takes_dataset=takes,
        needs_dataset=needs,
        components=components,
        variants=variants,
        literals=_module_literals(source.tree),
        loads="load_dataset" in _module_names(source.tree),
        files=() if ref in BUNDLED else tuple(sorted({*source.files(), *where.files()})),
        folders=(source.path.parent,) if ref in BUNDLED else (source.folder, where.folder),
    )


def load_case(ref: str) -> Case:
    """Import a case. What its module raises while it is imported is a mistake: there is no model yet to diagnose."""
    signature, source = read_signature(ref), find_source(ref)
    sys.path.insert(0, str(source.root))
    try:
        if source.packaged:
            module = importlib.import_module(source.module)
        else:
            # Under a name of its own: the file may be called like a library.
            name = f"faultline_case_{source.path.stem}"
            spec = importlib.util.spec_from_file_location(name, source.path)
            module = sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(
            f"case {ref} cannot be imported: {told(error, signature.folders)}; mend that, and run again."
        ) from None
    return Case(signature, module)


def known_files(request: Mapping[str, Any], signature: Signature) -> list[Path]:
    """The files whose content is in a measurement's request: the case's own and its dataset."""
    dataset = request["dataset"]
    return [*signature.sources, *([Path(dataset.get("file") or dataset["path"])] if dataset else [])]


def _arguments(ref: str, build: ast.FunctionDef) -> tuple[bool, bool, dict[str, bool], dict[str, Variant]]:
    """Whether ``build`` takes a dataset and needs one, its components, and its variants."""
    arguments = build.args
    named = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(named) - len(arguments.defaults)) + arguments.defaults
    takes = needs = False
    components: dict[str, bool] = {}
    variants: dict[str, Variant] = {}
    for argument, default in [
        *zip(named, defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]:
        name, choices = argument.arg, _literal_choices(argument.annotation)
        value = default.value if isinstance(default, ast.Constant) else None
        if argument in arguments.posonlyargs:
            raise InputError(f"case {ref}: build takes {name} by position only; leave out the / after it.")
        if name == "dataset":
            takes, needs = True, default is None
        elif isinstance(value, bool):
            components[name] = value
        elif choices and not all(isinstance(choice, str) for choice in choices):
            raise InputError(
                f"case {ref}: the choices of {name} must be words, to be named in a command; write them in quotes."
            )
        elif choices and value in choices:
            variants[name] = Variant(value, choices)
        elif default is None:
            raise InputError(
                f"case {ref}: build needs {name}, which has no default; call it dataset if it is the data, else give it "
                "a default (a boolean is a component, a Literal a variant)."
            )
    return takes, needs, components, variants


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
        # A file of one array is opened as well as an archive, and has no files to read.
        with np.load(path, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except Exception as err:
        raise InputError(
            f"dataset {path} cannot be read as .npz ({err}); give an .npz of plain arrays, as numpy.savez writes it."
        ) from None


def _listed(names) -> str:
    return ", ".join(map(str, names)) or "none"
