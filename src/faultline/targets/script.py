"""Models that stand at the top level of a file, and models that are no ``pm.Model`` yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pymc as pm

import faultline

_SAMPLERS = ("sample", "sample_smc")


class _Sampled(BaseException):
    """The model of a script is complete: the script begins to sample it."""


@contextmanager
def until_sampled(names: Mapping[str, Any], wanted: str) -> Iterator[None]:
    """Run a script up to where PyMC is asked to sample the model ``wanted``, one of its ``names``.

    What follows is what its author does with the draws. Another model that it samples first is sampled.
    """
    own = {name: getattr(pm, name) for name in _SAMPLERS}

    def stopping(name: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            sampled = named.get("model")
            if sampled is None:
                sampled = pm.Model.get_context(error_if_none=False)
            if sampled is not None and sampled is as_model(names.get(wanted)):
                raise _Sampled
            return own[name](*arguments, **named)

        return call

    def diagnosing(*arguments: Any, **named: Any) -> Any:
        """A diagnosis that the script itself asks for: of the model that is wanted once that is there, and of no other."""
        if wanted in names:
            raise _Sampled

    for name in _SAMPLERS:
        setattr(pm, name, stopping(name))
    faultline.diagnose = diagnosing
    try:
        yield
    except _Sampled:
        print(f"the file was run up to where it samples {wanted}", flush=True)
    finally:
        for name, function in own.items():
            setattr(pm, name, function)
        del faultline.diagnose


def as_model(found: Any) -> Any:
    """The ``pm.Model`` of a Bambi model; anything else as it is."""
    if type(found).__module__.split(".")[0] != "bambi" or not hasattr(found, "backend"):
        return found
    if not getattr(found, "built", False):
        found.build()
    return found.backend.model
