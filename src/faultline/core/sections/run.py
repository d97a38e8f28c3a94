"""The figures of one run of the sampler."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from faultline.core.sections.section import Row, Section


@dataclass(frozen=True, kw_only=True)
class DivergencePositions(Section):
    """Where a run's divergences lie. A row of ``variables``: name, index, shift (in standard deviations), ks, p."""

    n: int = 0
    variables: tuple[Row, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Run(Section):
    """One run, or the fit of a model under a condition.

    Attributes
    ----------
    wanted, reason
        Of a longer run: what it is for (``confirm``, ``extended``), and what the run before left open.
    n_draws
        Draws of all chains.
    divergent_share, max_treedepth_fraction
        Parts of the draws.
    ess_per_1000
        Effective draws of the worst value, for a thousand evaluations of the gradient.
    seconds
        Wall time.
    ebfmi, chains_logp, chains_logp_end, chains_movement
        One value per chain; None where it is not known.
    variables
        Rows: name, size, rhat_max, rhat_worst_index, ess_bulk_min, ess_tail_min, n_undefined, n_determined, mean, sd.
    by_variable
        Name -> rhat, share (of the draws that are effective), per_1000.
    priors
        Rows for the values far out in a tail of their prior: name, index, n, log10_tail, posterior_*, prior (5 %, 50 %, 95 %).
    held, dropped
        Of a fit under a condition: the variables held, the factors left out.
    sampled_before
        The sampling group's own run, taken over.
    """

    wanted: str | None = None
    reason: str | None = None
    unconfirmed: Any = None
    nuts: str | None = None
    init: str | None = None
    chains: int | None = None
    tune: int | None = None
    draws: int | None = None
    target_accept: float | None = None
    n_draws: int | None = None
    seconds: float | None = None
    complete: bool | None = None
    divergences: int | None = None
    divergent_share: float | None = None
    divergence_positions: DivergencePositions = DivergencePositions()
    mean_step_size: float | None = None
    max_treedepth_fraction: float | None = None
    treedepth_statistic: str | None = None
    n_steps_mean: float | None = None
    min_ess: float | None = None
    max_rhat: float | None = None
    min_ebfmi: float | None = None
    ebfmi: tuple[float | None, ...] = ()
    variables: tuple[Row, ...] = ()
    by_variable: dict[str, Row] = field(default_factory=dict)
    selected: Row | None = None
    chains_logp: tuple[float | None, ...] = ()
    chains_logp_end: tuple[float | None, ...] = ()
    chains_movement: tuple[Row | None, ...] = ()
    n_undefined: int | None = None
    n_nonfinite: int | None = None
    start_logp: float | None = None
    ess_per_1000: float | None = None
    priors: tuple[Row, ...] = ()
    held: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    sampled_before: bool = False

    def outlasts(self, other: Run) -> bool:
        """Whether it has more draws than another run of the same model."""
        return (self.n_draws or 0) > (other.n_draws or 0)
