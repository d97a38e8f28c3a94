"""How each kind of group is judged: one file for each way, listed here."""

from __future__ import annotations

from faultline.core.sections.record import Record
from faultline.diagnosis.kinds.ablation import Ablation
from faultline.diagnosis.kinds.as_yours import AsYours
from faultline.diagnosis.kinds.build import Build
from faultline.diagnosis.kinds.draws import Draws
from faultline.diagnosis.kinds.frozen import Frozen
from faultline.diagnosis.kinds.gradient import Gradient
from faultline.diagnosis.kinds.kind import Kind
from faultline.diagnosis.kinds.pipeline import Pipeline
from faultline.diagnosis.kinds.sampling import Sampling
from faultline.experiments import experiment

WAYS: dict[str, Kind] = {
    "build": Build(),
    "gradient": Gradient(),
    "sampling": Sampling(),
    "frozen": Frozen(),
    "ablation": Ablation(),
    "draws": Draws(),
    "as_yours": AsYours(),
    "pipeline": Pipeline(),
}
"""What an experiment names as ``judged_as``."""


def of(record: Record) -> Kind:
    """The way to judge a record.

    Raises
    ------
    LookupError
        If there is no experiment of its kind.
    """
    return WAYS[experiment(record.kind).judged_as]
