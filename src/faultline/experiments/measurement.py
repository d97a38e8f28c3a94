"""One trial being measured: what its kind does runs on what it is about; the record is on disk after every step."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from faultline.experiments import experiment
from faultline.targets.case import known_files, read_signature
from faultline.targets.opened import Opened

if TYPE_CHECKING:
    from faultline.core.recorder import Recorder


def measure(recorder: Recorder) -> None:
    """Measure the trial that the worker's spec describes. What the user's code raises goes through."""
    spec = recorder.spec
    signature = read_signature(spec["case"])
    recorder.folders = signature.folders
    chosen = module_of(spec["kind"])
    opened = Opened(spec["opened"], signature.folders, known_files(spec, signature))
    try:
        subject = chosen.prepare(recorder, opened)
    finally:
        opened.note_modules()
    if subject is not None:
        chosen.measure(recorder, subject)


def module_of(kind: str) -> ModuleType:
    """The module of an experiment, imported."""
    return importlib.import_module(experiment(kind).module)
