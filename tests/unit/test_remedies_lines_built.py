"""The changed lines, run: they build the model that was tried."""

import pytest

from faultline.engine.backend import evaluate
from faultline.remedies import apply
from faultline.remedies.lines import patched
from faultline.remedies.written import differs

HEAD = """import numpy as np
import pymc as pm

x = np.array([0.0, 1.0, 2.5, 4.0])[:, None]
near = np.exp(-0.5 * (x - x.T) ** 2) + 0.1 * np.eye(4)
RHO = 0.8
with pm.Model(coords={"group": range(3), "term": range(2), "day": range(4)}) as model:
    s = pm.HalfNormal("s", 1)
"""
BODIES = {
    "factors of groups": (
        "non_centered",
        """
    chol, _, _ = pm.LKJCholeskyCov("chol", n=2, eta=2, sd_dist=pm.Exponential.dist(1.0, shape=2))
    b = pm.MvNormal("b", pm.Normal("m", 0, 1, dims="term"), chol=chol, dims=("group", "term"))
    pm.Normal("y", b[:, 0], np.exp(b[:, 1]), observed=[1.0, 0.0, 2.0])
""",
    ),
    "a covariance": (
        "non_centered",
        """
    b = pm.MvNormal("b", mu=0.5 * x[:, 0], cov=s**2 * near)
    pm.Normal("y", b, 1, observed=[1.0, 0.0, 2.0, 0.5])
""",
    ),
    "a latent process": (
        "non_centered",
        """
    process = pm.gp.Latent(cov_func=s**2 * pm.gp.cov.Matern32(1, ls=2.0))
    f = process.prior("f", x, reparameterize=False, dims="day")
    pm.Poisson("y", pm.math.exp(f), observed=[1, 0, 2, 0])
""",
    ),
    "an autoregression": (
        "innovations",
        """
    a = pm.AR("a", [RHO], sigma=s, init_dist=pm.Normal.dist(0, s), dims="day")
    pm.Normal("y", a, 1, observed=[1.0, 0.0, 2.0, 0.5])
""",
    ),
    "an autoregression with a constant and another start": (
        "innovations",
        """
    rho = pm.Normal("rho", 0, 0.5, shape=2)
    a = pm.AR("a", rho, sigma=s, constant=True, init_dist=pm.Normal.dist(1, sigma=2), steps=3)
    pm.Normal("y", a, 1, observed=[1.0, 0.0, 2.0, 0.5])
""",
    ),
    "a reflection": (
        "rotated",
        """
    a = pm.Normal("a", 0, 300, shape=7)
    b = pm.Normal("b", 0.5, 100, shape=6)
    c = pm.Normal("c", 0, 100)
    pm.Poisson("y", pm.math.exp(a[:, None] - b - c), observed=np.arange(42).reshape(7, 6) % 4)
""",
    ),
    "a product": (
        "rotated",
        """
    a = pm.LogNormal("a", 0.5, 20)
    b = pm.LogNormal("b", mu=0, sigma=10, shape=3)
    pm.Normal("y", a * b, 1, observed=[1.0, 2.0, 0.5])
""",
    ),
    "an angle": (
        "cut",
        """
    a = pm.Uniform("a", -np.pi, upper=np.pi, shape=2)
    pm.VonMises("y", a, 2.0, observed=[3.0, -2.9])
""",
    ),
    "half a turn": (
        "half_turn",
        """
    a = pm.StudentT("a", nu=3, mu=0, sigma=2)
    b = pm.Uniform("b", 0, 6)
    pm.Normal("y", a * pm.math.cos(np.arange(4) - b * np.pi / 3), 1, observed=[1.0, 0.0, 2.0, 0.5])
""",
    ),
    "signs": (
        "signs",
        """
    score = pm.Normal("score", 0, 1, shape=(4, 2))
    loading = pm.Normal("loading", 0, s, shape=5)  # in any order
    rows = np.array([[1.0, 2, 2, -1, 1], [-1, 1, -2, 1, 2], [1, -1, 2, -1, -1], [-2, -2, -2, 2, -2]])
    pm.Normal("y", score[:, [0, 1, 0, 0, 1]] * loading, 0.3, observed=rows)
""",
    ),
}


@pytest.mark.parametrize("what", BODIES)
def test_the_changed_lines_build_the_model_that_was_tried(what):
    kind, body = BODIES[what]
    text = HEAD + body.lstrip("\n")
    model = built(text)
    [step] = [step for step in apply.candidates(model) if step["kind"] == kind]
    [rewrite] = apply.rewritten(model, [step])
    shapes = {name: evaluate(model, [model[name].shape])[0] for name in step["names"]}
    shapes = {name: tuple(int(n) for n in shape) for name, shape in shapes.items()}
    changed = patched(text, [step], shapes)
    assert changed != text
    assert differs(rewrite.after, built(changed), seed=1) is None
    assert differs(model, built(changed), seed=1) is not None


def built(text):
    space = {}
    exec(compile(text, "model.py", "exec"), space)
    return space["model"]
