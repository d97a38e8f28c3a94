"""What the options of ``faultline diagnose`` ask for, in the words of config.yaml; a mistake is found before anything runs."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faultline.core.errors import InputError, shown
from faultline.jobs.progress import called
from faultline.plan import config
from faultline.plan.designs import groups
from faultline.plan.suites import choose_suite
from faultline.plan.trials import study
from faultline.plan.two_sides import two_sides
from faultline.store.objects import Store
from faultline.targets import bundled
from faultline.targets.case import Signature, read_signature


@dataclass(frozen=True)
class Asked:
    """A diagnosis that can begin: settings for Snakemake, the suite's folder, and its groups: label -> title."""

    settings: dict[str, Any]
    folder: Path
    titles: dict[str, str]


def asked(model: str, data: str | None, settings: Sequence[str], toggles: Sequence[str]) -> Asked:
    """What these options ask for.

    Raises
    ------
    InputError
        For a mistake in them, in the model's source or in the suite.
    """
    chosen = _settings(settings)
    for key, option in (("case", "MODEL"), ("dataset", "--data")):
        if key in chosen and (key == "case" or data):
            raise InputError(f"--set {key}={chosen[key]} says the same as {option}; write {option} only.")
    chosen["case"] = model
    if model not in bundled.CASES:
        chosen.setdefault("dataset", data)
    elif data:
        chosen["dataset"] = data
    # The model is read first: what is wrong with it matters more than a setting.
    signature = read_signature(config.load({"case": model}).case)
    _check_data(signature, chosen.get("dataset"), "dataset" in chosen)
    for key, named in _toggles(signature, toggles):
        block = chosen.setdefault(key, {})
        if not isinstance(block, dict):
            raise InputError(f"--set {key}={block} is a preset; give either the preset or --with.")
        block.update(named)
    wanted = config.load(chosen)
    signature.choose_variants(wanted.variants)
    if sides := two_sides(signature, wanted, Store()):
        wanted, signature = sides.fails.settings, sides.fails.signature
    else:
        study(signature, wanted)
    suite, _ = choose_suite(wanted, signature)
    ladder = groups(signature, wanted.components, wanted.groups.sizes, own_runs=wanted.own_runs)
    titles = {called(group.label): group.title for group in ladder}
    return Asked({**chosen, "suite": suite.folder.name}, suite.folder, titles)


def _check_data(signature: Signature, data: Any, said: bool) -> None:
    if data and signature.stages:
        return  # it names a scenario, which plan.trials.study checks
    if data and not signature.takes_dataset:
        raise InputError(
            f"{signature.ref} takes no data, but --data is {shown(data)}; omit --data, or give build an argument for the data."
        )
    if said and data is None and signature.takes_dataset and signature.needs_dataset:
        raise InputError(f"{signature.ref} needs data; give it with --data FILE.")


def _settings(given: Sequence[str]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for item in given:
        place, equals, value = item.partition("=")
        if not (place and equals and value):
            raise InputError(f"--set {item} is not of the form KEY=VALUE; write --set sampler.draws=500.")
        *parents, key = place.split(".")
        block = settings
        for parent in parents:
            block = block.setdefault(parent, {})
            if not isinstance(block, dict):
                raise InputError(
                    f"--set {item}: {parent} is set as a whole as well; write only one of the two."
                )
        if key in block:
            raise InputError(f"--set {item}: {place} is set twice; write it once.")
        block[key] = _value(value)
    return settings


def _value(text: str) -> Any:
    """A list or a mapping where one is written as in JSON; any other text as it is."""
    if text[0] in "[{":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
    return text


def _toggles(signature: Signature, given: Sequence[str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The key of the configuration that each ``NAME=CHOICE`` belongs to, and what it chooses."""
    known = {
        **dict.fromkeys(signature.components, "components"),
        **dict.fromkeys(signature.variants, "variants"),
    }
    for item in given:
        name, equals, choice = item.partition("=")
        if not (name and equals and choice):
            raise InputError(f"--with {item} is not of the form NAME=CHOICE; write --with use_part=false.")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            there = f"did you mean {near[0]}?" if near else f"it has {', '.join(known) or 'no toggles'}."
            raise InputError(f"{signature.ref} has no toggle {shown(name)}; {there}")
        yield known[name], {name: choice}
