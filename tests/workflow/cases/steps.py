"""A pipeline: a gradient descent whose step is too long, and a prediction that forgets the noise."""

from typing import Literal

SCENARIOS = {"small": {"n": 50}, "large": {"n": 500}}
CRITERIA = {
    "fit.error": {"at_most": 0.2, "words": "the distance from the true slope", "margin": 0.05},
}
ORACLES = {"check.gap": {"at_most": 1e-3, "words": "the distance from the least-squares solution"}}
PRESETS = {"repaired": {"rate": "1e-3"}}
REPAIRED = "repaired"
HYPOTHESES = [
    {"name": "noise", "says": "The data are too noisy.", "changes": {"noise": "none"}, "predicts": "cures"},
    {"name": "rate", "says": "The step is too long.", "changes": {"rate": "1e-3"}, "predicts": "cures"},
    {
        "name": "least squares",
        "says": "The fit ends at the solution.",
        "status": "correct",
        "background": "repaired",
        "changes": {},
        "predicts": {"holds": "check.gap"},
    },
]
EXIT_CRITERIA = [
    {"name": "1", "says": "The rate was tried.", "tried": ("rate",), "cause": True},
    {"name": "2", "says": "The slope is right.", "holds": ("fit.error",), "scenarios": ("small", "large")},
]


def simulate(run, *, noise: Literal["some", "none"] = "some"):
    x = run.rng.normal(size=run.scenario["n"])
    return run.output(
        arrays={"x": x, "y": 2 * x + (0.1 if noise == "some" else 0.0) * run.rng.normal(size=x.size)}
    )


def fit(simulate, run, *, rate: Literal["1e-3", "1e-1"] = "1e-1"):
    slope = 0.0
    for step in range(300):
        residual = simulate.y - slope * simulate.x
        slope = slope + float(rate) * float(residual @ simulate.x)
        run.log(step, loss=residual @ residual, slope=slope)
    return run.output(facts={"slope": slope, "error": abs(slope - 2)})


def check(simulate, fit, run):
    exact = float(simulate.x @ simulate.y / (simulate.x @ simulate.x))
    return run.output(facts={"gap": abs(fit.facts["slope"] - exact)})


def report(fit, run, *, digits: Literal["two", "four"] = "two"):
    return run.output(facts={"shown": round(fit.facts["slope"], {"two": 2, "four": 4}[digits])})
