"""The trials of a case: what is changed, one choice at a time, and the request of each configuration that is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from faultline.core.commits import REVISION, Commit
from faultline.core.configuration import DATASET, SCENARIO, Configuration, configuration
from faultline.core.errors import InputError, shown
from faultline.criteria.data_contract import criterion
from faultline.criteria.trials.runs import FRESH_RUNS, Criterion, Hypothesis, Study, Toggle, Wanted
from faultline.plan.trial import Change, Trial
from faultline.targets.case import Signature
from faultline.targets.pipeline import PIPELINE

if TYPE_CHECKING:
    from faultline.plan.config import Config

NO_DATA = "none"
"""What stands there for the data of a model that has none."""
ON, OFF = "on", "off"
"""How a component stands there."""
REPLICATES = "replicates"
"""The kind of experiment of a trial of a model."""


def study(signature: Signature, settings: Config) -> Study | None:
    """What the trials of a case are about; None where none are asked for.

    Raises
    ------
    InputError
        There is nothing to change, or a preset, choice or scenario that there is not.
    """
    asked, about = settings.trials, _place(signature, settings)
    if asked is None or (asked == "auto" and not signature.stages):
        return None
    failing = signature.choose_variants(settings.variants)
    repaired = signature.repaired
    if isinstance(asked, Mapping):
        failing, repaired = (_preset(signature, name) for name in asked["presets"])
    elif _controls(signature, settings):
        repaired = None  # the view of somebody who may change only these
    toggles = _toggles(signature, settings, asked)
    if not toggles:
        if asked == "auto":
            return None
        raise InputError(
            f"config: trials has nothing to change, because case {signature.ref} has no choice to switch; give an argument a Literal of choices, "
            "or leave trials out."
        )
    return Study(
        toggles=toggles,
        failing=configuration({**failing, **about}),
        repaired=configuration({**repaired, **about}) if repaired and repaired != failing else None,
        criteria=criteria(signature),
        screening=settings.seed if signature.stages else None,  # any change of a model changes its draws
        fresh=tuple(settings.seed + number for number in range(1, FRESH_RUNS + 1)),
        larger=not signature.stages or "BUDGET" in signature.literals,
        oracles=tuple(signature.literals.get("ORACLES", {})),
        tried_in=_tried_in(signature, repaired or failing, about),
        hypotheses=tuple(map(Hypothesis.of, signature.literals.get("HYPOTHESES", ()))),
        exit_criteria=tuple(signature.literals.get("EXIT_CRITERIA", ())),
    )


def as_json(asked: Study) -> dict[str, Any]:
    """A study as a request holds it; `Study.of` reads it back."""
    return json.loads(json.dumps(asdict(asked)))


def criteria(signature: Signature) -> tuple[Criterion, ...]:
    """What has to hold, by the target."""
    if not signature.stages:
        from faultline.criteria.trials.of_sampling import CRITERIA

        return CRITERIA
    return (
        *(
            Criterion(name, _better(about), about.get("margin"))
            for name, about in signature.literals.get("CRITERIA", {}).items()
        ),
        *(Criterion(criterion(name)) for name in signature.literals.get("CONTRACT", {})),
    )


def trial(wanted: Wanted, signature: Signature, commits: Mapping[str, Commit] | None = None) -> Trial:
    """The request of runs that are asked for. ``commits``: the revisions that configurations name."""
    chosen = dict(wanted.configuration)
    scenario = chosen.pop(SCENARIO, None)
    revision = commits[chosen.pop(REVISION)] if commits else None
    if signature.stages:
        if wanted.larger:
            chosen |= signature.literals["BUDGET"]
        return Trial(
            PIPELINE,
            {},
            change=Change(variants=chosen),
            seeds=wanted.seeds,
            scenario=scenario,
            explain=False,
            revision=revision,
        )
    dataset = None if DATASET in signature.variants else chosen.pop(DATASET, None)
    components = {name: chosen.pop(name) == ON for name in signature.components if name in chosen}
    change = Change(variants=chosen, sampler={"longer": True} if wanted.larger else {})
    return Trial(
        REPLICATES, components, change=change, seeds=wanted.seeds, dataset=dataset, revision=revision
    )


def in_words(components: Mapping[str, bool]) -> dict[str, str]:
    """Components as they stand in a configuration."""
    return {name: ON if on else OFF for name, on in components.items()}


def _preset(signature: Signature, name: str) -> dict[str, str]:
    presets = signature.literals.get("PRESETS", {})
    if name not in presets and name != "default":
        raise InputError(
            f"config: trials.presets names {shown(name)}, which case {signature.ref} does not have; it has "
            f"{', '.join(['default', *presets])}."
        )
    return signature.choose_variants(name if name in presets else {})


def _toggles(signature: Signature, settings: Config, asked: Any) -> tuple[Toggle, ...]:
    """What may be changed."""
    toggles = {name: variant.choices for name, variant in signature.variants.items()}
    if isinstance(asked, Sequence) and not isinstance(asked, str):
        chosen = signature.choose_variants(settings.variants)
        named: dict[str, list[str]] = {}
        for row in asked:
            if len(row) != 1:
                raise InputError(
                    f"config: each change in trials sets one choice, and {shown(row)} sets {len(row)}; write each as an entry of its own."
                )
            signature.choose_variants(row)
            for name, choice in row.items():
                named.setdefault(name, [chosen[name]]).append(choice)
        toggles = {name: tuple(dict.fromkeys(choices)) for name, choices in named.items()}
    elif controls := _controls(signature, settings):
        toggles = {name: toggles[name] for name in controls}
    return tuple(Toggle(name, choices) for name, choices in toggles.items() if len(choices) > 1)


def _controls(signature: Signature, settings: Config) -> tuple[str, ...]:
    """The only toggles that may be changed under the preset that is chosen; empty where all may."""
    chosen = settings.variants
    return tuple(signature.literals.get("CONTROLS", {}).get(chosen, ())) if isinstance(chosen, str) else ()


def _place(signature: Signature, settings: Config) -> dict[str, str]:
    """What tells this suite's configurations from others, beside the choices: the scenario, or the components."""
    if not signature.stages:
        chosen = signature.choose_components(settings.components)
        return in_words(chosen)
    name = settings.scenario_of(signature)
    return {} if name is None else {SCENARIO: name}


def _tried_in(
    signature: Signature, base: Mapping[str, str], about: Mapping[str, str]
) -> dict[str, Configuration]:
    found = {}
    for name, row in signature.literals.get("TRIED_IN", {}).items():
        place = {SCENARIO: row["scenario"]} if "scenario" in row else about
        found[name] = configuration({**base, **row.get("choices", {}), **place})
    return found


def _better(about: Mapping[str, Any]) -> Any:
    return "lower" if "at_most" in about else "higher" if "at_least" in about else None
