"""What a stage of a pipeline left, in the store: written under its key, and read from there by whoever needs it next."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from faultline.core.record import read_json, write_json
from faultline.store.arrays import read_arrays
from faultline.store.keys import digest, file_digest
from faultline.store.objects import Store
from faultline.targets.pipeline_run import Output

ARRAYS, ABOUT = "arrays.npz", "output.json"


def kept(store: Store, key: str, output: Output, about: Mapping[str, Any], opened: Mapping[str, str]) -> None:
    """Put a stage's output into the store, with what else is to be remembered of how it was made, and the files that it has read."""
    folder = store.running(key)
    names = {name: f"file_{number}{path.suffix}" for number, (name, path) in enumerate(output.files.items())}
    np.savez(folder / ARRAYS, **output.arrays)
    write_json(folder / ABOUT, {"facts": output.facts, "files": names, "about": about, "opened": opened})
    files = {stored: output.files[name] for name, stored in names.items()}
    store.keep(key, {ARRAYS: folder / ARRAYS, ABOUT: folder / ABOUT, **files}, {})


def recalled(store: Store, key: str) -> tuple[Output, dict[str, Any], dict[str, str]]:
    """What stands under a key: the output, what was remembered beside it, and path -> digest of each file that was read.

    Raises
    ------
    InputError
        It is damaged, and has been set aside.
    """
    found = read_json(store.read(key, ABOUT))
    arrays = read_arrays(store.read(key, ARRAYS), "output of a stage")
    files = {name: Path(store.read(key, stored)).resolve() for name, stored in found["files"].items()}
    return Output(arrays, found["facts"], files), found["about"], found["opened"]


def content_of(output: Output) -> str:
    """A digest of what a stage left: equal for equal arrays, facts and files, whenever they were made."""
    arrays = {
        name: [
            str(values.dtype),
            list(values.shape),
            hashlib.sha256(np.ascontiguousarray(values)).hexdigest(),
        ]
        for name, values in output.arrays.items()
    }
    return digest(
        [arrays, _plain(output.facts), {name: file_digest(path) for name, path in output.files.items()}]
    )


def _plain(value: Any) -> Any:
    """Numbers as text, so that NaN is equal to itself."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return repr(value)
