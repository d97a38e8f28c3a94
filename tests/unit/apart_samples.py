"""Models taken apart, to draw and to report on: draws from known shapes, figures as the probes leave them, the real rules."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from report_draws import save_draws
from report_samples import header, judged

SHAPE = (4, 200)
LINE = np.linspace(0, 4, 49)


def fit(per_1000: float, rhat: float = 1.0, share: float = 0.0, **by_variable: float) -> dict:
    """The figures of a fit; `by_variable` holds effective draws per thousand gradients."""
    rows = {name: {"rhat": rhat, "share": each / 100, "per_1000": each} for name, each in by_variable.items()}
    return {
        "chains": 4,
        "n_draws": 4000,
        "complete": True,
        "divergences": int(4000 * share),
        "divergent_share": share,
        "max_rhat": rhat,
        "min_ess": 40 * per_1000,
        "min_ebfmi": 0.9,
        "max_treedepth_fraction": 0.0,
        "n_steps_mean": 10.0,
        "ess_per_1000": per_1000,
        "n_nonfinite": 0,
        "seconds": 0.2,
        "ebfmi": [0.9] * 4,
        "variables": [],
        "by_variable": rows,
    }


def condition(per_1000: float, held: tuple = (), dropped: tuple = (), **figures) -> dict:
    return {"held": list(held), "dropped": list(dropped), **fit(per_1000, **figures)}


def record(transforms: dict[str, str | None], **apart) -> dict:
    """Group 4 of a model without components."""
    made = header(4, "apart") | {"group": "group_4_taken_apart", "title": "The model taken apart"}
    made["asked"] |= {"components": {}, "variants": {}, "dataset": None, "max_T": None, "max_K": None}
    free = [{"name": name, "shape": [], "size": 1, "transform": way} for name, way in transforms.items()]
    return judged(
        made | {"model": {"n_free_rvs": len(free), "n_values": 9, "free_rvs": free}, "apart": apart}
    )


def funnel() -> dict:
    """Tau sets the scale of theta; holding either helps, holding mu does not, and the prior of mu is far off."""
    return record(
        {"mu": None, "tau": "log", "theta": None},
        base=fit(4.0, rhat=1.3, share=0.02),
        controls=[fit(2.0, rhat=1.3, share=0.02), fit(5.0, rhat=1.3, share=0.01)],
        conditions=[
            condition(60.0, ("theta",)),
            condition(50.0, ("theta",)),
            condition(1.0, ("mu",), rhat=1.2, share=0.03),
            condition(30.0, ("tau",)),
        ],
        curvature={
            "points": 12,
            "usable": 12,
            "null": [],
            "bends": [
                {
                    "by": "tau",
                    "by_index": [],
                    "bent": "theta",
                    "bent_index": [2],
                    "slope": 1.5,
                    "width": 5.4,
                    "width_of_draws": 4.9,
                },
                {"by": "mu", "by_index": [], "bent": "tau", "bent_index": [], "slope": 0.1},
            ],
        },
        conflict=[prior("mu", -8.0)],
        relaxed=[
            {
                "name": "mu",
                "size": 1,
                "bounded": False,
                "runs_away": False,
                "gain": 3.0,
                "gain_in_data": 3.0,
                "settled": True,
                "index": [],
                "without": [8, 9, 10],
            }
        ],
        modes={"variables": [], "places": 1, "chains": [0] * 4, "lp": [0.0] * 4, "symmetries": []},
        skipped=[{"what": "holding mu and tau", "reason": "the budget was used up"}],
    )


def prior(name: str, tail: float) -> dict:
    about = {"name": name, "index": [], "n": 1, "log10_tail": tail, "prior": [-1.6, 0.0, 1.6]}
    return about | {"posterior_median": 7.0, "posterior_sd": 0.5}


def places() -> dict:
    """Chains keep to two places of mu."""
    apart = [
        {"name": "mu", "apart": 55.0, "n": 2, "size": 2},
        {"name": "sigma", "apart": 0.1, "n": 0, "size": 1},
    ]
    return record(
        {"mu": None, "sigma": "log"},
        base=fit(0.3, rhat=1.7),
        controls=[fit(0.3, rhat=1.7)],
        conditions=[condition(200.0, ("mu",)), condition(0.3, ("sigma",), rhat=1.7)],
        modes={
            "variables": apart,
            "places": 2,
            "chains": [0, 1, 1, 0],
            "valley": 40.0,
            "lp": [-401.0, -402.0, -402.0, -401.0],
            "symmetries": [],
        },
    )


def symmetric() -> dict:
    """Exchanging the elements of mu changes nothing, though every chain found the same place; a prior contradicts the data."""
    found = {"kind": "exchange", "names": ["mu"], "axis": 0, "separates": True}
    return record(
        {"mu": None, "sigma": "log"},
        base=fit(200.0),
        conflict=[prior("sigma", -0.5)],
        relaxed=[
            {
                "name": "sigma",
                "size": 1,
                "bounded": False,
                "runs_away": False,
                "gain": 400.0,
                "gain_in_data": 400.0,
                "settled": True,
                "index": [],
                "without": [8, 9, 10],
            }
        ],
        modes={"variables": [], "places": 1, "chains": [0] * 4, "lp": [0.0] * 4, "symmetries": [found]},
    )


def cliff_and_ridge() -> dict:
    """A factor that ends near the draws, a and b known only as a sum, and c slow for no reason that was found."""
    share = [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5}]
    row = {
        "name": "allowed",
        "n": 9,
        "n_cliff": 9,
        "along": "a",
        "variables": ["a"],
        "distance": 1.0,
        "to": "-inf",
    }
    profile = np.where(LINE < 1, -(LINE**2), -np.inf).tolist()
    return record(
        {"a": None, "b": None, "c": None},
        base=fit(0.1, rhat=2.0, share=0.9),
        controls=[fit(0.1, rhat=2.0, share=0.9)],
        conditions=[
            *(condition(90.0, (name,)) for name in "abc"),
            condition(80.0, dropped=("allowed",)),
        ],
        curvature={"points": 12, "usable": 12, "null": [{"ratio": 1e-6, "share": share}], "bends": []},
        cliffs={
            "lines": 40,
            "reach": 4.0,
            "factors": [row | {"before": -1.0, "lost": 1.0, "profile": profile}],
        },
    )


def no_density() -> dict:
    """A potential without its normaliser, which lets sigma run away, and a penalty whose sign was lost."""
    row = {"variable": "mu", "rise": 1e6, "decades": 3, "factor": "penalty", "kind": "potential"}
    alone = {
        "name": "sigma",
        "factor": "match",
        "potential": True,
        "runs_away": True,
        "change_of_integral": 0.5,
    }
    fits = {"size": 1, "bounded": False, "gain": 400.0, "gain_in_data": 400.0, "settled": True, "index": []}
    return record(
        {"mu": None, "sigma": "log"},
        base=fit(0.1, rhat=2.0),
        conflict=[prior("sigma", -0.5)],
        relaxed=[alone | fits | {"without": [8, 900, 1e5]}],
        far=[row | {"factor_rise": 1e6, "profile": [1e2, 1e4, 1e6]}],
    )


def endless() -> dict:
    """Nothing holds a and b but flat priors."""
    distances = [10.0**d for d in range(2, 11)]
    line = {
        "names": ["a", "b"],
        "logarithm": False,
        "fall": 0.0,
        "profile": [1.5] * len(distances),
        "distances": distances,
    }
    return record({"a": None, "b": None}, base=fit(0.1, rhat=2.0), endless=[line])


def sound() -> dict:
    """A model that samples well: nothing was held."""
    skipped = [{"what": "what only explains a failure", "reason": "the model samples well"}]
    return record({"mu": None}, base=fit(200.0), conflict=[], relaxed=[], modes={}, skipped=skipped)


def steps() -> dict:
    """PyMC's steps for c, which is discrete here, do not mix; with c held, all is well."""
    held = fit(60.0)
    rows = [{"name": "c", "size": 1, "rhat_max": 1.3, "ess_bulk_min": 20.0, "ess_tail_min": 30.0}]
    whole = fit(0.1, rhat=1.3) | {"min_ess": 20.0, "variables": rows}
    return record({"tau": "log"}, discrete=["c"], whole=whole, discrete_held=[held, held])


def steps_and_funnel() -> dict:
    """The same where the rest fails, too."""
    found = funnel()["apart"]
    transforms = {"mu": None, "tau": "log", "theta": None}
    return record(
        transforms, **found, discrete=["c"], whole=steps()["apart"]["whole"], discrete_held=[found["base"]]
    )


def draws(path: Path) -> Path:
    """Draws in the unconstrained space that fit all of the records."""
    rng = np.random.default_rng(1)
    tau, a = rng.normal(1, 1, SHAPE), rng.normal(0, 500, SHAPE)
    centre = np.array([-2.0, 3.0, 3.0, -2.0])[:, None]
    values = {
        "tau": tau,
        "theta": rng.normal(size=(*SHAPE, 8)) * np.exp(tau)[..., None],
        "mu": np.stack([centre, 1 - centre], axis=-1) + rng.normal(0, 0.1, (*SHAPE, 2)),
        "sigma": rng.normal(size=SHAPE),
        "a": a,
        "b": 3 - a,
        "c": rng.normal(size=SHAPE).cumsum(axis=1),
    }
    posterior = {name: (("chain", "draw", "i")[: each.ndim], each) for name, each in values.items()}
    posterior["theta"] = (("chain", "draw", "j"), values["theta"])
    stats = {"diverging": (("chain", "draw"), tau < -1), "lp": (("chain", "draw"), tau)}
    tree = {"posterior": xr.Dataset(posterior), "sample_stats": xr.Dataset(stats)}
    return save_draws(path, asked=xr.DataTree.from_dict(tree))
