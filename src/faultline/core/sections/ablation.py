"""A model taken apart: sampled as it stands, with its variables held and its factors left out."""

from __future__ import annotations

from dataclasses import dataclass, field

from faultline.core.sections.run import Run
from faultline.core.sections.section import Row, Section


@dataclass(frozen=True, kw_only=True)
class Modes(Section):
    """Where the chains are.

    ``chains``: the place of each. ``valley``: how deep the log-probability falls between places. ``variables``: rows name, apart,
    n, size. ``symmetries``: rows kind, names, axis, separates.
    """

    places: int = 1
    chains: tuple[int, ...] = ()
    valley: float | None = None
    variables: tuple[Row, ...] = ()
    lp: tuple[float, ...] = ()
    lp_spread: float | None = None
    symmetries: tuple[Row, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Curvature(Section):
    """The curvature of the log-probability at draws.

    ``null``: rows ratio, curvature, share of flat directions. ``bends``: rows by, by_index, bent, bent_index, slope, width,
    width_of_draws. ``reads``: factor -> variables.
    """

    points: int | None = None
    usable: int | None = None
    null: tuple[Row, ...] = ()
    bends: tuple[Row, ...] = ()
    condition: float | None = None
    reads: dict[str, list[str]] = field(default_factory=dict)
    not_concave: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cliffs(Section):
    """Lines along which a factor jumps: rows name, n, n_cliff, variables, along, distance, to, before, lost, falling, profile."""

    lines: int | None = None
    reach: float | None = None
    factors: tuple[Row, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Ablation(Section):
    """All that was tried.

    Attributes
    ----------
    whole, discrete, discrete_held
        Of a model with discrete variables: the run that moves them, their names, and runs with them held.
    base, longer, controls
        The model as it stands; once more with more draws and smaller steps; and again, to see how much fits differ by chance.
    conditions
        Fits with variables held or factors dropped.
    conflict, relaxed
        Rows: values far out in a tail of their prior; what the model gains without a prior.
    remedies
        Changes that the model allows: rows kind, names, and what the kind needs.
    skipped
        Rows: what, reason.
    """

    whole: Run = Run()
    discrete: tuple[str, ...] = ()
    discrete_held: tuple[Run, ...] = ()
    base: Run = Run()
    longer: Run = Run()
    controls: tuple[Run, ...] = ()
    conditions: tuple[Run, ...] = ()
    modes: Modes = Modes()
    curvature: Curvature = Curvature()
    bends_in_prior: tuple[Row, ...] = ()
    cliffs: Cliffs = Cliffs()
    conflict: tuple[Row, ...] = ()
    relaxed: tuple[Row, ...] = ()
    completed: tuple[str, ...] = ()
    custom_distributions: tuple[Row, ...] = ()
    custom_counts: tuple[Row, ...] = ()
    outside_sums: tuple[Row, ...] = ()
    warped: tuple[Row, ...] = ()
    between_observed: tuple[Row, ...] = ()
    far: tuple[Row, ...] = ()
    endless: tuple[Row, ...] = ()
    unheld: tuple[Row, ...] = ()
    remedies: tuple[Row, ...] = ()
    skipped: tuple[Row, ...] = ()
