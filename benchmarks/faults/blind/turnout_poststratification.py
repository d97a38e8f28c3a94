"""Turnout intention by state, education and sex from a poll: the multilevel regression step of a poststratified estimate,
with binomial counts in each cell."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt

ANSWER = {"names": ["log_state_sd"], "cause_class": "b"}

rng = np.random.default_rng(4103)
n_states, n_edu = 24, 4
state, edu, female = (
    a.ravel() for a in np.meshgrid(np.arange(n_states), np.arange(n_edu), [0, 1], indexing="ij")
)
asked = rng.integers(15, 50, state.size)
income = rng.normal(0, 1, n_states)
true_edu = np.array([-0.6, -0.1, 0.2, 0.6])
logit = 0.3 + rng.normal(0, 0.05, n_states)[state] + 0.25 * income[state] + true_edu[edu] + 0.15 * female
votes = rng.binomial(asked, 1 / (1 + np.exp(-logit)))
census = rng.dirichlet(np.ones(n_edu * 2) * 8, n_states).ravel()


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    coords = {
        "state": np.arange(n_states),
        "education": ["none", "school", "college", "degree"],
        "cell": np.arange(state.size),
    }
    with pm.Model(coords=coords) as model:
        intercept = pm.Normal("intercept", 0.0, 1.5)
        income_slope = pm.Normal("income_slope", 0.0, 1.0)
        female_effect = pm.Normal("female_effect", 0.0, 1.0)
        education_effect = pm.ZeroSumNormal("education_effect", 1.0, dims="education")
        if written == "faulty":
            log_state_sd = pm.Flat("log_state_sd")
        else:
            log_state_sd = pm.Normal("log_state_sd", np.log(0.2), 0.8)
        state_offset = pm.Normal("state_offset", 0.0, 1.0, dims="state")
        state_effect = pm.Deterministic("state_effect", pt.exp(log_state_sd) * state_offset, dims="state")
        eta = (
            intercept
            + state_effect[state]
            + income_slope * income[state]
            + education_effect[edu]
            + female_effect * female
        )
        pm.Binomial("turnout", n=asked, logit_p=eta, observed=votes, dims="cell")
        pm.Deterministic(
            "state_turnout", (census * pm.math.sigmoid(eta)).reshape((n_states, -1)).sum(axis=1), dims="state"
        )
    return model
