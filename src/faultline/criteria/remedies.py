"""Which runs show that a change cures a model, and whether they do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from faultline.criteria.trials.of_sampling import SAME_EFFICIENCY
from faultline.criteria.trials.runs import FRESH_RUNS

CRITERION = "samples_well"
"""The reading of a run by which it passes: what a pass of a group needs. Inconclusive is none."""

EFFICIENCY = "efficiency"
"""The reading of its effective draws for the work."""

VARIANT = "variant"
"""The kind of a step by which the model is built with another choice of one of the case's own variants."""

# Where the model as it stands passes with some of these, it is no plain failure. Three more seeds decide: the change has to pass with all
# six, and the model as it stands with no more than this many. A change that does nothing is called
# a cure by all of this, the screening included, with a chance of 1.2 % at most, whatever the share of its runs that pass. Where more of them pass,
# it helps.
PASSES_OF_SIX = 2

# Parts of a cure up to which it is tried without each of them: every one is a set of runs of its own.
MOST_PARTS = 6

Judgment = Literal["cures", "helps", "fails", "undecided", "wants_more"]


# A run that neither passes nor fails is made again with this many times as many draws: whether chains that mix slowly agree within the
# limits is then a matter of how many there are. Both arms are treated alike.
MORE_DRAWS = 2


# Kinds of steps against modes. Chains that settle in the same one by chance pass: two do in half of the runs, so that it takes more of them to
# see what the model as it stands does. Both arms are treated alike.
AGAINST_MODES = ("ordered", "signs", "cut", "half_turn")
CHAINS_FOR_MODES = 4


def passes(row: Mapping[str, Any]) -> bool | None:
    """Whether a run passes, by its readings as JSON has them; None: it does not decide. One that raised does not pass."""
    return False if row["raised"] else row["readings"].get(CRITERION, {}).get("passed")


def efficiency_of(row: Mapping[str, Any]) -> float | None:
    """Effective draws per 1000 gradient evaluations of a run, as a power of 2, by its readings; None where they are not known."""
    return row["readings"].get(EFFICIENCY, {}).get("value")


def judged(
    unchanged: Sequence[bool | None], changed: Sequence[bool | None], screening: bool | None = True
) -> Judgment:
    """What runs on the same number of fresh seeds say of a change; None stands for a run that does not decide, which is no pass.

    Parameters
    ----------
    unchanged, changed
        Whether each run passes, of the model as it stands and with the change.
    screening
        Whether the change passed with the seed by which it was chosen.
    """
    if screening is False or False in changed:
        return "fails"
    if screening is None:
        return "undecided"
    known = min(len(unchanged), len(changed))
    if known < FRESH_RUNS or None in changed:
        return "undecided"
    passing = sum(map(bool, unchanged[:known]))
    if passing == 0:
        return "cures"
    if known < 2 * FRESH_RUNS:
        return "wants_more" if passing < FRESH_RUNS else "undecided"
    return "cures" if passing <= PASSES_OF_SIX else "helps" if passing < known else "undecided"


@dataclass(frozen=True)
class Remedy:
    """A change that may cure.

    Parameters
    ----------
    text
        Its ``steps``, by which the model is written another way, and settings of the ``sampler``, as JSON. Equal texts are one change.
    """

    text: str

    @classmethod
    def of(cls, steps: Sequence[Mapping[str, Any]] = (), sampler: Mapping[str, Any] | None = None) -> Remedy:
        """A change by its parts; neither: the model as it stands."""
        return cls(json.dumps({"steps": list(steps), "sampler": dict(sampler or {})}, sort_keys=True))

    @property
    def steps(self) -> list[dict[str, Any]]:
        return json.loads(self.text)["steps"]

    @property
    def sampler(self) -> dict[str, Any]:
        return json.loads(self.text)["sampler"]

    @property
    def parts(self) -> int:
        """How many things it changes."""
        return len(self.steps) + len(self.sampler)

    def without_each(self) -> list[Remedy]:
        """The change with one of its parts left out, for each of them: settings first."""
        steps, sampler = self.steps, self.sampler
        return [
            *(
                Remedy.of(steps, {key: value for key, value in sampler.items() if key != name})
                for name in sampler
            ),
            *(Remedy.of([each for each in steps if each is not step], sampler) for step in steps),
        ]


UNCHANGED = Remedy.of()


@dataclass(frozen=True)
class Proposal:
    """What may be tried, the most promising first.

    Parameters
    ----------
    single
        Changes by themselves.
    together
        Several of them at once, one after another as long as nothing cures.
    left_out
        What the budget leaves no room for.
    """

    single: tuple[Remedy, ...] = ()
    together: tuple[Remedy, ...] = ()
    left_out: tuple[Remedy, ...] = ()

    @property
    def least_chains(self) -> int:
        """How many chains its runs need, whatever the settings say."""
        steps = [step for remedy in self.single for step in remedy.steps]
        return CHAINS_FOR_MODES if any(step["kind"] in AGAINST_MODES for step in steps) else 1


@dataclass(frozen=True)
class Asked:
    """Runs of a change: ``more`` for the three seeds after the first ones."""

    remedy: Remedy
    more: bool = False


Outcomes = Mapping[Asked, Sequence[bool | None]]
"""Whether each run passes, in the order of the seeds: of a change that is screened the screening comes first, and is alone where it fails."""


def asked(
    proposal: Proposal, outcomes: Outcomes, efficiency: Mapping[Remedy, float] | None = None
) -> list[Asked]:
    """All runs that are asked for after these outcomes. What was asked for stays asked for.

    ``efficiency``: effective draws per gradient evaluation of the worst run of each change, as a power of 2, where it is known.
    """
    if not proposal.single:
        return []
    found = [Asked(UNCHANGED), *map(Asked, proposal.single)]
    for several in proposal.together:
        if not all(each in outcomes for each in found) or any(
            _may_cure(each.remedy, outcomes) for each in found[1:]
        ):
            break
        found.append(Asked(several))
    found += [
        each for each in map(Asked, _smaller(proposal, outcomes, efficiency or {})) if each not in found
    ]
    tried = [each.remedy for each in found if each.remedy != UNCHANGED]
    first = {each: runs for each, runs in outcomes.items() if not each.more}
    if wanting := [each for each in tried if judgment(each, first) == "wants_more"]:
        found += [Asked(each, more=True) for each in (UNCHANGED, *wanting)]
    return found


def judgment(remedy: Remedy, outcomes: Outcomes) -> Judgment | None:
    """What the runs say of a change; None where it was not tried yet."""
    first = outcomes.get(Asked(remedy))
    if first is None:
        return None
    if not first:  # it came to no end
        return "undecided"
    unchanged = [*outcomes.get(Asked(UNCHANGED), ()), *outcomes.get(Asked(UNCHANGED, more=True), ())]
    fresh = [*first[1:], *outcomes.get(Asked(remedy, more=True), ())]
    return judged(unchanged, fresh, screening=first[0])


def _smaller(proposal: Proposal, outcomes: Outcomes, efficiency: Mapping[Remedy, float]) -> list[Remedy]:
    """The first cure of several parts without each of them; then without all parts without which it still cures, about as well."""
    cure = next((each for each in proposal.together if judgment(each, outcomes) == "cures"), None)
    if cure is None or not 1 < cure.parts <= MOST_PARTS:
        return []
    found = cure.without_each()
    enough = [
        each
        for each in found
        if judgment(each, outcomes) == "cures" and _as_well(efficiency.get(each), efficiency.get(cure))
    ]
    if len(enough) > 1 and all(Asked(each) in outcomes for each in found):
        rest = Remedy.of(
            [step for step in cure.steps if all(step in each.steps for each in enough)],
            {k: v for k, v in cure.sampler.items() if all(k in each.sampler for each in enough)},
        )
        found += [rest] if rest.parts else []
    return found


def _as_well(efficiency: float | None, other: float | None) -> bool:
    """Whether one change samples about as well as another, or that is not known."""
    return efficiency is None or other is None or efficiency >= other - SAME_EFFICIENCY


def _may_cure(remedy: Remedy, outcomes: Outcomes) -> bool:
    return judgment(remedy, outcomes) in ("cures", "helps", "wants_more")
