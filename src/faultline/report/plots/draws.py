"""The draws of a group as the pictures want them: which run, which statistic under which sampler's name, which element."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from faultline.core.sections.record import Record
from faultline.core.sections.run import Run
from faultline.engine.names import axes_of_draws, element_of, place
from faultline.report.plots.style import NothingToDraw

# PyMC, nutpie and NumPyro write the same statistics under other names.
DEPTH = ("tree_depth", "depth")
AT_MAXIMUM = ("reached_max_treedepth", "maxdepth_reached")
STEP_SIZE = ("step_size", "step_size_bar")
_ELEMENT = re.compile(r"^(?P<name>.+?)\[(?P<index>[\d, ]*)\]$")


@dataclass(frozen=True)
class Draws:
    """Draws and sampler statistics of one run. Arrays are (chain, draw, ...).

    ``broken`` holds where trajectories broke, if the sampler said so: unconstrained values along ``divergence``.
    """

    posterior: xr.Dataset
    stats: xr.Dataset
    extended: bool
    broken: xr.Dataset | None = None
    close: Callable[[], None] = lambda: None

    @property
    def n_chains(self) -> int:
        return self.posterior.sizes["chain"]

    def stat(self, *names: str) -> np.ndarray | None:
        """The first statistic of these names that exists and holds a finite number, (chain, draw)."""
        for name in names:
            if name in self.stats:
                values = self.stats[name].values.astype(float)
                if np.isfinite(values).any():
                    return values
        return None

    @property
    def divergent(self) -> np.ndarray:
        """True where the draw diverged, (chain, draw)."""
        found = self.stat("diverging")
        if found is None:
            return np.zeros((self.n_chains, self.posterior.sizes["draw"]), bool)
        return found > 0

    def element(self, label: str) -> np.ndarray:
        """The draws of ``rho`` or ``rho[2]`` or ``x[3, 1]``, (chain, draw); a bare name of a vector is its first element."""
        return _element(self.posterior, label, leading=2)

    def called(self, label: str) -> str:
        """What readers know the element as: by its coordinates, where the draws have them."""
        name, index = split_label(label)
        axes = axes_of_draws(self.posterior[name], leading=2)
        return element_of({"name": name, **place(axes, index)}) if len(axes) == len(index) else label

    def broken_at(self, label: str) -> np.ndarray:
        """The same element where trajectories broke, on the sampler's scale, (divergence,)."""
        return _element(self.broken, label, leading=1)


def _element(values: xr.Dataset, label: str, leading: int) -> np.ndarray:
    name, index = split_label(label)
    array = values[name].values.astype(float)
    inner = array.shape[leading:]
    if len(inner) != len(index):
        position = np.unravel_index(index[0], inner) if len(index) == 1 and inner else (0,) * len(inner)
        index = tuple(int(i) for i in position)
    return array[(*[slice(None)] * leading, *index)]


def open_draws(path: Path | str | None, record: Record) -> Draws:
    """The run to show from ``draws.nc``: the one that was judged, of a model taken apart in the unconstrained space.

    Raises
    ------
    NothingToDraw
        Nothing was sampled, the file is missing or cannot be read, or no draw is finite.
    """
    why_not = _why_no_draws(record)
    if path is None or not Path(path).is_file():
        raise NothingToDraw(why_not or "There is no file with draws.")
    try:
        tree = xr.open_datatree(path)  # lazily: Deterministics can be far larger than what is drawn
    except (OSError, ValueError, ImportError) as err:
        raise NothingToDraw(f"The file with the draws cannot be read: {err}") from err
    extended = "first_run" in tree.children
    node = tree["unconstrained"] if "unconstrained" in tree.children else tree
    if "posterior" not in node.children or not node["posterior"].dataset.sizes.get("draw"):
        raise NothingToDraw(why_not or "Nothing was sampled: the file holds no draws.")
    stats = node["sample_stats"].dataset if "sample_stats" in node.children else xr.Dataset()
    broken = node["divergences"].dataset if "divergences" in node.children else None
    draws = Draws(node["posterior"].dataset, stats, extended, broken, tree.close)
    numbers = [v for v in draws.posterior.data_vars.values() if v.dtype.kind == "f"]
    if numbers and not any(np.isfinite(v.values).any() for v in numbers):
        raise NothingToDraw("Every draw is NaN: the sampler returned no usable value.")
    return draws


def split_label(label: str) -> tuple[str, tuple[int, ...]]:
    """``x[3, 1]`` as ``("x", (3, 1))``; a bare name has an empty index."""
    match = _ELEMENT.match(label)
    if not match:
        return label, ()
    return match["name"], tuple(int(part) for part in match["index"].replace(",", " ").split())


def shown_sampling(record: Record, draws: Draws) -> Run:
    """The record's figures of the run that is drawn."""
    return record.sampling_extended if draws.extended else record.sampling


def run_words(record: Record, draws: Draws) -> str:
    """Which run is shown: ``longer run, 4 chains of 1000 draws``."""
    n_draws = draws.posterior.sizes["draw"]
    which = "longer run" if draws.extended else "run as asked"
    if not draws.extended and record.sampling_extended.n_draws:
        which = "run as asked (the longer run was stopped before it had as many draws)"
    chains = "1 chain" if draws.n_chains == 1 else f"{draws.n_chains} chains"
    return f"{which}, {chains} of {n_draws} draws"


def _why_no_draws(record: Record) -> str | None:
    error = record.error
    if error:
        stage = (error.stage or "unknown").replace("_", " ")
        return f"The group stopped at stage “{stage}” ({error.type or 'error'}), before it had draws to show."
    return None
