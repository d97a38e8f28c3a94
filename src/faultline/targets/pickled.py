"""Live models: written by cloudpickle where they were made, read by the process that measures."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

from faultline.core.errors import InputError, one_line

ENDING = ".pkl"


def write_model(model: Any, path: Path) -> None:
    """Write a live model, or a function without arguments that returns one.

    Raises
    ------
    InputError
        It cannot be pickled.
    """
    import cloudpickle

    try:
        content = pickle.dumps({"path": sys.path, "model": cloudpickle.dumps(model)})
    except Exception as error:  # whatever the objects in it raise
        raise InputError(
            f"the model cannot be pickled ({type(error).__name__}: {one_line(str(error), 150)}); write the code that builds it to "
            "a file and give its path."
        ) from None
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    os.replace(part, path)


def read_model(path: Path) -> Any:
    """The live model in a file; a function is called. What unpickling raises goes through.

    Modules are looked for where they were when it was written, after the places where this process looks.
    """
    with open(path, "rb") as file:
        written = pickle.load(file)
    sys.path += [place for place in written["path"] if place not in sys.path]
    found = pickle.loads(written["model"])
    return found() if callable(found) else found
