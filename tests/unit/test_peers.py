"""The peers that Faultline's speed is measured against are the same model: log-probability and gradient to 1e-8."""

import dataclasses

import numpy as np
import pytest
from gimbal_samples import config, dataset, two_states
from peers import authors, numpyro_model
from peers.by_hand import ByHand
from peers.problem import TOLERANCE, Problem, difference, points

from faultline.cases.gimbal import model as case
from faultline.engine.backend import PLAIN, compile_mode, without_compiler
from faultline.engine.density import logp_and_gradient

# Frames, states, mixture, hidden states: an odd and an even number of frames, with points missing.
CASES = [
    (7, 3, True, True),
    (8, 1, False, False),
]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "T{}-S{}-{:d}{:d}".format(*case))
def ours(request, tmp_path_factory):
    """(problem, points, Faultline's log-probability and gradient at each)."""
    T, S, use_mixture, use_directional_hmm = request.param
    changed = two_states(T) if S > 1 else config(T=T)
    changed["dataset_spec"]["observation"]["missingness_bernoulli_p"] = 0.2
    data = dataclasses.replace(dataset(tmp_path_factory.mktemp("peers"), changed), n_states=S)
    problem = Problem.of(data, use_mixture, use_directional_hmm)
    density = logp_and_gradient(
        case.build(data, use_mixture=use_mixture, use_directional_hmm=use_directional_hmm)
    )
    assert problem.size == density.layout.size
    at = points(problem, density.layout.vector())
    return problem, density.layout, [(vector, density(vector)) for vector in at]


def test_by_hand(ours):
    problem, _, known = ours
    peer = ByHand(problem)
    assert max(difference(problem, value, peer(vector)) for vector, value in known) < TOLERANCE


def test_numpyro(ours):
    import jax

    problem, _, known = ours
    function, data = numpyro_model.density(problem)
    function = jax.jit(function)
    for vector, value in known:
        logp, gradient = function(vector, *data)
        assert difference(problem, value, (float(logp), np.asarray(gradient))) < TOLERANCE


def test_authors(ours):
    problem, layout, known = ours
    model = authors.build(problem)
    assert [v.name for v in model.continuous_value_vars] == [block.value_name for block in layout.blocks]
    with without_compiler():  # the same graph, in Python
        function = authors.logp_and_gradient(model, compile_mode(PLAIN))
        for vector, value in known[:2]:
            logp, *gradients = function(layout.point(vector))
            theirs = float(logp), np.concatenate([np.ravel(gradient) for gradient in gradients])
            assert difference(problem, value, theirs) < TOLERANCE
