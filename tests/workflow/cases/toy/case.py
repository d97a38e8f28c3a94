"""Three stages of plain Python: one can be switched off, one is wrong as its author wrote it."""

from typing import Literal

TARGET = "toy"


def build(*, use_scaling: bool = True, rate: Literal["slow", "fast"] = "fast"):
    """Stage -> function of what the stages before it returned."""
    step = {"slow": 0.5, "fast": 3.0}[rate]
    stages = {"data": lambda _: 1.0}
    if use_scaling:
        stages["scale"] = lambda values: values["data"] / 4
    # x <- x - step * x: converges for a step below 2.
    stages["train"] = lambda values: values["data"] * (1 - step) ** 1000
    return stages
