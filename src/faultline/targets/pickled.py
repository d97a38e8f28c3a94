"""Live models: written by cloudpickle where they were made, read by the process that measures."""

from __future__ import annotations

import importlib
import io
import os
import pickle
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from faultline.core.errors import InputError, one_line

ENDING = ".pkl"
DISPATCHERS = (
    *(("pymc.logprob.abstract", name) for name in ("_logprob", "_logcdf", "_logccdf", "_icdf")),
    ("pymc.distributions.distribution", "_support_point"),
    ("pymc.distributions.shape_utils", "_change_dist_size"),
    ("pytensor.link.jax.dispatch.basic", "jax_funcify"),
)
"""Modules and names of the functions to which the Ops of a model register what they are, or how JAX runs them."""
_HERE: dict[str, Any] = {}
"""Path -> a model that cannot be pickled, and stays in this process."""


class NotPicklable(InputError):
    """A live model cannot be written to a file."""


def write_model(model: Any, path: Path) -> None:
    """Write a live model, or a function without arguments that returns one.

    Raises
    ------
    NotPicklable
        It cannot be pickled.
    """
    try:
        content = pickle.dumps({"path": sys.path, "model": _dumped(model)})
    except Exception as error:  # whatever the objects in it raise
        raise NotPicklable(
            f"the model cannot be pickled ({type(error).__name__}: {one_line(str(error), 150)})"
        ) from None
    _write(content, path)


def _dumped(model: Any) -> bytes:
    """The model with what its own classes have registered: PyMC asks its dispatchers for the log-probability of a CustomDist, whose class
    is made anew wherever it is read.
    """
    import cloudpickle

    class Pickler(cloudpickle.Pickler):
        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, type):
                met.add(obj)
            return super().reducer_override(obj)

    registered: list[tuple[str, str, type, Any]] = []
    while True:  # what is registered may bring further classes
        met: set[type] = set()
        written = io.BytesIO()
        Pickler(written).dump((model, registered))
        found = [
            (module, name, own, registry[own])
            for module, name in DISPATCHERS
            if module in sys.modules
            for registry in [getattr(sys.modules[module], name).registry]
            for own in met & registry.keys()
            if _made_anew(own)
        ]
        if len(found) == len(registered):
            return written.getvalue()
        registered = found


def _made_anew(own: type) -> bool:
    """Whether a class cannot be imported where it is read, so that its code is written instead."""
    found: Any = sys.modules.get(own.__module__)
    for name in own.__qualname__.split("."):
        found = getattr(found, name, None)
    return own.__module__ == "__main__" or found is not own


def _loaded(written: bytes) -> Any:
    """What `_dumped` has written, registered again."""
    model, registered = pickle.loads(written)
    for module, name, own, function in registered:
        getattr(importlib.import_module(module), name).register(own, function)
    return model


@contextmanager
def kept_here(model: Any, path: Path) -> Iterator[None]:
    """Keep a model, or a function as in `write_model`, in this process, and write a file that stands for it: another each time."""
    _write(pickle.dumps({"here": secrets.token_hex(16)}), path)
    name = os.path.realpath(path)
    _HERE[name] = model
    try:
        yield
    finally:
        del _HERE[name]


def lives_here(ref: str) -> bool:
    """Whether a case is the file of a model that is kept in this process."""
    return os.path.realpath(ref) in _HERE


def _write(content: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    os.replace(part, path)


def read_model(path: Path) -> Any:
    """The live model in a file; a function is called. What unpickling raises goes through.

    Modules are looked for where they were when it was written, after the places where this process looks.

    Raises
    ------
    LookupError
        The model is kept in another process (`kept_here`).
    """
    if (kept := _HERE.get(os.path.realpath(path))) is not None:
        return kept() if callable(kept) else kept
    with open(path, "rb") as file:
        written = pickle.load(file)
    if "here" in written:
        raise LookupError("it could not be pickled, and the process that had it has ended or is another")
    sys.path += [place for place in written["path"] if place not in sys.path]
    found = _loaded(written["model"])
    return found() if callable(found) else found
