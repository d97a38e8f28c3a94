"""A design: which trials are asked for of a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from faultline.plan.ladder import Group
from faultline.targets.case import Signature


def never(signature: Signature, components: dict[str, bool] | None) -> bool:
    """All is asked for at once."""
    return False


@dataclass(frozen=True)
class Design:
    """The trials of a case.

    Parameters
    ----------
    groups
        Makes the groups, in order, of what the case can be asked for, the components of the failing configuration (None: what
        ``build`` has as defaults), and the sizes at which that is tried as well; of a design that grows also of the outcomes by
        the names of the groups that have one, none at first.
    grows
        Whether it may ask for more once it has seen outcomes, of a case and its components. What it has asked for it goes on
        asking for.
    """

    groups: Callable[..., list[Group]]
    grows: Callable[[Signature, dict[str, bool] | None], bool] = never
