"""What a measurement does: one file for each kind of experiment, listed here. This module imports no PyMC.

A file has ``prepare(recorder, opened)``, which makes what is measured (a PyMC model: `model_target.prepare`), and
``measure(recorder, subject)``, which runs its probes in order and keeps what they find.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Experiment:
    """One kind of experiment, as far as planning has to know it.

    Parameters
    ----------
    kind
        What requests and records call it.
    file
        Its module in this package.
    samples
        Whether it leaves ``draws.nc``.
    given
        Whether those are somebody else's: it is asked for without a sampler's settings.
    yours
        Whether it samples with the settings in ``as_yours``, in place of those in ``sampler``.
    looks_at_draws
        Whether it looks at the draws that the user gives beside the model: their content is in its request.
    holds
        Whether it holds the case's latent variables: it is asked for with ``groups.freeze``.
    replicates
        Whether it makes a run for each of several seeds.
    limits
        Names of ``limits`` in the configuration that only this kind knows.
    shows_suspects
        Whether its pictures show what the rules name, and so need the judged record.
    judged_as
        How its record is judged: one of ``diagnosis.kinds.WAYS``.
    section
        The section of its page that is about it, and has its checks: a module of ``report.sections``.
    """

    kind: str
    file: str
    samples: bool = False
    given: bool = False
    yours: bool = False
    looks_at_draws: bool = False
    holds: bool = False
    replicates: bool = False
    limits: tuple[str, ...] = ()
    shows_suspects: bool = False
    judged_as: str = "sampling"
    section: str = "sampling"

    @property
    def module(self) -> str:
        """The dotted name of its module."""
        return f"{__name__}.{self.file}"


EXPERIMENTS = (
    Experiment("build", "build", judged_as="build", section="model"),
    Experiment("gradient", "gradient", looks_at_draws=True, judged_as="gradient", section="gradient"),
    Experiment("sampling", "sampling", samples=True),
    Experiment("frozen", "frozen", samples=True, holds=True, judged_as="frozen"),
    Experiment(
        "apart",
        "ablation",
        samples=True,
        limits=("apart",),
        shows_suspects=True,
        judged_as="ablation",
        section="apart",
    ),
    Experiment("as_yours", "as_yours", samples=True, yours=True, looks_at_draws=True, judged_as="as_yours"),
    Experiment("pipeline", "pipeline", replicates=True, judged_as="pipeline", section="pipeline"),
    Experiment("replicates", "replicates", samples=True, replicates=True),
    Experiment("remedy", "remedy", samples=True, replicates=True),
    Experiment("shortest", "shortest"),
    Experiment("draws", "draws", samples=True, given=True, judged_as="draws"),
)


def experiment(kind: str) -> Experiment:
    """The experiment of this kind.

    Raises
    ------
    LookupError
        If there is none.
    """
    for known in EXPERIMENTS:
        if known.kind == kind:
            return known
    raise LookupError(f"there is no experiment {kind!r}")
