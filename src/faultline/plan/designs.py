"""The designs that there are, by the kind of target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from faultline.core.errors import InputError, shown
from faultline.plan import given, ladder, pipeline
from faultline.plan.design import Design, never
from faultline.plan.ladder import Group
from faultline.targets.case import Signature
from faultline.targets.pipeline import PIPELINE

DESIGNS: dict[str, Design] = {
    "model": Design(ladder.groups, ladder.grows),
    "draws": Design(given.groups),
    PIPELINE: Design(pipeline.groups),
}
"""What ``build`` of a case returns (its ``TARGET``) -> the design that is asked for."""


def design(signature: Signature) -> Design:
    """The design of a case, by its kind of target.

    Raises
    ------
    InputError
        There is none for what the case calls its target.
    """
    found = DESIGNS.get(signature.target)
    if found is None:
        raise InputError(
            f"case {signature.ref}: TARGET is {shown(signature.target)}; it must be {', '.join(map(repr, DESIGNS))}."
        )
    return found


def groups(
    signature: Signature,
    components: dict[str, bool] | None = None,
    sizes: Sequence[int] = (),
    outcomes: Mapping[str, str] | None = None,
    own_runs: Sequence[str] = (),
) -> list[Group]:
    """The groups of a case in order, as its design asks for them after these outcomes (`Design`).

    Raises
    ------
    InputError
        ``own_runs``, which are compared with those of the model, are asked for of what is none.
    """
    asking = design(signature)
    if own_runs and signature.target != "model":
        key = {"draws": "idata"}.get(own_runs[0], own_runs[0])
        raise InputError(f"{key} is about runs of a model, and {signature.ref} is none; leave it out.")
    more = (outcomes or {},) if asking.grows is not never else ()
    return asking.groups(signature, components, sizes, *more, **({"own_runs": own_runs} if own_runs else {}))
