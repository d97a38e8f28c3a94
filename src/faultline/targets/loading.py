"""Loading a case: its module is imported, or its pickled model read, in the process that measures."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from faultline.core.errors import InputError, one_line, shown, told
from faultline.core.record import is_json
from faultline.targets import pickled
from faultline.targets.case import Signature, read_signature
from faultline.targets.data_files import read_dataset
from faultline.targets.entry import BUILD, MODEL, imported
from faultline.targets.source import FILES, Source, find_source, split


@dataclass(frozen=True)
class Case:
    """A loaded case: its signature and the module that holds ``build`` and the optional hooks."""

    signature: Signature
    module: ModuleType

    def hook(self, name: str):
        """The module's function ``name``, or None: every hook but ``build`` is optional."""
        if self.signature.name != BUILD and name != "load_dataset":
            return None
        value = getattr(self.module, name, None)
        # A script may well call a number of its own "start".
        return value if callable(value) else None

    @property
    def recovered(self) -> list[str]:
        """Deterministics that ``recovery`` reads: the module's ``RECOVERED``, or all of its latents."""
        if not self.hook("recovery"):
            return []
        names = getattr(self.module, "RECOVERED", None)
        if names is None:
            return [name for group in self.signature.latents.values() for name in group]
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            raise InputError(
                f"case {self.signature.ref}: RECOVERED must be a list of names, not {shown(names)}."
            )
        return list(names)

    def ask(self, name: str, *arguments: Any) -> Mapping[str, Any]:
        """What the hook ``name`` returns, a mapping of names; empty without the hook, and where it returns None.

        Raises
        ------
        InputError
            It takes other arguments, or returns something else. What the hook itself raises goes through.
        """
        hook = self.hook(name)
        if not hook:
            return {}
        self._check_call(name, hook, arguments, {})
        found = hook(*arguments)
        if found is not None and not (
            isinstance(found, Mapping) and all(isinstance(key, str) for key in found)
        ):
            raise InputError(
                f"{name} of case {self.signature.ref} returned {type(found).__name__}; it must return a mapping of names "
                "to values."
            )
        return found or {}

    def figures(self, name: str, *arguments: Any) -> Mapping[str, Any]:
        """What `ask` says, for a hook whose answer is put in the record: only what JSON knows."""
        found = self.ask(name, *arguments)
        if not is_json(found):
            raise InputError(
                f"{name} of case {self.signature.ref} returned values that a record cannot hold; return numbers, text, "
                "lists, arrays, or mappings of these."
            )
        return found

    def _check_call(
        self, name: str, function: Any, arguments: Sequence[Any], named: Mapping[str, Any]
    ) -> None:
        """Refuse a function of the user's that cannot be called like this: a decorator may hide what ``build`` takes."""
        try:
            taken = inspect.signature(function)
        except (TypeError, ValueError):  # something callable that does not say
            return
        try:
            taken.bind(*arguments, **named)
        except TypeError as error:
            raise InputError(
                f"{name} of case {self.signature.ref} cannot be called: {error}; give it the arguments listed in "
                "docs/add-your-model.md."
            ) from None

    def load_dataset(self, path: str | Path | None, max_T: int | None = None, max_K: int | None = None):
        """The dataset as ``build`` wants it, or None without one."""
        signature = self.signature
        if not signature.takes_dataset or path is None:
            return None
        load = self.hook("load_dataset")
        if load is None:
            return read_dataset(path)
        try:
            return load(path, max_T=max_T, max_K=max_K) if signature.cuts else load(path)
        except InputError:
            raise
        except Exception as error:
            raise InputError(
                f"case {signature.ref}: its load_dataset cannot read {path}: {told(error, signature.folders)}; give a "
                "dataset that it can read, or fix load_dataset."
            ) from None

    def configured(self, dataset, components: Mapping[str, bool], variants: Mapping[str, str]) -> Any:
        """What ``build`` returns with these components and variants, whatever that is; or the model itself."""
        found = getattr(self.module, self.signature.name)
        if self.signature.is_model:
            return found
        chosen = {name: self.signature.variants[name].value(choice) for name, choice in variants.items()}
        given = self.signature.takes_dataset and (dataset is not None or self.signature.needs_dataset)
        named = {**({self.signature.data: dataset} if given else {}), **components, **chosen}
        self._check_call(self.signature.name, found, (), named)
        return found(**named)

    def build(self, dataset, components: Mapping[str, bool], variants: Mapping[str, str]):
        """The model with these components and variants: a ``pm.Model``."""
        import pymc as pm

        from faultline.targets.observed_data import local_names, remember_scopes, remembering
        from faultline.targets.script import as_model, made_by

        ref, name = self.signature.ref, self.signature.name
        if self.signature.is_model:
            model = as_model(self.configured(dataset, components, variants))
            if not isinstance(model, pm.Model):
                raise InputError(
                    f"case {ref}: {name} is a {type(model).__name__}; it must be a pm.Model or a Bambi model."
                )
            remember_scopes(model, None, None, vars(self.module))
            return _not_empty(model, ref)
        build = getattr(self.module, name)
        with remembering(), local_names(build) as inside:
            made = partial(self.configured, dataset, components, variants)
            model = as_model(made_by(build, made, inside) if self.signature.samples else made())
        if not isinstance(model, pm.Model):
            raise InputError(
                f"{name} of {ref} returned {type(model).__name__}: it must return a pm.Model; end it with "
                "return model."
            )
        remember_scopes(model, build, dataset, inside)
        # With every component off, nothing may be left, and that is told otherwise.
        return model if self.signature.components else _not_empty(model, ref)


def _not_empty(model: Any, ref: str) -> Any:
    if not model.basic_RVs and not model.potentials:
        raise InputError(f"case {ref}: the model has no variables; define them inside its with block.")
    return model


class _OtherText(SourceFileLoader):
    """Imports a file as if another text stood in it."""

    def __init__(self, name: str, path: str, text: str):
        super().__init__(name, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        """The compiled text: never what an import of the file itself has left."""
        return self.source_to_code(self._text.encode(), self.path)


def load_changed(signature: Signature, text: str) -> Case:
    """A case that stands in a file, as it would be with another text: its imports and its paths are those of the file.

    What the text raises goes through.
    """
    source = find_source(signature.ref)
    name = f"{source.module}_changed" if source.packaged else f"faultline_changed_{source.path.stem}"
    loader = _OtherText(name, str(source.path), text)
    spec = importlib.util.spec_from_file_location(name, source.path, loader=loader)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    with _alone(source.path), _as_script(signature, module, source):
        loader.exec_module(module)
    return Case(signature, module)


def load_case(ref: str, in_its_folder: bool = False) -> Case:
    """Import a case. What its module raises while it is imported is a mistake: there is no model yet to diagnose.

    Its folder and the current one come last in ``sys.path``: a module there that is called like a library (a model named
    ``random.py``) must not be what the libraries import.

    ``in_its_folder``: go there first, and stay, so that the paths in a file of the user's start where it is.
    """
    signature = read_signature(ref)
    if ref.endswith(pickled.ENDING):
        return _unpickled(signature)
    source = find_source(ref)
    sys.path += [folder for folder in (str(source.root), os.getcwd()) if folder not in sys.path]
    if in_its_folder and split(ref)[0].endswith(FILES):
        os.chdir(source.path.parent)
    # Under a name of its own: the file may be called like a library. A package keeps its name, for relative imports.
    name = source.module if source.packaged else f"faultline_case_{source.path.stem}"
    try:
        with _alone(source.path):
            if source.packaged:
                _import_package(source.module.split(".")[0], source.root)
                module = importlib.import_module(name)
            else:
                spec = importlib.util.spec_from_file_location(name, source.path)
                module = sys.modules[name] = importlib.util.module_from_spec(spec)
                with _as_script(signature, module, source):
                    spec.loader.exec_module(module)
    except SystemExit:
        raise InputError(
            f"case {ref}: the file ended itself (sys.exit, or arguments that it did not get) before its model was made; give its "
            'arguments defaults, and put what follows the model under if __name__ == "__main__".'
        ) from None
    except Exception as error:
        raise InputError(
            f"case {ref} cannot be imported: {told(error, signature.folders)}; {_cure(error)}"
        ) from None
    if not source.path.samefile(module.__file__):
        raise InputError(
            f"case {ref}: its package has the same name as another one, so Python imports {module.__file__}; rename the package."
        )
    return Case(signature, module)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """The command line that a script sees is its own name: it must not take Faultline's arguments for its own."""
    before = sys.argv
    sys.argv = [str(path)]
    try:
        yield
    finally:
        sys.argv = before


def _as_script(signature: Signature, module: ModuleType, source: Source) -> AbstractContextManager[None]:
    """Where the model stands at the top level of its file: it remembers its data, and is not sampled."""
    if not signature.is_model:
        return nullcontext()
    from faultline.targets.observed_data import remembering
    from faultline.targets.script import until_sampled

    stack = ExitStack()
    stack.enter_context(remembering())
    stack.enter_context(until_sampled(vars(module), signature.name, imported(source.tree)))
    return stack


def _cure(error: Exception) -> str:
    """What to do about an error while a case is imported."""
    if isinstance(error, ModuleNotFoundError):
        return f"install what is missing with {sys.executable} -m pip install and run again."
    if isinstance(error, FileNotFoundError) and not os.path.isabs(str(error.filename)):
        return f"correct the path, which starts at {os.getcwd()}, and run again."
    if isinstance(error, NameError) and error.name in ("get_ipython", "display"):
        return "remove that line, which works only in a notebook, and run again."
    return "fix that and run again."


def _unpickled(signature: Signature) -> Case:
    """A case that is a pickled model. Modules that it needs are found as where it was pickled: in the current folder."""
    from faultline.targets.observed_data import remembering

    sys.path += [os.getcwd()] if os.getcwd() not in sys.path else []
    module = ModuleType("faultline_case_pickled")
    try:
        with remembering():
            setattr(module, MODEL, pickled.read_model(signature.path))
    except Exception as error:
        raise InputError(
            f"case {signature.ref} cannot be unpickled: {type(error).__name__}: {one_line(str(error), 200)}; {_cure(error)}"
        ) from None
    return Case(signature, module)


def _import_package(name: str, root: Path) -> None:
    """Import the package ``name`` that stands in ``root``, and no installed copy of it."""
    if name not in sys.modules and (spec := PathFinder.find_spec(name, [str(root)])):
        sys.modules[name] = importlib.util.module_from_spec(spec)
        if spec.loader:
            spec.loader.exec_module(sys.modules[name])
