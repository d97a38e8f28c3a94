"""Three drug studies, each with its own times: one file counts minutes, the others hours."""

from typing import Literal

import numpy as np
import pymc as pm

ANSWER = {"names": ["plasma_ward", "elimination"], "cause_class": "b"}

rng = np.random.default_rng(1106)
STUDIES = ["clinic", "field", "ward"]
hours = {"clinic": np.linspace(0.5, 10, 24), "field": np.linspace(1, 12, 18), "ward": np.linspace(0.5, 9, 20)}
true_rate = {"clinic": 0.24, "field": 0.31, "ward": 0.27}
plasma = {s: 12.0 * np.exp(-true_rate[s] * t + rng.normal(0, 0.12, t.size)) for s, t in hours.items()}
age = rng.uniform(20, 80, 60)
creatinine = 0.7 + 0.006 * age + rng.normal(0, 0.1, 60)


def build(*, written: Literal["faulty", "repaired"] = "faulty") -> pm.Model:
    sampled = dict(hours)
    if written == "faulty":
        sampled["ward"] = 60 * hours["ward"]
    with pm.Model(coords={"study": STUDIES}) as model:
        peak = pm.LogNormal("peak", 2.5, 0.3, dims="study")
        elimination = pm.LogNormal("elimination", np.log(0.25), 0.4, dims="study")
        assay = pm.HalfNormal("assay", 0.3)
        for number, study in enumerate(STUDIES):
            time = pm.Data(f"time_{study}", sampled[study])
            expected = pm.math.log(peak[number]) - elimination[number] * time
            pm.LogNormal(f"plasma_{study}", expected, assay, observed=plasma[study])

        kidney = pm.Normal("kidney", [1, 0], [1, 0.05], shape=2)
        person = pm.HalfNormal("person", 0.3)
        pm.Normal("creatinine", kidney[0] + kidney[1] * (age - 50), person, observed=creatinine)
    return model
