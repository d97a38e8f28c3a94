"""The model as it was built, its log-probability and its gradient at the start."""

from __future__ import annotations

from dataclasses import dataclass

from faultline.core.sections.section import Row, Section


@dataclass(frozen=True, kw_only=True)
class Graph(Section):
    """The graph of the log-probability and what it costs to differentiate and rewrite, in CPU seconds.

    ``by_factor``: rows name, n_nodes, depth. ``costliest``: name, cpu_seconds, too_deep; None if the graph is so small that
    it was not timed.
    """

    n_nodes: int | None = None
    depth: int | None = None
    by_factor: tuple[Row, ...] = ()
    cpu_seconds: float | None = None
    costliest: Row | None = None
    too_deep: bool = False


@dataclass(frozen=True, kw_only=True)
class ModelStart(Section):
    """PyMC's initial point. ``outside``: rows name, n, size, transform of initial values outside their domain."""

    strategy: str | None = None
    logp: float | None = None
    initvals: tuple[str, ...] = ()
    outside: tuple[Row, ...] = ()
    largest: float | None = None


@dataclass(frozen=True, kw_only=True)
class Model(Section):
    """What the model consists of.

    Attributes
    ----------
    n_free_rvs, n_values
        Free variables, and their values.
    free_rvs
        Rows: name, shape, size, transform, distribution, parents (the variables that its prior reads).
    reads
        Rows: name of a term, variables that it reads.
    observed_parameters
        Rows: name, size, parameters: for each parameter of the likelihood the variables that it reads.
    custom_ops, prior_only, flat
        Rows, or None if that was not looked at: op, module, factors, has_gradient; name, index, n, by, improper; name, n, size.
    disconnected
        Rows: factor, name, reason.
    """

    n_free_rvs: int | None = None
    n_values: int | None = None
    free_rvs: tuple[Row, ...] = ()
    discrete: tuple[str, ...] = ()
    deterministics: tuple[str, ...] = ()
    potentials: tuple[str, ...] = ()
    observed: tuple[str, ...] = ()
    reads: tuple[Row, ...] = ()
    observed_parameters: tuple[Row, ...] = ()
    graph: Graph = Graph()
    custom_ops: tuple[Row, ...] | None = None
    prior_only: tuple[Row, ...] | None = None
    flat: tuple[Row, ...] | None = None
    disconnected: tuple[Row, ...] = ()
    start: ModelStart = ModelStart()


@dataclass(frozen=True, kw_only=True)
class LogpStart(Section):
    """The log-probability at PyMC's initial point, and at jittered ones: rows seed, logp, broken (names of terms)."""

    without_jitter: Row | None = None
    with_jitter: tuple[Row, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Logp(Section):
    """The log-probability at the start.

    ``terms``: rows name, kind, value, n_elements, n_nan, n_inf, and where it is known why one is not finite: bad, data, matrix.
    ``equal_terms``: rows names, n_points, max_spread, kind; None if that was not looked at.
    """

    total: float | None = None
    terms_total: float | None = None
    terms: tuple[Row, ...] = ()
    n_nan: int | None = None
    n_inf: int | None = None
    start: LogpStart = LogpStart()
    equal_terms: tuple[Row, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class FiniteDifferences(Section):
    """The gradient against finite differences.

    ``factors``: rows name, max_relative_error, n_compared, rounding, worst. ``zero_gradient``: rows factor, variable; None if that
    was not looked at.
    """

    points: int | None = None
    steps: tuple[float, ...] = ()
    directions: int | None = None
    factors: tuple[Row, ...] = ()
    max_relative_error: float | None = None
    zero_gradient: tuple[Row, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class AtDraws(Section):
    """The log-probability and its gradient at ``n`` draws that were given; ``reason``: why they do not fit the model.

    ``n_outside`` draws lie outside the support and count no further; at ``n_not_finite`` something is not finite. ``factors``: rows
    name, value, gradient.
    """

    reason: str | None = None
    n: int | None = None
    n_outside: int | None = None
    n_not_finite: int | None = None
    factors: tuple[Row, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Gradient(Section):
    """The gradient at the start, by the ``n`` continuous values.

    ``top``: rows name, index, value. ``share_by_variable``: rows name, share (of the squared norm), n_nonfinite.
    ``perturbations``: rows seed, logp, l2, n_nonfinite, finite. ``adds_up``: whether it is that of the log-probability.
    ``at_draws``: only where draws were given.
    """

    n: int | None = None
    logp: float | None = None
    l2: float | None = None
    linf: float | None = None
    n_nan: int | None = None
    n_inf: int | None = None
    top: tuple[Row, ...] = ()
    share_by_variable: tuple[Row, ...] = ()
    perturbations: tuple[Row, ...] = ()
    finite_differences: FiniteDifferences = FiniteDifferences()
    adds_up: bool | None = None
    at_draws: AtDraws = AtDraws()
