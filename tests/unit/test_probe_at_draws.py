"""What shows only where the user's draws lie is found there; draws that do not fit the model decide nothing."""

import models
import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
import xarray as xr
from in_process import started
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from verdict_records import measured as sound

from faultline.diagnosis.rules import judge
from faultline.engine.backend import PLAIN
from faultline.engine.density import logp_and_gradient
from faultline.engine.factors import Factors
from faultline.experiments import gradient
from faultline.probes.at_draws import DRAWS, at_draws, points_of

pytestmark = pytest.mark.slow
RNG = np.random.default_rng(0)


class WrongFarOut(Op):
    """-(x - 40)²/2, whose gradient is that times ``scale`` where x is above 20."""

    __props__ = ("scale",)
    itypes = (pt.dscalar,)
    otypes = (pt.dscalar,)

    def __init__(self, scale: float):
        self.scale = scale

    def make_node(self, x):
        return Apply(self, [pt.as_tensor(x)], [pt.dscalar()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = np.asarray(-0.5 * (inputs[0] - 40.0) ** 2)

    def pullback(self, inputs, outputs, cotangents):
        [x], [slope] = inputs, cotangents
        return [slope * (40.0 - x) * pt.switch(x > 20.0, self.scale, 1.0)]


def measurement(scale: float = 0.5) -> pm.Model:
    with pm.Model() as model:
        x = pm.Normal("x", 0, 5)
        pm.Potential("fit", WrongFarOut(scale)(x))
    return model


def scales() -> pm.Model:
    with pm.Model(coords={"group": range(3)}) as model:
        mu = pm.Normal("mu", 0, 5)
        share = pm.Dirichlet("share", np.ones(3), dims="group")
        sd = pm.HalfNormal("sd", 3)
        pm.Normal("y", mu + share.sum(), sd, observed=RNG.normal(1, 2, 20))
    return model


def drawn(**values) -> xr.DataTree:
    """Draws by name: (chain, draw, ...) arrays."""
    arrays = {name: np.asarray(array, float) for name, array in values.items()}
    found = {
        name: (("chain", "draw", *(f"{name}_{i}" for i in range(a.ndim - 2))), a)
        for name, a in arrays.items()
    }
    return xr.DataTree.from_dict({"posterior": xr.Dataset(found)})


def of_scales(chains=2, draws=100) -> dict[str, np.ndarray]:
    size = (chains, draws)
    return {
        "mu": RNG.normal(size=size),
        "share": RNG.dirichlet(np.ones(3), size),
        "sd": RNG.gamma(2, 1, size),
    }


def looked(model, draws):
    factors = Factors(model, backend=PLAIN)
    return at_draws(logp_and_gradient(model, PLAIN), factors, draws, 0)


def measured(folder, model, draws=None):
    """The record of the gradient group, judged."""
    about = {"components": {}, "variants": {}}
    if draws is not None:
        draws.to_netcdf(folder / "mine.nc", engine="h5netcdf")
        about["idata"] = {"path": str(folder / "mine.nc")}
    recorder, subject = started(folder, model, **about)
    recorder.record.update(timings={"build": 0.0})
    gradient.measure(recorder, subject)
    record = {**sound(2), **recorder.record.content}
    return {**record, **judge(record)}


def checks(record):
    return {row["name"]: row for row in record["checks"]}


def test_a_gradient_that_is_wrong_only_at_the_draws_is_found_with_them(tmp_path):
    """It is right at the start and at draws of the prior; the posterior, around 38.5, is where it is wrong."""
    alone = measured(tmp_path, measurement())
    assert alone["verdict"]["outcome"] == "pass"
    assert checks(alone)["finite_difference_error"]["value"] < 1e-5 and "finite_at_draws" not in checks(alone)
    found = measured(tmp_path, measurement(), drawn(x=RNG.normal(38.5, 1, (4, 200))))
    assert (found["verdict"]["outcome"], found["verdict"]["component"], found["verdict"]["cause_class"]) == (
        "fail",
        "fit",
        "c",
    )
    wrong = checks(found)["finite_difference_error"]
    assert wrong["value"] > 0.4 and "fit, at a draw that you gave" in wrong["note"]
    assert checks(found)["finite_at_draws"]["passed"] is True


def test_one_draw_in_ten_where_it_is_wrong_is_enough():
    x = np.where(np.arange(200) % 10 == 0, 38.5, 0.0)[None]
    found, points = looked(measurement(), drawn(x=x + 0.1 * RNG.normal(size=x.shape)))
    assert found["n_not_finite"] == 0 and all(point[0] > 20 for point in points)


def test_a_gradient_that_is_not_finite_at_the_draws_is_found_with_them(tmp_path):
    alone = measured(tmp_path, measurement(np.nan))
    assert alone["verdict"]["outcome"] == "pass"
    found = measured(tmp_path, measurement(np.nan), drawn(x=RNG.normal(38.5, 1, (4, 200))))
    broken = checks(found)["finite_at_draws"]
    assert (
        broken["passed"] is False and broken["names"] == ["fit"] and "the gradient of fit" in broken["note"]
    )
    assert "finite_difference_error" not in {n for n, row in checks(found).items() if row["passed"] is False}
    assert found["verdict"]["outcome"] == "fail" and found["verdict"]["cause_class"] == "c"
    assert "Evaluate `fit` at your draws" in found["verdict"]["next_action"]


def test_a_sound_model_with_its_own_draws_is_not_accused(tmp_path):
    found = measured(tmp_path, scales(), drawn(**of_scales()))
    assert found["verdict"]["outcome"] == "pass"
    assert found["gradient"]["at_draws"] == {"n": DRAWS, "n_outside": 0, "n_not_finite": 0, "factors": []}
    assert found["gradient"]["finite_differences"]["points"] == 6
    assert found["gradient"]["finite_differences"]["max_relative_error"] < 1e-5


def test_draws_are_points_by_the_model_s_own_transforms():
    values = of_scales(chains=1, draws=7)
    model = scales()
    points, reason = points_of(drawn(**values), Factors(model, backend=PLAIN))
    assert reason is None and points.shape == (7, 4)
    names = [model.rvs_to_values[model[name]] for name in ("mu", "share", "sd")]
    own = model.compile_fn(
        model.replace_rvs_by_values([model["mu"], model["share"], model["sd"]]),
        inputs=names,
        mode="FAST_COMPILE",
    )
    layout = Factors(model, backend=PLAIN).layout
    for i, point in enumerate(points):
        back = own({v.name: layout.point(point)[v.name] for v in names})
        for name, array in zip(("mu", "share", "sd"), back, strict=True):
            np.testing.assert_allclose(array, values[name][0, i])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sd": None}, "they have no values of sd"),
        (
            {"share": np.full((2, 100, 2), 0.5)},
            "their share has the shape (2,), and that of the model has (3,)",
        ),
        ({"mu": np.zeros((2, 100, 1))}, "their mu has the shape (1,), and that of the model has ()"),
        ({"sd": -np.ones((2, 100))}, "all of them lie outside the support of sd"),
        ({"mu": np.full((2, 100), np.nan)}, "all of them lie outside the support of mu"),
    ],
)
def test_draws_that_do_not_fit_decide_nothing_and_it_is_said_why(change, reason, tmp_path):
    values = {name: array for name, array in {**of_scales(), **change}.items() if array is not None}
    found = measured(tmp_path, scales(), drawn(**values))
    assert found["gradient"]["at_draws"] == {"reason": reason}
    assert found["verdict"]["outcome"] == "pass" and "finite_at_draws" not in checks(found)
    assert checks(found)["draws_fit"]["role"] == "remark" and reason in checks(found)["draws_fit"]["note"]
    assert reason in found["verdict"]["interpretation"]


def test_draws_with_an_impossible_value_are_left_out():
    values = of_scales()
    values["sd"][0, :20] = -1.0
    found, points = looked(scales(), drawn(**values))
    assert found["n_not_finite"] == 0 and found["n_outside"] == 5 and len(points) == 3


def test_draws_where_the_log_probability_is_mostly_not_finite_are_not_those_of_this_model():
    with pm.Model() as model:
        x = pm.Normal("x", 0, 1)
        pm.Potential("fit", pt.log(5.0 - x))
    found, points = looked(model, drawn(x=RNG.normal(8, 1, (2, 100))))
    assert "a sampler of this model with these data keeps no such draw" in found["reason"] and points == []
    few, _ = looked(model, drawn(x=np.where(np.arange(200) < 20, 8.0, 0.0)[None]))
    assert few["n_not_finite"] == 5 and few["factors"] == [{"name": "fit", "value": 5, "gradient": 0}]


def test_discrete_variables_say_why_the_draws_do_not_serve():
    found, points = looked(models.with_discrete(), drawn(x=np.zeros((2, 10))))
    assert "discrete variables" in found["reason"] and points == []
