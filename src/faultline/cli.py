"""What the command lines of the stages share: options, the settings they amount to, and one sentence per mistake."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from faultline import config as settings
from faultline.case import Signature, read_signature
from faultline.errors import InputError
from faultline.ladder import find_group, groups, size_group
from faultline.record import make_paths

MAKE_DATASET = Path(__file__).resolve().parents[2] / "scripts" / "make_dataset.py"
FITS = ("tests", "pipeline", "fits")  # the pipeline's own outputs: never mixed with diagnostics

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


def run(function: Callable[[], int]) -> int:
    """The exit code of ``function``; a user's mistake becomes its sentence on standard error and exit code 1."""
    try:
        return function()
    except InputError as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return 1


def add_group_options(parser: argparse.ArgumentParser) -> None:
    """The options of every script that measures a group."""
    rules = settings.schema()
    for option, place in OPTIONS.items():
        rule = _rule(rules, place)
        default = {None: "none"}.get(rule["default"], rule["default"])
        text = f"{rule['description']} (default: {default})".replace("%", "%%")
        parser.add_argument(f"--{option}", default=argparse.SUPPRESS, help=text)
    parser.add_argument("--suite_dir", type=Path, help="output folder itself, in place of --suite")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the results of an earlier run of this run_id"
    )
    parser.add_argument(
        "--component",
        action="append",
        default=[],
        metavar="NAME=true|false",
        help="the failing configuration: switch a component on or off (repeatable)",
    )
    parser.add_argument("--variants", metavar="PRESET", help="a preset of variants, such as repaired")
    parser.add_argument(
        "--variant",
        action="append",
        default=[],
        metavar="NAME=CHOICE",
        help="write one part another way (repeatable)",
    )


def measurement(arguments: argparse.Namespace, wanted: str | int) -> dict[str, Any]:
    """The spec of one measurement: what ``faultline.measure.run`` takes.

    Raises
    ------
    InputError
        For any value that is not allowed, an unknown group, a suite among the pipeline's fits, or a run id in use.
    """
    config = _config(arguments)
    signature = read_signature(config.case)
    group = size_group(signature, config.components, wanted) or find_group(
        groups(signature, config.components), wanted
    )
    suite = checked_suite(arguments.suite_dir or config.suite_dir)
    run_id = config.run_id or datetime.now().strftime("%Y-%m-%dT%H-%M-%S")
    any_number = f"group_*_{group.measured}" if group.size else group.name
    earlier = next((suite / "results").glob(f"results_{any_number}__{run_id}.json"), None)
    if earlier and not arguments.overwrite:
        raise InputError(
            f"run id {run_id} of {group.name} exists already ({earlier}); choose another --run_id, or give --overwrite."
        )
    paths = make_paths(group.name, run_id, suite, group.measured)
    return {
        "case": config.case,
        "dataset": _dataset(config, signature),
        "group": group.name,
        **{key: getattr(group, key) for key in ("number", "kind", "title", "components", "added", "size")},
        "variants": _variants(signature, arguments),
        "max_T": group.size or (config.groups.max_T if signature.loads else None),
        "max_K": config.groups.max_K if signature.loads else None,
        "seed": config.seed,
        "sampler": asdict(config.sampler) if group.samples else None,
        "freeze": asdict(config.groups.freeze) if group.kind == "frozen" else None,
        "limits": asdict(config.limits),
        "run_id": run_id,
        "suite_dir": str(suite),
        "record": str(paths["measured"]),
        "draws": str(paths["draws"]) if group.samples else None,
        "debug": str(paths["debug"]),
    }


def checked_suite(folder: str | Path) -> Path:
    """``folder``, which must not be among the pipeline's fits."""
    folder = Path(folder)
    parts = folder.resolve().parts
    if any(parts[i : i + len(FITS)] == FITS for i in range(len(parts))):
        raise InputError(
            f"suite {folder} is inside {'/'.join(FITS)}, where fits belong; choose a folder outside it."
        )
    return folder


def _config(arguments: argparse.Namespace) -> settings.Config:
    """The options that were given, over the defaults."""
    raw: dict[str, Any] = {"components": _pairs(arguments.component, "--component", "use_mixture=false")}
    for option, place in OPTIONS.items():
        if hasattr(arguments, option):
            if not getattr(arguments, option).strip():
                raise InputError(f"--{option} is empty; give a value, or leave it out for its default.")
            *parents, key = place.split(".")
            block = raw
            for parent in parents:
                block = block.setdefault(parent, {})
            block[key] = getattr(arguments, option)
    return settings.load(raw)


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


def _dataset(config: settings.Config, signature: Signature) -> str | None:
    """The dataset's file; a bundled one that is missing is made."""
    path = config.dataset_of(signature)
    if path and config.dataset_is_bundled and not Path(path).exists():
        print(f"making the bundled dataset {path}", flush=True)
        subprocess.run(
            [sys.executable, str(MAKE_DATASET), "--name", config.dataset, "--out", path], check=True
        )
    return path


def _rule(rules: dict[str, Any], place: str) -> dict[str, Any]:
    for key in place.split("."):
        rules = rules["properties"][key]
    return rules


def one_line(verdict: dict[str, Any]) -> str:
    """A verdict as one line: outcome, class of cause, component, and what its interpretation begins with."""
    words = [verdict["outcome"]]
    if verdict.get("cause_class"):
        words.append(f"class ({verdict['cause_class']})")
    if verdict.get("component"):
        words.append(verdict["component"])
    return f"{', '.join(words)}: {'. '.join(verdict['interpretation'].rstrip('.').split('. ')[:2])}."
