"""What a user asks for: every setting with its default, its limits and its meaning, and one sentence per mistake.

The dataclasses are the source; ``core/schemas/config.schema.json`` is printed from them (``python -m faultline.plan.config``),
and a test holds ``config.yaml``, the schema and the defaults together.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import is_zipfile

from faultline.core.checking import NAME, PATH, checked, exact_texts
from faultline.core.errors import InputError, shown
from faultline.core.reading import read_yaml_file
from faultline.core.record import DATASETS
from faultline.core.settings import block, build, object_schema, option
from faultline.plan.blocks import AsYours, Compare, Groups, Limits, Sampler
from faultline.targets import bundled
from faultline.targets.data_files import is_known, unknown_kind
from faultline.targets.source import DRAWS

if TYPE_CHECKING:
    from faultline.targets.case import Signature

LONGEST_NAME = 80
"""Characters of a suite, a run id or a label: two of them and a few words are the name of a file, which may have 255."""
RESERVED = ("datasets",)
TRIALS = ("auto", "variants")
"""Words for what the trials change."""
CASE = bundled.CASES[0]
DATASET = bundled.datasets(CASE)[0]
"""The defaults."""


@dataclass(frozen=True)
class Config:
    case: str = option(
        CASE,
        "The model under test: a bundled case, a path to a .py file, or a dotted module.",
        minLength=1,
        pattern=PATH,
    )
    dataset: str | None = option(
        DATASET,
        "The data: the name of a bundled dataset, a path to a file (.csv, .parquet, .nc, .json, .npz; used in place), or null. "
        "A case whose build takes no dataset ignores it.",
        pattern=PATH,
    )
    suite: str | None = option(
        None,
        "Name of the output folder in tests/diagnostics/, one for each investigation; null: named after the case and "
        "its dataset.",
        pattern=NAME,
        maxLength=LONGEST_NAME,
    )
    run_id: str | None = option(
        None,
        "Name under which this run's results are kept; null: the time at which each group is measured.",
        pattern=NAME,
        maxLength=LONGEST_NAME,
    )
    overwrite: bool = option(
        False,
        "Allow a run to replace the results of an earlier run with the same run_id, and to take over a suite of another case or "
        "dataset.",
    )
    again: bool = option(False, "Measure the requested groups again, even if their results exist.")
    seed: int = option(123, "Seed of all random numbers.", minimum=0, maximum=2**32 - 1)
    components: dict[str, bool] = block(
        dict,
        "The failing configuration: components switched on or off; a component that is not listed keeps its default in build.",
    )
    variants: str | dict[str, str] = block(
        dict,
        "Alternative forms of parts of the model: the name of one of the case's presets, or a mapping of variant to choice.",
    )
    groups: Groups = block(Groups, "What each group examines.")
    sampler: Sampler = block(Sampler, "How the sampling groups sample.")
    idata: str | None = option(
        None,
        "Draws of the model that you have already, in a netCDF file: they are judged beside its own groups, the gradient is checked at "
        "some of them, too, and as_yours takes from them what it does not say.",
        minLength=1,
        pattern=PATH,
    )
    as_yours: AsYours | None = option(
        None,
        "Sample the model as you did, too, with these arguments of your pm.sample(...), and find which of them makes the run fail; null: no.",
    )
    trials: str | dict | list | None = option(
        "auto",
        "Change one choice at a time and say what each does: auto (for a pipeline), variants, a list of changes, or two presets; null: no.",
        properties={
            "presets": {
                "type": "array",
                "items": {"type": "string"},
                "description": "The preset that fails, and the one that works; default stands for the defaults.",
            }
        },
        additionalProperties=False,
        items={"type": "object", "additionalProperties": {"type": "string"}},
    )
    compare: Compare | None = option(
        None,
        "Two scenarios, one that works and one that fails: which of their differences matter, and between two revisions of the case's "
        "repository which commit; null: no.",
    )
    limits: Limits = block(Limits, "Limits at which a group is stopped; its record then says so.")

    @property
    def own_runs(self) -> tuple[str, ...]:
        """The kinds of experiment that are about a run of the user's own."""
        asked = {"as_yours": self.as_yours is not None, "draws": self.idata is not None}
        return tuple(kind for kind, wanted in asked.items() if wanted)

    def dataset_of(self, case: Signature) -> str | None:
        """Where the case's dataset stands, or will stand once a bundled one is made; None where it uses none.

        Raises
        ------
        InputError
            As `dataset_named`.
        """
        named = self.dataset_named(case)
        return f"{DATASETS}/{named}.npz" if bundled.owner(named) else named

    def scenario_of(self, case: Signature) -> str | None:
        """The scenario of a pipeline: ``dataset`` names one, the first one is the default; None where there is none.

        Raises
        ------
        InputError
            There is none of that name.
        """
        names = list(case.scenarios)
        if self.dataset in names:
            return self.dataset
        if self.dataset is not None and bundled.owner(self.dataset) is None:
            known = f"it has {', '.join(names)}" if names else "it has none"
            raise InputError(f"config: case {case.ref} has no scenario {shown(self.dataset)}; {known}.")
        return names[0] if names else None

    def dataset_named(self, case: Signature) -> str | None:
        """What the case reads: the name of a bundled dataset, or a path; None where it uses none.

        Raises
        ------
        InputError
            There is none but the case needs one, or it is no file that the case can read.
        """
        if not case.takes_dataset:
            return None
        own, given, owner = case.ref not in bundled.CASES, self.dataset, bundled.owner(self.dataset)
        # A bundled dataset is for its own case, and for whoever reads it on purpose; the default gives way to another case's own.
        if owner not in (None, case.ref) and (not case.loads if own else given == DATASET):
            given = next(iter(bundled.datasets(case.ref)), None)
        if given is None:
            if case.needs_dataset:
                raise InputError(f"case {case.ref} needs a dataset: give dataset=path/to/data.csv.")
            return None
        names = bundled.datasets(case.ref)
        if given in names or (own and owner):
            return given
        if not os.path.isfile(given):
            one = f"one of {', '.join(names)}, or " if names else ""
            raise InputError(
                f"config: there is no dataset {shown(given)} for case {case.ref}; give {one}the path of {'a' if own else 'an .npz'} file."
            )
        if own and case.loads:
            return given
        if own and not is_known(given):
            raise InputError(f"config: {unknown_kind(given)}")
        is_npz = given.endswith(".npz")
        if (is_npz or not own) and not (is_npz and is_zipfile(given)):
            raise InputError(
                f"config: dataset {shown(given)} is not an .npz file; write one with numpy.savez."
            )
        return given


def load(raw: Mapping[str, Any]) -> Config:
    """The settings in ``raw`` over the defaults.

    Raises
    ------
    InputError
        For the first unknown key, wrong type or value out of range, in one sentence.
    """
    config = build(Config, checked(raw, schema()))
    if config.suite in RESERVED:
        raise InputError(
            f"config: suite cannot be {config.suite!r}, which is the folder for datasets; choose another name."
        )
    if config.idata is not None and not (config.idata.endswith(DRAWS) and os.path.isfile(config.idata)):
        raise InputError(
            f"config: there is no netCDF file {shown(config.idata)}; give idata the path of one that ends in {DRAWS}, as idata.to_netcdf "
            "writes it."
        )
    _check_trials(config.trials)
    if config.compare and config.trials != "auto":
        raise InputError(
            "config: compare says what the trials change, and so does trials; leave one of them out."
        )
    sizes, increasing = config.groups.sizes, sorted(set(config.groups.sizes))
    if sizes != increasing:
        raise InputError(
            f"config: groups.sizes must be increasing, not {shown(sizes)}; write {shown(increasing)}."
        )
    return config


def _check_trials(asked: str | dict | list | None) -> None:
    if isinstance(asked, str) and asked not in TRIALS:
        raise InputError(
            f"config: trials must be {', '.join(TRIALS)}, a list of changes, or presets: [fails, works]; not {shown(asked)}."
        )
    if isinstance(asked, dict) and len(asked.get("presets", ())) != 2:
        raise InputError(
            "config: trials.presets must name two presets, the one that fails and the one that works."
        )


def read_file(path: str | Path) -> dict[str, Any]:
    """The settings in a file; of one that is missing or empty, none.

    Raises
    ------
    InputError
        It is no YAML mapping that means what is written.
    """
    if not os.path.lexists(path):
        return {}
    content = read_yaml_file(path)
    if not isinstance(content, dict | None):
        raise InputError(f"{Path(path).name} must be a mapping of keys to values, not {shown(content)}.")
    exact_texts(content, read_yaml_file(path, as_written=True), schema())
    return content or {}


def check_words(arguments: Sequence[str], config: Mapping[str, Any]) -> None:
    """Refuse what Snakemake's ``--config`` read as a number where text is wanted, unless it means just what was written.

    Parameters
    ----------
    arguments
        The command line.
    config
        The settings that Snakemake made of it.
    """
    rules, given = schema()["properties"], False
    for word in arguments:
        if word.startswith("-"):
            given = word in ("--config", "-C")
        key, _, written = word.partition("=")
        rule = rules.get(key, {})
        if given and written and key in config and not isinstance(config[key], str):
            exact_texts(config[key], written, rule, (key,), "Snakemake", "set it in config.yaml, in quotes")


def schema() -> dict[str, Any]:
    """The JSON schema of ``config.yaml``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Faultline configuration",
        **object_schema(Config),
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
