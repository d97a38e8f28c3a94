"""Designs: which trials are asked for of a case, in order. A group is the name and the number of a trial in a suite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from faultline.core.errors import InputError, shown
from faultline.plan import ladder
from faultline.plan.ladder import Group
from faultline.targets.case import Signature


class Design(Protocol):
    """The trials of a case.

    Parameters
    ----------
    signature
        What the case can be asked for.
    components
        The failing configuration; by default what ``build`` has as defaults.
    sizes
        Sizes at which the failing configuration is tried as well.
    """

    def __call__(
        self, signature: Signature, components: dict[str, bool] | None = None, sizes: Sequence[int] = ()
    ) -> list[Group]: ...


DESIGNS: dict[str, Design] = {"model": ladder.groups}
"""What ``build`` of a case returns (its ``TARGET``) -> the design that is asked for."""


def groups(
    signature: Signature, components: dict[str, bool] | None = None, sizes: Sequence[int] = ()
) -> list[Group]:
    """The groups of a case in order, by the design of its kind of target.

    Raises
    ------
    InputError
        There is no design for what the case calls its target.
    """
    design = DESIGNS.get(signature.target)
    if design is None:
        raise InputError(
            f"case {signature.ref}: TARGET is {shown(signature.target)}; it may be {', '.join(map(repr, DESIGNS))}."
        )
    return design(signature, components, sizes)
