"""The chemistry of ``urease``: closed forms, charges that cancel, and records by Phi against a stiff solver."""

import numpy as np
import pytest

from faultline.cases.urease import checks, chemistry, dataset, evaluation, mechanistic_fit

RNG = np.random.default_rng(0)


def conditions(n):
    known = np.stack(
        [RNG.uniform(*dataset.RANGES[name], n) for name in dataset.KNOWN_INPUTS[:4]] + [np.full(n, 0.2)], 1
    )
    return known, np.stack([RNG.uniform(0.05, 1.25, n), RNG.uniform(*dataset.RANGES["k_d"], n)], 1)


def curves(known):
    return chemistry.phi(known[:, 0] / 1000, known[:, 2], known[:, 3])


def test_the_rate_at_known_places():
    v = chemistry.rate(0.05, 0.0, 7.0, 25.0)
    a, b = 0.0908571 + 0.0113143 * 25, 0.22 + 0.0139 * 25
    first, second = 10 ** -(8.21714 + 0.0342857 * 25), 10 ** -(6.40714 - 0.0317143 * 25)
    known = 0.267 * np.exp(-29.1e3 / 8.314 / 298.15) * 0.05 / (2.56e-3 + 0.05 + 0.05**2 / 6.18)
    known /= 1 + (first / 1e-7) ** a + (1e-7 / second) ** b
    assert v == pytest.approx(known, rel=1e-12)
    # At an ammonia as large as the constant of its inhibition the rate is half.
    assert chemistry.rate(0.05, 0.0693, 7.0, 25.0) == pytest.approx(v / 2, rel=1e-12)
    assert chemistry.rate(0.05, 0.1785, 5.0, 25.0) == pytest.approx(chemistry.rate(0.05, 0.0, 5.0, 25.0) / 2)


def test_equilibrium_is_where_the_charges_cancel():
    ammonia, carbon, strong = 0.02, 0.01, 1e-4
    ph = chemistry.equilibrium(ammonia, carbon, strong)
    assert abs(chemistry.charge(ph, ammonia, carbon) + strong) < 1e-12
    # Pure water, and water with strong base.
    assert chemistry.equilibrium(0.0, 0.0, 0.0) == pytest.approx(7, abs=1e-9)
    assert chemistry.equilibrium(0.0, 0.0, 1e-2) == pytest.approx(12, abs=1e-4)


def test_records_by_phi_are_those_of_a_stiff_solver():
    known, parameters = conditions(3)
    assert checks.simulator_error(known, parameters, curves(known)) < 1e-4


def test_phi_begins_at_the_initial_ph_and_tau_has_its_limits():
    known, _ = conditions(4)
    np.testing.assert_array_equal(curves(known)[:, 0], known[:, 3])
    assert chemistry.tau_of(0.5, 0.0, 100.0) == pytest.approx(50)
    assert chemistry.tau_of(0.5, 1e-12, 100.0) == pytest.approx(50)
    assert chemistry.tau_of(0.5, 0.01, 1e6) == pytest.approx(50)


def test_a_lag_of_a_linear_record_is_exact_and_of_none_is_none():
    times = np.linspace(0, 60, 31)[None]
    shown = dataset.lagged(7 + 0.01 * times, times, 10.0)
    np.testing.assert_allclose(shown, 7 + 0.01 * (times - 10 * (1 - np.exp(-times / 10))), atol=1e-12)
    ph = RNG.normal(size=(2, 31))
    np.testing.assert_array_equal(dataset.lagged(ph, np.repeat(times, 2, 0), 0.0), ph)


def test_the_fit_finds_the_parameters_of_a_record_without_noise():
    known, parameters = conditions(3)
    times = np.arange(300) * dataset.GRID
    ph = chemistry.records(curves(known), *parameters.T, times)
    np.testing.assert_allclose(
        mechanistic_fit.fitted(curves(known), times, ph), parameters, rtol=1e-3, atol=1e-6
    )


def test_the_posterior_on_the_grid_is_that_of_a_finer_one(monkeypatch):
    known, parameters = conditions(1)
    times = np.arange(30) * dataset.GRID
    ph = chemistry.records(curves(known), *parameters.T, times)[0] + 0.01 * RNG.standard_normal(30)
    ranges = {"E0_g_per_L": (0.05, 1.25), "k_d": dataset.RANGES["k_d"]}
    coarse = mechanistic_fit.posterior(curves(known)[0], times, ph, ranges)
    monkeypatch.setattr(mechanistic_fit, "NODES", (301, 201))
    fine = mechanistic_fit.posterior(curves(known)[0], times, ph, ranges)
    for name in ("E0_sd", "k_d_sd", "correlation"):
        assert coarse[name] == pytest.approx(fine[name], rel=0.05)
    assert abs(coarse["E0"] - parameters[0, 0]) < 4 * coarse["E0_sd"]


def test_each_cause_of_a_negative_r2_is_told_from_the_others():
    truth, noise = np.linspace(0.1, 1.2, 50), 0.05 * RNG.standard_normal(50)

    def causes(found, others=None, truth=truth):
        others = RNG.permutation(truth) if others is None else others
        found = evaluation.causes_of_negative_r2(truth, found, others, 0.35)
        names = ("scale_changes_it", "baseline_is_wrong", "variance_is_tiny", "other_parameter")
        return found["r2"], [name for name in names if found[name]]

    assert causes(truth + noise)[1] == []
    r2, why = causes(truth + noise + 1)
    assert r2 < 0 and why == ["baseline_is_wrong"]
    r2, why = causes(RNG.permutation(truth), truth + noise)
    assert r2 < 0 and why == ["other_parameter"]
    r2, why = causes(np.full(50, 0.5) + noise, truth=np.full(50, 0.5))
    assert r2 is None and "variance_is_tiny" in why


def test_r2_is_the_same_in_any_units():
    truth, found = RNG.normal(size=(2, 40))
    assert evaluation.r2(truth, found) == pytest.approx(evaluation.r2(3 * truth + 1, 3 * found + 1))


def test_scores_leave_out_rows_without_variance():
    truth = np.stack([np.linspace(7, 9, 20), np.full(20, 7.0)])
    found = evaluation.scores(truth, truth + 0.1)
    assert found["rows_without_variance"] == 1 and found["rmse"] == pytest.approx(0.1)
    assert evaluation.times()[1] == 5 and evaluation.times()[-1] == 2000
