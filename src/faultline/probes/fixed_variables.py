"""Sampling under conditions: some variables held, some factors switched off; what that does to the sampler.

Compiled once (`Conditional`): a condition is data of the compiled code, so that a fit takes as long as its draws. Fits
are short and start from draws of the run that is taken apart: they compare conditions, they prove no convergence.
"""

from __future__ import annotations

import copy
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.backend import Stage, no_stage
from faultline.engine.conditional import Conditional
from faultline.engine.layout import Layout
from faultline.engine.samplers.base import cores_for, labels
from faultline.engine.samplers.blackjax_kernel import Kernel
from faultline.engine.samplers.chains import Chain, run_chains
from faultline.engine.samplers.in_xla import local_variances
from faultline.probes.convergence import variables

if TYPE_CHECKING:
    import xarray as xr

RUN = {"chains": 4, "tune": 500, "draws": 1000, "target_accept": 0.8}
"""Long enough for an R-hat of 1.01 where sampling is easy, short enough to try every variable."""

COLUMNS = ("position", "diverging", "n_steps", "lp", "energy", "reached_max_treedepth")


@dataclass(frozen=True)
class Fit:
    """Draws under a condition: `positions` (chain, draw, n) in the unconstrained space, the rest (chain, draw)."""

    positions: np.ndarray
    diverging: np.ndarray
    n_steps: np.ndarray
    lp: np.ndarray
    energy: np.ndarray
    saturated: np.ndarray
    complete: bool
    seconds: float

    def tree(self, layout: Layout, whole: xr.DataTree | None = None) -> xr.DataTree:
        """The draws for the pictures, ``unconstrained/posterior``, beside those of the whole model if there are any."""
        import xarray as xr

        values, coords = {}, {}
        for block in layout.blocks:
            drawn = self.positions[:, :, block.slice].reshape(*self.lp.shape, *block.shape)
            own = {axis.dim: axis.values for axis in block.axes}
            if len(own) < len(block.shape):
                own = dict.fromkeys(f"{block.name}_{i}" for i in range(len(block.shape)))
            values[block.name] = (("chain", "draw", *own), drawn)
            coords |= {dim: labels(given) for dim, given in own.items() if given is not None}
        stats = {"diverging": self.diverging, "lp": self.lp, "energy": self.energy}
        groups = {} if whole is None else {name: node.to_dataset() for name, node in whole.children.items()}
        return xr.DataTree.from_dict(
            {
                **groups,
                "unconstrained/posterior": xr.Dataset(values, coords=coords),
                "unconstrained/sample_stats": xr.Dataset(
                    {name: (("chain", "draw"), v) for name, v in stats.items()}
                ),
            }
        )


class Conditions:
    """A model compiled once, to be sampled under any number of conditions."""

    def __init__(self, conditional: Conditional, max_treedepth: int = 10, on_stage: Stage = no_stage):
        on_stage("compile")
        self.conditional = conditional
        self._kernel = Kernel(conditional.look(), {"max_treedepth": max_treedepth})

    @property
    def layout(self) -> Layout:
        return self.conditional.layout

    def on(self, conditional: Conditional) -> Conditions:
        """The same compiled code with the discrete variables where `conditional` has them."""
        other = copy.copy(self)
        other.conditional = conditional
        return other

    def fit(
        self,
        starts: np.ndarray,
        *,
        hold: Sequence[str] = (),
        held: np.ndarray | None = None,
        drop: Sequence[str] = (),
        seed: int = 0,
        seconds: float | None = None,
        run: dict[str, Any] = RUN,
    ) -> Fit | None:
        """Sample from `starts` (chains, n) with variables held and factors dropped; None if nothing was drawn in time."""
        began = time.monotonic()
        look = self.conditional.look(hold, held, drop)
        kernel = self._kernel.on(look.traced.data)
        kernel.plan(run)
        chains = []
        for number, start in enumerate(starts[: run["chains"]]):
            rng = np.random.default_rng([seed, number])
            variances = local_variances(look, start, rng)
            state = kernel.begin(int(rng.integers(2**31)), start, *look(start), variances)
            chains.append(Chain(number, state, start))
        ends = None if seconds is None else began + seconds
        run_chains(kernel, chains, run["tune"], run["draws"], cores_for(run), ends, None)
        made = min(chain.kept for chain in chains)
        if not made:
            return None
        columns = [chain.columns(made) for chain in chains]
        stacked = [np.stack([column[key] for column in columns]) for key in COLUMNS]
        return Fit(*stacked, made == run["draws"], time.monotonic() - began)


def figures(layout: Layout, fit: Fit | None, hold: Sequence[str] = ()) -> dict[str, Any]:
    """What a fit shows, under the names of the record's ``sampling``, in the unconstrained space.

    Over the values that are not held, and the log-density, which is slow where the energy is. E-BFMI only where nothing
    is held: what is held adds to the energy. ``ess_per_1000`` is the smallest effective sample size per thousand gradients.
    """
    if fit is None:
        return {"n_draws": 0}
    import arviz_stats as azs
    import xarray as xr

    values = {
        block.name: (("chain", "draw", f"{block.name}_i"), fit.positions[:, :, block.slice])
        for block in layout.blocks
        if block.name not in hold
    }
    rows = variables(xr.Dataset({**values, "log-density": (("chain", "draw"), fit.lp)}))
    known = [row[key] for row in rows for key in ("ess_bulk_min", "ess_tail_min") if row[key] is not None]
    found = {
        "chains": len(fit.lp),
        "n_draws": int(fit.lp.size),
        "complete": fit.complete,
        "divergences": int(fit.diverging.sum()),
        "divergent_share": float(fit.diverging.mean()),
        "max_rhat": max((row["rhat_max"] for row in rows if row["rhat_max"] is not None), default=None),
        "min_ess": min(known, default=None),
        "max_treedepth_fraction": float(fit.saturated.mean()),
        "n_steps_mean": float(fit.n_steps.mean()),
        "ess_per_1000": 1000 * min(known) / float(fit.n_steps.sum()) if known else None,
        "n_nonfinite": int((~np.isfinite(fit.positions)).sum()),
        "variables": rows,
        "seconds": fit.seconds,
    }
    if not hold:
        energy = xr.DataTree.from_dict(
            {"sample_stats": xr.Dataset({"energy": (("chain", "draw"), fit.energy)})}
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = np.ravel(azs.bfmi(energy).dataset["energy"].values)
        found["ebfmi"] = [float(value) if np.isfinite(value) else None for value in values]
        found["min_ebfmi"] = min((value for value in found["ebfmi"] if value is not None), default=None)
    return found


def brief(found: dict[str, Any]) -> dict[str, Any]:
    """The figures of a fit, of each variable only R-hat and effective draws: their share and per thousand gradients."""
    kept = {key: value for key, value in found.items() if key not in ("variables", "ebfmi", "chains")}
    draws, gradients = found["n_draws"], found["n_draws"] * found.get("n_steps_mean", 0.0)
    kept["by_variable"] = {
        row["name"]: {
            "rhat": row["rhat_max"],
            "share": row["ess_bulk_min"] / draws,
            "per_1000": 1000 * row["ess_bulk_min"] / gradients,
        }
        for row in found.get("variables", [])
        if row["ess_bulk_min"] is not None
    }
    return kept
