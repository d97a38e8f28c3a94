"""Goals of a league: a constant added to every attack and every defence cancels, and the priors do not hold it."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["attack", "defence"], "cause_class": "a"}

rng = np.random.default_rng(1105)
TEAMS = [f"club {letter}" for letter in "abcdefghij"]
home, away = np.array([(i, j) for i in range(10) for j in range(10) if i != j]).T
strength, wall = 0.3 + rng.normal(0, 0.3, 10), rng.normal(0, 0.25, 10)
home_goals = rng.poisson(np.exp(0.25 + strength[home] - wall[away]))
away_goals = rng.poisson(np.exp(strength[away] - wall[home]))
price = rng.uniform(10, 60, 80)
visitors = 30 - 0.25 * price + rng.standard_t(5, 80) * 2


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    with pm.Model(coords={"team": TEAMS, "game": np.arange(home.size)}) as model:
        host = pm.Data("host", home, dims="game")
        guest = pm.Data("guest", away, dims="game")
        edge = pm.Normal("edge", 0, 0.5)
        if written == "faulty":
            attack = pm.Normal("attack", 0, 300, dims="team")
            defence = pm.Normal("defence", 0, 300, dims="team")
        else:
            attack = pm.Normal("attack", 0, 1, dims="team")
            defence = pm.ZeroSumNormal("defence", 0.5, dims="team")
        pm.Poisson("goals_home", pm.math.exp(edge + attack[host] - defence[guest]), observed=home_goals)
        pm.Poisson("goals_away", pm.math.exp(attack[guest] - defence[host]), observed=away_goals)

        gate = pm.Normal("gate", [20, 0], [10, 1], shape=2)
        tail = pm.Gamma("tail", 4, 0.5)
        pm.StudentT(
            "visitors",
            tail,
            gate[0] + gate[1] * (price - 35),
            sigma=pm.HalfNormal("bustle", 4),
            observed=visitors,
        )
    return model
