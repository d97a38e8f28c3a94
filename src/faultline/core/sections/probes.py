"""What single probes found about the data, the parameters and the terms of a model."""

from __future__ import annotations

from dataclasses import dataclass, field

from faultline.core.sections.section import Row, Section


@dataclass(frozen=True, kw_only=True)
class Densities(Section):
    """Potentials that are densities: rows name, function, variable, argument, jacobian_elsewhere, normalised_*, symmetric, own_prior."""

    potentials: tuple[Row, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Shapes(Section):
    """Terms with more elements than data: rows name, elements, shape, data_size, data_shape; outer sums: rows name, n, reads_data."""

    factors: tuple[Row, ...] = ()
    outer: tuple[Row, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Data(Section):
    """The arrays that a model reads, and what is odd about them; each a row with the array's or the term's name and counts."""

    arrays: tuple[Row, ...] = ()
    imputed: tuple[Row, ...] = ()
    coerced: tuple[Row, ...] = ()
    overflow: tuple[Row, ...] = ()
    support: tuple[Row, ...] = ()
    constant: tuple[Row, ...] = ()
    coded: tuple[Row, ...] = ()
    coded_predictors: tuple[Row, ...] = ()
    scaled: tuple[Row, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SecondBackend(Section):
    """PyTensor's gradient against JAX's, term by term; the reason why not."""

    factors: tuple[Row, ...] = ()
    reason: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Probes(Section):
    """One field for each probe.

    Attributes
    ----------
    random
        Rows: factor, kind, drawn: terms that are drawn anew at every evaluation.
    indices
        Rows: factors, index, n, n_outside, n_negative, size, smallest, largest, variables.
    domains
        Rows: factor, requires, variables, violated (part of the draws from the prior), n.
    cut
        Rows: name, distribution, transform, change.
    others
        What any other probe found, under its name.
    """

    random: tuple[Row, ...] = ()
    indices: tuple[Row, ...] = ()
    domains: tuple[Row, ...] = ()
    densities: Densities = Densities()
    cut: tuple[Row, ...] = ()
    shapes: Shapes = Shapes()
    data: Data = Data()
    second_backend: SecondBackend = SecondBackend()
    others: Row = field(default_factory=dict)
