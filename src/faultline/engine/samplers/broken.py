"""Where trajectories broke."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from faultline.engine.layout import Layout

if TYPE_CHECKING:
    import xarray as xr


def broken_at(layout: Layout, broken: Sequence[tuple[int, int, dict[str, np.ndarray]]]) -> xr.Dataset | None:
    """Where trajectories broke: one entry along ``divergence`` each, unconstrained values under the variables' names."""
    import xarray as xr

    if not broken:
        return None
    values = {}
    for block in layout.blocks:
        dims = ["divergence", *(f"{block.name}_unconstrained_{i}" for i in range(len(block.shape)))]
        values[block.name] = (dims, np.array([point[block.value_name] for _, _, point in broken]))
    values["at_chain"] = ("divergence", np.array([chain for chain, _, _ in broken]))
    values["at_draw"] = ("divergence", np.array([draw for _, draw, _ in broken]))
    return xr.Dataset(values)


def nutpie_broken_at(layout: Layout, tree: xr.DataTree) -> xr.Dataset | None:
    """The same from nutpie's own record of where trajectories broke, if it has one in the model's order."""
    stats = tree["sample_stats"].to_dataset()
    if "divergence_start" not in stats:
        return None
    starts = stats["divergence_start"].transpose("chain", "draw", ...)
    labels = [str(label) for label in starts[starts.dims[-1]].values]
    known = len(labels) == layout.size and all(
        labels[b.start].startswith((b.name, b.value_name)) for b in layout.blocks if b.size
    )
    if not known:
        return None
    where = np.argwhere(stats["diverging"].transpose("chain", "draw").values)
    return broken_at(layout, [(int(c), int(d), layout.point(starts.values[c, d])) for c, d in where])
