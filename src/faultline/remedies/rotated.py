"""Rotation: coefficients of predictors that nearly move together, along the predictors' principal axes.

Coefficients with normal priors that are fixed numbers, or the logarithms of factors with log-normal ones, are, scaled, a rotation of independent normal variables, whatever the rotation. The one
that the singular value decomposition of the scaled predictors gives lays the ridge of the likelihood along an axis, where one step size for each
axis is enough. Of many coefficients with a ridge or two, as a constant that cancels between an intercept and sets of effects, reflections do: each
takes an axis to a ridge, and needs one number for each coefficient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from faultline.engine.backend import evaluate
from faultline.engine.factors import drawn_by
from faultline.engine.layout import Layout
from faultline.remedies.rewrite import (
    NotApplicable,
    Rewrite,
    Step,
    copied,
    exchanged,
    fresh_name,
    is_plain,
    reaches,
    started,
)

if TYPE_CHECKING:
    import pymc as pm

KIND = "rotated"
MOST = 12
"""Coefficients that are rotated together; of more, only the ridges are laid along axes."""
MOST_REFLECTED = 500
"""Coefficients that are reflected together."""
MOST_RIDGES = 4
"""Ridges among them."""
NOT_ALONG = 1e-6
"""Share of a coefficient in the directions of the ridges, below which it is left alone."""
ALONG = 3.0
"""Ratio of the longest to the shortest axis of the predictors, each scaled to length 1, below which there is no ridge to speak of."""
LARGEST = 10_000_000
"""Elements of the derivative of a predictor, data times free coordinates, up to which it is computed: 80 MB."""
SAME = 1e-9
"""Relative difference of two derivatives that only rounding explains."""
DIGITS = 15
"""Of the rotation: as many as its lines in a file have."""


def candidates(model: pm.Model) -> list[Step]:
    """The coefficients in which parameters of observed variables are linear, where the predictors are correlated."""
    able = [rv for rv in model.free_RVs if _fixed(model, rv)]
    if not able:
        return []
    layout, found = Layout.of(model), []
    for names, etas in _sharing(model, {rv.name for rv in able}):
        if step := _step(model, layout, etas, [rv.name for rv in able if rv.name in names]):
            found.append(step)
    return found


def _sharing(model: pm.Model, able: set[str]) -> list[tuple[set[str], list[Any]]]:
    """Linear predictors, together where they share coefficients: what is a ridge of one may be held by another."""
    found: list[tuple[set[str], list[Any]]] = []
    for eta in (eta for observed in model.observed_RVs for eta in _predictors(model, observed)):
        if names := able & set(reaches(model, eta)):
            shared = [each for each in found if each[0] & names]
            found = [each for each in found if each not in shared]
            etas = [other for each in shared for other in each[1]]
            found.append((names.union(*(each[0] for each in shared)), [*etas, eta]))
    return found


def rewrite(model: pm.Model, step: Step) -> Rewrite:
    """The model with the named coefficients as a rotation of independent normal variables of one standard deviation.

    Raises
    ------
    NotApplicable
        One of them has another prior.
    """
    import pymc as pm
    import pytensor.tensor as pt

    for name in step["names"]:
        if name not in model.named_vars or not _fixed(model, model[name]):
            raise NotApplicable(f"{name} has no normal or log-normal prior of fixed numbers")
    after, matrix = copied(model), _matrix(step)
    new = fresh_name(after, KIND)
    with after:
        rotated = pm.Normal(new, 0.0, step["sd"], shape=len(matrix))
    values, parts, begin = {}, [], 0
    for name in step["names"]:
        location, scale = after[name].owner.op.dist_params(after[name].owner)
        (shape,) = evaluate(model, [model[name].shape])
        size = int(np.prod(shape))
        turned = pt.dot(matrix[begin : begin + size], rotated).reshape(tuple(int(n) for n in shape))
        value = location + scale * turned / step["sd"]
        values[name] = pt.exp(value) if name in step["logs"] else value
        location, scale = model[name].owner.op.dist_params(model[name].owner)
        old = pt.log(model[name]) if name in step["logs"] else model[name]
        parts.append(((old - location) / scale).ravel())
        begin += size
    added = {new: step["sd"] * pt.dot(matrix.T, pt.concatenate(parts))}
    return Rewrite(model, started(model, exchanged(after, values)), added)


def _matrix(step: Step) -> np.ndarray:
    """The rotation, or what the reflections make together: (n, n) and orthogonal."""
    if "rotation" in step:
        return np.array(step["rotation"])
    matrix = np.eye(len(step["axes"][0]))
    for axis in map(np.array, step["axes"]):
        matrix -= np.outer(axis, axis @ matrix)
    return matrix


def _fixed(model: pm.Model, rv: Any) -> bool:
    """Whether it, or its logarithm, is normal with numbers for location and scale."""
    drawn, transform = type(drawn_by(rv)).__name__, model.rvs_to_transforms.get(rv)
    if not is_plain(rv) or rv.type.ndim > 1 or any(reaches(model, each) for each in _parameters(rv)):
        return False
    return (drawn == "NormalRV" and transform is None) or (
        _of_log(rv) and type(transform).__name__ == "LogTransform"
    )


def _parameters(rv: Any) -> Sequence[Any]:
    return rv.owner.op.dist_params(rv.owner) if hasattr(rv.owner.op, "dist_params") else ()


def _of_log(rv: Any) -> bool:
    return type(drawn_by(rv)).__name__ == "LogNormalRV"


def _predictors(model: pm.Model, observed: Any) -> list[Any]:
    """What the parameters of an observed variable are functions of, element by element: its linear predictor, behind a link."""
    found = []
    for param in _parameters(observed):
        while (inner := _behind(param)) is not None:
            param = inner
        if is_plain(param) and reaches(model, param) and not _draws(model, param):
            found.append(param)
    return found


def _draws(model: pm.Model, graph: Any) -> bool:
    """Whether a graph holds random variables that are none of the model's, as the components of a mixture."""
    from pytensor.graph.traversal import ancestors

    known = {*model.basic_RVs}
    own = {each.owner for each in ancestors([graph]) if each.owner is not None and each not in known}
    return any(hasattr(node.op, "dist_params") for node in own if not known & set(node.outputs))


def _behind(graph: Any) -> Any | None:
    """The only input of an elementwise function of one variable, and of a softmax what it does not cancel; None of anything else."""
    from pytensor.compile.ops import ViewOp
    from pytensor.graph.basic import Constant
    from pytensor.tensor.elemwise import DimShuffle, Elemwise
    from pytensor.tensor.random.op import RandomVariable
    from pytensor.tensor.special import Softmax

    node = graph.owner
    if node is not None and isinstance(node.op, Softmax):
        return node.inputs[0] - node.inputs[0].mean(axis=node.op.axis, keepdims=True)
    if node is None or isinstance(node.op, RandomVariable):
        return None
    if isinstance(node.op, DimShuffle | ViewOp):  # a Deterministic is a view
        return node.inputs[0] if node.inputs[0].owner is not None else None
    inputs = [each for each in node.inputs if not isinstance(each, Constant)]
    if not isinstance(node.op, Elemwise) or len(inputs) != 1 or len(node.inputs) != 1:
        return None
    return inputs[0]


def _step(model: pm.Model, layout: Layout, etas: Sequence[Any], names: Sequence[str]) -> Step | None:
    """The rotation of the coefficients in which ``etas`` are linear; None where it would do nothing."""
    import jax
    import pytensor.tensor as pt

    from faultline.engine import xla

    graphs = [graph.astype("float64").ravel() for graph in model.replace_rvs_by_values(list(etas))]
    outputs, vector = layout.join(model, [pt.concatenate(graphs)])
    rng, start, sizes = np.random.default_rng(0), layout.vector(), evaluate(model, [eta.size for eta in etas])
    if start.size * sum(sizes) > LARGEST:
        return None
    try:
        traced = xla.trace(model, outputs, vector)
        both = jax.jit(lambda at: (traced.function(at, *traced.data)[0], slope(at)))
        slope = jax.jacfwd(lambda at: traced.function(at, *traced.data)[0])
        at = [both(start + rng.normal(size=start.size)) for _ in range(3)]
    except Exception:  # an Op of the user's that JAX cannot differentiate: in what it is linear is not known
        return None
    blocks = {block.name: block for block in layout.blocks}
    places = {name: blocks[name].slice for name in names}
    first, constant = _linear(
        [np.asarray(value) for value, _ in at], [np.asarray(each) for _, each in at], sizes, places
    )
    linear = [name for name in names if constant[places[name]].all()]
    size = sum(blocks[name].size for name in linear)
    if not 2 <= size <= MOST_REFLECTED:
        return None
    columns = np.concatenate([first[:, blocks[name].slice] for name in linear], axis=1)
    lengths = np.sqrt((columns**2).sum(axis=0))
    axes = _axes(columns / lengths)
    if not axes[0] > ALONG * axes[-1]:
        return None
    scales = {name: np.broadcast_to(_scale(model, name), blocks[name].size).ravel() for name in linear}
    # Of the factor R: all axes are wanted, but not a square matrix as large as the data.
    scaled = columns * np.concatenate([*scales.values()])
    _, _, rotation = np.linalg.svd(np.linalg.qr(scaled, mode="r"), full_matrices=True)
    if size <= MOST:
        kept, turn = linear, {"rotation": np.round(rotation.T, DIGITS).tolist()}
    elif ridges := [k for k in range(1, MOST_RIDGES + 1) if axes[-k - 1] > ALONG * axes[-k]]:
        sizes = [blocks[name].size for name in linear]
        kept, turn = _reflected(linear, sizes, rotation[-ridges[-1] :].T)
    else:
        return None
    return {
        "kind": KIND,
        "names": kept,
        "logs": [name for name in kept if _of_log(model[name])],
        "sd": _common(np.concatenate([scales[name] for name in kept])),
        **turn,
    }


def _linear(
    values: Sequence[np.ndarray],
    slopes: Sequence[np.ndarray],
    sizes: Sequence[int],
    places: Mapping[str, slice],
) -> tuple[np.ndarray, np.ndarray]:
    """The derivative of all predictors, (n, coordinates), and in which coordinates they are linear: each as it is, or its logarithm, as of a
    product, where that is linear in more of the variables.
    """
    found, constant, begin = [], [], 0
    for size in sizes:
        rows = slice(begin, begin := begin + int(size))
        forms = [[each[rows] for each in slopes]]
        if all((value[rows] > 0).all() for value in values):
            forms.append([each[rows] / value[rows, None] for each, value in zip(slopes, values, strict=True)])
        same = [_constant(form) for form in forms]
        best = max(
            range(len(forms)),
            key=lambda i: sum(_moves(forms[i][0], same[i], each) for each in places.values()),
        )
        found.append(forms[best][0])
        constant.append(same[best])
    first = np.concatenate(found)
    return first, np.all(constant, axis=0) & (np.abs(first).max(axis=0, initial=0.0) > 0)


def _constant(slopes: Sequence[np.ndarray]) -> np.ndarray:
    """Columns that are the same everywhere."""
    first, *others = slopes
    scale = np.maximum(np.abs(first).max(axis=0, initial=0.0), 1e-300)
    return np.all(
        [np.abs(other - first).max(axis=0, initial=0.0) <= SAME * scale for other in others], axis=0
    )


def _moves(slope: np.ndarray, constant: np.ndarray, place: slice) -> bool:
    """Whether a predictor is linear in a variable, and not just without it."""
    return bool(constant[place].all() and slope[:, place].any())


def _common(scales: np.ndarray) -> float:
    """The standard deviation of the new variables: that of the priors, not less than 1.

    A sampler that jitters its start by 1 then starts the coefficients at most 1 or one standard deviation of their prior away.
    """
    if np.ptp(scales) == 0:
        return max(1.0, float(scales[0]))
    return max(1.0, float(f"{np.exp(np.log(scales).mean()):.3g}"))


def _axes(columns: np.ndarray) -> np.ndarray:
    """Lengths of the principal axes of all coefficients, those that no row moves included, the longest first; not less than rounding."""
    found = np.linalg.svd(columns, compute_uv=False)
    found = np.concatenate([found, np.zeros(columns.shape[1] - found.size)])
    return np.maximum(found, found[0] * max(columns.shape) * np.finfo(float).eps)


def _reflected(
    names: Sequence[str], sizes: Sequence[int], ridges: np.ndarray
) -> tuple[list[str], dict[str, Any]]:
    """The variables along any of the ridges, whose directions are (n, k), and the reflections that take the first axes to these.

    Householder's: each is z - a (a z) with its axis a, of length sqrt(2). They are applied in the order in which they are given.
    """
    parts = np.split(ridges, np.cumsum(sizes)[:-1])
    along = {name: part for name, part in zip(names, parts, strict=True) if np.abs(part).max() > NOT_ALONG}
    left, axes = np.concatenate(list(along.values())), []
    for k in range(left.shape[1]):
        axis = left[:, k].copy()
        axis[:k] = 0.0
        axis[k] += np.copysign(np.linalg.norm(axis), axis[k])
        axis *= np.sqrt(2) / np.linalg.norm(axis)
        axes.append(axis)
        left = left - np.outer(axis, axis @ left)
    return [*along], {"axes": np.round(axes[::-1], DIGITS).tolist()}


def _scale(model: pm.Model, name: str) -> np.ndarray:
    rv = model[name]
    return evaluate(model, [rv.owner.op.dist_params(rv.owner)[1]])[0]
