"""The options of every command that measures a group, and what they ask for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faultline.core.errors import InputError
from faultline.core.sections.record import Verdict
from faultline.jobs.publish import by_hand
from faultline.jobs.stages import JUDGED, make
from faultline.plan import config as settings
from faultline.plan.designs import groups
from faultline.plan.ladder import find_group, size_group
from faultline.plan.planned import Planned
from faultline.plan.requests import Planner
from faultline.plan.suites import choose_suite
from faultline.store.objects import Store
from faultline.store.suite import Suite
from faultline.targets.case import Signature, read_signature

# option of the command line -> place in the configuration, which holds its default, limits and meaning
OPTIONS = {
    "case": "case",
    "dataset_name": "dataset",
    "suite": "suite",
    "max_T": "groups.max_T",
    "max_K": "groups.max_K",
    "seed": "seed",
    "run_id": "run_id",
    "nuts": "sampler.nuts",
    "chains": "sampler.chains",
    "tune": "sampler.tune",
    "draws": "sampler.draws",
    "target_accept": "sampler.target_accept",
    "confirm_tune": "sampler.confirm.tune",
    "confirm_draws": "sampler.confirm.draws",
    "extended_chains": "sampler.extended.chains",
    "extended_tune": "sampler.extended.tune",
    "extended_draws": "sampler.extended.draws",
    "freeze_source": "groups.freeze.source",
    "freeze_lengths": "groups.freeze.lengths",
    "limit_total": "limits.total",
    "limit_apart": "limits.apart",
    "limit_compile": "limits.compile",
    "limit_memory_mb": "limits.memory_mb",
}


def add_group_options(parser: argparse.ArgumentParser) -> None:
    """The options of every script that measures a group."""
    rules = settings.schema()
    for option, place in OPTIONS.items():
        rule = _rule(rules, place)
        default = {None: "none"}.get(rule["default"], rule["default"])
        text = f"{rule['description']} (default: {default})".replace("%", "%%")
        parser.add_argument(f"--{option}", default=argparse.SUPPRESS, help=text)
    parser.add_argument("--suite_dir", type=Path, help="path of the output folder, instead of --suite")
    parser.add_argument("--again", action="store_true", help="measure again, even if the results exist")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the results of an earlier run with this run_id"
    )
    parser.add_argument(
        "--component",
        action="append",
        default=[],
        metavar="NAME=true|false",
        help="switch a component of the failing configuration on or off (repeatable)",
    )
    parser.add_argument("--variants", metavar="PRESET", help="a preset of variants, such as repaired")
    parser.add_argument(
        "--variant",
        action="append",
        default=[],
        metavar="NAME=CHOICE",
        help="choose another form of one part (repeatable)",
    )


@dataclass(frozen=True)
class ByHand:
    """What a script run by hand was asked for: groups of a case, planned as the workflow plans them."""

    store: Store
    suite: Suite
    planner: Planner
    wanted: list[Planned]
    run_id: str | None
    overwrite: bool

    def make(self, everything: bool = True) -> int:
        """Make and publish the groups: what is in the store is not made again. Returns the exit code.

        ``everything``: up to the report; else only what was measured.
        """
        for planned in self.wanted:
            code, place = by_hand(
                self.store,
                self.suite,
                self.planner,
                planned,
                run_id=self.run_id,
                overwrite=self.overwrite,
                everything=everything,
                forked=len(self.wanted) > 1,
            )
            self.store.digests.save()
            if code:
                return code
            if everything:
                record = self.record(planned)
                print(f"report: {place}")
                print(f"verdict: {one_line(Verdict.of(record['verdict']))}")
        return 0

    def record(self, planned: Planned) -> dict[str, Any]:
        """The judged record of a group that was measured."""
        make(self.store, planned.judged)
        return self.store.read_json(planned.judged, JUDGED)


def asked_by_hand(arguments: argparse.Namespace, wanted: Sequence[str | int]) -> ByHand:
    """What the options of `add_group_options` ask for.

    Raises
    ------
    InputError
        For any value that is not allowed, an unknown group, or a suite among the pipeline's fits.
    """
    config = _config(arguments)
    signature = read_signature(config.case)
    ladder = groups(signature, config.components)
    chosen = [size_group(signature, config.components, name) or find_group(ladder, name) for name in wanted]
    store = Store()
    suite, line = choose_suite(config, signature, arguments.suite_dir)
    if line:
        print(line)
    planner = Planner(store, config, signature, _variants(signature, arguments))
    planned = [planner.group(group, ladder, arguments.again) for group in chosen]
    return ByHand(store, suite, planner, planned, config.run_id, arguments.overwrite)


def _config(arguments: argparse.Namespace) -> settings.Config:
    """The options that were given, over the defaults."""
    raw: dict[str, Any] = {"components": _pairs(arguments.component, "--component", "use_part=false")}
    for option, place in OPTIONS.items():
        if hasattr(arguments, option):
            if not getattr(arguments, option).strip():
                raise InputError(f"--{option} is empty; give a value, or omit the option to use its default.")
            *parents, key = place.split(".")
            block = raw
            for parent in parents:
                block = block.setdefault(parent, {})
            block[key] = getattr(arguments, option)
    return settings.load({**raw, "overwrite": arguments.overwrite})


def _variants(signature: Signature, arguments: argparse.Namespace) -> dict[str, str]:
    chosen = signature.choose_variants(arguments.variants)
    return signature.choose_variants({**chosen, **_pairs(arguments.variant, "--variant", "root=positions")})


def _pairs(given: Sequence[str], option: str, example: str) -> dict[str, str]:
    pairs = [item.partition("=") for item in given]
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise InputError(
                f"{option} {name}{equals}{value} is not of the form NAME=VALUE; write {option} {example}."
            )
    return {name: value for name, _, value in pairs}


def _rule(rules: dict[str, Any], place: str) -> dict[str, Any]:
    for key in place.split("."):
        rules = rules["properties"][key]
    return rules


def one_line(verdict: Verdict) -> str:
    """A verdict as one line: outcome, class of cause, component, and what its interpretation begins with."""
    words = [verdict.outcome]
    if verdict.cause_class:
        words.append(f"class ({verdict.cause_class})")
    if verdict.component:
        words.append(verdict.component)
    return f"{', '.join(words)}: {'. '.join(verdict.interpretation.rstrip('.').split('. ')[:2])}."
