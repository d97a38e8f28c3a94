"""The results record: where it stands, how it is written, and what it must look like."""

from __future__ import annotations

import json
import math
import os
import platform
import re
import sys
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from faultline import __version__
from faultline.core.errors import InputError, one_line, shown
from faultline.core.reading import read_json_file

SCHEMAS = Path(__file__).parent / "schemas"
SUITES = os.environ.get("FAULTLINE_SUITES") or "tests/diagnostics"
"""Where the output folders of all suites are, relative to the current folder."""
DATASETS = f"{SUITES}/datasets"
SCHEMA_VERSION = 1
SECTIONS = [
    "schema_version",
    "group",
    "number",
    "kind",
    "title",
    "run_id",
    "request",
    "timestamp",
    "asked",
    "reference",
    "data",
    "model",
    "logp",
    "gradient",
    "probes",
    "component_comparison",
    "timings",
    "peak_memory_mb",
    "backend",
    "sampling",
    "sampling_extended",
    "replicates",
    "frozen",
    "as_yours",
    "apart",
    "pipeline",
    "truth",
    "case_checks",
    "environment",
    "fingerprints",
    "error",
    "checks",
    "verdict",
]
OWN_SECTIONS = frozenset([*SECTIONS, "not_run"]) - {"probes"}
"""What a case's own probes may not write: ``not_run`` is said of a group without a record."""
_AGAIN = "measure the group again"
_NAME = r"\w[\w.+-]*"
"""What may be part of a file's name: labels hold letters of any language, and nothing leads to another folder."""
CONFIRM, EXTENDED = "confirm", "extended"
"""What a longer run is for: a failure that a longer tuning might cure, or figures that do not decide."""


class RecordFile:
    """A record that is on disk whole after every step, so that a killed process leaves what it had measured."""

    def __init__(self, path: str | Path, **sections: Any):
        self.path = Path(path)
        self.content: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
        self.update(**sections)

    def set(self, **sections: Any) -> None:
        """Set sections: a mapping is merged into one that exists."""
        for key, value in sections.items():
            old = self.content.get(key)
            self.content[key] = (
                {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
            )

    def update(self, **sections: Any) -> None:
        """Set sections and write the file."""
        self.set(**sections)
        self.content = in_order(self.content)
        write_json(self.path, self.content)


def in_order(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with its sections in the order in which a reader wants them; sections of a case's own come last."""
    known = {key: record[key] for key in SECTIONS if key in record}
    return {**known, **{key: record[key] for key in record if key not in known}}


def named(record: Mapping[str, Any], group: Mapping[str, Any], reference: Any = None) -> dict[str, Any]:
    """What was measured, as the record of a group of a suite."""
    asked = {**record["asked"], "size": group["size"]}
    names = {"group": group["name"], "number": group["number"], "title": group["title"], "asked": asked}
    return in_order({**record, **names, **({"reference": reference} if reference else {})})


def write_json(path: str | Path, payload: Any) -> None:
    """Write UTF-8 JSON in one step: keys in the order given, NaN and infinities as the strings that ``read_json`` knows."""
    save_text(path, json.dumps(_plain(payload), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: str | Path) -> Any:
    """Read JSON; the strings ``NaN``, ``Infinity`` and ``-Infinity`` become numbers again.

    Raises
    ------
    InputError
        The file is missing or damaged, in one sentence.
    """
    return read_json_file(path, kind=None)


def read_record(path: str | Path) -> dict[str, Any]:
    """The record of a group, as its schema has it: what judges, draws and reports it relies on that.

    Raises
    ------
    InputError
        The file is missing or damaged, does not fit the schema, or its names could lead out of the suite's folder.
    """
    record = read_json_file(path, remedy=_AGAIN)
    if problems := validate(record):
        raise InputError(f"record {path} does not match its schema ({one_line(problems[0], 150)}); {_AGAIN}.")
    for key in ("group", "run_id"):
        name = record.get(key) or "none"
        if not re.fullmatch(_NAME, name):
            raise InputError(
                f"record {path}: {key} is {shown(name)}, which is not a valid file name; {_AGAIN}."
            )
    return record


def pictures_of(manifest: str | Path) -> list[dict[str, Any]]:
    """The rows of a manifest of pictures: ``file``, a name in its folder, ``title``, and whether it was ``drawn``.

    Raises
    ------
    InputError
        The file is missing or damaged, or lists something else.
    """
    again = "draw the pictures again"
    rows = read_json_file(manifest, "manifest", remedy=again).get("pictures", [])
    for row in rows if isinstance(rows, list) else [rows]:
        texts = [row.get(key) for key in ("file", "title")] if isinstance(row, dict) else [None]
        if not all(isinstance(text, str) for text in texts) or not re.fullmatch(_NAME, texts[0]):
            raise InputError(f"manifest {manifest} lists {shown(row)}, which is not a picture; {again}.")
    return rows


def is_json(value: Any) -> bool:
    """Whether ``write_json`` can write a value: a hook of the user's can return anything."""
    try:
        json.dumps(_plain(value), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def save_text(path: str | Path, text: str) -> None:
    """Write UTF-8 text so that a reader sees the old file or the new one, never half of it.

    Half a character, as in the name of a file that is no UTF-8, becomes the escape that JSON has for it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def validate(content: Any, schema: str = "record") -> list[str]:
    """What is wrong with a record (or ``summary``), one line each; empty when it fits the schema."""
    import jsonschema

    rules = json.loads((SCHEMAS / f"{schema}.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(rules)
    return [
        f"{'/'.join(map(str, e.path)) or 'record'}: {e.message}"
        for e in validator.iter_errors(_plain(content))
    ]


def make_paths(group_desc: str, run_id: str, suite_dir: str | Path) -> dict[str, Path]:
    """Where one run of one group is published; the directories exist afterwards.

    ``group_desc`` is the full group name (``group_3_sampling_baseline_minimal``). Every file has a copy for the run id
    and one without it, the latest.
    """
    suite = Path(suite_dir)
    results, plots, debug = (
        suite / "results",
        suite / "plots" / group_desc,
        suite / "debug_outputs" / group_desc,
    )
    for folder in (results, debug, suite / "archive", plots):
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "measured": results / f"measured_{group_desc}.json",
        "results": results / f"results_{group_desc}__{run_id}.json",
        "results_latest": results / f"results_{group_desc}.json",
        "report": suite / f"report_{group_desc}__{run_id}.md",
        "report_latest": suite / f"report_{group_desc}.md",
        "plots": plots,
        "debug": debug,
        "draws": debug / "draws.nc",
    }


def collect_environment() -> dict[str, str | None]:
    """Versions of what decides the figures, and the platform; None for a package that is not installed."""
    packages = [
        "pymc",
        "pytensor",
        "arviz",
        "numpy",
        "scipy",
        "numba",
        "jax",
        "blackjax",
        "numpyro",
        "nutpie",
        "snakemake",
    ]
    return {
        "faultline": __version__,
        "python": platform.python_version(),
        **{name: _version(name) for name in packages},
        "platform": platform.platform(),
        "executable": sys.implementation.name,
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _plain(value: Any) -> Any:
    """Only what JSON knows: arrays become lists, NumPy scalars numbers, what is not finite a string."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Path):
        return str(value)
    return value
