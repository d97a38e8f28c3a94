"""Final sizes of influenza outbreaks in 16 schools: log reproduction number by school depends on vaccine coverage,
the expected attack rate solves the final-size equation, infected pupils are beta-binomial."""

from typing import Literal

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from scipy.special import lambertw

ANSWER = {"names": ["log_r", "coverage_effect", "school_z", "infected"], "cause_class": "c"}


def attack_rate(r: np.ndarray) -> np.ndarray:
    """Positive root of z = 1 - exp(-r z), for r > 1; zero otherwise."""
    r = np.maximum(np.asarray(r, dtype=float), 1.0)
    return 1.0 + lambertw(-r * np.exp(-r)).real / r


class FinalSize(Op):
    """Attack rate as a function of the reproduction number, elementwise."""

    __props__ = ("full",)

    def __init__(self, full: bool):
        self.full = full

    def make_node(self, r):
        r = pt.as_tensor_variable(r)
        return Apply(self, [r], [r.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = attack_rate(inputs[0])

    def pullback(self, inputs, outputs, cotangents):
        (r,), (z,), (g,) = inputs, outputs, cotangents
        if isinstance(g.type, DisconnectedType):
            return [g]
        change = z * (1.0 - z)
        if self.full:
            change = change / (1.0 - r * (1.0 - z))
        return [g * change]


rng = np.random.default_rng(3141)
N_SCHOOL = 16
PUPILS = rng.integers(180, 720, N_SCHOOL)
COVERAGE = rng.uniform(0.05, 0.6, N_SCHOOL)
_r = 1.0 + np.exp(-0.15 - 1.1 * (COVERAGE - 0.3) + rng.normal(0, 0.3, N_SCHOOL))
_p = attack_rate(_r)
INFECTED = rng.binomial(PUPILS, rng.beta(50 * _p, 50 * (1 - _p)))


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    final_size = FinalSize(written == "repaired")
    with pm.Model(coords={"school": np.arange(N_SCHOOL)}) as model:
        log_r = pm.Normal("log_r", 0.0, 0.5)
        coverage_effect = pm.Normal("coverage_effect", 0.0, 2.0)
        school_sd = pm.Gamma("school_sd", 5.0, 16.0)
        school_z = pm.Normal("school_z", 0.0, 1.0, dims="school")
        # outbreaks that took off: the excess of the reproduction number over one is positive
        excess = pt.exp(log_r + coverage_effect * (COVERAGE - 0.3) + school_sd * school_z)
        attack = pm.Deterministic("attack", final_size(1.0 + excess), dims="school")
        precision = pm.Gamma("precision", 10.0, 0.2)
        pm.BetaBinomial(
            "infected",
            n=PUPILS,
            alpha=precision * attack,
            beta=precision * (1.0 - attack),
            observed=INFECTED,
            dims="school",
        )
    return model
