"""A trial of a model: one configuration, sampled with each of several seeds by the same settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faultline.experiments import model_target
from faultline.experiments.model_context import Subject
from faultline.experiments.seeded_runs import all_broken, run_all

if TYPE_CHECKING:
    from faultline.core.recorder import Recorder
    from faultline.targets.opened import Opened


def prepare(recorder: Recorder, opened: Opened) -> Subject | None:
    """The model. One whose log-probability is not defined at its start ends every run before it begins."""
    subject = model_target.prepare(recorder, opened)
    if subject is None:
        recorder.keep(readings=all_broken(recorder))
    return subject


def measure(recorder: Recorder, subject: Subject) -> None:
    """One run with each seed; a seed with which no chain starts is a finding."""
    run_all(recorder, subject)
