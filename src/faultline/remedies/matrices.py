"""The matrix that standard normal vectors are multiplied by to have a covariance, and products with it."""

from __future__ import annotations

from typing import Any


def root(cov: Any) -> Any:
    """A matrix whose product with its own transpose is this covariance: the one that the model multiplies, else the Cholesky factor.

    PyMC makes such a product of what a user gives as ``chol``. To factor it again would lose digits.
    """
    import pytensor.tensor as pt

    bare = _without_leading_axes(cov)
    return pt.linalg.cholesky(bare) if (factor := _squared(bare)) is None else factor


def times(matrix: Any, vectors: Any) -> Any:
    """The matrix (..., n, n) times each vector (..., n)."""
    import pytensor.tensor as pt

    if matrix.type.ndim == 2 and vectors.type.ndim <= 2:
        return pt.dot(vectors, matrix.T)
    return pt.matmul(vectors[..., None, :], matrix.mT)[..., 0, :]


def solved(matrix: Any, vectors: Any) -> Any:
    """The vectors that the matrix takes to these."""
    import pytensor.tensor as pt

    return pt.linalg.solve(matrix, vectors, b_ndim=1)


def _without_leading_axes(graph: Any) -> Any:
    """What a graph of matrices is before leading axes of length 1 are added."""
    from pytensor.tensor.elemwise import DimShuffle

    while graph.owner is not None and isinstance(graph.owner.op, DimShuffle):
        (inner,) = graph.owner.inputs
        n = inner.type.ndim
        added = graph.type.ndim - n
        if added <= 0 or tuple(graph.owner.op.new_order) != ("x",) * added + tuple(range(n)):
            break
        graph = inner
    return graph


def _squared(product: Any) -> Any | None:
    """The matrix, where this is a product of one with its own transpose."""
    from pytensor.tensor.blockwise import Blockwise
    from pytensor.tensor.elemwise import DimShuffle
    from pytensor.tensor.math import Dot

    if product.owner is None:
        return None
    op = product.owner.op
    if not isinstance(op.core_op if isinstance(op, Blockwise) else op, Dot):
        return None
    left, right = product.owner.inputs
    if right.owner is None or not isinstance(right.owner.op, DimShuffle) or right.owner.inputs[0] is not left:
        return None
    n = left.type.ndim
    swapped = (*range(n - 2), n - 1, n - 2)
    return left if n >= 2 and tuple(right.owner.op.new_order) == swapped else None
