"""The design for draws without a model: one group judges them."""

from __future__ import annotations

from collections.abc import Sequence

from faultline.plan.ladder import OWN_RUNS, Group
from faultline.plan.trial import Trial
from faultline.targets.case import Signature


def groups(signature: Signature, components: dict[str, bool] | None, sizes: Sequence[int]) -> list[Group]:
    """The only group."""
    signature.choose_components(components)
    description, title = OWN_RUNS["draws"]
    return [Group(1, f"group_1_{description}", title, Trial("draws", {}))]
