"""Priors against data: tails, what a prior costs, normalising constants, parameters out of their domain."""

from dataclasses import replace

import numpy as np
import pymc as pm
import pytest
from scipy import stats

from faultline.engine.conditional import Conditional
from faultline.engine.factors import Factors
from faultline.probes.completed import completed
from faultline.probes.domains import domains
from faultline.probes.fixed_variables import Conditions
from faultline.probes.leave_one_prior_out import _gain_uphill, relax
from faultline.probes.normalization import change_of_integral, custom_distributions
from faultline.probes.prior_data_conflict import conflict, top_level

DATA = np.random.default_rng(0).normal(30, 1, 20)


def tail(model, **draws):
    return {row["name"]: row["log10_tail"] for row in conflict(model, draws)}


def test_the_tail_of_a_posterior_in_its_prior():
    with pm.Model() as model:
        pm.Normal("mu", 0, 1)
        pm.HalfNormal("s", 2)
        pm.Uniform("u", 0, 10)
    found = tail(model, mu=np.full(9, -5.0), s=np.full(9, 3.0), u=np.full(9, 9.99))
    assert found["mu"] == pytest.approx(stats.norm.logcdf(-5) / np.log(10))
    assert found["s"] == pytest.approx(np.log10(2 * stats.norm.sf(1.5)))
    assert found["u"] == pytest.approx(-3, abs=1e-3)


def test_a_tail_beyond_rounding_is_told_by_the_density():
    with pm.Model() as model:
        pm.Normal("mu", 0, 1)
    assert tail(model, mu=np.full(9, 20.0))["mu"] == pytest.approx(-200 / np.log(10), abs=1)


def test_only_variables_that_depend_on_no_other_are_top_level():
    with pm.Model() as model:
        tau = pm.HalfNormal("tau", 1)
        pm.Normal("theta", 0, tau, shape=3)
        pm.Flat("free")
    assert [rv.name for rv in top_level(model)] == ["tau"]


@pytest.fixture(scope="module")
def costs():
    def of(central=False, expected=False, **priors):
        with pm.Model() as model:
            for name, make in priors.items():
                make(name)
            pm.Normal("y", model["mu"], model["s"], observed=DATA)
        conditions = Conditions(Conditional.of(Factors(model)))
        starts = np.tile(conditions.layout.vector(), (4, 1)) + 0.1 * np.arange(4)[:, None]
        base = conditions.fit(starts)
        tails = {"mu": -0.4 if central else -3.0, "s": -0.4}
        conflicts = [{"name": name, "index": [], "log10_tail": tail} for name, tail in tails.items()]
        rows = relax(conditions, base, conflicts, seed=0, seconds=60, expected=expected)
        return {row["name"]: row for row in rows}

    return of


def test_a_prior_in_other_units_costs_the_rest_of_the_model(costs):
    found = costs(mu=lambda n: pm.Normal(n, 0, 1), s=lambda n: pm.HalfNormal(n, 20))
    assert found["mu"]["gain"] > 18 and found["mu"]["gain"] == max(row["gain"] for row in found.values())


def test_a_prior_keeps_the_rest_from_nothing_that_a_chain_reaches_with_it():
    """Chains that wander are in better and worse places by chance, and no prior is to blame."""
    with pm.Model() as model:
        pm.Normal("y", pm.Normal("mu", 0, 1), 1.0, observed=DATA)
    conditions = Conditions(Conditional.of(Factors(model)))
    base = conditions.fit(np.array([[0.0], [0.1], [0.2], [0.3]]))
    assert relax(conditions, base, [], seed=0, seconds=60)[0]["gain"] > 18
    positions = base.positions.copy()
    positions[0] = DATA.mean()
    [row] = relax(conditions, replace(base, positions=positions), [], seed=0, seconds=60)
    assert row["gain"] < 1 and row["gain_in_data"] < 1


def test_a_bound_that_excludes_the_data_is_lifted(costs):
    found = costs(mu=lambda n: pm.Uniform(n, 0, 10), s=lambda n: pm.HalfNormal(n, 20))
    assert found["mu"]["bounded"] and found["mu"]["gain"] > 18


def test_priors_that_agree_cost_next_to_nothing(costs):
    found = costs(mu=lambda n: pm.Normal(n, 25, 10), s=lambda n: pm.HalfNormal(n, 2))
    assert all(row["gain"] < 3 and not row["runs_away"] for row in found.values())


def test_priors_that_do_nothing_where_the_draws_are_need_not_be_tried(costs):
    narrow = {"s": lambda n: pm.HalfNormal(n, 2)}
    assert costs(mu=lambda n: pm.Normal(n, 25, 10), central=True, expected=True, **narrow) == {}
    far = costs(mu=lambda n: pm.Normal(n, 0, 1), central=True, expected=True, **narrow)
    assert far["mu"]["gain"] > 18, "its log-density varies as the draws follow the data against it"
    assert set(costs(mu=lambda n: pm.Normal(n, 25, 10), expected=True, **narrow)) == {"mu"}, "in a tail"


def test_values_that_only_their_prior_holds_need_not_do_without_it():
    """Twenty effects that the data hardly know, of a model that samples well: left out, their prior lets them run away for long."""
    with pm.Model() as model:
        effects = pm.Normal("effects", 0, 1, shape=20)
        pm.Normal("y", effects, 3, observed=np.linspace(-1, 1, 20))
    conditions = Conditions(Conditional.of(Factors(model)))
    base = conditions.fit(np.zeros((4, 20)) + 0.1 * np.arange(4)[:, None])
    tails = [{"name": "effects", "index": [0], "log10_tail": -1.4}]
    assert relax(conditions, base, tails, seed=0, seconds=60, expected=True) == []
    [row] = relax(conditions, base, [{**tails[0], "log10_tail": -5.0}], seed=0, seconds=60, expected=True)
    assert row["name"] == "effects"


@pytest.mark.parametrize("prior, noise", [(1.0, 3.0), (0.1, 1.0), (1e-5, 2.0)])
def test_the_gain_uphill_is_that_of_a_normal_prior_and_normal_data(prior, noise):
    """Ten data 2: the rest gains half the squared distance, in standard errors, that they have from the posterior's middle.

    Steps that double end within a third of the whole way from its end, which leaves out a ninth at most.
    """
    with pm.Model() as model:
        pm.Normal("y", pm.Normal("mu", 0, prior), noise, observed=np.full(10, 2.0))
    conditions = Conditions(Conditional.of(Factors(model)))
    base = conditions.fit(0.1 * prior * np.arange(4.0)[:, None])
    [block] = conditions.layout.blocks
    gain = 10 * ((2 - np.median(base.positions)) / noise) ** 2 / 2
    assert 8 / 9 * gain - 1e-9 <= _gain_uphill(conditions, base, block) <= gain * (1 + 1e-9)


def test_a_narrow_prior_that_the_posterior_follows_is_tried():
    """The posterior lies where the prior is, and the data's scale has grown to allow it: no tail shows that, nor its own scatter."""
    x = np.linspace(-2, 2, 60)
    with pm.Model() as model:
        slope = pm.Normal("slope", 1.5, 0.04)
        pm.Normal("y", slope * x, pm.HalfNormal("s", 1), observed=0.1 * np.sin(7 * x))
    conditions = Conditions(Conditional.of(Factors(model)))
    base = conditions.fit(np.array([[1.5, 0.5]] * 4) + 0.01 * np.arange(4)[:, None])
    tails = [{"name": name, "index": [], "log10_tail": -1.0} for name in ("slope", "s")]
    [row] = relax(conditions, base, tails, seed=0, seconds=60, expected=True)
    assert row["name"] == "slope" and row["gain"] > 18


@pytest.mark.parametrize("written, changes", [("whole", False), ("without its scale", True)])
def test_a_density_integrates_to_the_same_whatever_the_parameters(written, changes):
    with pm.Model() as model:
        mu, s = pm.Normal("mu", 30, 5), pm.HalfNormal("s", 3)
        terms = -0.5 * ((DATA - mu) / s) ** 2
        pm.Potential("fit", (terms if changes else terms - pm.math.log(s)).sum())
    factors = Factors(model)
    at = np.array([30.0, 0.0])
    found = change_of_integral(factors, "fit", at, np.array([30.0, 0.5]))
    assert found == pytest.approx(0.5 if changes else 0.0, abs=1e-3)


def translated(standard=1.0, declared=True):
    """Effects declared standard normal; a potential adds their true density and takes `standard` times the declared one away."""
    with pm.Model() as model:
        tau = pm.HalfNormal("tau", 2)
        theta = pm.Normal("theta", 0, 1, shape=4) if declared else pm.Flat("theta", shape=4)
        true = pm.logp(pm.Normal.dist(3, tau, shape=4), theta)
        pm.Potential("rest", (true - standard * pm.logp(pm.Normal.dist(0, 1, shape=4), theta)).sum())
        pm.Normal("y", theta, 1.0, observed=[5.0, 6.0, 7.0, 8.0])
    return Conditional.of(Factors(model))


@pytest.mark.parametrize(
    ("written", "names"),
    [({}, ["theta"]), ({"standard": 0.0}, []), ({"declared": False, "standard": 0.0}, [])],
)
def test_a_prior_and_a_potential_that_takes_it_away_are_one_density(written, names):
    density = translated(**written)
    start = np.array([0.5, 5.0, 6.0, 7.0, 8.0])
    assert completed(density, start, np.full(5, 0.8)) == names


def test_a_likelihood_in_a_potential_completes_no_prior():
    with pm.Model() as model:
        mu, s = pm.Normal("mu", 30, 5), pm.HalfNormal("s", 3)
        pm.Potential("fit", (-0.5 * ((DATA - mu) / s) ** 2).sum())
    assert completed(Conditional.of(Factors(model)), np.array([30.0, 0.0]), np.array([0.2, 0.3])) == []


def cut(normalised: bool, ties: bool = False):
    """A normal density above 29, which loses the part below."""

    def logp(value, mu):
        lost = pm.math.log(0.5 * pm.math.erfc((29 - mu) / np.sqrt(2)))
        return pm.math.switch(
            value > 29, -0.5 * (value - mu) ** 2 - 0.9189385 - float(normalised) * lost, -np.inf
        )

    data = DATA[DATA > 29]
    with pm.Model() as model:
        pm.CustomDist("y", pm.Normal("mu", 30, 5), logp=logp, observed=np.repeat(data, 2) if ties else data)
    return Factors(model)


def draws_of_mu():
    return np.random.default_rng(1).normal(30, 0.3, (200, 1))


def test_a_custom_density_that_is_cut_and_not_rescaled():
    [row] = custom_distributions(cut(normalised=False), draws_of_mu())
    at, moved = stats.norm.logcdf([1.0, 1.0 + 10 * 0.3])
    assert (row["name"], row["variable"]) == ("y", "mu")
    assert row["change"] == pytest.approx(moved - at, abs=0.02)
    [row] = custom_distributions(cut(normalised=True), draws_of_mu())
    assert row["change"] < 1e-3


def test_data_with_ties_may_have_masses_at_points():
    assert custom_distributions(cut(normalised=False, ties=True), draws_of_mu()) == []


def test_a_tail_that_is_not_measured_is_unknown():
    with pm.Model() as model:
        scale = pm.HalfNormal("scale", 1)
        pm.CustomDist(
            "y",
            scale,
            logp=lambda v, s: -pm.math.log(s) - pm.math.log1p((v / s) ** 2) - np.log(np.pi),
            observed=DATA,
        )
    assert custom_distributions(Factors(model), np.random.default_rng(2).normal(3, 1, (99, 1))) == []


def test_degrees_of_freedom_beyond_all_arithmetic_cost_nothing():
    """Without its prior nu leaves for where the log-density of Student's t is rounding alone."""
    with pm.Model() as model:
        pm.StudentT("y", nu=pm.Gamma("nu", 4, 0.5), mu=pm.Normal("mu", 30, 5), sigma=1, observed=DATA)
    conditions = Conditions(Conditional.of(Factors(model)))
    base = conditions.fit(np.tile(conditions.layout.vector(), (4, 1)))
    assert all(row["gain"] < 18 for row in relax(conditions, base, [], seed=0, seconds=60))


def test_a_scale_that_may_be_negative_leaves_its_domain():
    with pm.Model() as model:
        s = pm.Normal("s", 1, 1)
        pm.Normal("y", 0, s, observed=DATA)
    [row] = domains(Factors(model))
    assert (row["factor"], row["variables"]) == ("y", ["s"])
    assert row["violated"] == pytest.approx(stats.norm.cdf(-1), abs=0.1)


def test_a_scale_that_stays_positive_does_not():
    with pm.Model() as model:
        pm.Normal("y", 0, pm.HalfNormal("s", 1), observed=DATA)
    assert [row["violated"] for row in domains(Factors(model))] == [0.0]


def test_a_prior_that_a_draw_of_the_others_breaks_costs_only_its_own_conditions():
    """Nothing can be drawn from where a correlation leaves its domain: that is the finding, and not the end of the look."""
    with pm.Model() as model:
        corr = pm.Uniform("corr", -3, 3)
        cov = pm.math.stack([pm.math.stack([1.0, corr]), pm.math.stack([corr, 1.0])])
        pm.MvNormal("ability", np.zeros(2), cov=cov, shape=(5, 2))
        pm.Normal("y", 0, pm.Normal("s", 1, 1), observed=DATA)
    rows = {row["factor"]: row for row in domains(Factors(model))}
    assert rows["ability"]["variables"] == ["corr"]
    assert rows["ability"]["violated"] == pytest.approx(2 / 3, abs=0.15)
    assert rows["y"]["violated"] == pytest.approx(stats.norm.cdf(-1), abs=0.1)
