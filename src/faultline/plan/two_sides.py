"""Two scenarios, one that works and one that fails: what they differ in becomes the changes of trials."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from faultline.core.commits import REVISION, WORKING_TREE, Commit
from faultline.core.configuration import DATASET, Configuration, configuration, differences
from faultline.core.errors import InputError, shown
from faultline.core.record import SUITES
from faultline.criteria.trials.runs import FRESH_RUNS, Study, Toggle
from faultline.plan import blocks
from faultline.plan.config import Config
from faultline.plan.stage_keys import sources_digest
from faultline.plan.trials import NO_DATA, SCENARIO, criteria, in_words
from faultline.store.objects import Store
from faultline.store.suite import Suite
from faultline.targets.case import Signature, read_signature
from faultline.targets.revisions import Repository


@dataclass(frozen=True)
class Side:
    """One of two scenarios.

    Parameters
    ----------
    settings
        Those of the suite, with what this side says in their place.
    signature
        Of the case at its revision.
    commit
        Its revision; None: the case as it stands.
    """

    settings: Config
    signature: Signature
    commit: Commit | None

    @property
    def revision(self) -> str:
        return self.commit.name if self.commit else WORKING_TREE

    @property
    def chosen(self) -> dict[str, str]:
        """All that it has, as a configuration has it, without its revision."""
        variants = self.signature.choose_variants(self.settings.variants)
        components = self.signature.choose_components(self.settings.components)
        if self.signature.stages:
            scenario = self.settings.scenario_of(self.signature)
            return {**variants, **({} if scenario is None else {SCENARIO: scenario})}
        return {
            **variants,
            **in_words(components),
            DATASET: self.settings.dataset_named(self.signature) or NO_DATA,
        }

    @property
    def named(self) -> set[str]:
        """What of it somebody has chosen; the rest is as its revision has it by default."""
        variants = self.settings.variants
        if isinstance(variants, str):
            variants = self.signature.literals["PRESETS"][variants]
        data = {SCENARIO} if self.settings.dataset in self.signature.scenarios else {DATASET}
        return {*variants, *self.settings.components, *data} & set(self.chosen)


@dataclass(frozen=True)
class TwoSides:
    """Two scenarios that are compared.

    Parameters
    ----------
    works, fails
        They.
    study
        What their differences do.
    repository
        Where revisions are found; None where neither side names one.
    """

    works: Side
    fails: Side
    study: Study
    repository: Repository | None

    @property
    def commits(self) -> dict[str, Commit]:
        """The revisions that configurations name; none where both sides have the same one."""
        if self.works.revision == self.fails.revision:
            return {}
        ends = (self.works.commit or Commit(), self.fails.commit or Commit())
        return {commit.name: commit for commit in (*self.study.commits, *ends)}

    def at(self, commit: Commit, checkouts: Path) -> tuple[str, dict[str, Any]]:
        """The case as it stood at a commit, and what a request says of it beside the case itself.

        Raises
        ------
        InputError
            It was not there, or of another kind.
        """
        case = self.repository.case_at(commit, checkouts)
        now, there = read_signature(self.repository.case), read_signature(case)
        if there.target != now.target:
            raise InputError(f"the case is a {there.target} in commit {commit.name}.")
        place, top = str(checkouts / commit.hash), os.path.relpath(self.repository.top)
        about: dict[str, Any] = {"revision": {"commit": commit.hash, "place": place, "stands_for": top}}
        if now.stages:  # what has to hold is the same on both sides, whatever was declared then
            names = ("CRITERIA", "ORACLES", "CONTRACT", "HYPOTHESES")
            about["declared"] = {name: now.literals[name] for name in names if name in now.literals}
        return case, about


def remembered(signature: Signature, settings: Config, store: Store) -> dict[str, Any]:
    """What a suite remembers of a run, for a side of a comparison that names the suite."""
    return {
        "variants": signature.choose_variants(settings.variants),
        "components": signature.choose_components(settings.components),
        "dataset": settings.scenario_of(signature) if signature.stages else settings.dataset,
        "sources": sources_digest(signature, store),
    }


def two_sides(signature: Signature, settings: Config, store: Store) -> TwoSides | None:
    """The two scenarios that ``compare`` asks for; None where it is not set.

    Parameters
    ----------
    signature
        Of the case as it stands. What has to hold is what it declares, on both sides.
    settings
        Those of the suite.
    store
        Where revisions are checked out.

    Raises
    ------
    InputError
        A side has what the case at its revision does not, both sides are the same, or there is no such revision or suite.
    """
    asked = settings.compare
    if asked is None:
        return None
    repository = Repository.of(signature.ref) if asked.works.revision or asked.fails.revision else None
    works = _side("works", asked.works, signature, settings, repository, store)
    fails = _side("fails", asked.fails, signature, settings, repository, store)
    same_code = works.revision == fails.revision
    names = set(works.chosen) | set(fails.chosen) if same_code else works.named | fails.named
    both = [_configuration(side, names) for side in (works, fails)]
    if not same_code:
        _check_choices(works, both[1])
        _check_choices(fails, both[0])
        both = [
            configuration({**dict(c), REVISION: side.revision})
            for c, side in zip(both, (works, fails), strict=True)
        ]
    repaired, failing = both
    if repaired == failing:
        raise InputError(
            "config: compare: both sides are the same; say what one of them has in place of the other, such as works: {revision: v1.2}."
        )
    commits, backward = ((), False) if same_code else _between(repository, works.commit, fails.commit)
    study = Study(
        toggles=tuple(
            Toggle(name, (choice, dict(repaired)[name])) for name, choice in differences(repaired, failing)
        ),
        failing=failing,
        repaired=repaired,
        criteria=criteria(signature),
        screening=settings.seed if signature.stages else None,
        fresh=tuple(settings.seed + number for number in range(1, FRESH_RUNS + 1)),
        larger=not signature.stages or _have_the_budget(signature, works, fails),
        oracles=tuple(signature.literals.get("ORACLES", {})),
        compares=True,
        commits=commits,
        commits_backward=backward,
    )
    return TwoSides(works, fails, study, repository)


def _side(
    name: str,
    asked: blocks.Side,
    signature: Signature,
    settings: Config,
    repository: Repository | None,
    store: Store,
) -> Side:
    own = {
        key: value
        for key in ("variants", "components", "dataset")
        if (value := getattr(asked, key)) is not None
    }
    held = _of_suite(f"compare.{name}.suite", asked.suite, signature) if asked.suite else {}
    sources = held.pop("sources", None)
    settings = replace(settings, **{**held, **own})
    where, there, commit = f"compare.{name}", signature, None
    if repository is not None and asked.revision is not None:
        where = f"compare.{name}.revision"
        commit = repository.commit(asked.revision, where)
        try:
            there = read_signature(repository.case_at(commit, store.revisions))
        except InputError as mistake:
            raise InputError(f"{where}: {mistake}") from None
        if there.target != signature.target:
            raise InputError(
                f"{where}: the case is a {there.target} in commit {commit.name} and a {signature.target} now; name a later one."
            )
        there = replace(there, ref=f"{signature.ref} in commit {commit.name}")
    side = _checked(where, Side(settings, there, commit))
    if sources and sources_digest(there, store) != sources:
        raise InputError(
            f"compare.{name}.suite: case {signature.ref} has been edited since suite {asked.suite} was made; name the revision that it was "
            "made with beside it, or run it again."
        )
    return side


def _of_suite(where: str, name: str, signature: Signature) -> dict[str, Any]:
    """What a suite's last run was of: its choices, its data, and a digest of its sources."""
    suite = Suite(Path(SUITES, name))
    owner, held = suite.owner(), suite.configuration
    if owner is None:
        raise InputError(f"{where}: there is no suite {shown(name)} in {SUITES}; name one that has been run.")
    if owner[0] != signature.ref:
        raise InputError(
            f"{where}: suite {shown(name)} is of case {owner[0]}, and this one is {signature.ref}; name one of the same case."
        )
    if not held:
        raise InputError(f"{where}: suite {shown(name)} does not say what its last run was of; run it again.")
    return dict(held)


def _checked(where: str, side: Side) -> Side:
    """The side, once what it chooses is known to be there."""
    toggles = {**side.signature.variants, **side.signature.components}
    if taken := {REVISION, DATASET if not side.signature.stages else SCENARIO} & set(toggles):
        raise InputError(
            f"{where}: case {side.signature.ref} calls a choice of its own {min(taken)}, which a comparison cannot tell from what it "
            "compares; rename it."
        )
    try:
        _ = side.chosen
    except InputError as mistake:
        raise InputError(f"{where}: {str(mistake).removeprefix('config: ')}") from None
    return side


def _configuration(side: Side, names: set[str]) -> Configuration:
    if missing := sorted(names - set(side.chosen)):
        raise InputError(
            f"compare: {side.signature.ref} has no {shown(missing[0])}, which the other side chooses; leave it out there, and each side "
            "has what it has by default."
        )
    return configuration({name: side.chosen[name] for name in names})


def _check_choices(side: Side, other: Configuration) -> None:
    """Raise `InputError` where a side cannot have what the other one has: the two could not be mixed."""
    known = {name: variant.choices for name, variant in side.signature.variants.items()}
    known |= {SCENARIO: tuple(side.signature.scenarios)}
    for name, choice in other:
        if choice not in known.get(name, (choice,)):
            raise InputError(
                f"compare: {name} has no {shown(choice)} in {side.signature.ref}, which the other side has; leave it out there, and each "
                "side has what it has by default."
            )


def _have_the_budget(signature: Signature, *sides: Side) -> bool:
    """Whether a pipeline declares a larger budget, and each side can have it."""
    budget = signature.literals.get("BUDGET", {})
    return bool(budget) and all(
        name in side.signature.variants and choice in side.signature.variants[name].choices
        for side in sides
        for name, choice in budget.items()
    )


def _between(
    repository: Repository, works: Commit | None, fails: Commit | None
) -> tuple[tuple[Commit, ...], bool]:
    """The commits from the side that works to the side that fails, in this order; from where their histories part, where they do.

    And whether that is backward in time.
    """
    head = repository.commit("HEAD", "compare")
    older, newer = works or head, fails or head
    start = repository.parting(older, newer)
    if start is None:
        return (), False
    backward = start == newer and (start != older or works is None)
    way = repository.path(start, older if backward else newer)
    if (works if backward else fails) is None:
        way.append(Commit())
    return tuple(way[::-1] if backward else way), backward
