"""Seeds removed by rodents from feeding trays: offered and removed seeds per tray, in open and shrub plots,
with an effect of moonlight and a beta-binomial dispersion."""

from io import StringIO
from typing import Literal

import pandas as pd
import pymc as pm

ANSWER = {"names": ["removed"], "cause_class": "b"}

TABLE = """tray,offered,removed,shrub,moon
1,30,14,1,0.1
2,30,9,0,0.1
3,30,17,1,0.3
4,25,6,0,0.3
5,30,12,1,0.5
6,30,5,0,0.5
7,25,11,1,0.6
8,25,42,0,0.6
9,30,13,1,0.7
10,30,4,0,0.7
11,30,10,1,0.9
12,25,2,0,0.9
13,30,18,1,0.2
14,30,8,0,0.2
15,25,9,1,1.0
16,30,3,0,1.0
17,30,16,1,0.4
18,25,5,0,0.4
19,30,20,1,0.0
20,30,11,0,0.0
"""


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    trays = pd.read_csv(StringIO(TABLE), index_col="tray")
    if written == "repaired":
        trays.loc[8, "removed"] = 4  # as in the field book
    with pm.Model() as model:
        open_plot = pm.Normal("open_plot", 0, 1.5)
        shrub = pm.Normal("shrub", 0, 1)
        moon = pm.Normal("moon", 0, 1)
        kappa = pm.Gamma("kappa", 3, 0.1)
        p = pm.math.invlogit(
            open_plot + shrub * trays["shrub"].to_numpy() + moon * (trays["moon"].to_numpy() - 0.5)
        )
        pm.BetaBinomial(
            "removed",
            alpha=p * kappa,
            beta=(1 - p) * kappa,
            n=trays["offered"].to_numpy(),
            observed=trays["removed"].to_numpy(),
        )
    return model
