"""Matrices of which a term takes the Cholesky root, and which have none in floating point: a covariance without a nugget."""

from __future__ import annotations

from typing import Any

import numpy as np

from faultline.engine.backend import PLAIN, compile_function
from faultline.engine.factors import Factors


def without_root(factors: Factors, name: str, vector: np.ndarray) -> dict[str, Any] | None:
    """``{size, smallest, largest}``: the first matrix in the factor `name` that is not positive definite at `vector` (n,).

    ``size`` is its number of rows, the others its smallest and largest eigenvalue. A matrix with an eigenvalue below the
    rounding of the largest one counts: whether its root can be taken is chance. None where every matrix has a root, and
    where one that is not finite says nothing.
    """
    graph = factors.graphs[factors.names.index(name)]
    outputs, joined = factors.layout.join(factors.model, _rooted(graph))
    if not outputs:
        return None
    for value in compile_function([joined], outputs, backend=PLAIN, model=factors.model)(vector):
        if not value.size or not np.isfinite(value).all():
            continue
        # The root reads the lower triangle alone.
        lower = np.linalg.eigvalsh(value, UPLO="L").reshape(-1, value.shape[-1])
        worst = lower[int(lower[:, 0].argmin())]
        if worst[0] <= value.shape[-1] * np.finfo(float).eps * np.abs(worst).max():
            return {"size": int(value.shape[-1]), "smallest": float(worst[0]), "largest": float(worst[-1])}
    return None


def _rooted(graph: Any) -> list[Any]:
    """What `graph` takes Cholesky roots of."""
    from pytensor.graph.traversal import apply_ancestors
    from pytensor.tensor.linalg.decomposition.cholesky import Cholesky

    nodes = apply_ancestors([graph])
    return [node.inputs[0] for node in nodes if isinstance(getattr(node.op, "core_op", node.op), Cholesky)]
