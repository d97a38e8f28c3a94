"""The trials of a pipeline: as it stands; if that fails, without each part that can be switched off."""

from __future__ import annotations

from faultline.plan.design import Design
from faultline.plan.ladder import Group
from faultline.plan.trial import Trial


def groups(signature, components, sizes, outcomes):
    """The failing configuration first."""
    whole = signature.choose_components(components)
    trials = {"as_it_stands": whole}
    if outcomes.get("group_1_as_it_stands") == "fail":
        trials |= {f"without_{name}": {**whole, name: False} for name in whole}
    return [
        Group(number, f"group_{number}_{desc}", desc.replace("_", " "), Trial("pipeline", dict(parts)))
        for number, (desc, parts) in enumerate(trials.items(), start=1)
    ]


PIPELINE = Design(groups, grows=True)
