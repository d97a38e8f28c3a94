"""One trial being measured: what its kind does runs on what it is about; the record is on disk after every step."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from faultline.core.errors import InputError, NotMeasurable
from faultline.experiments import experiment
from faultline.targets.case import known_files, read_signature
from faultline.targets.opened import Opened
from faultline.targets.revisions import check_imports, import_from
from faultline.targets.source import find_source

if TYPE_CHECKING:
    from faultline.core.recorder import Recorder


def measure(recorder: Recorder) -> None:
    """Measure the trial that the worker's spec describes. What the user's code raises goes through.

    At a revision of a comparison, a case that cannot be measured is no mistake that ends everything: its runs are not known.
    """
    spec = recorder.spec
    try:
        _measure(recorder)
    except InputError as mistake:
        if not spec.get("revision", {}).get("passing"):
            raise
        seeds = spec.get("seeds", [spec["seed"]])
        unknown = [
            {"seed": seed, "digest": None, "raised": False, "error": None, "readings": {}} for seed in seeds
        ]
        recorder.keep(readings=unknown)
        raise NotMeasurable(str(mistake)) from None


def _measure(recorder: Recorder) -> None:
    spec, revision = recorder.spec, recorder.spec.get("revision")
    signature = read_signature(spec["case"])
    recorder.folders = signature.folders
    if revision:
        place = Path(revision["place"]).resolve()
        recorder.folders = (*signature.folders, place)
        top = Path(revision["stands_for"]).resolve()
        import_from(place, top, find_source(spec["case"]).root)
    chosen = module_of(spec["kind"])
    opened = Opened(spec["opened"], recorder.folders, known_files(spec, signature))
    try:
        subject = chosen.prepare(recorder, opened)
    finally:
        opened.note_modules()
    if subject is not None:
        chosen.measure(recorder, subject)
    if revision:
        check_imports(place, top)


def module_of(kind: str) -> ModuleType:
    """The module of an experiment, imported."""
    return importlib.import_module(experiment(kind).module)
