"""The rules for a model taken apart, one by one, on hand-made figures."""

import math

import pytest
from verdict_records import ROTATION_CURES, gradient, logp, measured, run
from verdict_records import failing as failing_run

from faultline.core.sections.ablation import Ablation
from faultline.diagnosis.rules import judge
from faultline.diagnosis.summarise import summarise
from faultline.findings import ablation, ablation_effects


def fit(per_1000=10.0, *, rhat=1.001, divergences=0, bad=(), **changes):
    """A run of 8 x 500 draws; `bad` variables mix a hundred times worse than the rest."""
    names = ("mu", "tau", "theta")
    rows = {
        name: {
            "rhat": rhat,
            "share": 0.005 if name in bad else 0.5,
            "per_1000": per_1000 / 100 if name in bad else per_1000,
        }
        for name in names
    }
    return {
        "chains": 8,
        "n_draws": 4000,
        "complete": True,
        "divergences": divergences,
        "divergent_share": divergences / 4000,
        "max_rhat": rhat,
        "min_ess": 2000.0,
        "ebfmi": [0.9] * 8,
        "min_ebfmi": 0.9,
        "max_treedepth_fraction": 0.0,
        "ess_per_1000": per_1000,
        "n_nonfinite": 0,
        "by_variable": rows,
        **changes,
    }


def condition(*held, drop=(), per_1000=10.0, **changes):
    return {"held": list(held), "dropped": list(drop), **fit(per_1000, **changes)}


def bend(by, bent, slope=1.5, width=4.0, width_of_draws=3.0):
    pair = {"by": by, "by_index": [], "bent": bent, "bent_index": [0], "slope": slope}
    return pair | {"width": width, "width_of_draws": width_of_draws}


def ridge(*names, ratio=1e-4):
    share = [{"name": name, "share": 1 / len(names)} for name in names]
    return {"ratio": ratio, "curvature": ratio, "share": share}


def failing(*conditions, **found):
    """A base run with R-hat 1.3 that costs a hundred times more than a cured one."""
    base = fit(0.1, rhat=1.3, min_ess=30.0)
    return {"base": base, "controls": [base], "conditions": list(conditions), **found}


def findings(apart):
    return ablation.findings(Ablation.of(apart))


def held_gains(apart):
    return ablation_effects.held_gains(Ablation.of(apart))


def first(apart):
    found = findings(apart)[0]
    return found.check, found.names, found.cause_class


def test_a_model_that_samples_well_is_accused_of_nothing():
    sound = {
        "base": fit(),
        "conditions": [condition("tau", per_1000=1e6)],
        "curvature": {"bends": [bend("a", "b")]},
    }
    assert findings(sound) == []


def test_both_ends_of_a_funnel_help_and_make_a_pair():
    apart = failing(
        condition("tau"),
        condition("theta"),
        condition("mu", per_1000=0.1, rhat=1.3),
        curvature={"bends": [bend("tau", "mu"), bend("tau", "theta", 1.4)], "null": [ridge("mu", "theta")]},
    )
    assert first(apart) == ("bends", ("tau", "theta"), "a")


def counties(mu=5.0, **changes):
    """The textbook: `a ~ Normal(mu_a, sigma_a)`; the curvature of `mu_a` given the others is that of the mean of all `a`."""
    rows = [bend("sigma_a", "mu_a", 1.202, 4.4, 1.1), bend("sigma_a", "a", 1.15, 4.2, 2.6)]
    return failing(
        condition("a", per_1000=19.0),
        condition("sigma_a", per_1000=2.1),
        condition("mu_a", per_1000=mu / 10),
        curvature={
            "bends": rows,
            "null": [ridge("a", "mu_a", ratio=2e-3)],
            "reads": {"a": ["mu_a", "sigma_a"], "y": ["a", "noise"]},
            **changes,
        },
    )


def test_of_pairs_of_one_scale_the_one_that_helps_most_is_the_funnel():
    """What is steepest is not what helps; and what helps besides needs no suspect of its own."""
    for apart in counties(), counties(mu=100.0), counties(reads={}):
        assert [finding.names for finding in findings(apart)] == [("sigma_a", "a")]
    assert "whose prior depends on sigma_a" in findings(counties())[0].note
    assert "the width of a changes by a factor of 4.2" in findings(counties())[0].note


@pytest.mark.parametrize(
    ("factor", "said"),
    [(["tau", "theta"], "of theta, because y depends on both: "), (["theta"], "of theta: ")],
)
def test_a_funnel_is_put_down_to_a_factor_that_reads_both_ends(factor, said):
    curved = {"bends": [bend("tau", "theta")], "reads": {"z": ["tau"], "y": factor}}
    apart = failing(condition("tau"), condition("theta"), curvature=curved)
    assert f"tau sets the scale {said}" in findings(apart)[0].note


@pytest.mark.parametrize(
    ("reads", "row", "is_pair"),
    [
        ({"theta": ["tau"]}, {"width_of_draws": 1.1}, True),
        ({"theta": ["tau"]}, {"width": 1.2}, False),
        ({"theta": ["tau"]}, {"width": None}, False),
        ({"theta": ["tau"]}, {"slope": 0.3}, True),
        ({"y": ["tau", "theta"]}, {}, True),
        ({"y": ["tau", "theta"]}, {"slope": 0.3}, False),
        ({"y": ["tau", "theta"]}, {"width_of_draws": 1.1}, False),
        ({"y": ["tau", "theta"]}, {"width_of_draws": None}, False),
    ],
)
def test_a_pair_needs_a_width_that_changes_and_a_reason_for_it(reads, row, is_pair):
    rows = [bend("tau", "theta") | row]
    apart = failing(condition("tau"), condition("theta"), curvature={"bends": rows, "reads": reads})
    assert (first(apart)[0] == "bends") == is_pair


def test_where_only_one_end_helps_the_prior_must_say_who_sets_whose_scale():
    for reads, check in ({"theta": ["tau"]}, "bends"), ({"y": ["tau", "theta"]}, "holding"):
        curved = {"bends": [bend("tau", "theta")], "reads": reads}
        assert first(failing(condition("theta"), curvature=curved))[0] == check


def test_running_off_along_a_direction_of_separation_is_no_funnel():
    """The coefficients bend each other all the way; side, which the data hold, is no suspect."""
    row = {"names": ["base", "potency"], "distances": [1.0, 10.0], "profile": [0.1, 0.2], "logarithm": False}
    bends = [bend("base", "potency", 3.6), bend("potency", "side", 3.4), bend("potency", "base", 1.9)]
    apart = failing(
        condition("base"), condition("potency", per_1000=20.0), unheld=[row], curvature={"bends": bends}
    )
    assert [(f.check, f.names, f.cause_class) for f in findings(apart)] == [
        ("likelihood_peaks", ("potency", "base"), "b")
    ]
    assert "Cauchy" in judge(taken_apart(**apart))["verdict"]["next_action"]
    apart["conditions"] = [condition("side")]
    assert all(finding.check != "likelihood_peaks" for finding in findings(apart)), "nothing confirms it"
    apart = counties() | {"unheld": [row | {"names": ["mu_a"]}]}
    assert first(apart)[1] == ("sigma_a", "a"), "another one helps more"


def crossed():
    """`a ~ Normal(mu_a, ...)`, `b ~ Normal(mu_b, ...)` in one sum: the four move together, the effects furthest in their own widths."""
    moves = {"a": (0.48, 300.0), "b": (0.48, 250.0), "mu_a": (0.02, 130.0), "mu_b": (0.02, 120.0)}
    share = [{"name": name, "share": part, "moves": far} for name, (part, far) in moves.items()]
    return failing(
        condition("a", per_1000=1000.0),
        condition("mu_b", per_1000=70.0),
        condition("mu_a", per_1000=65.0),
        curvature={
            "bends": [bend("sigma_a", "mu_a", 0.98), bend("sigma_b", "mu_b", 0.66)],
            "null": [{"ratio": 1e-7, "curvature": 2e-7, "share": share}],
            "reads": {"a": ["mu_a", "sigma_a"], "b": ["mu_b", "sigma_b"], "y": ["a", "b", "sigma_y"]},
        },
    )


def test_a_ridge_across_levels_is_named_by_the_means_at_its_top():
    assert [(f.check, f.names) for f in findings(crossed())] == [("holding", ("mu_b", "mu_a"))]
    apart = crossed()
    apart["conditions"].append(condition("sigma_a", per_1000=9.0))
    assert first(apart)[1] == ("mu_b", "mu_a"), "the ridge costs far more steps than the bend"


@pytest.mark.parametrize(
    ("furthest", "moves", "part"),
    [(300.0, 14.0, False), (300.0, 16.0, True), (80.0, 4.0, False), (80.0, 6.0, True)],
    ids=["follows", "a twentieth of the furthest", "within its width", "beyond its width"],
)
def test_what_hardly_follows_a_ridge_is_no_part_of_it(furthest, moves, part):
    apart = crossed()
    share = apart["curvature"]["null"][0]["share"]
    for row in share:
        row["moves"] *= furthest / 300
    share.append({"name": "slope", "share": 1e-4, "moves": moves})
    assert ("slope" in first(apart)[1]) == part


def test_a_ridge_elsewhere_costs_a_funnel_nothing():
    """The means of crossed effects move together; no end of the funnel moves with them."""
    apart = crossed()
    apart["conditions"] = [condition("tau"), condition("theta"), condition("mu_a", per_1000=5.0)]
    apart["curvature"]["bends"] = [bend("tau", "theta")]
    assert ("bends", ("tau", "theta")) in [(f.check, f.names) for f in findings(apart)]
    apart["curvature"]["null"][0]["share"].append({"name": "theta", "share": 0.01, "moves": 200.0})
    assert all(finding.check != "bends" for finding in findings(apart))


def test_effects_that_move_with_their_own_mean_are_no_ridge_across_levels():
    """Only where the prior of neither reads the other can their ridge outweigh the funnel of one of them."""
    for read, check in (["mu_a", "sigma_a"], "bends"), (["sigma_a"], "holding"):
        apart = counties(null=[ridge("a", "mu_a", ratio=1e-6)], reads={"a": read, "y": ["a", "noise"]})
        assert first(apart)[0] == check


def test_a_ridge_is_named_by_what_spans_it():
    apart = failing(
        condition("mu"), condition("theta"), curvature={"bends": [], "null": [ridge("mu", "theta")]}
    )
    assert first(apart)[0] == "holding" and set(first(apart)[1]) == {"mu", "theta"}


@pytest.mark.parametrize(
    ("ratio", "slope", "drawn", "check"),
    [(1e-6, 1.5, 30.0, "holding"), (5e-3, 1.5, 30.0, "bends"), (5e-3, 35.0, 3.0, "holding")],
)
def test_a_bend_that_is_seen_where_one_leaves_a_longer_ridge_is_none(ratio, slope, drawn, check):
    """Nor is one that the draws hardly show: away from the ridge the width may change without limit."""
    bends = [bend("mu", "theta", slope, width_of_draws=drawn)]
    apart = failing(
        condition("mu"),
        condition("theta"),
        curvature={"bends": bends, "null": [ridge("mu", "theta", ratio=ratio)]},
    )
    assert first(apart)[0] == check and set(first(apart)[1]) == {"mu", "theta"}


@pytest.mark.parametrize(
    ("ratio", "check"), [(1e-8, "holding"), (1e-5, "holding"), (2e-5, "bends"), (1e-4, "bends")]
)
def test_a_ridge_within_one_variable_outweighs_a_slight_bend_and_no_funnel(ratio, check):
    """A sum that is all but fixed; a centered random walk."""
    apart = failing(
        condition("mu"),
        condition("theta"),
        curvature={"bends": [bend("mu", "theta", 1.3)], "null": [ridge("theta", ratio=ratio)]},
    )
    assert first(apart)[0] == check and "theta" in first(apart)[1]


@pytest.mark.parametrize(
    ("valley", "check"),
    [(40.0, "modes"), (4.0, "modes"), (2.0, "holding"), (0.0, "holding"), (None, "holding")],
)
def test_chains_apart_without_a_valley_are_on_a_ridge(valley, check):
    apart = failing(
        condition("mu"), condition("theta"), curvature={"bends": [], "null": [ridge("mu", "theta")]}
    )
    apart["modes"] = {"places": 3, "valley": valley, "symmetries": [], "variables": []}
    assert first(apart)[0] == check


def test_what_helps_by_chance_is_no_suspect():
    apart = failing(condition("tau", per_1000=0.3, rhat=1.04))
    assert first(apart) == ("holding", (), None)


def test_chains_that_disagree_are_no_cure_however_many_draws_count():
    assert held_gains(failing(condition("tau", per_1000=50.0, rhat=1.4))) == {("tau",): 0.0}


def test_a_variable_that_mixes_badly_and_recovers_counts_where_another_fault_remains():
    base = fit(0.1, rhat=1.3, bad=("theta",))
    base["by_variable"]["theta"] |= {"per_1000": 0.01}
    held = condition("tau", per_1000=0.1, rhat=1.3)
    held["by_variable"]["theta"] |= {"rhat": 1.001, "per_1000": 5.0}
    assert held_gains({"base": base, "controls": [], "conditions": [held]})["tau",] == pytest.approx(500)


def test_the_median_over_the_places_counts():
    apart = failing(condition("tau"), condition("tau", per_1000=0.1), condition("tau", per_1000=0.2))
    assert held_gains(apart)["tau",] == pytest.approx(2.0)


def test_chains_that_agree_by_luck_are_nothing_to_compare_with():
    """Most fits with nothing held have chains in different places; mu cures everywhere, tau once."""
    apart = {
        "base": fit(0.1, rhat=2.1),
        "controls": [fit(0.2, rhat=1.5), fit(40.0)],
        "conditions": [
            *(condition("mu", per_1000=80.0) for _ in range(2)),
            condition("tau", per_1000=40.0),
            condition("tau", per_1000=0.1, rhat=1.6),
        ],
    }
    assert first(apart)[1] == ("mu",) and held_gains(apart)["tau",] == 0.0
    apart["controls"][0] = fit(30.0)
    assert held_gains(apart)["mu",] == pytest.approx(2.0)


def test_two_funnels_are_two_suspects():
    apart = failing(
        *map(condition, ("tau", "theta", "s", "z")),
        curvature={"bends": [bend("tau", "theta"), bend("s", "z", 1.2)], "null": []},
    )
    assert [finding.names for finding in findings(apart)] == [("tau", "theta"), ("s", "z")]


def test_a_longer_run_that_passes_asks_for_a_gain_beyond_doubt_and_its_reason():
    bent = {"bends": [bend("tau", "theta")]}

    def longer_passes(gain, curvature):
        fits = [condition(name, per_1000=gain) for name in ("tau", "theta")]
        return failing(*fits, curvature=curvature) | {"longer": fit()}

    assert findings(longer_passes(5.0, bent)) == []
    assert findings(longer_passes(30.0, {})) == []
    assert first(longer_passes(30.0, bent))[:2] == ("bends", ("tau", "theta"))


def test_where_a_longer_run_passes_two_that_help_and_that_one_factor_reads_are_a_reason():
    def longer_passes(fits, factor):
        reads = {"tau": [], "z": [], "y": factor}
        return failing(*fits, curvature={"reads": reads}) | {"longer": fit()}

    z, tau = condition("z", per_1000=30.0), condition("tau", per_1000=1.5)
    assert first(longer_passes([z, tau], ["tau", "z"])) == ("holding", ("z", "tau"), "a")
    assert findings(longer_passes([z, tau], ["z"])) == []
    assert findings(longer_passes([z, condition("tau", per_1000=0.3)], ["tau", "z"])) == []
    pair = condition("z", "tau", per_1000=30.0)
    assert findings(longer_passes([pair, tau], ["tau", "z"])) == []


def test_a_symmetry_is_a_fault_although_every_chain_agrees():
    row = {"kind": "exchange", "names": ["mu"], "axis": 0, "separates": True}
    apart = {"base": fit(), "modes": {"places": 1, "symmetries": [row], "variables": []}}
    assert first(apart) == ("modes", ("mu",), "a")
    row["separates"] = False
    assert findings(apart) == []


def cliff(n=5):
    return {
        "name": "keep",
        "n": n,
        "n_cliff": n,
        "variables": ["mu"],
        "distance": 0.5,
        "to": "-inf",
        "before": 0.0,
        "lost": 0.0,
    }


def test_a_cliff_comes_before_any_geometry():
    apart = failing(condition("tau"), cliffs={"lines": 40, "factors": [cliff()]})
    assert first(apart) == ("cliffs", ("keep",), "c")


def test_a_cliff_where_a_matrix_loses_its_root_is_told_as_such():
    row = cliff() | {"matrix": {"size": 60, "smallest": -1e-13, "largest": 50.0}}
    [finding] = [f for f in findings(failing(cliffs={"lines": 40, "factors": [row]})) if f.names == ("keep",)]
    assert (finding.check, finding.cause_class) == ("positive_definite", "c")
    assert "the Cholesky factorization of a 60 x 60 matrix fails there" in finding.note


def test_a_parameter_that_bounds_the_data_is_to_begin_where_they_end():
    record = measured(3, kind="apart") | {
        "apart": failing(cliffs={"lines": 40, "factors": [cliff() | {"name": "y"}]})
    }
    assert "If `mu` bounds the data, let it begin where they end" in judge(record)["verdict"]["next_action"]
    record["apart"]["cliffs"]["factors"][0]["name"] = "extra"
    assert "a transform instead of a hard limit" in judge(record)["verdict"]["next_action"]


def test_one_line_is_no_cliff():
    assert first(failing(condition("tau"), cliffs={"lines": 40, "factors": [cliff(1)]}))[0] == "holding"


def test_a_cliff_without_which_nothing_changes_scores_less():
    same = condition(drop=["keep"], per_1000=0.1, rhat=1.3)
    apart = failing(condition("tau"), same, cliffs={"lines": 40, "factors": [cliff()]})
    assert first(apart)[0] == "holding"


def relaxed(name="mu", gain=400.0, size=1, **changes):
    return {
        "name": name,
        "size": size,
        "bounded": False,
        "gain": gain,
        "gain_in_data": 0.0,
        "settled": True,
        "factor": "y",
        "potential": False,
        "runs_away": False,
        **changes,
    }


def test_the_prior_that_costs_most_contradicts_the_data():
    apart = {"base": fit(), "conflict": [], "relaxed": [relaxed("mu"), relaxed("s", 300.0)]}
    assert [finding.names for finding in findings(apart)] == [("mu",)] and first(apart)[2] == "b"


def test_a_prior_that_costs_little_per_value_is_left_in_peace():
    assert findings({"base": fit(), "relaxed": [relaxed(gain=100.0, size=10)]}) == []


def test_a_hierarchy_that_collapses_without_a_prior_contradicts_no_data():
    assert findings({"base": fit(), "relaxed": [relaxed("tau", settled=False)]}) == []
    row = relaxed("mu", settled=False, gain_in_data=50.0)
    assert first({"base": fit(), "relaxed": [row]})[1] == ("mu",)


def tight_prior(**changes):
    """A prior N(0, 1e-4), written as a precision, whose variable the rest would have at 135."""
    known = {"name": "mu", "index": [], "n": 1, "log10_tail": -0.3, "prior": [-1.6e-4, 0.0, 1.6e-4]}
    row = relaxed("mu", 6.9, without=[127.0, 135.0, 146.0], **changes)
    return failing(condition("tau"), conflict=[known], relaxed=[row])


def test_a_prior_that_holds_its_variable_far_from_where_a_failing_model_would_have_it():
    finding = findings(tight_prior())[0]
    assert (finding.check, finding.names, finding.cause_class) == ("prior_agrees", ("mu",), "b")
    assert (
        "log-density of the rest of the model increases by 6.9, and the rest puts it at 135" in finding.note
    )
    assert "prior_agrees" not in [f.check for f in findings(tight_prior() | {"base": fit()})]


def test_beside_a_prior_that_contradicts_the_rest_what_only_helps_when_held_is_no_suspect():
    apart = tight_prior()
    assert [f.names for f in findings(apart)] == [("mu",)]
    apart["relaxed"] = []
    assert ("tau",) in [f.names for f in findings(apart)]


def test_the_same_advice_for_several_variables_is_given_once():
    record = measured(3, kind="apart") | {"apart": failing(condition("tau"), condition("mu"))}
    said = judge(record)["verdict"]["next_action"]
    assert "`tau`" in said and "`mu`" in said and said.count("none of the measurements explains why") == 1


@pytest.mark.parametrize(
    "row",
    [
        {"gain": 1.5},
        {"settled": False},
        {"without": [2.9e-3, 3e-3, 3.1e-3]},
        {"without": [-300.0, 135.0, 600.0]},
    ],
    ids=["cheap", "unsettled", "near", "along a ridge"],
)
def test_a_detour_that_costs_little_or_leads_nowhere_accuses_no_prior(row):
    apart = tight_prior()
    apart["relaxed"][0] |= row
    assert "prior_agrees" not in [f.check for f in findings(apart)]


def test_a_potential_that_is_no_density_is_named_and_not_the_prior_that_held_it():
    row = relaxed("s", 1.5, factor="match", potential=True, runs_away=True, change_of_integral=0.5)
    assert first({"base": fit(), "relaxed": [row]}) == ("density_normalised", ("match",), "c")
    assert findings({"base": fit(), "relaxed": [row | {"change_of_integral": 0.001}]}) == []


def test_a_density_that_keeps_rising():
    row = {
        "variable": "mu",
        "rise": 1e6,
        "decades": 4,
        "factor": "penalty",
        "kind": "potential",
        "factor_rise": 1e6,
    }
    assert first(failing(far=[row])) == ("posterior_exists", ("penalty",), "c")
    assert first(failing(far=[row | {"factor": "y", "kind": "observed"}]))[2] == "b"


def test_a_flat_prior_that_nothing_backs_comes_before_what_it_makes_sample_badly():
    line = {
        "names": ["tau"],
        "logarithm": False,
        "fall": 0.0,
        "profile": [0.0] * 9,
        "distances": [10.0**d for d in range(2, 11)],
    }
    apart = failing(endless=[line, line | {"names": ["tau", "mu"]}])
    assert first(apart) == ("posterior_integrates", ("tau",), "b")
    found = findings(apart)[0].as_check()
    assert (found.comparison, found.passed, found.role) == (">=", False, "fault")
    assert ("holding", ("tau",)) not in [(f.check, f.names) for f in findings(apart)]
    assert findings({"base": fit(), "endless": [line]}) == []
    logs = line | {"logarithm": True, "distances": [640.0]}
    assert "at exp(640) times its value at a draw" in findings(failing(endless=[logs]))[0].note


def test_what_leaving_out_any_prior_gives_is_the_cost_of_none():
    """Chains in different places: every fit without a prior found the better place."""
    rows = [relaxed(name, gain=27.0) for name in ("mu", "tau", "theta")]
    assert findings({"base": fit(), "relaxed": rows})[0].check == "prior_agrees"
    assert "prior_agrees" not in [f.check for f in findings(failing(relaxed=rows))]
    rows[0] |= {"gain": 400.0, "gain_in_data": 400.0}
    assert ("mu",) in [f.names for f in findings(failing(relaxed=rows)) if f.check == "prior_agrees"]


def in_tail(log10_tail):
    about = {"name": "mu", "index": [], "n": 1, "posterior_median": 74.0, "posterior_sd": 0.1}
    return {"base": fit(), "conflict": [about | {"log10_tail": log10_tail}]}


@pytest.mark.parametrize(("tail", "check"), [(-8.0, "prior_expects"), (-30.0, "prior_agrees")])
def test_a_posterior_far_out_in_its_prior_contradicts_it(tail, check):
    [finding] = findings(in_tail(tail))
    assert finding.check == check and finding.as_check().passed is False
    fails = findings(failing(conflict=in_tail(-30.0)["conflict"]))
    assert {f.check for f in fails} == {"prior_expects", "holding"}


def test_the_furthest_of_many_values_is_judged_by_how_many_there_are():
    many = in_tail(-4.5)
    many["conflict"][0] |= {"n": 600, "index": [7]}
    assert findings(many) == []
    many["conflict"][0]["log10_tail"] = -8.0
    [finding] = findings(many)
    assert (
        finding.value == pytest.approx(-8 + math.log10(600))
        and "(the most extreme of 600 values)" in finding.note
    )


def test_a_custom_density_whose_integral_moves():
    row = {"name": "y", "change": 0.3, "variable": "mu"}
    assert first({"base": fit(), "custom_distributions": [row]}) == ("density_normalised", ("y",), "c")
    assert findings({"base": fit(), "custom_distributions": [row | {"change": 1e-4}]}) == []


def test_a_term_that_stands_once_for_all_data():
    row = {"name": "herds", "as_written": 0.4, "inside": 1e-9}
    assert first({"base": fit(), "outside_sums": [row]}) == ("density_normalised", ("herds",), "c")
    sound = [row | {"as_written": 1e-9}, row | {"inside": 0.3}]
    assert findings({"base": fit(), "outside_sums": sound}) == []


def test_a_density_of_a_function_of_the_data():
    row = {"name": "fit", "function": "truediv", "variables": ["power"], "over_function": 1e-9}
    row |= {"slope": 1.2, "uneven": 1.1, "width": 0.4}
    assert first({"base": fit(), "warped": [row]}) == ("density_normalised", ("fit",), "c")
    assert "of its data and power, not of the data" in findings({"base": fit(), "warped": [row]})[0].note
    sound = [row | {"uneven": 1e-9}, row | {"width": 1e-3}, row | {"over_function": 0.2}]
    assert findings({"base": fit(), "warped": sound}) == []


def test_counts_whose_probabilities_do_not_add_up():
    row = {"name": "lice", "change": 0.1}
    assert first({"base": fit(), "custom_counts": [row]}) == ("density_normalised", ("lice",), "c")
    assert findings({"base": fit(), "custom_counts": [row | {"change": 1e-9}]}) == []


def test_a_potential_between_two_observed_variables():
    row = {"name": "joint", "change": 0.1, "variable": "bond", "observed": ["height", "crown"]}
    found = {"base": fit(), "between_observed": [row]}
    assert first(found) == ("density_normalised", ("joint",), "c")
    assert "height and crown" in findings(found)[0].note
    assert findings({"base": fit(), "between_observed": [row | {"change": 1e-9}]}) == []


def test_a_posterior_in_a_tail_of_its_prior_is_a_remark():
    row = {
        "name": "mu",
        "index": [],
        "n": 1,
        "log10_tail": -4.0,
        "posterior_median": 5.0,
        "posterior_sd": 0.1,
    }
    [finding] = findings({"base": fit(), "conflict": [row]})
    assert finding.check == "prior_expects" and finding.as_check().role == "remark"


def taken_apart(**apart):
    record = measured(3)
    names = [{"name": name} for name in ("mu", "tau", "theta")]
    asked = {**record["asked"], "components": {}}
    made = {
        **record,
        "group": "group_4_taken_apart",
        "number": 4,
        "kind": "apart",
        "asked": asked,
        "apart": apart,
    }
    for section in ("sampling", "sampling_extended"):
        made.pop(section, None)
    return {**made, "model": {**record["model"], "free_rvs": names}}


def summary(sampled, remedies=None, **apart):
    records = [
        measured(1),
        measured(2),
        {**sampled, "asked": {**sampled["asked"], "components": {}}},
        taken_apart(**apart),
    ]
    return summarise([{**record, **judge(record)} for record in records], remedies=remedies)


def bad():
    from verdict_records import failing as failed

    return failed(3)


def test_the_summary_names_the_parts_in_place_of_the_core_model():
    apart = failing(
        condition("tau"), condition("theta"), curvature={"bends": [bend("tau", "theta")], "null": []}
    )
    found = summary(bad(), **apart)
    assert (found["component"], found["cause_class"]) == ("tau + theta", "a")
    assert not any("core model" in suspect["names"] for suspect in found["suspects"])


@pytest.mark.parametrize(
    ("parents", "advice"),
    [(["tau"], "a non-centered parameterization for `theta`"), ([], "use a centered parameterization")],
)
def test_the_remedy_follows_from_how_the_pair_is_written(parents, advice):
    apart = failing(
        condition("tau"), condition("theta"), curvature={"bends": [bend("tau", "theta")], "null": []}
    )
    record = taken_apart(**apart)
    record["model"]["free_rvs"][2]["parents"] = parents
    record["model"]["observed_parameters"] = [{"name": "y", "size": 8, "parameters": [["tau", "theta"]]}]
    assert advice in judge(record)["verdict"]["next_action"]


@pytest.mark.parametrize(
    ("theta", "parameters", "advised"),
    [
        (2.0, ["tau", "theta"], True),
        (0.3, ["tau", "theta"], False),  # holding theta alone does not help
        (2.0, ["theta"], False),
    ],
)
def test_to_center_a_product_is_advised_only_where_either_end_helps_and_one_parameter_reads_both(
    theta, parameters, advised
):
    reads = {"tau": [], "theta": [], "y": ["tau", "theta"]}
    fits = [condition("tau", per_1000=30.0), condition("theta", per_1000=theta)]
    record = taken_apart(**failing(*fits, curvature={"reads": reads}) | {"longer": fit()})
    record["model"]["observed_parameters"] = [{"name": "y", "size": 8, "parameters": [parameters]}]
    assert ("use a centered parameterization" in judge(record)["verdict"]["next_action"]) == advised


@pytest.mark.parametrize(("size", "level"), [(1, False), (2, True), (5, True), (6, False), (80, False)])
def test_a_level_of_few_values_says_little_about_its_scale(size, level):
    apart = failing(condition("tau"), condition("mu"), curvature={"bends": [bend("tau", "mu")], "null": []})
    record = taken_apart(**apart)
    record["model"]["free_rvs"][2] |= {"parents": ["mu", "tau"], "size": size}
    said = judge(record)["verdict"]["next_action"]
    assert (f"the scale and the location of `theta`, whose {size} values" in said) == level


@pytest.mark.parametrize(
    ("parameters", "size", "noise"),
    [
        ([["theta"], ["tau"]], 8, True),
        ([["theta"], ["tau"]], 80, False),  # several data a group
        ([["theta"], ["tau"]], None, False),
        ([["tau", "theta"], ["mu"]], 8, False),
    ],
)
def test_a_noise_that_can_shrink_to_nothing_is_told_from_a_scale(parameters, size, noise):
    apart = failing(
        condition("tau"), condition("theta"), curvature={"bends": [bend("tau", "theta")], "null": []}
    )
    record = taken_apart(**apart)
    record["model"]["free_rvs"][2] |= {"parents": [], "size": 8}
    record["model"]["observed_parameters"] = [{"name": "y", "size": size, "parameters": parameters}]
    assert (
        "`tau` is the noise scale of `y` around `theta`" in judge(record)["verdict"]["next_action"]
    ) == noise


def test_a_fit_that_confirms_says_where_and_not_what():
    apart = failing(
        condition("tau"), condition("theta"), curvature={"bends": [bend("tau", "theta")], "null": []}
    )
    assert summary(bad(), **apart)["confidence"] == "medium"
    assert summary(bad(), **failing(condition("mu", per_1000=0.1, rhat=1.3)))["confidence"] == "low"


def test_a_failure_that_nothing_explains_is_unknown_and_lists_what_the_curvature_shows():
    apart = failing(
        condition("mu", per_1000=0.1, rhat=1.3), curvature={"bends": [bend("tau", "theta", 2.0)], "null": []}
    )
    found = summary(bad(), **apart)
    assert (found["component"], found["cause_class"]) == ("unknown", "unknown")
    assert ["tau", "theta"] in [suspect["names"] for suspect in found["suspects"]]


def test_a_rewrite_that_cures_names_the_part_that_nothing_isolates():
    apart = failing(condition("mu", per_1000=0.1, rhat=1.3), curvature={"bends": [], "null": []})
    found = summary(bad(), ROTATION_CURES, **apart)
    assert (found["component"], found["cause_class"], found["confidence"]) == ("a + b", "a", "high")
    assert found["answer"]["headline"] == "geometry: a ridge: only a combination of `a` and `b` is identified"
    assert found["answer"]["part"] == ["a", "b"] and len(found["answer"]["change"]) == 1


def test_a_measured_fault_beside_a_failure_that_nothing_explains():
    twice = {"names": ["y", "theta"], "n_points": 3, "max_spread": 1e-12, "kind": "equal"}
    whole = {**bad(), "asked": {**bad()["asked"], "components": {}}}
    apart = failing(condition("mu", per_1000=0.1, rhat=1.3))
    records = [measured(1, logp=logp(equal_terms=[twice])), measured(2), whole, taken_apart(**apart)]
    found = summarise([{**record, **judge(record)} for record in records])
    assert (found["component"], found["cause_class"]) == ("y + theta", "c")
    assert f"Whether it is also why {whole['group']} fails is not known." in found["implication"]


def test_where_chains_have_not_settled_the_prior_has_its_say_last():
    apart = failing(
        condition("mu", per_1000=0.1, rhat=1.3),
        curvature={"bends": [], "null": [ridge("mu", "x")]},
        bends_in_prior=[bend("tau", "theta", 0.7), bend("theta", "tau", 0.6), bend("s", "z", 0.4)],
    )
    suspects = summary(bad(), **apart)["suspects"]
    assert [suspect["names"] for suspect in suspects if len(suspect["names"]) > 1] == [
        ["mu", "x"],
        ["tau", "theta"],
    ]
    assert "in the prior tau sets the scale of theta" in suspects[-1]["evidence"][0]["note"]


def test_what_nothing_confirms_is_a_short_list():
    null = [ridge("a", ratio=1e-7), ridge("a", "b", ratio=1e-6), ridge("b", ratio=1e-5)]
    bends = [bend(f"tau_{i}", f"theta_{i}", 2.0) for i in range(9)]
    apart = failing(condition("mu", per_1000=0.1, rhat=1.3), curvature={"bends": bends, "null": null})
    told = [tuple(suspect["names"]) for suspect in summary(bad(), **apart)["suspects"]]
    assert [names for names in told if names[0] in "ab"] == [("a",), ("a", "b")]
    assert sum(names[0].startswith("tau") for names in told) == 3


def test_a_prior_that_contradicts_wrong_data_is_not_accused_before_these_are_right():
    row = {"name": "y", "n": 9, "size": 9, "index": [0], "given": 0.5, "kept": 0}
    build = measured(1)
    build["probes"] = {"data": {"coerced": [row]}}
    whole = {**measured(3), "asked": {**measured(3)["asked"], "components": {}}}
    records = [build, measured(2), whole, taken_apart(**in_tail(-30.0))]
    found = summarise([{**record, **judge(record)} for record in records])
    assert (found["component"], found["cause_class"]) == ("y", "b")
    assert [suspect["names"] for suspect in found["suspects"] if suspect["score"] > 0.2] == [["y"]]


def test_variables_that_help_when_held_for_no_known_reason_are_told_only_where_nothing_else_explains_it():
    steps = {"points": 3, "steps": [1e-4], "factors": [{"name": "y", "max_relative_error": 1.0}]}
    wrong = measured(2, gradient=gradient(finite_differences=steps))
    whole = {**bad(), "asked": {**bad()["asked"], "components": {}}}
    apart = taken_apart(**failing(condition("mu", per_1000=900.0)))
    alone = summarise([{**r, **judge(r)} for r in (measured(1), measured(2), whole, apart)])
    beside = summarise([{**r, **judge(r)} for r in (measured(1), wrong, whole, apart)])
    assert alone["component"] == "mu"
    assert [suspect["names"] for suspect in beside["suspects"] if suspect["score"] > 0.2] == [["y"]]


def test_what_follows_from_a_broken_term_is_no_suspect_of_its_own():
    terms = logp()["terms"]
    terms[0] |= {"value": -math.inf, "n_inf": 1}
    nowhere = [{"seed": seed, "logp": -math.inf, "l2": 3.0, "finite": False} for seed in range(3)]
    slopes = gradient(n_nan=1, perturbations=nowhere, share_by_variable=[{"name": "tau", "n_nonfinite": 1}])
    records = [
        measured(1, logp=logp(total=-math.inf, terms=terms)),
        measured(2, gradient=slopes),
        {**bad(), "asked": {**bad()["asked"], "components": {}}},
        taken_apart(skipped=[{"what": "everything else", "reason": "no draw was made in time"}]),
    ]
    found = summarise([{**record, **judge(record)} for record in records])
    accused = [suspect["names"] for suspect in found["suspects"] if suspect["score"] > 0.2]
    assert accused == [["y"]] and found["cause_class"] == "b"


def test_what_nothing_confirms_accuses_nobody_where_the_model_samples():
    apart = failing(
        condition("mu", per_1000=0.1, rhat=1.3), curvature={"bends": [bend("tau", "theta", 2.0)], "null": []}
    )
    found = summary(measured(3), **apart)
    assert (found["component"], found["cause_class"]) == (None, None)


def whole_ladder(sampled, **apart):
    """The four groups of a model without components."""
    return bare_ladder([measured(1), measured(2), sampled, taken_apart(**apart)])


def bare_ladder(records):
    bare = [{**record, "asked": {**record["asked"], "components": {}}} for record in records]
    return summarise([{**record, **judge(record)} for record in bare])


def undecided():
    """Nothing wrong but the largest R-hat, 1.013 where a pass asks for 1.01."""
    return measured(3, sampling_extended=run(max_rhat=1.013))


def test_a_run_that_cannot_decide_is_decided_by_the_longer_one_that_passes():
    base, longer = fit(rhat=1.013), fit(n_draws=16000, max_rhat=1.002, min_ess=2700.0)
    found = whole_ladder(undecided(), base=base, longer=longer)
    assert (found["outcome"], found["confidence"], found["component"]) == ("pass", "medium", None)
    assert "could not decide" in found["implication"] and "Not decided" not in found["implication"]
    assert found["next_action"].startswith("Give this model more draws, or smaller steps, than group_3")
    rows = {row["number"]: row for row in found["groups"]}
    assert rows[3]["outcome"] == "inconclusive"
    assert (rows[4]["run"], rows[4]["n_draws"], rows[4]["max_rhat"]) == ("longer", 16000, 1.002)
    assert any(row["reason"] == "it samples well as it stands, sampled again" for row in found["ruled_out"])


def test_a_few_divergences_that_smaller_steps_and_more_draws_do_not_repeat_fail_no_model():
    diverging = measured(3, sampling_extended=run(divergences=15, divergent_share=15 / 4000))
    longer = fit(n_draws=16000, max_rhat=1.002, min_ess=2700.0)
    found = whole_ladder(diverging, base=fit(rhat=1.013), longer=longer)
    assert (found["outcome"], found["confidence"], found["component"]) == ("pass", "low", None)
    assert found["first_failing_group"] is None and found["groups"][2]["outcome"] == "fail"
    assert "Only the divergences of group_3" in found["implication"]
    assert found["next_action"].startswith("Give this model more draws, and smaller steps, than group_3")


@pytest.mark.parametrize(
    ("figures", "longer"),
    [
        (
            {"divergences": 15, "divergent_share": 15 / 4000},
            {"divergences": 60, "divergent_share": 60 / 16000},
        ),
        ({"divergences": 15, "divergent_share": 15 / 4000, "max_rhat": 2.5}, {}),
        ({"divergences": 15, "divergent_share": 15 / 4000}, {"n_draws": 4000}),
    ],
    ids=["again", "more than that", "no more draws"],
)
def test_divergences_stand_where_they_come_again_or_are_not_alone(figures, longer):
    passing = {"n_draws": 16000, "max_rhat": 1.002, "min_ess": 2700.0, **longer}
    found = whole_ladder(
        measured(3, sampling_extended=run(**figures)), base=fit(rhat=1.013), longer=fit(**passing)
    )
    assert found["outcome"] == "fail" and found["first_failing_group"].startswith("group_3")


def test_of_two_runs_of_one_length_that_disagree_the_pass_is_less_sure():
    found = whole_ladder(undecided(), base=fit())
    assert (found["outcome"], found["confidence"]) == ("pass", "low")


def test_a_model_that_samples_well_needs_not_be_taken_apart():
    """Its own Op has no way through JAX, so that nothing more can be asked: the runs stand."""
    skipped = [{"what": "everything", "reason": "JAX cannot run it"}]
    found = whole_ladder(measured(3), skipped=skipped)
    assert (found["outcome"], found["confidence"]) == ("pass", "low")
    assert (
        "group_4_taken_apart could not look. It left out everything: JAX cannot run it."
        in found["implication"]
    )
    assert "Not decided" not in found["implication"]
    for sampled in (undecided(), failing_run(3)):
        open_still = whole_ladder(sampled, skipped=skipped)
        assert (
            open_still["outcome"] != "pass" and "group_4_taken_apart (not_run)" in open_still["implication"]
        )
    assert "running it again will not change that" in open_still["next_action"]
    assert "It could not be tested part by part" in open_still["implication"]
    assert "Testing it variable" not in open_still["implication"]
    assert whole_ladder(measured(3))["outcome"] == "inconclusive"  # it never ran


def test_what_was_skipped_on_the_way_is_not_why_nothing_was_found():
    """Taking the model apart came to an end, and named nothing: that is told, not what it had no time for."""
    found = whole_ladder(
        failing_run(3),
        base=fit(rhat=1.5, bad=["mu"]),
        skipped=[{"what": "part of the time", "reason": "the budget was used up"}],
    )
    assert found["outcome"] == "fail" and found["component"] == "unknown"
    assert "Testing it variable by variable" in found["implication"]
    assert "could not be tested part by part" not in found["implication"] + found["next_action"]


@pytest.mark.parametrize("kind", ["MemoryLimit", "TimeLimit", "ValueError", "Interrupted"])
def test_a_search_that_breaks_takes_nothing_from_draws_that_pass(kind):
    error = {"stage": "curvature", "type": kind, "message": "6100 MB used", "traceback": ""}
    records = [measured(1), measured(2), measured(3), {**taken_apart(base=fit(rhat=1.013)), "error": error}]
    found = bare_ladder(records)
    assert (found["outcome"], found["confidence"], found["component"]) == ("pass", "low", None)
    assert found["first_failing_group"] is None and found["groups"][3]["outcome"] in ("error", "inconclusive")
    assert f"group_4_taken_apart ended in stage curvature with {kind}." in found["implication"]
    assert "Finish" not in found["next_action"]
    failing = bare_ladder([measured(1), measured(2), failing_run(3), records[3]])
    assert failing["outcome"] == "fail"


def test_a_search_that_cannot_decide_takes_nothing_from_draws_that_pass():
    """R-hat 1.013 in the search's own run, where the group that samples passed."""
    found = whole_ladder(measured(3), base=fit(rhat=1.013))
    assert (found["outcome"], found["confidence"], found["component"]) == ("pass", "low", None)
    assert found["groups"][3]["outcome"] == "inconclusive"
    assert "could not decide; that does not weaken the draws that pass" in found["implication"]


def test_what_a_search_finds_counts_whatever_the_draws_say():
    rows = [{"name": "y", "change": 3.0, "variable": "tau"}]
    found = whole_ladder(measured(3), base=fit(rhat=1.013), custom_distributions=rows)
    assert (found["outcome"], found["component"], found["cause_class"]) == ("fail", "y", "c")


def test_a_run_that_cannot_decide_stays_open_where_no_longer_one_passes():
    base = fit(rhat=1.013)
    for apart in ({"base": base}, {"base": base, "longer": fit(rhat=1.013)}):
        found = whole_ladder(undecided(), **apart)
        assert found["outcome"] == "inconclusive"
        assert "More draws are needed" in found["next_action"]
    stopped = {
        **undecided(),
        "error": {"stage": "sample", "type": "TimeLimit", "message": "", "traceback": ""},
    }
    assert whole_ladder(stopped, base=fit())["outcome"] != "pass"


def test_steps_of_discrete_variables_are_accused_only_where_they_were_held():
    whole = fit() | {"max_rhat": 1.3, "divergences": 0}
    assert findings({"discrete": ["k"], "whole": whole, "discrete_held": []}) == []


@pytest.mark.parametrize(
    ("conditions", "samples"),
    [
        ([], None),
        ([condition(drop=("walls",), per_1000=10.0)], True),  # a hundred times the draws
        ([condition(drop=("walls",), per_1000=0.1, divergences=10)], True),  # a fortieth of the divergences
        ([condition(drop=("walls",), per_1000=0.1, divergences=300)], False),
    ],
    ids=["not tried", "more draws", "fewer divergences", "neither"],
)
def test_a_model_samples_without_a_factor(conditions, samples):
    base = fit(0.1, rhat=1.3, divergences=400)
    apart = Ablation.of({"base": base, "controls": [base], "conditions": conditions})
    assert ablation._without(apart, "walls") is samples
