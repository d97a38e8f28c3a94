"""A trial: what a request asks for, whatever it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from faultline.experiments import Experiment, experiment


@dataclass(frozen=True)
class Trial:
    """A target with changes, and the experiment that is done on it.

    With the data, the seed and the budget of its suite it has one request, one key and one outcome.

    Parameters
    ----------
    kind
        The experiment.
    components
        Each component of the target: whether it is switched on.
    size
        Size to which the data are cut; None: as the suite has them.
    """

    kind: str
    components: Mapping[str, bool]
    size: int | None = None

    @property
    def experiment(self) -> Experiment:
        return experiment(self.kind)
