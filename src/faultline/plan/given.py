"""The design for draws without a model: one group judges them."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.plan.ladder import Group
from faultline.plan.trial import Trial
from faultline.targets.case import Signature


def groups(signature: Signature, components: dict[str, bool] | None, sizes: Sequence[int]) -> list[Group]:
    """The only group."""
    signature.choose_components(components)
    return [Group(1, "group_1_draws_as_given", "The draws as given", Trial("draws", {}))]
