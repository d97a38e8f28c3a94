"""Models that are sampled where they are made: at the top level of a file, or in a function; and models that are no ``pm.Model`` yet."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pymc as pm

import faultline
from faultline.targets.entry import SAMPLERS


class _Sampled(BaseException):
    """A model is complete: it begins to be sampled."""

    def __init__(self, model: pm.Model):
        super().__init__()
        self.model = model


@contextmanager
def until_sampled(names: Mapping[str, Any], wanted: str, imports: Iterable[str] = ()) -> Iterator[None]:
    """Run a script up to where the model ``wanted``, one of its ``names``, begins to be sampled.

    What follows is what its author does with the draws. Another model that it samples first is sampled. ``imports`` are the
    modules that it imports.
    """

    def diagnosing(*arguments: Any, **named: Any) -> Any:
        """A diagnosis that the script itself asks for: of the model that is wanted once that is there, and of no other."""
        if wanted in names:
            raise _Sampled(names[wanted])

    for module in SAMPLERS.keys() & set(imports):
        importlib.import_module(module)
    faultline.diagnose = diagnosing
    try:
        with _stopping(lambda model, caller: model is as_model(names.get(wanted))):
            yield
    except _Sampled:
        print(f"the file was run up to where it samples {wanted}", flush=True)
    finally:
        del faultline.diagnose


def made_by(function: Callable[..., Any], make: Callable[[], Any], inside: dict[str, Any]) -> Any:
    """What ``make`` returns, which calls ``function``; if that samples the only model that it makes, the model, unsampled.

    ``inside`` is then filled with what the function calls its own.
    """
    own = inspect.unwrap(function)
    code = getattr(own, "__code__", None)
    try:
        # What another function samples on the way, which this one calls, is no model of its own.
        with _stopping(lambda model, caller: caller.f_code is code, getattr(own, "__globals__", {})):
            return make()
    except _Sampled as stop:
        trace = stop.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code is code:
                inside.update(trace.tb_frame.f_locals)
            trace = trace.tb_next
        print(f"{function.__name__} was run up to where it samples its model", flush=True)
        return stop.model


@contextmanager
def _stopping(
    at: Callable[[pm.Model, FrameType], bool], beside: dict[str, Any] | None = None
) -> Iterator[None]:
    """In place of sampling a model, raise `_Sampled`: of a model ``at`` which to do so, called from that frame. Any other is sampled.

    ``beside``: names of a module that may have imported the functions already.
    """
    names = beside or {}
    modules = [
        (vars(sys.modules[name]), functions) for name, functions in SAMPLERS.items() if name in sys.modules
    ]
    own = [(module, name, module[name]) for module, functions in modules for name in functions]
    known = [function for _, _, function in own]
    own += [
        (names, name, value) for name, value in names.items() if any(value is function for function in known)
    ]
    # It takes the model as its first argument.
    first = [
        module["compile_pymc_model"] for module, functions in modules if "compile_pymc_model" in functions
    ]

    def stopping(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            model = arguments[0] if function in first and arguments else named.get("model")
            if model is None:
                model = pm.Model.get_context(error_if_none=False)
            if model is not None and at(model, sys._getframe(1)):
                raise _Sampled(model)
            return function(*arguments, **named)

        return call

    try:
        for module, name, function in own:
            module[name] = stopping(function)
        yield
    finally:
        for module, name, function in own:
            module[name] = function


def as_model(found: Any) -> Any:
    """The ``pm.Model`` of a Bambi model; anything else as it is."""
    if type(found).__module__.split(".")[0] != "bambi" or not hasattr(found, "backend"):
        return found
    if not getattr(found, "built", False):
        found.build()
    return found.backend.model
