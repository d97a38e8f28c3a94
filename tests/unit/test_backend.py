"""Compiling: fallbacks, stages, the unconstrained vector, the environment of a child."""

import gc
import math
import subprocess
import sys
import textwrap
import time

import jax
import models
import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest

from faultline.engine import backend, xla
from faultline.engine.density import logp_and_gradient
from faultline.engine.layout import Layout


def test_logp_and_gradient_are_those_of_pymc_and_stages_are_told():
    model, heard = models.eight_schools(), []
    function = logp_and_gradient(model, on_stage=heard.append)
    at = function.layout.vector() + np.linspace(-1, 1, function.layout.size)
    logp, gradient = function(at)
    point = function.layout.point(at)
    assert logp == pytest.approx(model.compile_logp(mode="FAST_COMPILE")(point), rel=1e-12)
    np.testing.assert_allclose(gradient, model.compile_dlogp(mode="FAST_COMPILE")(point), rtol=1e-10)
    assert heard == ["graph", "compile", "first"]
    assert set(function.seconds) == {"graph", "compile", "first"} and min(function.seconds.values()) > 0
    assert (function.compiled.used, function.compiled.fallbacks) == ("JAX", [])


def test_graphs_are_made_without_collecting_garbage_and_the_users_nodes_keep_their_trace():
    model = models.eight_schools()
    with pytest.raises(ValueError), backend.briskly():
        assert not gc.isenabled()
        made = pt.exp(model["mu"])
        raise ValueError
    assert gc.isenabled() and not made.tag.trace
    assert any("models.py" in line[0] for part in model["theta"].tag.trace for line in part)
    gc.disable()
    try:
        with backend.briskly():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize("axis", [0, 1])
def test_a_joined_array_is_stored_and_its_gradient_is_that_of_pymc(axis):
    with pm.Model() as model:
        parts = [pm.Normal(name, shape=(3, 3)) for name in "abc"]
        joined = pt.join(axis, *parts)
        pm.Potential("fit", -(pt.tanh(joined) @ joined.T).sum() + pt.exp(joined).mean())
    function = logp_and_gradient(model)
    assert "optimization_barrier" in str(jax.make_jaxpr(function.traced.function)(function.layout.vector()))
    at = function.layout.vector() + np.linspace(-1, 1, function.layout.size)
    logp, gradient = function(at)
    point = function.layout.point(at)
    assert logp == pytest.approx(model.compile_logp(mode="FAST_COMPILE")(point), rel=1e-12)
    np.testing.assert_allclose(gradient, model.compile_dlogp(mode="FAST_COMPILE")(point), rtol=1e-10)


def test_options_that_this_xla_does_not_know_are_left_out(monkeypatch):
    monkeypatch.setattr(xla, "OPTIONS", {**xla.OPTIONS, "xla_cpu_of_another_time": True})
    xla._options.cache_clear()
    try:
        assert "xla_cpu_of_another_time" not in xla._options()
        assert len(xla._options()) == len(xla.OPTIONS) - 1
        assert xla.compiled(lambda x: x + 1, 1.0)(1.0) == 2.0
    finally:
        xla._options.cache_clear()


@pytest.mark.parametrize("used", [backend.LOOK, backend.PLAIN])
def test_a_sum_of_more_terms_than_numpy_takes_at_once(used):
    x = pt.vectors(40)
    values = [np.full(3, i + 1.0) for i in range(40)]
    sums, product = backend.compile_function(x, [sum(x), pt.mul(*x)], backend=used)(*values)
    np.testing.assert_allclose(sums, 820.0)
    np.testing.assert_allclose(product, float(math.factorial(40)))


def test_the_layout_names_every_element():
    layout = Layout.of(models.mixture())
    # A simplex of three values has two free ones.
    assert [(b.name, b.shape, b.start, b.stop) for b in layout.blocks] == [
        ("w", (2,), 0, 2),
        ("mu", (3,), 2, 5),
        ("sigma", (3,), 5, 8),
    ]
    assert layout.size == 8 and layout.locate(4) == ("mu", [2])
    assert Layout.of(models.partly_read()).locate(2 + 3) == ("table", [1, 1])
    back = layout.point(layout.vector() + 1)
    np.testing.assert_allclose(back["mu"], layout.start["mu"] + 1)


def test_data_of_open_length_run_on_jax_where_an_op_asks_for_it():
    """An ordered regression counts the elements of its predictor, whose length ``pm.Data`` leaves open."""
    x = np.linspace(-1, 1, 9)
    with pm.Model(coords={"row": range(9)}) as model:
        eta = pm.Normal("slope") * pm.Data("x", x, dims="row")
        cutpoints = np.array([-1.0, 0.5])
        pm.OrderedLogistic("y", eta=eta, cutpoints=cutpoints, observed=(x > 0).astype(int), compute_p=False)
    compiled = logp_and_gradient(model)
    assert compiled.traced is not None and compiled.compiled.used == backend.LOOK
    at = np.array([0.7])
    expected = model.compile_logp()({"slope": 0.7})
    assert compiled(at)[0] == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize("n", [1, 5])
def test_a_length_of_one_stays_open(n):
    shared = pytensor.shared(np.zeros((n, 2)), shape=(None, 2))
    assert xla._of_its_shape(shared).type.shape == (None if n == 1 else n, 2)


def test_an_op_of_unknown_shape_falls_back_and_says_why():
    function = logp_and_gradient(models.with_op_of_unknown_shape())
    assert function.compiled.used == backend.PLAIN
    [fallback] = function.compiled.fallbacks
    assert fallback["backend"] == "JAX" and "Doubled" in fallback["reason"]


def test_an_op_that_says_its_shape_is_called_from_jax():
    jax, plain = (logp_and_gradient(models.with_op(), wanted) for wanted in (backend.LOOK, backend.PLAIN))
    assert jax.compiled.used == backend.LOOK and jax.compiled.fallbacks == []
    at = jax.layout.vector() + 0.3
    for got, expected in zip(jax(at), plain(at), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_the_error_of_the_last_backend_is_raised():
    x = pt.vector("x")
    with pytest.raises(AssertionError, match="Got shape"):
        backend.compile_function([x], [x + pt.ones(3)], example=[np.zeros(4)])


def test_discrete_variables_stay_at_the_start():
    function = logp_and_gradient(models.with_discrete(), backend.PLAIN)
    assert [block.name for block in function.layout.blocks] == ["rate"]
    assert np.isfinite(function(function.layout.vector())[0])


def test_a_model_without_continuous_variables_has_an_empty_gradient():
    with pm.Model() as model:
        pm.Poisson("k", 3)
    logp, gradient = logp_and_gradient(model, backend.PLAIN)(np.zeros(0))
    assert np.isfinite(logp) and gradient.size == 0


def test_evaluate_gives_model_variables_at_a_point():
    model = models.latent_path()
    [precision] = backend.evaluate(model, ["precision"])
    assert precision == pytest.approx(1 / 4)
    point = {**model.initial_point(), "noise_log__": np.array(0.0)}
    [precision] = backend.evaluate(model, [model["noise"] ** -2], point)
    assert precision == pytest.approx(1.0)


def test_the_plan_of_a_childs_environment_keeps_what_is_set(tmp_path):
    plan = backend.plan_environment(tmp_path, {"OMP_NUM_THREADS": "4", "PYTENSOR_FLAGS": "floatX=float64"})
    assert plan["OMP_NUM_THREADS"] == "4" and plan["MKL_NUM_THREADS"] == "1"
    assert plan["PYTENSOR_FLAGS"] == f"base_compiledir={tmp_path / 'pytensor'},cxx=,floatX=float64"
    own = backend.plan_environment(tmp_path, {"PYTENSOR_FLAGS": "base_compiledir=/elsewhere,cxx=g++"})
    assert own["PYTENSOR_FLAGS"] == "base_compiledir=/elsewhere,cxx=g++,floatX=float64"
    single = backend.plan_environment(tmp_path, {"PYTENSOR_FLAGS": "floatX=float32"})
    assert single["PYTENSOR_FLAGS"].endswith("floatX=float64") and single["FAULTLINE_FLOATX"] == "float32"


def test_the_cache_directory_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("FAULTLINE_CACHE", str(tmp_path))
    assert backend.cache_directory() == tmp_path


def test_importing_the_module_imports_no_heavy_library():
    code = "import sys, faultline.engine.backend; print([m for m in ('pymc', 'pytensor', 'jax', 'numba') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_one_process_at_a_time_compiles_with_numba():
    holder = textwrap.dedent(
        """
        import sys
        from faultline.engine.backend import alone_with_numba
        with alone_with_numba():
            print("held", flush=True)
            sys.stdin.readline()
        """
    )
    heard = []
    process = subprocess.Popen(
        [sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline().strip() == "held"

    def hear(stage):
        heard.append(stage)
        process.kill()  # the lock goes with the process, even when it is killed

    started = time.monotonic()
    with backend.alone_with_numba(hear):
        pass
    process.communicate()
    assert heard == ["wait"] and time.monotonic() - started < 10
    with backend.alone_with_numba(heard.append):
        assert heard == ["wait"]


def test_many_data_at_once_are_each_of_them_and_what_is_fixed_stays():
    scale, x = pt.vector("scale"), pt.vector("x")
    with pm.Model() as model:
        pm.Normal("unused")
    many = backend.over_draws(
        [x], [scale * x**2], model, fixed=[scale], example=(np.ones(2), np.ones((1, 2)))
    )
    data = np.arange(6.0).reshape(3, 2)
    np.testing.assert_allclose(many(np.array([1.0, 3.0]), data)[0], [[0, 3], [4, 27], [16, 75]])


def test_a_graph_that_raises_for_many_is_evaluated_in_turn():
    x = pt.vector("x")
    with pm.Model() as model:
        pm.Normal("unused")
    alone = pt.specify_shape(x.reshape((2,)), 2).sum()
    many = backend.over_draws([x], [alone], model, example=(np.ones((1, 2)),))
    np.testing.assert_allclose(many(np.arange(6.0).reshape(3, 2))[0], [1, 5, 9])
