"""Rounds: what a design asks for once outcomes are in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from faultline.jobs.stages import JUDGED
from faultline.plan.ladder import Group
from faultline.plan.requests import Plan, Planner
from faultline.store.keys import digest
from faultline.store.objects import Store


def in_rounds(
    planner: Planner,
    store: Store,
    ask: Callable[[Mapping[str, str]], list[Group]],
    again: Callable[[list[Group]], Iterable[str]],
    grows: bool,
) -> tuple[list[Group], Plan]:
    """All that is asked for, as far as the outcomes in the store tell: the groups, and their plan.

    ``ask`` makes the groups of outcomes by name, ``again`` names those to be measured again, and ``grows`` says whether
    outcomes make a difference.

    Raises
    ------
    ValueError
        The design drops a group that it has asked for.
    """
    ladder, counted = ask({}), set()
    while True:
        wanted = set(again(ladder)) - counted
        plan = planner.plan(ladder, sorted(wanted))
        counted |= wanted
        if not grows or (more := ask(_outcomes(store, plan))) == ladder:
            return ladder, plan
        if dropped := [
            group.name for group in ladder if group not in more
        ]:  # it might ask back and forth for ever
            raise ValueError(f"the design no longer asks for {dropped[0]}, for which it has asked before")
        ladder = more


def round_of(plan: Plan) -> str:
    """What a round is called: a digest of the judged records that the next one waits for."""
    return digest(sorted(group.judged for group in plan.groups.values()))[:32]


def _outcomes(store: Store, plan: Plan) -> dict[str, str]:
    return {
        name: store.read_json(group.judged, JUDGED)["verdict"]["outcome"]
        for name, group in plan.groups.items()
        if store.contents(group.judged)
    }
