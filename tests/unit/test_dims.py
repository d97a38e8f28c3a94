"""A model of pymc.dims, whose variables are drawn by Ops of their own, goes through every kind of group."""

import pytest
from measure_toys import run

from faultline.core.record import read_json

pytestmark = [pytest.mark.slow, pytest.mark.long]

PANEL = """
import numpy as np, pymc as pm, pymc.dims as pmd

y = np.random.default_rng(2).normal(1, 0.7, 25)

def build():
    with pm.Model(coords={"firm": range(25)}) as model:
        level = pmd.Normal("level", 0, 3)
        noise = pmd.HalfNormal("noise", 1)
        share = pmd.Beta("share", 2, 2, dims="firm")
        pmd.Normal("margin", level + share, noise, observed=pmd.as_xtensor(y, dims=("firm",)))
    return model
"""


def test_every_kind_of_group(tmp_path):
    done = run(tmp_path, PANEL, group="1 2 3 4", stage="all")
    assert done.returncode == 0, done.stderr
    records = {
        path.stem.split("_")[2]: read_json(path)
        for path in (tmp_path / "tests/diagnostics/toy/results").glob("results_group_?_*.json")
        if "__" not in path.stem
    }
    assert {
        number: record["verdict"]["outcome"] for number, record in sorted(records.items())
    } == dict.fromkeys("1234", "pass")
    assert {row["name"]: row["distribution"] for row in records["1"]["model"]["free_rvs"]}[
        "noise"
    ] == "HalfNormal"
    assert records["4"]["apart"]["base"]["sampled_before"]
