"""A pipeline that declares a larger budget, where a choice matters, and a view in which only some choices may be changed."""

from typing import Literal

SCENARIOS = {"small": {"n": 50}, "large": {"n": 500}}
CRITERIA = {
    "iterate.size": {"at_most": 10.0, "words": "how far the state has grown"},
    "weigh.share": {"at_most": 0.5, "margin": 0.1, "words": "the largest share of one value"},
}
PRESETS = {
    "repaired": {"growth": "shrinks"},
    "view": {"growth": "fast"},
    "heavy": {"weights": "squared", "growth": "shrinks"},
}
REPAIRED = "repaired"
CONTROLS = {"view": ("steps",)}
BUDGET = {"steps": "many"}
TRIED_IN = {"weights": {"scenario": "large"}}


def draw(run):
    return run.output(arrays={"x": run.rng.pareto(1.0, size=run.scenario["n"])})


def iterate(
    draw,
    run,
    *,
    growth: Literal["fast", "slow", "shrinks"] = "fast",
    steps: Literal["few", "many"] = "few",
):
    factor = {"fast": 1.5, "slow": 1.01, "shrinks": 0.5}[growth]
    return run.output(
        facts={"size": float(draw.x.mean() / draw.x.mean() * factor ** {"few": 60, "many": 900}[steps])}
    )


def weigh(draw, run, *, weights: Literal["equal", "squared"] = "equal"):
    """Only a large sample is weighted."""
    large = weights == "squared" and draw.x.size > 100
    weight = draw.x**6 if large else draw.x * 0 + 1
    return run.output(facts={"share": float(weight.max() / weight.sum())})
