"""Small models that the probes' tests share: sound ones, and ones with a planted fault."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

EFFECTS = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
ERRORS = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])


def eight_schools(centered: bool = True) -> pm.Model:
    with pm.Model(coords={"school": list("ABCDEFGH")}) as model:
        mu = pm.Normal("mu", 0, 5)
        tau = pm.HalfCauchy("tau", 5)
        if centered:
            theta = pm.Normal("theta", mu, tau, dims="school")
        else:
            theta = pm.Deterministic("theta", mu + tau * pm.Normal("z", dims="school"), dims="school")
        pm.Normal("y", theta, ERRORS, observed=EFFECTS, dims="school")
    return model


def mixture() -> pm.Model:
    rng = np.random.default_rng(1)
    with pm.Model() as model:
        w = pm.Dirichlet("w", np.ones(3))
        mu = pm.Normal("mu", [-1.0, 0.0, 1.0], 2.0, shape=3)
        sigma = pm.HalfNormal("sigma", 1.0, shape=3)
        pm.NormalMixture("y", w, mu, sigma, observed=rng.normal(size=200))
    return model


def truncated() -> pm.Model:
    rng = np.random.default_rng(2)
    with pm.Model() as model:
        mu = pm.TruncatedNormal("mu", 0, 1, lower=-1, upper=2)
        sigma = pm.LogNormal("sigma", 0, 1)
        top = pm.Uniform("top", 1, 2)
        inside = pm.Uniform("inside", 0, top)
        pm.Truncated("y", pm.Normal.dist(mu + inside, sigma), lower=0, observed=np.abs(rng.normal(size=50)))
    return model


def correlated() -> pm.Model:
    """Sound; JAX evaluates its prior in single precision."""
    with pm.Model() as model:
        chol, *_ = pm.LKJCholeskyCov("chol", n=3, eta=2, sd_dist=pm.Exponential.dist(1.0, shape=3))
        pm.MvNormal("y", np.zeros(3), chol=chol, observed=np.random.default_rng(8).normal(size=(20, 3)))
    return model


def kinked() -> pm.Model:
    """Sound, but its start sits on kinks of three factors."""
    with pm.Model() as model:
        a = pm.Laplace("a", 0, 1, shape=3)
        pm.AsymmetricLaplace("b", kappa=2, mu=0, b=1)
        pm.Potential("relu", -3 * pt.maximum(a, 0).sum())
    return model


def hinged() -> pm.Model:
    """Sound: a penalty that is flat at the start and begins a step away."""
    with pm.Model() as model:
        a = pm.Normal("a", initval=-0.3)
        pm.Potential("hinge", -1e4 * pt.maximum(a + 0.22, 0))
    return model


def huge_logp() -> pm.Model:
    """A log-probability of -1e11, where rounding swamps small differences."""
    rng = np.random.default_rng(3)
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        sigma = pm.HalfNormal("sigma", 1)
        pm.Normal("y", mu, sigma, observed=rng.normal(1e4, 1, size=1000))
    return model


def doubled(constant: float = 3.0) -> pm.Model:
    """The likelihood once as an observed variable and once, up to a constant, as a potential."""
    rng = np.random.default_rng(4)
    data = rng.normal(size=20)
    with pm.Model() as model:
        mu = pm.Normal("mu", shape=2)
        sigma = pm.HalfNormal("sigma", 1)
        pm.Normal("y", mu[0] + mu[1], sigma, observed=data)
        pm.Potential("again", pm.logp(pm.Normal.dist(mu[0] + mu[1], sigma), data).sum() + constant)
    return model


def contained() -> pm.Model:
    """A potential that holds the likelihood and one more term, by a variable that the likelihood reads too."""
    rng = np.random.default_rng(5)
    data = rng.normal(size=20)
    with pm.Model() as model:
        mu = pm.Normal("mu")
        sigma = pm.HalfNormal("sigma", 1)
        slope = pm.Normal("slope", shape=2)
        likelihood = pm.logp(pm.Normal.dist(mu + slope.sum(), sigma), data).sum()
        pm.Potential("likelihood", likelihood)
        pm.Potential("more", likelihood + pm.math.sin(3 * slope).sum() * pm.Normal("extra"))
    return model


def exchangeable() -> pm.Model:
    """Sound: priors of the same form, likelihoods with the same parameters, a shared linear term."""
    rng = np.random.default_rng(6)
    with pm.Model() as model:
        mu, sigma = pm.Normal("mu"), pm.HalfNormal("sigma", 1)
        a, b = pm.Normal("a", mu, sigma, shape=3), pm.Normal("b", mu, sigma, shape=3)
        pm.Normal("y_a", a[0] + mu, sigma, observed=rng.normal(size=9))
        pm.Normal("y_b", b[0] + mu, sigma, observed=rng.normal(size=9))
        pm.Potential("linear_a", a.sum() + b.sum() + a[0] ** 2)
        pm.Potential("linear_b", a.sum() + b.sum() + b[0] ** 2)
    return model


def partly_read() -> pm.Model:
    """Rows and variables that nothing but their prior reads, beside a mixture that saturates far from its data."""
    weights = np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]])
    far = np.full(5, 1e4)
    with pm.Model() as model:
        pm.Normal("unused", shape=2)
        table = pm.Normal("table", shape=(3, 2))
        scale = pm.HalfNormal("scale", 1.0, shape=3)
        pm.Potential("score", -((weights * table * scale[:, None]) ** 2).sum())
        spot = pm.Normal("spot", shape=5)
        pm.Potential("outliers", pt.logaddexp(-0.5 * (far - spot) ** 2, -10.0).sum())
    return model


def floored() -> pm.Model:
    """The mean is rounded down: the likelihood has no gradient anywhere."""
    x = np.random.default_rng(7).normal(size=100)
    with pm.Model() as model:
        a, b = pm.Normal("a"), pm.Normal("b")
        pm.Normal("y", pt.floor(3 * (a + b * x)), 1.0, observed=x)
    return model


def switched() -> pm.Model:
    """A change point that only a comparison reads: its gradient is 0 wherever it is."""
    years = np.arange(10.0)
    with pm.Model() as model:
        when = pm.Uniform("when", 0, 10)
        early, late = pm.Normal("early"), pm.Normal("late", 1)
        pm.Normal("y", pt.switch(when >= years, early, late), 1.0, observed=years / 10)
    return model


def impossible_datum() -> pm.Model:
    with pm.Model() as model:
        alpha = pm.HalfNormal("alpha", 1)
        pm.Gamma("y", alpha, 1.0, observed=[1.0, -2.0, 3.0])
    return model


def norm_at_zero() -> pm.Model:
    """A length at a start of 0: the value is finite, its gradient 0/0."""
    with pm.Model() as model:
        x = pm.Normal("x", shape=2)
        pm.Normal("y", pt.sqrt((x**2).sum()), 1.0, observed=0.5)
    return model


class Quadratic(Op):
    """-|x|²/2 with a gradient that may be wrong: scaled, one coordinate dropped, or not there at all."""

    __props__ = ("scale", "dropped", "has_gradient")
    itypes = (pt.dvector,)
    otypes = (pt.dscalar,)

    def __init__(self, scale: float = 1.0, dropped: int | None = None, has_gradient: bool = True):
        self.scale, self.dropped, self.has_gradient = scale, dropped, has_gradient

    def make_node(self, x):
        return Apply(self, [pt.as_tensor(x)], [pt.dscalar()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = np.asarray(-0.5 * (inputs[0] ** 2).sum())

    def pullback(self, inputs, outputs, cotangents):
        if not self.has_gradient:
            raise NotImplementedError
        gradient = -self.scale * cotangents[0] * inputs[0]
        return [gradient if self.dropped is None else pt.set_subtensor(gradient[self.dropped], 0.0)]


class Doubled(Op):
    """2 x, whose type does not say how long the result is."""

    itypes = (pt.dvector,)
    otypes = (pt.dvector,)

    def perform(self, node, inputs, outputs):
        outputs[0][0] = 2 * inputs[0]

    def pullback(self, inputs, outputs, cotangents):
        return [2 * cotangents[0]]


class Opaque(Quadratic):
    """Declares itself disconnected from its input."""

    def connection_pattern(self, node):
        return [[False]]

    def pullback(self, inputs, outputs, cotangents):
        return [DisconnectedType()()]


def cut() -> pm.Model:
    """A likelihood with an Op that lets no gradient pass, and one that reads the shape of `b` alone."""
    with pm.Model() as model:
        a, b = pm.Normal("a", shape=3), pm.Normal("b", shape=4)
        pm.Normal("y", Opaque()(a), 1.0, observed=0.3)
        pm.Normal("z", 0 * b.shape[0] + 1.0, 1.0, observed=0.3)
    return model


def with_op(**settings) -> pm.Model:
    with pm.Model() as model:
        x = pm.Normal("x", shape=12)
        sigma = pm.HalfNormal("sigma", 1)
        pm.Potential("op", Quadratic(**settings)(x - 3.0) / sigma)
        pm.Normal("y", x[0], sigma, observed=0.5)
    return model


def with_op_of_unknown_shape() -> pm.Model:
    with pm.Model() as model:
        x = pm.Normal("x", shape=3)
        pm.Potential("op", -(Doubled()(x) ** 2).sum())
    return model


def walled() -> pm.Model:
    """A hard wall in `x`: trajectories break there, and nowhere in `z`."""
    with pm.Model() as model:
        x = pm.Normal("x", initval=-1.0)
        pm.Normal("z", shape=3)
        pm.Potential("wall", pt.switch(x > 0, -np.inf, 0.0))
    return model


def latent_path() -> pm.Model:
    """Everything observed depends on the Deterministic `path` alone; with data containers and start values."""
    with pm.Model(coords={"time": range(6)}) as model:
        data = pm.Data("data", np.arange(6.0), dims="time")
        scale = pm.HalfNormal("scale", 1.0, initval=0.3)
        steps = pm.Normal("steps", 0, scale, dims="time")
        path = pm.Deterministic("path", pt.cumsum(steps), dims="time")
        pm.Deterministic("twice", 2 * steps, dims="time")
        noise = pm.HalfNormal("noise", 1.0, initval=2.0)
        pm.Deterministic("precision", noise**-2)
        pm.Potential("fit", pm.logp(pm.Normal.dist(path, noise), data).sum())
    return model


def with_discrete() -> pm.Model:
    with pm.Model() as model:
        k = pm.Poisson("k", 3)
        rate = pm.Exponential("rate", 1.0)
        pm.Normal("y", k * rate, 1.0, observed=[1.0, 2.0])
    return model


def gaussian():
    """A Gaussian of four dimensions with very different scales, the first two correlated by 0.8; the model and its sd."""
    sd = np.array([0.1, 1.0, 10.0, 3.0])
    correlation = np.eye(4)
    correlation[0, 1] = correlation[1, 0] = 0.8
    with pm.Model() as model:
        pm.MvNormal("x", np.zeros(4), cov=correlation * np.outer(sd, sd))
    return model, sd


def gaussian_logp_mean(sd):
    """Posterior mean of the log density: minus the entropy."""
    return -0.5 * (len(sd) * np.log(2 * np.pi * np.e) + 2 * np.log(sd).sum() + np.log(1 - 0.8**2))
