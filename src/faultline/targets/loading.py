"""Loading a case: its module is imported, or its pickled model read, in the process that measures."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType

from faultline.core.errors import InputError, one_line, told
from faultline.targets import pickled
from faultline.targets.case import Case, Signature, read_signature
from faultline.targets.entry import MODEL, imported
from faultline.targets.source import FILES, Source, find_source, split


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
