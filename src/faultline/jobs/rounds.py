"""Rounds: what a design and its trials ask for once outcomes are in the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from faultline.core.configuration import Configuration
from faultline.core.record import read_json
from faultline.criteria.remedies import Asked, Proposal, Remedy, efficiency_of, passes
from faultline.criteria.remedies import asked as asked_remedies
from faultline.criteria.trials.readings import runs
from faultline.criteria.trials.runs import Results, Run, Study, Wanted
from faultline.criteria.trials.wanted import asked
from faultline.jobs.stages import JUDGED, READINGS
from faultline.plan.ladder import Group
from faultline.plan.planned import Plan, Planned, PlannedTrials
from faultline.plan.requests import Planner
from faultline.store.keys import digest
from faultline.store.objects import Store
from faultline.store.suite import Suite


def in_rounds(
    planner: Planner,
    store: Store,
    ask: Callable[[Mapping[str, str]], list[Group]],
    again: Callable[[list[Group]], Iterable[str]],
    grows: bool,
    study: Study | None = None,
    remedies: int = 0,
    suite: Suite | None = None,
) -> tuple[list[Group], Plan]:
    """All that is asked for, as far as the outcomes in the store tell: the groups, and their plan.

    ``ask`` makes the groups of outcomes by name, ``again`` names those to be measured again, ``grows`` says whether
    outcomes make a difference, ``study`` is what the trials are about, and ``remedies`` how many changes may be tried.
    What ``suite`` has published of a group stands where the store has lost it.

    Raises
    ------
    ValueError
        The design drops a group that it has asked for.
    """
    ladder, counted = ask({}), set()
    wanted = asked(study, {}) if study else []
    changes: tuple[Proposal, list[Asked]] = (Proposal(), [])
    while True:
        new = set(again(ladder)) - counted
        plan = planner.plan(ladder, sorted(new), study, wanted, changes)
        counted |= new
        more = ask(_outcomes(store, suite, plan)) if grows else ladder
        trials = _merged(wanted, asked(study, results(store, plan.trials))) if study else []
        tried = _remedies(store, suite, plan, remedies) if remedies else changes
        if more == ladder and trials == wanted and tried == changes:
            return ladder, plan
        if dropped := [group.name for group in ladder if group not in more]:
            # It might ask back and forth for ever.
            raise ValueError(f"the design no longer asks for {dropped[0]}, for which it has asked before")
        if dropped := [each for each in changes[1] if each not in tried[1]]:
            raise ValueError(f"a change is no longer asked for, which was before: {dropped[0].remedy.text}")
        ladder, wanted, changes = more, trials, tried


def _remedies(store: Store, suite: Suite | None, plan: Plan, most: int) -> tuple[Proposal, list[Asked]]:
    """What may cure the model, once all groups are judged, and the runs that it asks for."""
    records = [judged_record(store, suite, group) for group in plan.groups.values()]
    if not all(records) or all(record["verdict"]["outcome"] == "pass" for record in records):
        return Proposal(), []
    from faultline.diagnosis.remedies.proposing import proposal  # only where something fails

    found = proposal(records, most)
    outcomes: dict[Asked, list[bool | None]] = {}
    efficiency: dict[Remedy, float] = {}
    for key, each in plan.remedies.measured.items() if plan.remedies else ():
        if contents := store.contents(key):
            rows = store.read_json(key, READINGS)["runs"] if READINGS in contents["files"] else []
            outcomes[each] = [passes(row) for row in rows]
            for known in filter(None.__ne__, map(efficiency_of, rows)):
                efficiency[each.remedy] = min(known, efficiency.get(each.remedy, known))
    return found, asked_remedies(found, outcomes, efficiency)


def _merged(before: list[Wanted], more: Iterable[Wanted]) -> list[Wanted]:
    """Both, one entry for each configuration and budget: which change cures first may turn out differently with more runs, and what was
    asked for stays asked for.
    """
    seeds: dict[tuple[Configuration, bool], dict[int, None]] = {}
    for each in (*before, *more):
        seeds.setdefault((each.configuration, each.larger), {}).update(dict.fromkeys(each.seeds))
    return [Wanted(configuration, tuple(found), larger) for (configuration, larger), found in seeds.items()]


def round_of(awaited: Iterable[str]) -> str:
    """What a round is called: a digest of the keys that the next one waits for."""
    return digest(sorted(awaited))[:32]


def results(store: Store, planned: PlannedTrials) -> Results:
    """The runs that are in the store, by their configurations."""
    found: dict[Configuration, list[Run]] = defaultdict(list)
    for key, purposes in planned.measured.items():
        if READINGS in (store.contents(key) or {"files": ()})["files"]:
            content = store.read_json(key, READINGS)["runs"]
            for wanted in purposes:
                found[wanted.configuration] += runs(content, wanted.larger)
    for wanted in planned.left_out:
        found[wanted.configuration] += wanted.unknown()
    return found


def judged_record(store: Store, suite: Suite | None, group: Planned) -> dict[str, Any] | None:
    """The judged record of a group, from the store, or as the suite has published it; None where there is none yet."""
    if store.contents(group.judged):
        return store.read_json(group.judged, JUDGED)
    name = group.group.name
    if suite is None or suite.published(name).get("key") != group.published:
        return None
    path = suite.folder / "results" / f"results_{name}.json"
    return read_json(path) if path.is_file() else None


def _outcomes(store: Store, suite: Suite | None, plan: Plan) -> dict[str, str]:
    records = {name: judged_record(store, suite, group) for name, group in plan.groups.items()}
    return {name: record["verdict"]["outcome"] for name, record in records.items() if record}
