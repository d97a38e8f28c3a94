"""Every rewrite leaves the posterior as it is, and wrong ones are refused: decided by the identity, on the density itself."""

import warnings

import numpy as np
import pymc as pm
import pymc.dims as pmd
import pytensor.tensor as pt
import pytest
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.graph.traversal import ancestors
from scipy.stats import norm

from faultline.remedies import apply
from faultline.remedies.identity import check
from faultline.remedies.ordered import arranged
from faultline.remedies.points import drawn_from_prior
from faultline.remedies.rewrite import NotApplicable, Rewrite, copied, exchanged
from faultline.remedies.signs import Signs

DATA = np.array([1.0, -0.5, 2.0, 0.3])


def points(model, order=None):
    """Points of the prior of a rewritten model; with an order, each with its labels arranged so."""
    found = drawn_from_prior(model, 16, seed=7)
    return [arranged(p, order, np.argsort(p[order[0]])) for p in found] if order else found


def scale_family(name):
    """A variable of a scale family whose scale, and location if it has one, are not known."""
    with pm.Model(coords={"g": range(3)}) as model:
        m = pm.Normal("m", 0, 1)
        s = pm.HalfNormal("s", 1)
        make = {
            "normal": lambda: pm.Normal("normal", m, s, dims="g"),
            "precise": lambda: pm.Normal("precise", m, tau=s),
            "student": lambda: pm.StudentT("student", nu=4, mu=m, sigma=s, shape=(2, 2)),
            "laplace": lambda: pm.Laplace("laplace", m, s),
            "cauchy": lambda: pm.Cauchy("cauchy", m, s),
            "lognormal": lambda: pm.LogNormal("lognormal", m, s, shape=2),
            "halfnormal": lambda: pm.HalfNormal("halfnormal", s),
            "halfcauchy": lambda: pm.HalfCauchy("halfcauchy", s),
            "halfstudent": lambda: pm.HalfStudentT("halfstudent", 3, s),
            "exponential": lambda: pm.Exponential("exponential", s),
            "gamma": lambda: pm.Gamma("gamma", alpha=2, beta=s),
        }
        pm.Normal("y", make[name]().sum() + m, 1, observed=1.0)
    return model


def walk():
    with pm.Model() as model:
        step = pm.HalfNormal("step", 1)
        drift = pm.Normal("drift", 0, 1)
        x = pm.GaussianRandomWalk("x", mu=drift, sigma=step, init_dist=pm.Normal.dist(0, 1), shape=(2, 8))
        pm.Normal("y", x[:, -1].sum(), 1, observed=0.3)
    return model


def walk_from_a_free_start():
    with pm.Model() as model:
        step, level = pm.HalfNormal("step", 1), pm.Normal("level", 0, 1)
        init = pm.StudentT.dist(nu=4, mu=level, sigma=step)
        x = pm.GaussianRandomWalk("x", mu=0, sigma=step, init_dist=init, shape=8)
        pm.Normal("y", x, 1, observed=np.linspace(0.1, 1.0, 8))
    return model


def mixture(mean=0.0):
    with pm.Model() as model:
        w = pm.Dirichlet("w", np.ones(3))
        mu = pm.Normal("mu", mean, 5, shape=3)
        sigma = pm.HalfNormal("sigma", 2)
        pm.NormalMixture("y", w, mu, sigma, observed=DATA)
    return model


def regression():
    x = np.array([[1.0, 5.0, 5.1], [1.0, 4.0, 4.1], [1.0, 6.0, 5.9], [1.0, 7.0, 7.1]])
    with pm.Model() as model:
        b = pm.Normal("b", [0.0, 1.0], [2.0, 3.0], shape=2)
        a = pm.Normal("a", 1, 10)
        other = pm.Normal("other", 0, 1)
        pm.Poisson("y", pm.math.exp(0.1 * (a + x[:, 1:] @ b) + other**2), observed=[1, 2, 0, 3])
    return model


def league():
    """A constant cancels between two sets of effects, in either of two outcomes; what one of them has alone is no part of it."""
    home, away = np.array([(i, j) for i in range(7) for j in range(7) if i != j]).T
    with pm.Model(coords={"team": range(7)}) as model:
        edge = pm.Normal("edge", 0, 0.5)
        attack = pm.Normal("attack", 0, 300, dims="team")
        defence = pm.Normal("defence", 0.5, 100, dims="team")
        pm.Poisson("y", pm.math.exp(edge + attack[home] - defence[away]), observed=home % 3)
        pm.Poisson("z", pm.math.exp(attack[away] - defence[home]), observed=away % 2)
    return model


def gains():
    """Only products of one factor with the others are seen, and of these the sensitivities' own is no part of a ridge."""
    light = np.linspace(1, 3, 6)
    with pm.Model(coords={"channel": range(4)}) as model:
        gain = pm.LogNormal("gain", 0.5, 20)
        sensitivity = pm.LogNormal("sensitivity", 0, 10, dims="channel")
        pm.Normal(
            "y",
            light[:, None] * pm.Deterministic("response", gain * sensitivity),
            1,
            observed=np.ones((6, 4)),
        )
    return model


def votes():
    with pm.Model() as model:
        utility = pm.Normal("utility", 0, 200, shape=4)
        pm.Multinomial("y", 60, pm.Deterministic("p", pm.math.softmax(utility)), observed=[10, 20, 25, 5])
    return model


def compass():
    """Of three variables between two numbers one is an angle."""
    with pm.Model(coords={"bird": range(2)}) as model:
        heading = pm.Uniform("heading", -np.pi, np.pi, dims="bird")
        even, level = pm.Uniform("even", -1, 1), pm.Uniform("level", 0, 1)
        pm.VonMises("y", heading, pm.Gamma("focus", 2, 0.5), observed=[[3.0, -3.1], [-3.0, 3.0], [2.9, 1.0]])
        pm.Normal("z", even**2 + level, 1, observed=0.3)
    return model


def tide():
    with pm.Model() as model:
        swing, other = pm.Normal("swing", 0, 2), pm.Normal("other", 0.1, 2)
        lag = pm.Uniform("lag", 0, 2 * np.pi)
        pm.Normal("y", (swing + other**2) * pm.math.cos(np.arange(5.0) - lag), 1, observed=np.ones(5))
        pm.Normal("z", other, 1, observed=0.2)
    return model


def tides():
    with pm.Model() as model:
        swing = pm.Normal("swing", 0, 2, shape=2)
        lag = pm.Uniform("lag", 0, 24, shape=2)
        cycle = swing * pm.math.cos(np.arange(5.0)[:, None] - lag / 12 * np.pi)
        pm.Normal("y", cycle.sum(axis=1), 1, observed=np.linspace(0.1, 1, 5))
    return model


def non_centered():
    with pm.Model(coords={"g": range(4)}) as model:
        mu = pm.Normal("mu", 0, 1)
        tau = pm.HalfNormal("tau", 1)
        raw = pm.Normal("raw", 0, 1, dims="g")
        theta = pm.Deterministic("theta", mu + tau * raw, dims="g")
        pm.Normal("y", theta, 1, observed=DATA)
    return model


def without_location():
    """What is added to the effects afterwards is no location of theirs."""
    with pm.Model() as model:
        overall = pm.Normal("overall", 0, 1)
        tau = pm.HalfNormal("tau", 1)
        theta = pm.Deterministic("theta", tau * pm.Normal("raw", 0, 1, shape=4))
        pm.Normal("y", overall + theta, 1, observed=DATA)
    return model


def beside_discrete():
    """A change at an unknown time, which the effects know nothing of; of the others the group is not known."""
    with pm.Model() as model:
        change = pm.DiscreteUniform("change", 0, 3)
        rates = pm.Exponential("rates", 1, shape=2)
        pm.Poisson("n", pt.switch(change > np.arange(4), rates[0], rates[1]), observed=[1, 0, 3, 4])
        tau = pm.HalfNormal("tau", 1)
        effects = pm.Normal("effects", 0, tau, shape=4)
        group = pm.Bernoulli("group", 0.4, shape=4)
        others = pm.Normal("others", pm.Normal("means", 0, 1, shape=2)[group], tau, shape=4)
        pm.Normal("y", effects + others, 1, observed=DATA)
    return model


def correlated():
    """Vectors with a covariance that is not known: by its factor for each group, by itself, and by a factor for each."""
    with pm.Model(coords={"group": range(3), "term": range(2)}) as model:
        chol, _, _ = pm.LKJCholeskyCov("chol", n=2, eta=2, sd_dist=pm.Exponential.dist(1.0, shape=2))
        means = pm.Normal("means", 0, 1, dims="term")
        by_factor = pm.MvNormal("by_factor", means, chol=chol, dims=("group", "term"))
        size = pm.HalfNormal("size", 1)
        near = np.exp(-0.5 * np.subtract.outer(np.arange(4), np.arange(4)) ** 2) + 0.01 * np.eye(4)
        by_cov = pm.MvNormal("by_cov", np.zeros(4), size**2 * near)
        each = pm.MvNormal("each", np.zeros(2), chol=size * np.array([np.eye(2), [[2.0, 0.0], [1.0, 1.0]]]))
        pm.Normal("y", by_factor.sum() + by_cov + each.sum(), 1, observed=DATA)
    return model


def autoregressive():
    """Of order 1 with a known coefficient, and of order 2 with a constant, in two series."""
    with pm.Model(coords={"day": range(6)}) as model:
        sigma = pm.HalfNormal("sigma", 1)
        one = pm.AR("one", [0.9], sigma=sigma, init_dist=pm.Normal.dist(0, sigma), dims="day")
        rho = pm.Normal("rho", 0, 0.3, shape=3)
        two = pm.AR("two", rho, sigma=sigma, init_dist=pm.Normal.dist(1, 2), constant=True, shape=(2, 6))
        pm.Normal("y", one[:4] + two[:, 2:].sum(axis=0), 1, observed=DATA)
    return model


def mirrored():
    """Two factors with their own signs, and a scale that may have either; what nothing is known of is no part of it."""
    rng = np.random.default_rng(4)
    scores = rng.normal(size=(9, 2))[:, [0, 0, 0, 1, 1, 1]] * [1.0, 0.3, 1.5, 1.0, 2.0, 0.3]
    effects = 3 * rng.normal(size=5)
    with pm.Model(coords={"person": range(9), "factor": range(2)}) as model:
        score = pm.Normal("score", 0, 1, dims=("person", "factor"))
        loading = pm.Normal("loading", 0, pm.HalfNormal("width", 2), shape=6)
        pm.Normal("idle", 0, 1, shape=3)
        scale = pm.Normal("scale", 0, 2)
        unit = pm.StudentT("unit", nu=5, mu=0, sigma=1, shape=5)
        pm.Normal("y", score[:, [0, 0, 0, 1, 1, 1]] * loading, 0.3, observed=scores)
        pm.Normal("z", pm.Normal("mean", 0, 3) + scale * unit, 0.5, observed=effects)
    return model


MODELS = {
    each.__name__: each
    for each in (
        walk,
        walk_from_a_free_start,
        mixture,
        regression,
        league,
        gains,
        tides,
        compass,
        votes,
        non_centered,
        without_location,
        beside_discrete,
        correlated,
        autoregressive,
        mirrored,
    )
}
FAMILIES = (
    "normal",
    "precise",
    "student",
    "laplace",
    "cauchy",
    "lognormal",
    "halfnormal",
    "halfcauchy",
    "halfstudent",
    "exponential",
    "gamma",
)
STEPS = [
    *(("scale_family", "non_centered", name) for name in FAMILIES),
    ("walk", "increments", "x"),
    ("walk_from_a_free_start", "increments", "x"),
    ("mixture", "ordered", "mu"),
    ("regression", "rotated", "b"),
    ("league", "rotated", "attack"),
    ("gains", "rotated", "gain"),
    ("tides", "half_turn", "swing"),
    ("tides", "cut", "lag"),
    ("compass", "cut", "heading"),
    ("votes", "rotated", "utility"),
    ("non_centered", "centered", "raw"),
    ("without_location", "centered", "raw"),
    ("beside_discrete", "non_centered", "effects"),
    ("beside_discrete", "non_centered", "others"),
    ("correlated", "non_centered", "by_factor"),
    ("correlated", "non_centered", "by_cov"),
    ("correlated", "non_centered", "each"),
    ("autoregressive", "innovations", "one"),
    ("autoregressive", "innovations", "two"),
    ("mirrored", "signs", "loading"),
]


@pytest.mark.parametrize(("model", "kind", "name"), STEPS)
def test_a_rewrite_leaves_the_posterior_as_it_is(model, kind, name):
    built = scale_family(name) if model == "scale_family" else MODELS[model]()
    [step] = [step for step in apply.candidates(built) if step["kind"] == kind and name in step["names"]]
    rewrite = apply.rewritten(built, [step])[0]
    found = check(rewrite, points(rewrite.after, step.get("labels")), seed=1)
    assert found.holds is True and found.points >= 12 and found.largest < 1e-8
    # Names, dimensions, data and Deterministics are those of the model.
    assert {*rewrite.after.named_vars} >= {*built.named_vars}
    assert [rv.name for rv in rewrite.after.observed_RVs] == [rv.name for rv in built.observed_RVs]
    assert all(
        rewrite.after.named_vars_to_dims.get(key) == dims for key, dims in built.named_vars_to_dims.items()
    )


def test_a_ridge_among_many_coefficients_is_laid_along_one_axis():
    [step] = [step for step in apply.candidates(league()) if step["kind"] == "rotated"]
    assert step["names"] == ["attack", "defence"] and "rotation" not in step
    assert step["sd"] == 173  # of the priors, so that a jitter of 1 moves a coefficient by about 1
    [axis] = np.array(step["axes"])
    matrix = np.eye(14) - np.outer(axis, axis)
    np.testing.assert_allclose(matrix @ matrix, np.eye(14), atol=1e-13)
    ridge = np.repeat([1 / 300, 1 / 100], 7)  # in standard deviations of the priors
    along = np.abs(matrix @ ridge) / np.linalg.norm(ridge)
    assert np.isclose(along.max(), 1.0) and np.sort(along)[-2] < 1e-10


def test_an_angle_is_told_from_what_is_even_or_has_two_ends():
    found = [step for step in apply.candidates(compass()) if step["kind"] == "cut"]
    assert found == [{"kind": "cut", "names": ["heading"], "bounds": [-np.pi, np.pi]}]


def test_an_amplitude_is_one_whose_sign_half_a_turn_undoes():
    assert [step["kind"] for step in apply.candidates(tide())] == ["cut"]
    [step] = [step for step in apply.candidates(tides()) if step["kind"] == "half_turn"]
    assert (step["names"], step["angle"]) == (["swing"], "lag")
    assert min(step["starts"]) > 0


def test_the_ridge_of_a_product_is_one_of_logarithms_and_that_of_a_softmax_is_what_cancels():
    for built, names, ridge in (
        (gains(), ["gain", "sensitivity"], [1, -2, -2, -2, -2]),
        (votes(), ["utility"], [1, 1, 1, 1]),
    ):
        [step] = [step for step in apply.candidates(built) if step["kind"] == "rotated"]
        assert step["names"] == names and step["logs"] == ([] if len(names) == 1 else names)
        along = np.array(ridge) / np.linalg.norm(ridge) @ np.array(step["rotation"])
        assert np.isclose(np.abs(along).max(), 1.0)


def test_steps_one_after_another_leave_it_as_it_is():
    with pm.Model() as built:
        s = pm.HalfNormal("s", 1)
        parts = pm.Normal("a", 0, s), pm.LogNormal("b", 0, s)
        pm.Normal("y", sum(parts), 1, observed=1.0)
    one, other = apply.rewritten(built, [{"kind": "non_centered", "names": [name]} for name in "ab"])
    assert other.before is one.after and set(other.replaced) == {"b"}
    assert check(one, [], seed=1).holds and check(other, points(other.after), seed=2).holds


def test_each_block_of_signs_has_its_own_sum_which_is_large_in_either_mode():
    [step] = [step for step in apply.candidates(mirrored()) if step["kind"] == "signs"]
    assert step["blocks"] == [
        {"score": [*range(0, 18, 2)], "loading": [0, 1, 2]},
        {"score": [*range(1, 18, 2)], "loading": [3, 4, 5]},
        {"scale": [0], "unit": [*range(5)]},
    ]
    assert step["names"] == ["loading", "scale"]
    assert step["anchors"] == [["loading", 0], ["loading", 3], ["scale", None]]
    [rewrite] = apply.rewritten(mirrored(), [step])
    (_, verbal), (_, spatial), (_, scale) = rewrite.symmetry.sums
    assert np.abs(verbal @ [1.0, 0.3, 1.5, 0, 0, 0]) > 0.95 * np.hypot(np.hypot(1, 0.3), 1.5)
    assert np.abs(spatial @ [0, 0, 0, 1.0, 2.0, 0.3]) > 0.95 * np.hypot(np.hypot(1, 2), 0.3)
    assert scale.tolist() == [1.0]


def test_what_has_no_mirror_has_no_sign_to_choose():
    """Where a prior or the data know the sign, or the data say nothing that would make two modes."""
    for location, observed in ((0.1, [2.0, -2.0]), (0.0, [0.0, 0.0])):
        with pm.Model() as model:
            a = pm.Normal("a", location, 1, shape=2)
            pm.Normal("y", a * pm.Normal("b", 0, 1), 1, observed=observed)
        assert [step for step in apply.candidates(model) if step["kind"] == "signs"] == []


def test_two_values_whose_sum_alone_is_known_can_be_exchanged_and_rotated_and_nothing_else():
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1, shape=2)
        pm.Normal("y", mu.sum(), pm.HalfNormal("sigma", 1), observed=DATA)
    assert [step["kind"] for step in apply.candidates(model)] == ["ordered", "rotated"]


class Twice(Op):
    """An Op of a user's, which JAX does not know."""

    def make_node(self, x):
        return Apply(self, [pt.as_tensor(x)], [pt.as_tensor(x).type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = 2 * inputs[0]


def test_what_jax_cannot_differentiate_is_not_known_and_no_error():
    with pm.Model() as model:
        a = pm.Normal("a", 0, 1, shape=2)
        s = pm.HalfNormal("s", 1)
        b = pm.Normal("b", 0, Twice()(s))
        pm.Normal("y", Twice()(a[0] * DATA + a[1] * (DATA + 5) + b), 1, observed=DATA)
    [step] = apply.candidates(model)
    [rewrite] = apply.rewritten(model, [step])
    found = check(rewrite, [], seed=1)
    assert step["names"] == ["b"] and found.holds is None and "cannot be differentiated" in found.why


def test_variables_with_an_arithmetic_of_their_own_are_left_alone():
    with pm.Model(coords={"g": range(4)}) as model:
        s = pmd.HalfNormal("s", sigma=1)
        b = pmd.Normal("b", mu=pmd.Normal("a", mu=0, sigma=1), sigma=s, dims="g")
        pmd.Normal("y", mu=b, sigma=1, observed=pmd.as_xtensor(DATA, dims=("g",)))
    assert apply.candidates(model) == []


def test_points_of_the_posterior_have_to_decide_too():
    [rewrite] = apply.rewritten(schools(), [{"kind": "non_centered", "names": ["theta"]}])
    point = points(rewrite.after)[0]
    lost = {**point, "tau": np.array(1e-30)}  # where nothing of the new variable is left
    found = check(rewrite, [lost] * 16, seed=1)
    assert found.holds is None and "points decide" in found.why


def test_unequal_priors_are_not_ordered():
    assert apply.candidates(mixture(np.array([-1.0, 0.0, 1.0]))) == []
    step = {"kind": "ordered", "names": ["mu"], "labels": ["mu", "w"], "starts": [-1.0, 0.0, 1.0]}
    [rewrite] = apply.rewritten(mixture(np.array([-1.0, 0.0, 1.0])), [step])
    found = check(rewrite, points(rewrite.after, ["mu", "w"]), seed=1)
    assert found.holds is False and "priors differ" in found.why


@pytest.mark.parametrize("name", ["y", "w"])
def test_what_is_of_no_family_is_not_rewritten(name):
    with pytest.raises(NotApplicable):
        apply.rewritten(mixture(), [{"kind": "non_centered", "names": [name]}])


def test_an_unknown_kind_is_no_rewrite():
    with pytest.raises(NotApplicable, match="no change of kind"):
        apply.rewritten(mixture(), [{"kind": "prayed_for", "names": ["m"]}])


def test_start_values_of_what_stays_are_kept():
    with pm.Model() as model:
        s = pm.HalfNormal("s", 1, initval=0.25)
        x = pm.Normal("x", 0, s, shape=2)
        pm.Normal("y", x.sum(), 1, observed=0.0)
    [rewrite] = apply.rewritten(model, [{"kind": "non_centered", "names": ["x"]}])
    assert np.isclose(rewrite.after.initial_point()["s_log__"], np.log(0.25))
    assert model.rvs_to_initial_values[model["s"]] == 0.25


# --- Wrong rewrites ----------------------------------------------------------------------------------------------


def schools():
    with pm.Model() as model:
        mu = pm.Normal("mu", 1, 2)
        tau = pm.HalfNormal("tau", 2)
        theta = pm.Normal("theta", mu, tau, shape=4)
        pm.Normal("y", theta, 1, observed=DATA)
    return model


def _replaced(make, undo=lambda model: (model["theta"] - model["mu"]) / model["tau"], prior=None):
    """Schools with ``theta`` made in some way of a new variable with the prior that is given, standard normal by default."""
    model = schools()
    after = copied(model)
    with after:
        raw = prior() if prior else pm.Normal("theta_raw", 0, 1, shape=4)
    return Rewrite(model, exchanged(after, {"theta": make(after, raw)}), {"theta_raw": undo(model)})


def _rebuilt(change):
    """Schools non-centered, and something else changed."""
    [rewrite] = apply.rewritten(schools(), [{"kind": "non_centered", "names": ["theta"]}])
    with pm.Model() as after:
        change()
    return Rewrite(rewrite.before, after, rewrite.added)


def _other_data():
    mu, tau = pm.Normal("mu", 1, 2), pm.HalfNormal("tau", 2)
    raw = pm.Normal("theta_raw", 0, 1, shape=4)
    pm.Normal("y", pm.Deterministic("theta", mu + tau * raw), 1, observed=DATA + 1e-5)


def _other_prior():
    mu, tau = pm.Normal("mu", 1, 2), pm.HalfNormal("tau", 2.0001)
    raw = pm.Normal("theta_raw", 0, 1, shape=4)
    pm.Normal("y", pm.Deterministic("theta", mu + tau * raw), 1, observed=DATA)


def _lost_start():
    """A random walk whose first value has lost its prior."""
    model = walk()
    [rewrite] = apply.rewritten(model, [{"kind": "increments", "names": ["x"], "init": "as it is"}])
    with pm.Model() as after:
        step = pm.HalfNormal("step", 1)
        drift = pm.Normal("drift", 0, 1)
        first = pm.Flat("x_init", shape=(1, 2))
        raw = pm.Normal("x_raw", 0, 1, shape=(7, 2))
        steps = pt.concatenate([first, drift + step * raw])
        x = pm.Deterministic("x", pt.moveaxis(steps, 0, -1).cumsum(axis=-1))
        pm.Normal("y", x[:, -1].sum(), 1, observed=0.3)
    return Rewrite(model, after, rewrite.added)


def _beside_discrete(change):
    """The effects beside discrete variables non-centered, and these changed, too."""
    [rewrite] = apply.rewritten(beside_discrete(), [{"kind": "non_centered", "names": ["effects"]}])
    after = copied(rewrite.after)
    return Rewrite(rewrite.before, exchanged(after, change(after)), rewrite.added)


def _another_chance(after):
    with after:
        return {"group": pm.Bernoulli("group_", 0.5, shape=4)}


def _correlated(make, undo):
    """The vectors of a known factor, made in some way of standard normal ones."""
    model = correlated()
    after = copied(model)
    with after:
        raw = pm.Normal("by_factor_raw", 0, 1, shape=(3, 2))
    factor = pm.math.expand_packed_triangular(2, model["chol"])
    value = make(raw, pm.math.expand_packed_triangular(2, after["chol"])) + after["means"]
    added = {"by_factor_raw": undo(model["by_factor"] - model["means"], factor)}
    return Rewrite(model, exchanged(after, {"by_factor": value}), added)


def _autoregressive(change):
    """The first series in terms of its innovations, with something else in its place."""
    model = autoregressive()
    [rewrite] = apply.rewritten(model, [{"kind": "innovations", "names": ["one"]}])
    after = copied(model)
    with after:
        raw = pm.Normal("one_raw", 0, 1, dims="day")
    system = np.eye(6) - 0.9 * np.eye(6, k=-1)
    value = change(after["sigma"] * raw, system, raw)
    return Rewrite(model, exchanged(after, {"one": value}), rewrite.added)


def _solved(system, pushes):
    return pt.linalg.solve_triangular(system, pushes, lower=True, b_ndim=1)


def _signs(location=0.0, forgets="", constant=None):
    """One value of two kept positive, whether or not that is right: for the share of its prior that is there."""

    def product():
        a = pm.Normal("a", location, 1, shape=2)
        pm.Normal("y", a * pm.Normal("b", 0, 1), 1, observed=[2.0, -2.0])

    with pm.Model() as model:
        product()
    after = copied(model)
    with after:
        positive = (
            pm.TruncatedNormal("a_positive", location, 1, lower=0)
            if location
            else pm.HalfNormal("a_positive", 1)
        )
        other = pm.Normal("a_others", location, 1)
    block = {name: at for name, at in {"a": [0, 1], "b": [0]}.items() if name != forgets}
    share = -np.log(norm.cdf(location)) if constant is None else constant
    return Rewrite(
        model,
        exchanged(after, {"a": pt.stack([positive, other])}),
        {"a_positive": model["a"][0], "a_others": model["a"][1]},
        share,
        Signs((block,), (("a", np.array([1.0, 0.0])),)),
    )


WRONG = {
    "a sign that a prior knows": lambda: _signs(location=0.2),
    "a sign without what shares it": lambda: _signs(forgets="b"),
    "a sign without its half": lambda: _signs(constant=0.0),
    "the rows of a factor for its columns": lambda: _correlated(
        lambda raw, factor: raw @ factor, lambda x, factor: pt.linalg.solve(factor, x, b_ndim=1)
    ),
    "a covariance for its factor": lambda: _correlated(
        lambda raw, factor: raw @ (factor @ factor.T),
        lambda x, factor: pt.linalg.solve(factor @ factor.T, x, b_ndim=1),
    ),
    "a coefficient of an autoregression": lambda: _autoregressive(
        lambda pushes, system, raw: _solved(system + 1e-5 * np.eye(6, k=-1), pushes)
    ),
    "the start of an autoregression as in equilibrium": lambda: _autoregressive(
        lambda pushes, system, raw: _solved(
            system, pt.concatenate([pushes[:1] / np.sqrt(1 - 0.9**2), pushes[1:]])
        )
    ),
    "an autoregression of the shocks before": lambda: _autoregressive(
        lambda pushes, system, raw: pt.dot(2 * np.eye(6) - system, pushes)
    ),
    "the mean is lost": lambda: _replaced(lambda m, raw: m["tau"] * raw),
    "a scale of 2": lambda: _replaced(
        lambda m, raw: m["mu"] + m["tau"] * raw, prior=lambda: pm.Normal("theta_raw", 0, 2, shape=4)
    ),
    "a mean of the raw variable": lambda: _replaced(
        lambda m, raw: m["mu"] + m["tau"] * raw, prior=lambda: pm.Normal("theta_raw", 0.01, 1, shape=4)
    ),
    "another tail": lambda: _replaced(
        lambda m, raw: m["mu"] + m["tau"] * raw,
        prior=lambda: pm.StudentT("theta_raw", nu=50, mu=0, sigma=1, shape=4),
    ),
    "the square root of the scale": lambda: _replaced(lambda m, raw: m["mu"] + pt.sqrt(m["tau"]) * raw),
    "the scale twice": lambda: _replaced(lambda m, raw: m["mu"] + m["tau"] ** 2 * raw),
    "a map that folds": lambda: _replaced(lambda m, raw: m["mu"] + m["tau"] * pt.abs(raw)),
    "a Jacobian is dropped": lambda: _replaced(
        lambda m, raw: m["mu"] + raw * m["tau"] / pt.exp(0.001 * m["mu"]),
    ),
    "a constraint takes a dimension": lambda: _replaced(
        lambda m, raw: m["mu"] + m["tau"] * raw, prior=lambda: pm.ZeroSumNormal("theta_raw", 1, shape=4)
    ),
    "other data": lambda: _rebuilt(_other_data),
    "another prior of what stays": lambda: _rebuilt(_other_prior),
    "the start of a random walk is lost": _lost_start,
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_rewrite_is_refused(wrong):
    rewrite = WRONG[wrong]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = check(rewrite, [], seed=3)
    assert found.holds is False, found
    assert found.why


def test_a_rewrite_that_changes_discrete_variables_is_not_known():
    found = check(_beside_discrete(_another_chance), [], seed=1)
    assert found.holds is None and "changes discrete variables" in found.why


def test_another_prior_of_discrete_variables_is_refused():
    [rewrite] = apply.rewritten(beside_discrete(), [{"kind": "non_centered", "names": ["others"]}])
    with pm.Model() as after:
        change = pm.DiscreteUniform("change", 0, 3)
        rates = pm.Exponential("rates", 1, shape=2)
        pm.Poisson("n", pt.switch(change > np.arange(4), rates[0], rates[1]), observed=[1, 0, 3, 4])
        tau = pm.HalfNormal("tau", 1)
        effects = pm.Normal("effects", 0, tau, shape=4)
        group = pm.Bernoulli("group", [0.4, 0.4, 0.4, 0.5], shape=4)
        means, raw = pm.Normal("means", 0, 1, shape=2), pm.Normal("others_raw", 0, 1, shape=4)
        pm.Normal("y", effects + pm.Deterministic("others", means[group] + tau * raw), 1, observed=DATA)
    found = check(Rewrite(rewrite.before, after, rewrite.added), [], seed=1)
    assert found.holds is False and found.term == "group"


def test_values_of_discrete_variables_that_the_data_rule_out_are_not_where_it_is_decided():
    with pm.Model() as model:
        animals = pm.Poisson("animals", 3, initval=50)
        pm.Binomial("seen", n=animals, p=pm.Beta("p", 1, 1), observed=30)
        tau = pm.HalfNormal("tau", 1)
        pm.Normal("y", pm.Normal("x", 0, tau, shape=4), 1, observed=DATA)
    [rewrite] = apply.rewritten(model, [{"kind": "non_centered", "names": ["x"]}])
    assert check(rewrite, [], seed=1).holds is True


def test_a_covariance_is_factored_as_the_model_multiplies_it():
    """The Cholesky factor of a product of it with itself has half of its digits."""
    [rewrite] = apply.rewritten(correlated(), [{"kind": "non_centered", "names": ["by_factor"]}])
    ops = {str(v.owner.op) for v in ancestors([rewrite.after["by_factor"]]) if v.owner is not None}
    assert not any("Cholesky{" in op for op in ops), ops


def test_the_same_sign_rightly_chosen_is_not_refused():
    assert check(_signs(), [], seed=3).holds is True


@pytest.mark.parametrize(
    ("name", "blocks", "anchors", "turn", "why"),
    [
        (
            "loading",
            [{"score": [0], "loading": [0]}, {"score": [0], "loading": [3]}],
            [0, 3],
            [],
            "two blocks",
        ),
        ("loading", [{"score": [0], "loading": [0]}], [1], [], "not one of its block"),
        ("loading", [{"width": [0], "loading": [0]}], [0], [], "not symmetric"),
        ("unit", [{"unit": [0]}], [0], [], "no vector of independent normal variables"),
        ("loading", [{"loading": [0, 1]}], [0], [1.0, 0, 1.0, 0, 0, 0], "more than its block"),
    ],
)
def test_signs_that_make_no_sense_are_no_rewrite(name, blocks, anchors, turn, why):
    step = {"kind": "signs", "names": [name], "blocks": blocks, "turns": [turn] * len(blocks)}
    with pytest.raises(NotApplicable, match=why):
        apply.rewritten(mirrored(), [{**step, "anchors": [[name, at] for at in anchors]}])


def test_the_same_terms_with_other_names_are_refused():
    model = schools()
    after = copied(model)
    with after:
        pm.Potential("more", pt.zeros(()))
    assert check(Rewrite(model, after), [], seed=1).why == "the terms of the likelihood are not the same"


def test_too_few_points_decide_nothing():
    """Where every scale is so small that rounding takes the new variable away."""
    with pm.Model() as model:
        mu = pm.Normal("mu", 1e6, 1)
        tau = pm.HalfNormal("tau", 1e-12)
        theta = pm.Normal("theta", mu, tau, shape=2)
        pm.Normal("y", theta, 1, observed=[1e6, 1e6])
    [rewrite] = apply.rewritten(model, [{"kind": "non_centered", "names": ["theta"]}])
    found = check(rewrite, [], seed=1)
    assert found.holds is None and "points decide" in found.why
