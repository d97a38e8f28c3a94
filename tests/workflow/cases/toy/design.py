"""The trials of a pipeline: as it stands; if that fails, without each part that can be switched off, with two seeds."""

from __future__ import annotations

from faultline.plan.design import Design
from faultline.plan.ladder import Group
from faultline.plan.trial import Trial


def groups(signature, components, sizes, outcomes):
    """The failing configuration first."""
    whole = signature.choose_components(components)
    first = Trial("toy", whole)
    trials = {"as_it_stands": first}
    if outcomes.get("group_1_as_it_stands") == "fail":
        about = {"seeds": (1, 2), "reads": {"before": first}}
        trials |= {f"without_{name}": Trial("toy", {**whole, name: False}, **about) for name in whole}
    return [
        Group(number, f"group_{number}_{desc}", desc.replace("_", " "), trial)
        for number, (desc, trial) in enumerate(trials.items(), start=1)
    ]


TOY = Design(groups, grows=lambda signature, components: True)
