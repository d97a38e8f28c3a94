"""A run with the arguments that a user gave to ``pm.sample``."""

from __future__ import annotations

from dataclasses import dataclass, field

from faultline.core.sections.section import Row, Section


@dataclass(frozen=True, kw_only=True)
class OwnRun(Section):
    """What the run was asked for, and which of its arguments make it fail.

    Attributes
    ----------
    arguments
        Those that the user gave.
    moves
        How it moves the continuous variables: `criteria.own_run`.
    error
        ``type`` and ``message`` of what ended it, where it made no draws.
    tried
        Rows of runs with other arguments: change, passes, figures as in `Run`, error.
    cure
        The smallest change found with which the run passes: argument -> value, None for PyMC's own choice.
    with_all_data, with_minibatch
        Of a model that draws minibatches: the run with all of the data in their place, and as it is. Rows like those of ``tried``.
    stopped
        Whether time ended the search before it was known which change is the smallest.
    """

    arguments: Row = field(default_factory=dict)
    moves: str | None = None
    error: Row | None = None
    tried: tuple[Row, ...] = ()
    cure: Row | None = None
    with_all_data: Row | None = None
    with_minibatch: Row | None = None
    stopped: bool = False
