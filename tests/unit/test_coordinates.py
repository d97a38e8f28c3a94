"""A radon survey with its counties: its records, pages and pictures call an element by its county."""

import pytest
from measure_toys import run

from faultline.core.record import read_json

pytestmark = pytest.mark.slow

RADON = """
import numpy as np, pymc as pm, pytensor.tensor as pt
from pytensor.gradient import grad_undefined
from pytensor.graph.op import Op
from pytensor.graph.basic import Apply

COUNTIES = ["AITKIN", "ANOKA", "BECKER | NORTH", "LAC QUI PARLE", "ST LOUIS", "TRAVERSE"]
rng = np.random.default_rng(3)
county = np.repeat(np.arange(6), 4)
floor = np.tile([0.0, 1.0], 12)
houses = np.array([f"house {{i}}" for i in range(24)])
radon = 1.2 - 0.6 * floor + rng.normal(0, 2.0, 24)
{change}

class Square(Op):
    def make_node(self, x):
        return Apply(self, [x], [x.type()])
    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] ** 2
    def pullback(self, inputs, outputs, gradients):
        return [2 * inputs[0] * gradients[0] * pt.constant([1.0, 1, 1, 0, 1, 1])]

def build():
    with pm.Model(coords={{"county": COUNTIES, "house": houses}}) as model:
        level = pm.Normal("level", 0, 2)
        spread = pm.HalfNormal("spread", 1)
        slope = pm.Normal("slope", 0, spread, dims="county")
        {term}
        pm.Normal("log_radon", level + slope[county] * floor, 2.0, observed=radon, dims="house")
    return model
"""


def records(tmp_path, groups, change="", term=""):
    source = RADON.format(change=change, term=term)
    done = run(tmp_path, source, group=groups, stage="all")
    assert done.returncode == 0, done.stderr
    suite = tmp_path / "tests/diagnostics/toy"
    named = {
        path.stem.split("_")[2]: path
        for path in (suite / "results").glob("results_group_?_*.json")
        if "__" not in path.stem
    }
    pages = {
        path.stem.split("_")[2]: path.read_text()
        for path in suite.rglob("report_group_?_*.md")
        if "__" not in path.stem
    }
    return {number: read_json(path) for number, path in named.items()}, pages


def test_a_datum_that_is_infinite(tmp_path):
    found, pages = records(tmp_path, "1", change="radon[7] = np.inf")
    [term] = [row for row in found["1"]["logp"]["terms"] if row["name"] == "log_radon"]
    assert term["bad"][0]["labels"] == term["data"][0]["labels"] == ["house=house 7"]
    assert "its own data\\[house=house 7\\] is inf" in pages["1"]
    assert "[house=house 7]" in pages["1"]


def test_a_gradient_that_is_wrong_in_one_county(tmp_path):
    found, pages = records(tmp_path, "2", term='pm.Potential("pull", -Square()(slope).sum())')
    [row] = [row for row in found["2"]["gradient"]["finite_differences"]["factors"] if row["name"] == "pull"]
    assert row["worst"]["labels"] == ["county=LAC QUI PARLE"]
    assert "`slope[county=LAC QUI PARLE]`: gradient" in pages["2"]
    assert "`slope[county='BECKER \\| NORTH']`" in pages["2"]


@pytest.mark.long
def test_the_worst_element_of_a_run_and_of_a_funnel(tmp_path):
    found, pages = records(tmp_path, "3 4")
    sampling = found["3"]["sampling"]
    [slope] = [row for row in sampling["variables"] if row["name"] == "slope"]
    [label] = slope["rhat_worst_labels"]
    assert label.startswith("county=") and f"slope[{label}" in pages["3"].replace("\\|", "|")
    [bend] = [
        row
        for row in found["4"]["apart"]["curvature"]["bends"]
        if (row["by"], row["bent"]) == ("spread", "slope")
    ]
    assert bend["bent_labels"][0].startswith("county=")
    assert f"`slope[{bend['bent_labels'][0]}]`" in pages["4"].replace("\\|", "|")
