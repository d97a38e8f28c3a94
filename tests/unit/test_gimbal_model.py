"""The gimbal model: faithful as it stands, the same posterior in other coordinates, right gradients."""

import inspect
from typing import get_args

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from gimbal_samples import Density, config, dataset, two_states
from pytensor.graph.traversal import ancestors
from scipy import stats
from scipy.signal import lfilter

from faultline.cases.gimbal import kinematics, root, sphere
from faultline.cases.gimbal import model as case
from faultline.cases.gimbal.generate import make
from faultline.cases.gimbal.geometry import ancestor_matrix, tangent_basis
from faultline.cases.gimbal.initialise import estimate
from faultline.engine.backend import compile_function, evaluate
from faultline.engine.freeze import freeze
from faultline.plan.ladder import groups
from faultline.targets.case import read_signature

PLAIN = {"use_mixture": False, "use_directional_hmm": False}
COORDINATES = {"root": "positions", "directions": "tangent", "lengths": "noncentered"}
REPAIRED = case.PRESETS["repaired"]


def n_values(model):
    return sum(np.size(value) for value in model.initial_point().values())


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Five frames, some points missing."""
    return dataset(tmp_path_factory.mktemp("small"), config(T=5, missingness_bernoulli_p=0.2))


@pytest.fixture(scope="module")
def l00(tmp_path_factory):
    path = tmp_path_factory.mktemp("l00") / "l00.npz"
    make("v0.2.1_L00_minimal", path)
    return case.load_dataset(path)


def test_the_failing_configuration_has_the_published_variables(l00):
    model = case.build(l00)
    names = {"eta2_root", "rho", "sigma2", "obs_sigma", "x0_root", "eps_root", "logodds_inlier"}
    names |= {"dir_hmm_mu_raw", "dir_hmm_kappa"} | {
        f"{v}_{k}" for v in ("raw_u", "length") for k in (1, 2, 3)
    }
    assert {rv.name for rv in model.free_RVs} == names
    assert len(model.free_RVs) == 15 and n_values(model) == 27025
    shown = {variable.name: variable.type.shape for variable in model.deterministics}
    wanted = {
        "x_root": (1800, 3),
        "x_all": (1800, 4, 3),
        "U": (1800, 4, 3),
        "log_obs_t": (1800,),
        "inlier_prob": (),
    }
    wanted |= {f"u_{k}": (1800, 3) for k in (1, 2, 3)} | {f"x_{k}": (1800, 3) for k in range(4)}
    wanted |= {"y_pred": (3, 1800, 4, 2)}
    assert wanted.items() <= shown.items()
    assert [p.name for p in model.potentials] == ["y_obs", "dir_hmm_potential"]


def test_seed_001_size(tmp_path):
    path = tmp_path / "k6.npz"
    make("v0.2.1_K6_T100", path)
    six = case.load_dataset(path)
    plain, mixed = case.build(six, **PLAIN), case.build(six, use_directional_hmm=False)
    assert (n_values(plain), n_values(mixed)) == (2312, 2313)
    assert {"raw_u_5", "length_5"} <= set(plain.named_vars) and "raw_u_6" not in plain.named_vars


def test_l00_starts_as_published(l00):
    """Gradient norm 1.5e8, led by the raw state directions, and two terms that are one number."""
    model = case.build(l00)
    density = Density(model)
    vector = density.vector()
    gradient = density(vector)[1]
    assert np.linalg.norm(gradient) == pytest.approx(1.5e8, rel=0.05)
    leader = np.zeros_like(vector)
    leader[np.abs(gradient).argmax()] = 1
    point = pm.blocking.DictToArrayBijection.rmap(pm.blocking.RaveledVars(leader, density_info(model)))
    assert [name for name, value in point.items() if value.any()] == ["dir_hmm_mu_raw"]
    y_obs, potential = evaluate(model, ["y_obs", "dir_hmm_potential"], backend="JAX")
    assert y_obs == pytest.approx(potential, rel=1e-12)


def density_info(model):
    return pm.blocking.DictToArrayBijection.map(model.initial_point()).point_map_info


@pytest.mark.parametrize("variants", [{}, REPAIRED], ids=["as it stands", "repaired"])
def test_the_gradient_is_right_and_finite_where_points_are_missing(variants, small):
    assert not small.seen.all()
    density = Density(case.build(small, **variants))
    assert np.isfinite(density.model["pixels"].get_value()).all()
    rng = np.random.default_rng(0)
    at = density.vector()
    at = at + 0.02 * rng.standard_normal(at.size)
    logp, gradient = density(at)
    assert np.isfinite(logp) and np.isfinite(gradient).all()
    step = 1e-5
    numeric = np.array(
        [(density(at + step * e)[0] - density(at - step * e)[0]) / (2 * step) for e in np.eye(at.size)]
    )
    np.testing.assert_allclose(numeric, gradient, rtol=1e-4, atol=1e-4 * np.abs(gradient).max())


def test_other_coordinates_leave_the_posterior_as_it_was(small):
    """Log-probabilities agree point by point, the constant included, once each Jacobian is counted."""
    stands, repaired = (Density(case.build(small, **PLAIN, **variants)) for variants in ({}, COORDINATES))
    guess, rng = estimate(small), np.random.default_rng(3)
    parts, bones = root.path_parts(guess.x[:, 0]), (1, 2, 3)
    for _ in range(3):
        start = repaired.model.initial_point()
        point = {name: value + 0.1 * rng.standard_normal(value.shape) for name, value in start.items()}
        eta2, rho, sigma2 = (np.exp(point[f"{name}_log__"]) for name in ("eta2_root", "rho", "sigma2"))
        path, factor = path_of(point["root_innovations"], parts, eta2)
        v = np.stack([point[f"tangent_u_{k}"] for k in bones], axis=1)
        q = (v**2).sum(axis=-1, keepdims=True) / 4
        centre = guess.u[:, 1:]
        u = ((1 - q) * centre + (tangent_basis(centre) @ v[..., None])[..., 0]) / (1 + q)
        raw = rng.uniform(2, 4, q.shape) * u
        same = {
            name: point[name] for name in ("eta2_root_log__", "rho_log__", "sigma2_log__", "obs_sigma_log__")
        }
        same |= {"x0_root": path[0], "eps_root": np.diff(path, axis=0)}
        for k in bones:
            same[f"raw_u_{k}"] = raw[:, k - 1]
            same[f"length_{k}"] = rho[k - 1] + np.sqrt(sigma2[k - 1]) * point[f"length_raw_{k}"]
        jacobian = -3 * np.log(np.diag(factor)).sum() + small.n_frames * np.log(sigma2).sum() / 2
        priors = uniform_tangent(v).sum() - stats.norm.logpdf(raw).sum()
        assert repaired.at(**point) == pytest.approx(stands.at(**same) + jacobian + priors, abs=1e-3)


def path_of(z, parts, eta2):
    """The path of coordinates ``z`` by dense linear algebra, and the upper factor R, R.T @ R being the precision."""
    T, noise = len(z), parts["noise"]
    differences = np.diff(np.eye(T), axis=0)
    precision = differences.T @ differences / eta2 + np.eye(T) / noise
    decay = 1 / (1 + eta2 / noise / 2 + np.sqrt(eta2 / noise + (eta2 / noise) ** 2 / 4))
    # The frames before the first, all at the weighted mean of those after it.
    weights = decay ** np.arange(T)
    stiff = (1 - decay) / eta2
    precision[0, 0] += stiff
    push = parts["seen"] / noise
    push[0] += stiff * weights @ parts["seen"] / weights.sum()
    upper = np.linalg.cholesky(precision).T
    return parts["first"] + np.linalg.solve(precision, push) + np.linalg.solve(upper, z), upper


def uniform_tangent(v):
    """Bivariate t density with two degrees of freedom and scale matrix 2 I, by SciPy."""
    return stats.multivariate_t.logpdf(v, shape=2 * np.eye(2), df=2)


@pytest.mark.parametrize("eta2", [1e-7, 0.003, 40.0])
def test_the_smoothed_path_is_the_cholesky_factor_of_its_precision(eta2):
    rng = np.random.default_rng(0)
    parts = root.path_parts(0.1 * rng.standard_normal((23, 3)) + [0, 0, 100])
    z = rng.standard_normal((23, 3))
    path, log_jacobian = root.smoothed_path(
        pt.as_tensor(z), **{k: pt.as_tensor(v) for k, v in parts.items()}, eta2=eta2
    )
    wanted, upper = path_of(z, parts, eta2)
    np.testing.assert_allclose(path.eval(mode="JAX"), wanted, rtol=1e-9)
    assert log_jacobian.eval(mode="JAX") == pytest.approx(-3 * np.log(np.diag(upper)).sum(), rel=1e-9)


@pytest.mark.parametrize("T", [1, 2, 3, 16, 17, 80])
@pytest.mark.parametrize("backward", [False, True])
def test_the_filter_is_the_recursion_it_stands_for(T, backward):
    w = np.random.default_rng(T).standard_normal((2, T))
    found = root.filtered(pt.as_tensor(w), np.log(0.9), backward).eval(mode="JAX")
    wanted = lfilter([1.0], [1.0, -0.9], w[:, ::-1] if backward else w)
    np.testing.assert_allclose(found, wanted[:, ::-1] if backward else wanted, atol=1e-12)


def test_positions_follow_the_tree_in_whatever_order_its_joints_are_listed():
    parents, rng = np.array([-1, 3, 0, 2, 3]), np.random.default_rng(0)
    root_path, U, lengths = (rng.standard_normal(shape) for shape in ((6, 3), (6, 5, 3), (6, 4)))
    with pm.Model():
        found = kinematics.positions(*map(pt.constant, (root_path, U, lengths)), parents)
    offsets = np.concatenate([root_path[:, None], lengths[..., None] * U[:, 1:]], axis=1)
    np.testing.assert_allclose(found.eval(mode="JAX"), ancestor_matrix(parents) @ offsets, atol=1e-12)


def test_the_tangent_plane_carries_the_uniform_density(small):
    centre = estimate(small).u[:, 1:]
    v = pt.tensor("v", shape=(*centre.shape[:-1], 2))
    with pm.Model():
        function = compile_function(
            [v], [sphere.from_tangent(v.T, centre.T, "u").T, sphere.tangent_logp(v, np.zeros(2))]
        )
    at = 2 * np.random.default_rng(1).standard_normal((*centre.shape[:-1], 2))
    u, logp = function(at)
    np.testing.assert_allclose(np.linalg.norm(u, axis=-1), 1, atol=1e-12)
    np.testing.assert_allclose(function(np.zeros_like(at))[0], centre, atol=1e-12)
    step = 1e-6
    along = [(function(at + step * e)[0] - function(at - step * e)[0]) / (2 * step) for e in np.eye(2)]
    area = np.linalg.norm(np.cross(*along), axis=-1)
    np.testing.assert_allclose(np.exp(logp), area / (4 * np.pi), rtol=1e-6)
    np.testing.assert_allclose(logp, uniform_tangent(at), rtol=1e-12)


def test_priors_can_be_drawn_from_in_every_coordinate(small):
    draws = [sphere.tangent_random(np.zeros(2), rng=np.random.default_rng(0), size=(20000,))]
    radius = np.sort(np.linalg.norm(draws[0], axis=-1))
    assert stats.kstest(radius**2 / 4 / (1 + radius**2 / 4), "uniform").pvalue > 0.01
    parts = root.path_parts(estimate(small).x[:, 0])
    rng = np.random.default_rng(0)
    z = [root.innovations_random(**parts, eta2=0.01, rng=rng) for _ in range(2000)]
    path = np.stack([path_of(z_i, parts, 0.01)[0] for z_i in z]) - parts["first"]
    assert np.diff(path, axis=1).std() == pytest.approx(0.1, rel=0.05)
    assert path[:, 0].std() == pytest.approx(1, rel=0.05)


def test_the_likelihood_counts_once_or_twice(small):
    once, twice = (
        evaluate(case.build(small, likelihood=choice), ["y_obs", "dir_hmm_potential"], backend="JAX")
        for choice in ("once", "twice")
    )
    assert twice[1] == pytest.approx(twice[0], rel=1e-12)
    assert once[0] == pytest.approx(twice[0]) and once[1] == pytest.approx(0, abs=1e-9)


def test_the_root_has_a_row_of_its_own_only_as_it_stands(small):
    assert case.build(small)["dir_hmm_kappa"].type.shape == (1, 4)
    assert case.build(small, emission="normalised")["dir_hmm_kappa"].type.shape == (1, 3)


@pytest.mark.parametrize("variants", [{}, REPAIRED], ids=["as it stands", "repaired"])
def test_two_states(variants, tmp_path):
    two = dataset(tmp_path, two_states())
    assert two.n_states == 2 and set(two.z_true) == {0, 1}
    model = case.build(two, **variants)
    assert {"init_logits", "trans_logits"} <= {rv.name for rv in model.free_RVs}
    density = Density(model)
    logp, gradient = density(density.vector())
    assert np.isfinite(logp) and np.isfinite(gradient).all()


@pytest.mark.parametrize("variants", [{}, REPAIRED], ids=["as it stands", "repaired"])
def test_freezing_leaves_the_observation_and_the_states(variants, small):
    model = case.build(small, **variants)
    latents = case.initial(small)
    held = {name: latents[name] for group in ("x", "U") for name in case.LATENTS[group]}
    frozen, dropped = freeze(model, held)
    mu = "dir_hmm_mu_tangent" if variants else "dir_hmm_mu_raw"
    assert {rv.name for rv in frozen.free_RVs} == {"obs_sigma", "logodds_inlier", "dir_hmm_kappa", mu}
    assert {"rho", "sigma2", "eta2_root"} <= set(dropped)
    np.testing.assert_allclose(frozen["x_all"].get_value(), latents["x_all"])
    for name in ("y_pred", "log_obs_t"):
        assert frozen["x_all"] in ancestors([frozen[name]])


def test_truth_and_initial_estimate_fit_the_model(small):
    model = case.build(small)
    for values in (case.initial(small), case.truth(small)):
        assert set(values) == {name for names in case.LATENTS.values() for name in names}
        for name, value in values.items():
            assert model[name].type.shape == value.shape
    np.testing.assert_allclose(case.truth(small)["lengths"], np.tile([10, 8, 8], (5, 1)))


def test_a_good_start_is_not_jittered(small):
    variants = {
        name: get_args(p.annotation)
        for name, p in inspect.signature(case.build, eval_str=True).parameters.items()
    }
    assert case.start({}, {"start": "jitter"}) == {"init": "jitter+adapt_diag"}
    assert case.start({}, REPAIRED) == {"init": "adapt_diag"}
    assert all(choice in variants[name] for name, choice in REPAIRED.items())
    assert all(choice != variants[name][0] for name, choice in REPAIRED.items())
    shown = evaluate(case.build(small, **REPAIRED), ["U", "x_root", "lengths"], backend="JAX")
    guess = estimate(small)
    np.testing.assert_allclose(shown[0], guess.u, atol=1e-9)
    assert np.abs(shown[1] - guess.x[:, 0]).max() < 0.1
    np.testing.assert_allclose(shown[2], np.broadcast_to(guess.rho, shown[2].shape))


def test_the_ladder_and_the_published_figures_speak_of_the_same_groups():
    ladder = groups(read_signature("gimbal"), sizes=[200])
    assert set(case.REFERENCE) <= {
        f"sampling_size_{group.trial.size}" if group.trial.size else group.name for group in ladder
    }
